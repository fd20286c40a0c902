//! The names and values that a merchant stores with an object.

use std::collections::BTreeMap;
use std::fmt;

use payments_core::ValidationError;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Checks that every value has a name. The document sets no other limits.
pub(crate) fn check(metadata: &BTreeMap<String, String>) -> Result<(), ValidationError> {
    if metadata.contains_key("") {
        Err(ValidationError::new("metadata", "must have a name for each value: a name is empty"))
    } else {
        Ok(())
    }
}

/// Returns the metadata, or `None` if there is nothing to send.
pub(crate) fn unless_empty(metadata: &BTreeMap<String, String>) -> Option<&BTreeMap<String, String>> {
    (!metadata.is_empty()).then_some(metadata)
}

/// Deserializes metadata. Missing metadata and `null` are empty, and a `null` value counts as missing.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::<Metadata>::deserialize(deserializer)?.map_or_else(BTreeMap::new, |metadata| metadata.0))
}

/// Drops `null` values while reading, so that no second map is built.
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

/// Defines the setter for metadata. The type needs a field `metadata: BTreeMap<String, String>`.
macro_rules! metadata_setter {
    () => {
        /// Adds a name and a value that TurraTech stores with the object.
        pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.metadata.insert(name.into(), value.into());
            self
        }
    };
}

pub(crate) use metadata_setter;
