use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserializer;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};

/// For `#[serde(default, deserialize_with = "json::text_map")]`: reads an object of texts under any names.
///
/// A missing object, `null` and `""` are empty, and a `null` value counts as missing. A name that occurs twice has no
/// value: it is recorded among the message's unreadable members.
///
/// # Errors
///
/// Returns an error if the member or a value has another shape, or if a name occurs twice.
pub fn text_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
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
/// A name that would break the wording drops the object as a whole.
fn occurs_twice(name: &str) -> String {
    if name.contains('`') || name.contains(" at line ") {
        "a name occurs twice".to_owned()
    } else {
        format!("duplicate field `{name}`")
    }
}
