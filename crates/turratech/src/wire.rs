//! How TurraTech writes what its objects are made of.

use std::collections::BTreeMap;
use std::fmt;

use payments_core::json::{self, DecodeError, RawJson};
use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, ValidationError};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An integer: an amount in the smallest unit, or seconds.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Whole(#[serde(deserialize_with = "json::integer")] pub(crate) i64);

/// A currency as TurraTech writes it: lower case.
pub(crate) struct LowerCase(pub(crate) Currency);

impl Serialize for LowerCase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.as_str().to_ascii_lowercase())
    }
}

/// Above zero, as every amount that is asked for must be (inferred; the document sets no bounds).
pub(crate) fn check_amount(amount: Money) -> Result<(), ValidationError> {
    amount.check_positive("amount")
}

/// Unix seconds.
pub(crate) fn time_of(field: &'static str, seconds: Whole) -> Result<OffsetDateTime, DecodeError> {
    OffsetDateTime::from_unix_timestamp(seconds.0).map_err(|_| DecodeError::new(field, "is no time"))
}

/// For writing a model: as it came.
pub(crate) fn unix_seconds<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.unix_timestamp())
}

/// For reading metadata: missing and `null` are empty, and a `null` in it is no value.
pub(crate) fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::<Metadata>::deserialize(deserializer)?.map_or_else(BTreeMap::new, |metadata| metadata.0))
}

/// Without a tree of what may be `null` beside the one that is wanted.
struct Metadata(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Metadata;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Metadata, A::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = members.next_entry::<String, Option<String>>()? {
                    match value {
                        Some(value) => values.insert(name, value),
                        None => values.remove(&name),
                    };
                }
                Ok(Metadata(values))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// An answer's member held against the request's, where it is there at all.
pub(crate) fn same<T: PartialEq>(
    path: &'static str,
    answered: Option<&T>,
    asked: Option<&T>,
) -> Result<(), DecodeError> {
    match (answered, asked) {
        (Some(answered), Some(asked)) => json::expect_equal(path, answered, asked),
        _ => Ok(()),
    }
}

/// Metadata that was sent has to come back, where the answer has any member for it: a name that is missing there is as
/// much another object's as another value is.
pub(crate) fn same_metadata(
    answered: &BTreeMap<String, String>,
    raw: &RawJson,
    asked: &BTreeMap<String, String>,
) -> Result<(), DecodeError> {
    let is_there = asked.iter().all(|(name, value)| answered.get(name) == Some(value));
    if is_there || raw.decode::<WireMetadata>()?.metadata.is_none() {
        return Ok(());
    }
    Err(DecodeError::new("metadata", "is not what was sent"))
}

/// Whether an answer has the member at all: an empty one contradicts what was sent, a missing one does not.
#[derive(Deserialize)]
struct WireMetadata {
    metadata: Option<IgnoredAny>,
}

/// The object that was asked for, and no other.
pub(crate) fn same_id<T: PartialEq>(answered: &T, asked: &T) -> Result<(), DecodeError> {
    if answered == asked { Ok(()) } else { Err(DecodeError::new("id", "is another object's")) }
}
