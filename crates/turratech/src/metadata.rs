//! The names and values that a merchant stores with an object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use payments_core::ValidationError;
use serde::Deserializer;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};

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

/// Deserializes metadata. Missing metadata, `null` and `""` are empty, and a `null` value counts as missing.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = BTreeMap<String, String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            if text.is_empty() { Ok(BTreeMap::new()) } else { Err(E::invalid_type(Unexpected::Str(text), &self)) }
        }
        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let (mut values, mut nulls) = (BTreeMap::new(), BTreeSet::new());
            while let Some((name, value)) = members.next_entry::<String, Option<String>>()? {
                if nulls.contains(&name) || values.contains_key(&name) {
                    return Err(A::Error::custom(occurs_twice(&name)));
                }
                match value {
                    Some(value) => _ = values.insert(name, value),
                    None => _ = nulls.insert(name),
                }
            }
            Ok(values)
        }
    }
    deserializer.deserialize_any(Members)
}

/// Words a repeated name as serde does, so that the reader drops this value only.
///
/// A name that would break the wording drops the metadata as a whole.
fn occurs_twice(name: &str) -> String {
    if name.contains('`') || name.contains(" at line ") {
        "a name occurs twice".to_owned()
    } else {
        format!("duplicate field `{name}`")
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
