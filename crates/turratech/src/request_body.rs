//! Builds POST requests from typed parameters.

use std::fmt;
use std::sync::Arc;

use payments_core::request::{Path, RequestBuilder};
use payments_core::{Error, Extra, ValidationError};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Parameters that are sent as one JSON object.
pub(crate) trait Parameters: fmt::Debug {
    /// The names that have a setter, which `extra` must not override.
    const RESERVED: &'static [&'static str];

    /// Checks the values before anything is sent.
    fn check(&self) -> Result<(), ValidationError>;

    /// The parameters that the caller added by name.
    fn extra(&self) -> &Extra;

    /// Serializes the parameters that are set.
    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error>;
}

/// Checks the parameters and builds a POST request with them as its body.
pub(crate) fn post<P: Parameters + Send + Sync + 'static>(path: Path, parameters: P) -> Result<RequestBuilder, Error> {
    post_shared(path, Arc::new(parameters))
}

/// Like [`post`], for parameters that the response is compared with.
pub(crate) fn post_shared<P: Parameters + Send + Sync + 'static>(
    path: Path,
    parameters: Arc<P>,
) -> Result<RequestBuilder, Error> {
    check(&*parameters)?;
    Ok(RequestBuilder::post(path).json(&JsonObject(&*parameters))?.log_shared(parameters))
}

/// Builds a POST request without a body. It has a JSON content type too, as the document requires for every POST.
pub(crate) fn post_without_body(
    path: Path,
    id: impl fmt::Debug + Send + Sync + 'static,
) -> Result<RequestBuilder, Error> {
    Ok(RequestBuilder::post(path).header("content-type", "application/json")?.log_as(id))
}

/// Checks typed parameters and those added by name.
pub(crate) fn check<P: Parameters>(parameters: &P) -> Result<(), ValidationError> {
    parameters.check()?;
    parameters.extra().check(P::RESERVED)
}

/// Checks a parameter that an update clears.
pub(crate) fn check_cleared(name: &'static str, is_set: bool) -> Result<(), ValidationError> {
    if is_set { Err(ValidationError::new(name, "must not be both set and cleared")) } else { Ok(()) }
}

/// Serializes parameters as a JSON object: a whole body, or a part of one.
pub(crate) struct JsonObject<'a, P>(pub(crate) &'a P);

impl<P: Parameters> Serialize for JsonObject<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        self.0.serialize_members(&mut members)?;
        self.0.extra().serialize_members(&mut members)?;
        members.end()
    }
}

/// Serializes a member if it is set.
pub(crate) fn serialize_some<M: SerializeMap>(
    members: &mut M,
    name: &'static str,
    value: Option<&(impl Serialize + ?Sized)>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| members.serialize_entry(name, value))
}
