//! Compares a response with its request. A contradiction makes the response malformed and leaves the outcome unknown.

use std::collections::BTreeMap;

use payments_core::json::{self, DecodeError, RawJson};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api_key::Mode;

/// Compares a member of the response with the request, if both have it.
pub(crate) fn expect_equal_if_present<T: PartialEq>(
    path: &'static str,
    received: Option<&T>,
    requested: Option<&T>,
) -> Result<(), DecodeError> {
    match (received, requested) {
        (Some(received), Some(requested)) => json::expect_equal(path, received, requested),
        _ => Ok(()),
    }
}

/// Checks that the response contains all requested metadata, if it contains metadata at all.
///
/// A response that lacks a requested name is about another object, like one with another value.
pub(crate) fn expect_metadata(
    received: &BTreeMap<String, String>,
    raw: &RawJson,
    requested: &BTreeMap<String, String>,
) -> Result<(), DecodeError> {
    let is_complete = requested.iter().all(|(name, value)| received.get(name) == Some(value));
    if is_complete || raw.decode::<MetadataPresence>()?.metadata.is_none() {
        return Ok(());
    }
    Err(DecodeError::new("metadata", "differs from what was requested"))
}

/// Tells empty metadata, which contradicts the request, from missing metadata, which does not.
#[derive(Deserialize)]
struct MetadataPresence {
    metadata: Option<IgnoredAny>,
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
