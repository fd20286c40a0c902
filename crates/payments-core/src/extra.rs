//! Parameters that a provider's document leaves open, which the caller sends by name.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::ser::SerializeMap;

use crate::json::{self, RawJson};
use crate::{ValidationError, mask_card_numbers};

/// Parameters by name, which the caller adds to a request.
///
/// A parameter never replaces one that has a setter: the request fails before it is sent, and the error names the
/// parameter. A value may be secret, so `Debug` and errors show only names, with card numbers masked.
///
/// A provider crate puts it into the parameters of a request, and defines the setter with
/// [`extra_setter!`](crate::extra_setter).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra(BTreeMap<String, Option<RawJson>>);

impl Extra {
    /// Sets a parameter. A value that cannot be serialized is reported by [`Extra::check`].
    pub fn insert(&mut self, name: impl Into<String>, value: &impl Serialize) {
        let text = serde_json::to_vec(value).ok();
        self.0.insert(name.into(), text.and_then(|text| json::decode(&text).ok()));
    }

    /// Returns true if there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Checks names and values. `typed` are the names that the SDK sends itself.
    ///
    /// # Errors
    ///
    /// Returns an error if a name is empty or typed, or if a value is `null` or cannot be written as JSON.
    pub fn check(&self, typed: &[&str]) -> Result<(), ValidationError> {
        for (name, value) in &self.0 {
            if name.is_empty() {
                return Err(ValidationError::new("extra", "must have a name: a name is empty"));
            }
            // Some servers ignore the case of names.
            if let Some(typed) = typed.iter().find(|typed| typed.eq_ignore_ascii_case(name)) {
                return Err(ValidationError::new(
                    (*typed).to_owned(),
                    "has a setter of its own: use it instead of `extra`",
                ));
            }
            let problem = match value.as_ref().map(RawJson::as_str) {
                Some("null") => "must not be null: omit the parameter instead",
                Some(_) => continue,
                None => "cannot be written as JSON",
            };
            return Err(ValidationError::new(mask_card_numbers(name), problem));
        }
        Ok(())
    }

    /// Serializes the parameters as members of an object.
    ///
    /// # Errors
    ///
    /// Returns the serializer's error.
    pub fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        for (name, value) in &self.0 {
            if let Some(value) = value {
                members.serialize_entry(name, value)?;
            }
        }
        Ok(())
    }

    /// Returns the parameters for a query or a form: strings as they are, numbers and booleans as in JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if a value is an object or a list.
    pub fn fields(&self) -> Result<Vec<(&str, String)>, ValidationError> {
        let mut fields = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let text = match value.as_ref().map(RawJson::as_str) {
                Some(text) if text.starts_with(['{', '[']) => {
                    let rule = "must be a string, a number or a boolean: it is not sent as JSON";
                    return Err(ValidationError::new(mask_card_numbers(name), rule));
                }
                Some(text) if text.starts_with('"') => json::decode::<String>(text.as_bytes())
                    .map_err(|_| ValidationError::new(mask_card_numbers(name), "must be a valid string"))?,
                Some(text) => text.to_owned(),
                None => continue,
            };
            fields.push((name.as_str(), text));
        }
        Ok(fields)
    }

    /// Adds the parameters to the text of a JSON object. The caller has checked the names.
    pub(crate) fn add_to_object(&self, object: &[u8]) -> Vec<u8> {
        let Some(members) = object.strip_suffix(b"}") else { return object.to_vec() };
        let mut added = String::new();
        for (name, value) in &self.0 {
            let (Some(value), Ok(name)) = (value, serde_json::to_string(name)) else { continue };
            let comma = if added.is_empty() && members.ends_with(b"{") { "" } else { "," };
            added.push_str(&format!("{comma}{name}:{}", value.as_str()));
        }
        // Allocated once: a buffer that grows leaves copies behind, which are not wiped.
        [members, added.as_bytes(), b"}"].concat()
    }
}

impl Serialize for Extra {
    /// Serializes the parameters as one object.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        self.serialize_members(&mut members)?;
        members.end()
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(|name| mask_card_numbers(name))).finish()
    }
}

/// Defines the setter `extra` of a request's parameters, for provider crates.
///
/// The type needs a field `extra: Extra`, or the name of a field that has one: `extra_setter!(order)`.
#[macro_export]
macro_rules! extra_setter {
    ($($field:ident)?) => {
        /// Sets a parameter that the document leaves open, by name.
        ///
        /// The value may be anything that serializes to JSON except `null`. A name that the SDK sends itself makes the
        /// call fail before it is sent. `Debug` shows only the name.
        pub fn extra(mut self, name: impl Into<String>, value: impl $crate::serde::Serialize) -> Self {
            self.$($field.)?extra.insert(name, &value);
            self
        }
    };
}
