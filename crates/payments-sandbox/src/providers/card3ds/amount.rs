//! Exact amounts and shares of amounts, in hundredths like the ledger's.

use serde::Serialize;
use serde::ser::{Error, Serializer};
use serde_json::value::RawValue;

use crate::money;

/// A currency that the merchant can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Currency {
    pub(crate) code: &'static str,
    /// The number of decimals of its amounts, at most two.
    decimals: usize,
}

impl Currency {
    pub(crate) fn by_code(code: &str) -> Option<Self> {
        CURRENCIES.iter().copied().find(|currency| currency.code == code)
    }

    /// Parses a JSON number's text exactly: above zero, no exponent, at most the currency's number of decimals.
    pub(crate) fn parse(self, text: &str) -> Option<i64> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.len() > MAX_WHOLE_DIGITS || fraction.len() > self.decimals {
            return None;
        }
        money::parse_positive(text)
    }

    /// Formats an amount as `100.50`, or as `100` if the currency has no decimals.
    pub(crate) fn format(self, hundredths: i64) -> String {
        if self.decimals == 0 { (hundredths / 100).to_string() } else { money::with_two_decimals(hundredths) }
    }

    /// Returns an amount as a JSON number.
    pub(crate) fn number(self, hundredths: i64) -> Number {
        Number(self.format(hundredths))
    }

    /// Returns this many hundredths of a percent of an amount, rounded half up to the currency's decimals.
    pub(crate) fn share(self, hundredths: i64, basis_points: u32) -> i64 {
        self.rounded(i128::from(hundredths) * i128::from(basis_points), 10_000)
    }

    /// Returns the exact share, such as `2.5125`, with at least the currency's number of decimals.
    pub(crate) fn exact_share(self, hundredths: i64, basis_points: u32) -> Number {
        let millionths = i128::from(hundredths) * i128::from(basis_points);
        let fraction = format!("{:06}", millionths % 1_000_000);
        let (minor, extra) = fraction.split_at(self.decimals);
        let (whole, extra) = (millionths / 1_000_000, extra.trim_end_matches('0'));
        let point = if minor.is_empty() && extra.is_empty() { "" } else { "." };
        Number(format!("{whole}{point}{minor}{extra}"))
    }

    /// Returns one of `count` equal installments, rounded half up. Their sum may differ from the amount.
    pub(crate) fn installment(self, hundredths: i64, count: u32) -> i64 {
        self.rounded(i128::from(hundredths), i128::from(count))
    }

    fn rounded(self, numerator: i128, denominator: i128) -> i64 {
        let step = if self.decimals == 0 { 100 } else { 1 };
        let steps = (2 * numerator + denominator * step) / (2 * denominator * step);
        i64::try_from(steps * step).unwrap_or(i64::MAX)
    }
}

/// A JSON number as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number(String);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

const CURRENCIES: &[Currency] = &[
    Currency { code: "EUR", decimals: 2 },
    Currency { code: "GBP", decimals: 2 },
    Currency { code: "JPY", decimals: 0 },
    Currency { code: "TRY", decimals: 2 },
    Currency { code: "USD", decimals: 2 },
];

/// The most digits before the decimal point, so that interest cannot overflow.
const MAX_WHOLE_DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::{Currency, Number};

    fn currency(code: &str) -> Currency {
        Currency::by_code(code).unwrap()
    }

    #[test]
    fn an_amount_has_at_most_the_decimals_of_its_currency() {
        for (code, text, hundredths) in [
            ("TRY", "100.50", Some(10_050)),
            ("TRY", "100.5", Some(10_050)),
            ("TRY", "100", Some(10_000)),
            ("TRY", "0.01", Some(1)),
            ("TRY", "999999999999.99", Some(99_999_999_999_999)),
            ("TRY", "1000000000000", None),
            ("TRY", "100.500", None),
            ("TRY", "1e2", None),
            ("TRY", "0.00", None),
            ("TRY", "-1", None),
            ("JPY", "500", Some(50_000)),
            ("JPY", "500.0", None),
        ] {
            assert_eq!(currency(code).parse(text), hundredths, "{text} {code}");
        }
    }

    #[test]
    fn a_formatted_amount_has_exactly_the_decimals_of_its_currency() {
        assert_eq!(currency("TRY").format(10_050), "100.50");
        assert_eq!(currency("JPY").format(50_000), "500");
    }

    #[test]
    fn shares_and_installments_round_half_up_to_the_decimals_of_the_currency() {
        assert_eq!(currency("TRY").share(10_050, 250), 251);
        assert_eq!(currency("TRY").share(100, 50), 1);
        assert_eq!(currency("TRY").share(100, 49), 0);
        assert_eq!(currency("JPY").share(50_000, 250), 1_300);
        assert_eq!(currency("TRY").installment(10_000, 3), 3_333);
        assert_eq!(currency("TRY").installment(20_000, 3), 6_667);
        assert_eq!(currency("JPY").installment(10_000, 3), 3_300);
    }

    #[test]
    fn an_exact_share_keeps_every_digit() {
        let share = |code, amount, rate| currency(code).exact_share(amount, rate);
        assert_eq!(share("TRY", 10_050, 250), Number("2.5125".to_owned()));
        assert_eq!(share("TRY", 100_000, 350), Number("35.00".to_owned()));
        assert_eq!(share("TRY", 1, 1), Number("0.000001".to_owned()));
        assert_eq!(share("JPY", 50_000, 250), Number("12.5".to_owned()));
        assert_eq!(share("JPY", 50_000, 200), Number("10".to_owned()));
    }
}
