//! Amounts in dollars are decoded exactly or rejected.

use turbo_link::{AmountUnreadable, Currency, LinkStatus, Money};

use crate::support::{list_from, sample_with};

fn amount(text: &str) -> Result<Money, AmountUnreadable> {
    amount_of(&serde_json::to_string(text).unwrap())
}

/// Returns the amount of a link. Its status must be readable, whatever the amount is.
fn amount_of(json: &str) -> Result<Money, AmountUnreadable> {
    let list = list_from(&sample_with(r#""$1.00""#, json)).unwrap();
    let link = list.line_items[0].as_ref().unwrap();
    assert_eq!(link.status, LinkStatus::Pending);
    link.amount()
}

#[test]
fn dollars_are_decoded_exactly() {
    for (text, cents) in [
        ("$1.00", 100),
        ("$1", 100),
        ("$1.5", 150),
        ("$1.50", 150),
        ("$0.01", 1),
        ("$0", 0),
        ("$0.00", 0),
        ("$00.10", 10),
        ("$999.99", 99_999),
        ("$1,234.50", 123_450),
        ("$1234.50", 123_450),
        ("$12,345", 1_234_500),
        ("$123,456.7", 12_345_670),
        ("$1,234,567,890.12", 123_456_789_012),
        ("$1.2300", 123),
        ("$90071992547409.93", 9_007_199_254_740_993),
        ("$92,233,720,368,547,758.07", i64::MAX),
    ] {
        assert_eq!(amount(text).unwrap(), Money::from_minor(cents, Currency::USD), "{text}");
    }
}

#[test]
fn any_other_amount_is_kept_as_text_and_never_guessed() {
    for text in [
        "",
        "$",
        "1.00",
        "1",
        "$ 1.00",
        " $1.00",
        "$1.00 ",
        "$1.00\n",
        "$$1.00",
        "1.00$",
        "USD 1.00",
        "US$1.00",
        "€1.00",
        "-$1.00",
        "$-1.00",
        "($1.00)",
        "$+1.00",
        "$.50",
        "$1.",
        "$1.2.3",
        "$1e2",
        "$NaN",
        "$1.001",
        "$1.0000001",
        "$1,23.00",
        "$12,34.00",
        "$1234,567.00",
        "$1,2345.00",
        "$,123.00",
        "$1,.00",
        "$1,,234.00",
        "$1,234,.00",
        "$0,123.00",
        "$1.000,00",
        "$1.234,50",
        "$1'234.50",
        "$1 234.50",
        "$1,234.5,0",
        "$١.٠٠",
        "\u{ff04}1.00",
        "$\u{ff11}.00",
        "$1\u{a0}000",
        "$92233720368547758.08",
        "$999999999999999999999999999999",
    ] {
        let unreadable = amount(text).unwrap_err();
        assert_eq!(unreadable.raw(), Some(text).filter(|text| !text.is_empty()), "{text}");
    }
    for shape in ["1.00", "100", "null", "true", "[]", "{}", "[\"$1.00\"]"] {
        let unreadable = amount_of(shape).unwrap_err();
        assert_eq!(unreadable.raw(), Some(shape).filter(|shape| *shape != "null"), "{shape}");
    }
}
