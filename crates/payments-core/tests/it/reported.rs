//! Amounts and currencies as providers report them.

use payments_core::{Currency, Money, ReportedAmount, ReportedCurrency, json};

fn amount(text: &str) -> ReportedAmount {
    json::amount(&mut serde_json::Deserializer::from_str(text)).unwrap()
}

fn currency(text: &str) -> ReportedCurrency {
    json::currency(&mut serde_json::Deserializer::from_str(text)).unwrap()
}

#[test]
fn a_plain_number_is_exact_whether_quoted_or_not() {
    for json in ["300.1", "\"300.10\"", "300.1000", "\"300.1\""] {
        assert_eq!(amount(json).in_units(Currency::INR), Ok(Money::from_minor(30010, Currency::INR)), "{json}");
    }
    assert_eq!(amount("2000.00").in_smallest_units(Currency::GBP), Ok(Money::from_minor(2000, Currency::GBP)));
}

#[test]
fn an_amount_that_is_ambiguous_is_kept_as_text_and_never_guessed() {
    for raw in ["1,500", "1,500.00", "100,50", "1.500,00", "1e3", "+5", " 5", "5 INR", "NaN"] {
        let unreadable = amount(&format!("\"{raw}\"")).in_units(Currency::INR).unwrap_err();
        assert_eq!(unreadable.raw(), Some(raw));
        assert_eq!(unreadable.to_string(), format!("the amount is not a plain number: `{raw}`"));
    }
    for json in ["true", "[]", "{}", "[100]", "1e3"] {
        assert_eq!(amount(json).decimal().unwrap_err().raw(), Some(json));
    }
    assert_eq!(amount("300.001").in_units(Currency::INR).unwrap_err().raw(), Some("300.001"));
    assert_eq!(amount("20.5").in_smallest_units(Currency::GBP).unwrap_err().raw(), Some("20.5"));
}

#[test]
fn the_text_of_an_amount_is_there_whether_readable_or_not() {
    assert_eq!(amount("\"300.10\"").text().as_deref(), Some("300.10"));
    assert_eq!(amount("\"1,500\"").text().as_deref(), Some("1,500"));
    assert_eq!(amount("null").text(), None);
}

#[test]
fn debug_output_shows_the_value_or_the_text() {
    assert_eq!(format!("{:?} {:?}", amount("5"), currency("\"TRY\"")), "5 TRY");
    assert_eq!(format!("{:?} {:?}", amount("null"), currency("null")), "Missing Missing");
    assert_eq!(format!("{:?} {:?}", amount("true"), currency("\"TL\"")), "Unreadable(\"true\") Unreadable(\"TL\")");
    let unreadable = amount("true").decimal().unwrap_err();
    assert_eq!(format!("{unreadable:?}"), "AmountUnreadable(the amount is not a plain number: `true`)");
}

#[test]
fn null_and_an_empty_text_are_a_missing_amount() {
    for json in ["null", "\"\""] {
        assert_eq!(amount(json), ReportedAmount::Missing, "{json}");
    }
    assert_eq!(ReportedAmount::default().decimal().unwrap_err().to_string(), "the amount is missing");
}

#[test]
fn numeric_currency_codes_are_read() {
    for (json, expected) in [("\"949\"", Currency::TRY), ("949", Currency::TRY), ("\"008\"", Currency::ALL)] {
        assert_eq!(currency(json), ReportedCurrency::Known(expected), "{json}");
    }
    assert_eq!(Currency::from_numeric("532"), Some(Currency::XCG));
    for code in ["", "0", "000", "8", "+49", "9490", "94a", "998"] {
        assert_eq!(Currency::from_numeric(code), None, "{code}");
    }
}

#[test]
fn an_unknown_currency_is_kept_as_text() {
    for json in ["\"TL\"", "\"TRY \"", "12", "[]", "true"] {
        let unreadable = currency(json).currency().unwrap_err();
        assert_eq!(unreadable.raw(), Some(json.trim_matches('"')), "{json}");
    }
    assert_eq!(currency("null"), ReportedCurrency::Missing);
    assert_eq!(currency("\"\""), ReportedCurrency::Missing);
}

#[test]
fn debug_masks_a_card_number_and_shortens_a_long_text() {
    let text = "\"4111111111111111\"";
    assert_eq!(format!("{:?}", amount("\"card 4111111111111111\"")), r#"Unreadable("card 411111******1111")"#);
    assert!(!format!("{:?}", currency(text)).contains("4111111"));
    assert!(format!("{:?}", amount(&format!("\"{}\"", "x".repeat(5000)))).len() < 400);
}
