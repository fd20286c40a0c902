//! Compares a response with its request. A contradiction makes the response malformed and leaves the outcome unknown.
//!
//! A member that cannot be read is never treated as missing, so a comparison with it fails.

use std::collections::BTreeMap;

use payments_core::json::{self, DecodeError, RawJson, UnreadableMembers};
use payments_core::{Money, ReportedAmount, ReportedCurrency};
use serde::Deserialize;

use crate::api_key::Mode;

/// Compares a member of the response with the request, if both have it.
pub(crate) fn expect_equal_if_present<T: PartialEq>(
    path: &'static str,
    received: Option<&T>,
    requested: Option<&T>,
    unreadable: &UnreadableMembers,
) -> Result<(), DecodeError> {
    match (received, requested) {
        (Some(received), Some(requested)) => json::expect_equal(path, received, requested),
        (None, Some(_)) => expect_readable(path, unreadable),
        (_, None) => Ok(()),
    }
}

/// Checks that a member that was not read is missing, and not unreadable.
pub(crate) fn expect_readable(path: &'static str, unreadable: &UnreadableMembers) -> Result<(), DecodeError> {
    if unreadable.concerns(path) { Err(DecodeError::new(path, "cannot be read")) } else { Ok(()) }
}

/// Compares amount and currency with the request, each if it can be read.
///
/// One that cannot be read is no contradiction: the object says so where its amount is read or compared.
pub(crate) fn expect_amount(
    amount: &ReportedAmount,
    currency: &ReportedCurrency,
    requested: Money,
) -> Result<(), DecodeError> {
    if let Ok(currency) = currency.currency() {
        json::expect_equal("currency", &currency, &requested.currency())?;
    }
    match amount.decimal() {
        Ok(_) => match amount.in_smallest_units(requested.currency()) {
            Ok(amount) => json::expect_equal("amount", &amount, &requested),
            // An exact number that is not a whole number of the smallest units.
            Err(_) => Err(DecodeError::new("amount", "differs from what was requested")),
        },
        Err(_) => Ok(()),
    }
}

/// Checks that the response contains all requested metadata, if it contains metadata at all.
///
/// A response that lacks a requested name is about another object, like one with another value.
pub(crate) fn expect_metadata(
    received: &BTreeMap<String, String>,
    raw: &RawJson,
    unreadable: &UnreadableMembers,
    requested: &BTreeMap<String, String>,
) -> Result<(), DecodeError> {
    let is_unreadable = unreadable.concerns("metadata");
    // A value that contained invalid Unicode is not known.
    let is_known = |value: &String| !is_unreadable || !value.contains(char::REPLACEMENT_CHARACTER);
    let has = |(name, value)| received.get(name).is_some_and(|received| received == value && is_known(received));
    if requested.iter().all(has) {
        return Ok(());
    }
    let metadata = raw.decode::<MetadataPresence>()?.metadata;
    let is_missing = metadata.is_none_or(|metadata| matches!(metadata.as_str(), "null" | "\"\""));
    if is_missing && !is_unreadable {
        return Ok(());
    }
    Err(DecodeError::new("metadata", "differs from what was requested"))
}

/// Tells empty metadata, which contradicts the request, from missing metadata, which does not.
#[derive(Deserialize)]
struct MetadataPresence {
    #[serde(default)]
    metadata: Option<RawJson>,
}

/// Compares `livemode` with the mode of the API key.
///
/// The key determines the mode (documented), so another mode contradicts the request.
pub(crate) fn expect_mode(livemode: bool, mode: Mode) -> Result<(), DecodeError> {
    if livemode == mode.is_live() {
        Ok(())
    } else {
        Err(DecodeError::new("livemode", "differs from the mode of the API key"))
    }
}

/// Checks that a successful response to a deletion reports `deleted` as true.
pub(crate) fn expect_deleted(deleted: bool) -> Result<(), DecodeError> {
    if deleted { Ok(()) } else { Err(DecodeError::new("deleted", "is false in a successful response")) }
}
