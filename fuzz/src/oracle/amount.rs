//! Amounts as a body writes them. What cannot be read exactly is kept as text, and confirms nothing.

use std::fmt::Display;

use payments_core::{AmountUnreadable, Currency, Expected, Mismatch, Money};

use super::body::clean;
use super::{any_text, member_at, occurrences, text};

/// The canonical form of a plain decimal, or `None` if the text is not one.
pub(crate) fn shortest(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    Some(format!("{sign}{whole}.{fraction}"))
}

/// Compares an amount with the member from which it was read.
#[track_caller]
pub(crate) fn same_amount(raw: Option<String>, amount: &str) {
    let raw = raw.expect("an amount was read, so one was there");
    let said = text(&raw).and_then(|text| shortest(&text));
    assert_eq!(said, shortest(amount), "{raw} was read as {amount}");
}

/// Compares an amount with the member from which it was read. One that cannot be read has the member's text.
#[track_caller]
pub(crate) fn same_reported(body: &[u8], path: &[&str], amount: &Result<impl Display, AmountUnreadable>) {
    match amount {
        Ok(amount) => same_amount(member_at(body, path), &amount.to_string()),
        Err(unreadable) => is_unreadable(body, path, unreadable, |plain| plain.len() > SURELY_READABLE),
    }
}

/// An amount that cannot be read has the member's text, and is not a plain decimal, except as `may_be` says.
#[track_caller]
fn is_unreadable(body: &[u8], path: &[&str], unreadable: &AmountUnreadable, may_be: impl Fn(&str) -> bool) {
    // A member that occurs twice has no text that counts.
    let [raw] = occurrences(body, path).try_into().unwrap_or_else(|_| [String::from("null")]);
    let is_once = occurrences(body, path).len() == 1;
    if !matches!(raw.as_str(), "null" | "\"\"") {
        let (said, kept) = (any_text(&raw), unreadable.raw().expect("an unreadable amount keeps its text"));
        let plain = shortest(&said);
        // A body that can be read without repairs is not repaired.
        let is_unrepaired = clean(kept.as_bytes(), char::REPLACEMENT_CHARACTER) == raw;
        let is_same = said == kept || is_unrepaired || plain.is_some() && plain == shortest(kept);
        assert!(is_same, "{raw} was kept as {kept}");
        assert!(plain.is_none_or(|plain| may_be(&plain)), "{raw} can be read");
    } else if is_once || occurrences(body, path).is_empty() {
        assert_eq!(unreadable.raw(), None, "no amount was there");
    }
}

/// Where a body reports money, and in which form.
pub(crate) struct ReportedMoney<'a> {
    pub(crate) body: &'a [u8],
    /// The path of the amount.
    pub(crate) amount: &'a [&'a str],
    /// The path of the currency, or the only currency of the provider.
    pub(crate) currency: Result<&'a [&'a str], Currency>,
    /// True if the amount is in the smallest units of the currency.
    pub(crate) in_smallest_units: bool,
}

impl ReportedMoney<'_> {
    /// Compares money with the members from which it was read.
    #[track_caller]
    pub(crate) fn is(&self, money: &Result<Money, AmountUnreadable>) {
        match money {
            Ok(money) => {
                let (minor, units) = (money.minor().to_string(), money.decimal_text());
                let amount = if self.in_smallest_units { minor } else { units.expect("its decimals are known") };
                same_amount(member_at(self.body, self.amount), &amount);
                match self.currency {
                    Ok(path) => {
                        let raw = member_at(self.body, path).expect("a currency was read, so one was there");
                        let said = text(&raw).expect("a currency is a text");
                        assert!(is_code_of(&said, money.currency()), "{said} was read as {}", money.currency());
                    }
                    Err(only) => assert_eq!(money.currency(), only),
                }
            }
            Err(unreadable) if self.currency.map_or(true, |path| self.is_currency_readable(path)) => {
                is_unreadable(self.body, self.amount, unreadable, |plain| {
                    let decimals = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                    decimals > 0 && self.in_smallest_units || decimals > 2 || plain.len() > SURELY_READABLE
                });
            }
            Err(unreadable) => self.is_currency_kept(unreadable),
        }
    }

    fn is_currency_readable(&self, path: &[&str]) -> bool {
        let said = member_at(self.body, path).as_deref().and_then(text);
        said.is_some_and(|said| ["TRY", "GBP", "INR", "USD", "EUR"].iter().any(|code| said.eq_ignore_ascii_case(code)))
    }

    /// The text of the currency, or of the amount, is kept.
    #[track_caller]
    fn is_currency_kept(&self, unreadable: &AmountUnreadable) {
        let Some(kept) = unreadable.raw() else { return };
        let currency = self.currency.map(|path| occurrences(self.body, path)).unwrap_or_default();
        let said = [currency, occurrences(self.body, self.amount)].concat();
        let is_said = |raw: &String| {
            let said = any_text(raw);
            let is_unrepaired = clean(kept.as_bytes(), char::REPLACEMENT_CHARACTER) == *raw;
            said == kept || is_unrepaired || shortest(&said).is_some() && shortest(&said) == shortest(kept)
        };
        // Only the text of a member that occurs twice may be shortened and masked.
        assert!(said.len() > 2 || said.iter().any(is_said), "nothing in the body is {kept}");
    }
}

/// True if the text is the code of the currency: letters, or digits of ISO 4217.
fn is_code_of(text: &str, currency: Currency) -> bool {
    let known = [("949", "TRY"), ("826", "GBP"), ("356", "INR"), ("840", "USD"), ("978", "EUR")];
    match known.iter().find(|(digits, _)| *digits == text) {
        Some((_, letters)) => currency.as_str() == *letters,
        None => text.eq_ignore_ascii_case(currency.as_str()) || Currency::from_numeric(text) == Some(currency),
    }
}

/// `check` passes for exactly the reported reference and amount. It never passes for an amount that cannot be read.
#[track_caller]
pub(crate) fn check_agrees(
    reference: &str,
    amount: &Result<Money, AmountUnreadable>,
    currency: Currency,
    check: impl Fn(&Expected) -> Result<(), Mismatch>,
) {
    match amount {
        // An amount of a currency whose decimals are unknown cannot be compared.
        Ok(money) if money.to_decimal().is_err() => assert!(check(&Expected::new(reference, *money)).is_err()),
        Ok(money) => {
            assert_eq!(check(&Expected::new(reference, *money)), Ok(()));
            for other in [money.minor().checked_add(1), money.minor().checked_sub(1)].into_iter().flatten() {
                let other = Money::from_minor(other, money.currency());
                assert!(check(&Expected::new(reference, other)).is_err(), "{money} passes for {other}");
            }
            assert!(check(&Expected::new(format!("{reference}0"), *money)).is_err(), "another reference passes");
        }
        Err(unreadable) => never_passes(reference, unreadable.raw().unwrap_or_default(), currency, check),
    }
}

/// `check` passes for no amount that somebody could take the text for.
#[track_caller]
pub(crate) fn never_passes(
    reference: &str,
    kept: &str,
    currency: Currency,
    check: impl Fn(&Expected) -> Result<(), Mismatch>,
) {
    let digits: String = kept.chars().filter(char::is_ascii_digit).take(15).collect();
    let digits: i64 = digits.parse().unwrap_or_default();
    for minor in [0, 1, 100, 10_050, 200_000, digits, digits * 100, digits / 10, digits / 100] {
        let money = Money::from_minor(minor, currency);
        assert!(check(&Expected::new(reference, money)).is_err(), "{kept:?} passes for {money}");
    }
}

/// A plain decimal of this length fits into an exact decimal.
const SURELY_READABLE: usize = 17;
