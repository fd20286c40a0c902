use payments_core::Currency;

const ZERO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";
const FOUR_DECIMALS: &str = "CLF UYW";
const UNKNOWN_DECIMALS: &str = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX";

fn listed(codes: &str, currency: Currency) -> bool {
    codes.split(' ').any(|code| code == currency.as_str())
}

#[test]
fn each_currency_has_the_decimals_of_iso_4217() {
    for currency in Currency::iso_4217() {
        let expected = match currency {
            currency if listed(ZERO_DECIMALS, currency) => Some(0),
            currency if listed(THREE_DECIMALS, currency) => Some(3),
            currency if listed(FOUR_DECIMALS, currency) => Some(4),
            currency if listed(UNKNOWN_DECIMALS, currency) => None,
            _ => Some(2),
        };
        assert_eq!(currency.exponent(), expected, "{currency}");
    }
}

#[test]
fn every_listed_currency_is_known() {
    let known: Vec<_> = Currency::iso_4217().collect();
    for code in
        [ZERO_DECIMALS, THREE_DECIMALS, FOUR_DECIMALS, UNKNOWN_DECIMALS].iter().flat_map(|codes| codes.split(' '))
    {
        assert!(known.contains(&code.parse().unwrap()), "{code}");
    }
    assert!(known.len() > 170);
}

#[test]
fn the_table_is_sorted_without_duplicates() {
    let known: Vec<_> = Currency::iso_4217().collect();
    assert!(known.is_sorted());
    assert!(known.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn any_three_letters_are_accepted_and_stored_in_upper_case() {
    for a in b'A'..=b'Z' {
        for b in b'A'..=b'Z' {
            for c in b'A'..=b'Z' {
                let code = String::from_utf8(vec![a, b, c]).unwrap();
                let currency: Currency = code.to_ascii_lowercase().parse().unwrap();
                assert_eq!(currency.as_str(), code);
                assert_eq!(currency.exponent().is_some(), listed_with_exponent(currency), "{code}");
            }
        }
    }
}

fn listed_with_exponent(currency: Currency) -> bool {
    Currency::iso_4217().any(|known| known == currency) && !listed(UNKNOWN_DECIMALS, currency)
}

#[test]
fn other_text_is_rejected() {
    for text in ["", "IN", "INRR", "IN1", "I R", " INR", "INR ", "IN\n", "₹", "ＩＮＲ", "ÄÖÜ", "ﬀx", "\0\0\0", "../"]
    {
        assert_eq!(Currency::try_from(text.to_owned()), text.parse::<Currency>());
        let err = text.parse::<Currency>().unwrap_err();
        assert_eq!(err.field(), "currency");
        assert_eq!(err.to_string(), "`currency` must be three letters, as in ISO 4217");
        assert!(serde_json::from_value::<Currency>(serde_json::json!(text)).is_err(), "{text:?}");
    }
}

#[test]
fn a_currency_is_written_as_its_code() {
    assert_eq!(Currency::INR.to_string(), "INR");
    assert_eq!(format!("{:?}", Currency::INR), "INR");
    assert_eq!(format!("{:>5}", Currency::INR), "  INR");
    assert_eq!(serde_json::to_string(&Currency::INR).unwrap(), r#""INR""#);
    assert_eq!(serde_json::from_str::<Currency>(r#""inr""#).unwrap(), Currency::INR);
}
