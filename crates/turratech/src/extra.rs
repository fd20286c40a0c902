//! Parameters that the document leaves open, which the caller sends by name.

use std::collections::BTreeMap;
use std::fmt;

use payments_core::json::{self, RawJson};
use payments_core::request::Path;
use payments_core::{ValidationError, mask_card_numbers};
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::masked_debug::Masked;

/// Parameters by name.
///
/// A value may be secret, so `Debug` and errors show only names, with card numbers masked. A value that cannot be
/// serialized is stored as `None` and reported when the call is sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Extra(BTreeMap<String, Option<RawJson>>);

impl Extra {
    pub(crate) fn insert(&mut self, name: String, value: &impl Serialize) {
        let text = serde_json::to_vec(value).ok();
        self.0.insert(name, text.and_then(|text| json::decode(&text).ok()));
    }

    /// Returns the parameters as one object, or `None` if there are none.
    pub(crate) fn unless_empty(&self) -> Option<&BTreeMap<String, Option<RawJson>>> {
        (!self.0.is_empty()).then_some(&self.0)
    }

    /// Checks names and values. `reserved` are the names that have a setter.
    pub(crate) fn check(&self, reserved: &[&str]) -> Result<(), ValidationError> {
        for (name, value) in &self.0 {
            let problem = match value.as_ref().map(RawJson::as_str) {
                _ if name.is_empty() => return Err(ValidationError::new("extra", "must have a name: a name is empty")),
                _ if reserved.contains(&name.as_str()) => "has a setter of its own: use it instead of `extra`",
                Some("null") => "must not be null: omit the parameter instead",
                Some(_) => continue,
                None => "cannot be written as JSON",
            };
            return Err(ValidationError::new(mask_card_numbers(name), problem));
        }
        Ok(())
    }

    /// Serializes the parameters as members of an object.
    pub(crate) fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        for (name, value) in &self.0 {
            if let Some(value) = value {
                members.serialize_entry(name, value)?;
            }
        }
        Ok(())
    }

    /// Adds the parameters to a query: strings as they are, numbers and booleans as in JSON.
    pub(crate) fn add_to_query(&self, mut path: Path) -> Result<Path, ValidationError> {
        for (name, value) in &self.0 {
            let text = match value.as_ref().map(RawJson::as_str) {
                Some(text) if text.starts_with(['{', '[']) => {
                    return Err(ValidationError::new(
                        mask_card_numbers(name),
                        "must be a string, a number or a boolean: a list's filters are sent in the query",
                    ));
                }
                Some(text) if text.starts_with('"') => json::decode::<String>(text.as_bytes())
                    .map_err(|_| ValidationError::new(mask_card_numbers(name), "must be a valid string"))?,
                Some(text) => text.to_owned(),
                None => continue,
            };
            path = path.query(name, &text);
        }
        Ok(path)
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(Masked)).finish()
    }
}

/// Defines the setter for parameters by name. The type needs a field `extra: Extra`.
macro_rules! extra_setter {
    () => {
        /// Sets a parameter that the document leaves open, by name.
        ///
        /// The value may be anything that serializes to JSON except `null`. A name that has its own setter makes the
        /// call fail before it is sent. `Debug` shows only the name.
        pub fn extra(mut self, name: impl Into<String>, value: impl ::serde::Serialize) -> Self {
            self.extra.insert(name.into(), &value);
            self
        }
    };
}

pub(crate) use extra_setter;
