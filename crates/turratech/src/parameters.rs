use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use payments_core::json::{self, RawJson};
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Error, ValidationError, mask_card_numbers};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::shown::Masked;

/// What becomes the JSON object of a request.
pub(crate) trait Parameters: fmt::Debug {
    /// Every name that the type itself has a setter for.
    const NAMES: &'static [&'static str];

    /// Whatever can be said of the values before anything is sent.
    fn check(&self) -> Result<(), ValidationError>;

    /// What the caller added by name.
    fn extra(&self) -> &Extra;

    /// Writes the members that are set.
    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error>;
}

/// Shared with whatever holds the answer against them.
impl<P: Parameters> Parameters for Arc<P> {
    const NAMES: &'static [&'static str] = P::NAMES;

    fn check(&self) -> Result<(), ValidationError> {
        P::check(self)
    }

    fn extra(&self) -> &Extra {
        P::extra(self)
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        P::members(self, members)
    }
}

/// A POST of these.
pub(crate) fn post<P: Parameters + Send + Sync + 'static>(path: Path, parameters: P) -> Result<RequestBuilder, Error> {
    check(&parameters)?;
    Ok(RequestBuilder::post(path).json(&Body(&parameters))?.log_as(parameters))
}

/// A POST without a body, which says that it is JSON all the same (documented: on every POST).
pub(crate) fn post_nothing(path: Path, id: impl fmt::Debug + Send + Sync + 'static) -> Result<RequestBuilder, Error> {
    Ok(RequestBuilder::post(path).header("content-type", "application/json")?.log_as(id))
}

pub(crate) fn check<P: Parameters>(parameters: &P) -> Result<(), ValidationError> {
    parameters.check()?;
    parameters.extra().check(P::NAMES)
}

/// Parameters on their way into JSON, as a body or as a part of one.
pub(crate) struct Body<'a, P>(pub(crate) &'a P);

impl<P: Parameters> Serialize for Body<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        self.0.members(&mut members)?;
        for (name, value) in &self.0.extra().0 {
            if let Some(value) = value {
                members.serialize_entry(name, value)?;
            }
        }
        members.end()
    }
}

/// A member that is written only where it is set: `null` never is.
pub(crate) fn entry<M: SerializeMap>(
    members: &mut M,
    name: &'static str,
    value: Option<&(impl Serialize + ?Sized)>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| members.serialize_entry(name, value))
}

/// Parameters that the document leaves open, by name.
///
/// They may hold anything, also what must not be shown: `Debug` prints their names, and nothing whole in those that
/// could be a card's number. An error does the same.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Extra(BTreeMap<String, Option<RawJson>>);

impl Extra {
    /// Keeps a value as JSON; one that cannot be written is told of when the call is made.
    pub(crate) fn put(&mut self, name: String, value: &impl Serialize) {
        let text = serde_json::to_vec(value).ok();
        self.0.insert(name, text.and_then(|text| json::decode(&text).ok()));
    }

    /// As a part of the request, where there is anything.
    pub(crate) fn if_any(&self) -> Option<&BTreeMap<String, Option<RawJson>>> {
        (!self.0.is_empty()).then_some(&self.0)
    }

    pub(crate) fn check(&self, typed: &[&str]) -> Result<(), ValidationError> {
        for (name, value) in &self.0 {
            let problem = match value.as_ref().map(RawJson::as_str) {
                _ if name.is_empty() => return Err(ValidationError::new("extra", "must have a name")),
                _ if typed.contains(&name.as_str()) => "has a setter of its own, which an extra one must not override",
                Some("null") => "must not be null: leave it out",
                Some(_) => continue,
                None => "cannot be written as JSON",
            };
            return Err(ValidationError::new(mask_card_numbers(name), problem));
        }
        Ok(())
    }

    /// As query parameters: texts as they are, numbers and booleans as JSON writes them.
    pub(crate) fn query(&self, mut path: Path) -> Result<Path, ValidationError> {
        for (name, value) in &self.0 {
            let text = match value.as_ref().map(RawJson::as_str) {
                Some(text) if text.starts_with(['{', '[']) => {
                    return Err(ValidationError::new(
                        mask_card_numbers(name),
                        "must be a text, a number or a boolean in a list's query",
                    ));
                }
                Some(text) if text.starts_with('"') => json::decode::<String>(text.as_bytes())
                    .map_err(|_| ValidationError::new(mask_card_numbers(name), "is no text"))?,
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

/// Metadata: a name is needed; the document sets no other bounds.
pub(crate) fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), ValidationError> {
    if metadata.contains_key("") {
        Err(ValidationError::new("metadata", "must have a name for each value"))
    } else {
        Ok(())
    }
}

/// Nothing to be written.
pub(crate) fn not_empty(metadata: &BTreeMap<String, String>) -> Option<&BTreeMap<String, String>> {
    (!metadata.is_empty()).then_some(metadata)
}

/// The setter for what the document leaves open; it needs a field `extra: Extra`.
macro_rules! extra_setter {
    () => {
        /// A parameter that the document leaves open, by its name.
        ///
        /// Its value is whatever JSON can hold. One that has a setter of its own is not overridden: the call fails
        /// with an error that names it, before anything is sent. `Debug` shows the name alone.
        pub fn extra(mut self, name: impl Into<String>, value: impl ::serde::Serialize) -> Self {
            self.extra.put(name.into(), &value);
            self
        }
    };
}

/// The setter for metadata; it needs a field `metadata: BTreeMap<String, String>`.
macro_rules! metadata_setter {
    () => {
        /// One more key and value to be stored with the object.
        pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.metadata.insert(name.into(), value.into());
            self
        }
    };
}

pub(crate) use {extra_setter, metadata_setter};
