//! Amounts, JSON, masked card numbers, and the sandbox's fault grammar.

use std::collections::BTreeMap;

use payments_core::decimal;
use payments_core::json::{self, JsonNumber, RawJson};
use payments_core::rust_decimal::Decimal;
use payments_core::{Currency, Money, mask_card_numbers, redacted_line};
use payments_sandbox::Fault;
use serde::Deserialize;

use crate::oracle::{member, same_amount, same_text, shortest, shows_card};

/// Amounts. An input is a three-letter currency code and the text of the amount.
pub fn money(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (currency, amount) = text.split_at_checked(3).unwrap_or(("INR", text));
    let Ok(currency) = currency.parse::<Currency>() else { return false };
    let exact = decimal::parse(amount);
    if let Ok(exact) = exact {
        assert_eq!(shortest(&exact.to_string()), shortest(amount));
    }
    let Ok(money) = Money::parse(amount, currency) else { return exact.is_ok() };
    let written = money.decimal_text().expect("what was read can be written");
    assert_eq!(shortest(&written), shortest(amount), "{amount} was read as {written}");
    assert_eq!(Money::parse(&written, currency), Ok(money));
    let exact = money.to_decimal().expect("its decimals are known");
    assert_eq!(Money::from_decimal(exact, currency), Ok(money));
    let number = JsonNumber::decimal(money).expect("it is a number");
    assert_eq!(serde_json::to_string(&number).expect("it can be sent"), written);
    let stored = serde_json::to_string(&money).expect("it can be stored");
    assert_eq!(serde_json::from_str::<Money>(&stored).ok(), Some(money));
    let weights: Vec<u32> = data.iter().take(9).map(|byte| u32::from(*byte) % 7).collect();
    if let Ok(parts) = money.allocate(&weights) {
        let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        assert_eq!(sum, i128::from(money.minor()), "{money} lost something");
    }
    true
}

/// JSON bodies, decoded into the building blocks of the models.
pub fn json(data: &[u8]) -> bool {
    let read = json::decode_object::<Everything>(data);
    let owned = json::decode::<Owned>(data);
    for error in [read.as_ref().err(), owned.as_ref().err()].into_iter().flatten() {
        assert!(!error.problem().contains("canary"), "{error} quotes what it found");
        assert!(!error.to_string().chars().any(char::is_control), "{error:?} is one line");
    }
    if let Ok(raw) = json::decode::<RawJson>(data) {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(raw.as_str()).is_ok());
        assert_eq!(raw.decode::<Owned>().is_ok(), owned.is_ok());
    }
    let Ok(read) = read else { return false };
    same_amount(member(data, "amount"), &read.amount.to_string());
    same_amount(member(data, "minor"), &read.minor.to_string());
    if let Some(fee) = read.fee {
        same_amount(member(data, "fee"), &fee.to_string());
    }
    if let Some(note) = read.note {
        same_text(member(data, "note"), &note);
    }
    let _ = (read.raw, read.metadata);
    true
}

#[derive(Deserialize)]
struct Everything {
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, with = "json::decimal_option")]
    fee: Option<Decimal>,
    #[serde(deserialize_with = "json::integer")]
    minor: i64,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    note: Option<String>,
    #[serde(default)]
    raw: Option<RawJson>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Owned {
    #[serde(default, rename = "items")]
    _items: Vec<BTreeMap<String, Option<String>>>,
    #[serde(default, rename = "flag")]
    _flag: bool,
    #[serde(default, rename = "currency")]
    _currency: Option<Currency>,
}

/// Messages of providers that contain card numbers.
pub fn masks(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let masked = mask_card_numbers(text);
    assert_eq!(masked.chars().count(), text.chars().count());
    for (was, is) in text.chars().zip(masked.chars()) {
        assert!(is == was || is == '*' && was.is_numeric(), "{was:?} became {is:?}");
    }
    assert!(!shows_card(&masked, PAN), "{masked}");
    let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (left, right) = text.split_at(half);
    for planted in [format!("{left}: {PAN}, {right}"), format!("{left} {PAN} {right}"), format!("{left}-{PAN}-{right}")]
    {
        let masked = mask_card_numbers(&planted);
        assert!(!shows_card(&masked, PAN), "{masked}");
    }
    let line = redacted_line(text);
    assert!(!line.chars().any(char::is_control) && !shows_card(&line, PAN), "{line:?}");
    masked != text
}

/// Faults. A parsed fault prints as text that parses to the same fault.
pub fn faults(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let fault = match text.parse::<Fault>() {
        Ok(fault) => fault,
        Err(error) => {
            let _ = error.to_string();
            return false;
        }
    };
    let written = fault.to_string();
    let again: Fault = written.parse().unwrap_or_else(|error| panic!("{text:?} is written as {written:?}: {error}"));
    assert_eq!(again, fault, "{text:?} is written as {written:?}");
    assert_eq!(again.to_string(), written);
    true
}

const PAN: &str = "5421190122090656";
