use std::fmt;
use std::marker::PhantomData;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::WebhookSource;

/// The response that the provider expects for an accepted delivery, so that it does not send the delivery again.
///
/// Return it as soon as the delivery is stored, and process the delivery afterwards.
pub struct Acknowledge<S>(PhantomData<fn() -> S>);

impl<S: WebhookSource> Acknowledge<S> {
    /// Creates the response.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S: WebhookSource> Default for Acknowledge<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Acknowledge<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acknowledge")
    }
}

impl<S: WebhookSource> IntoResponse for Acknowledge<S> {
    fn into_response(self) -> Response {
        let acknowledgement = S::ACKNOWLEDGEMENT;
        // The fallback is never used: the status of every provider is valid.
        let status = StatusCode::from_u16(acknowledgement.status).unwrap_or(StatusCode::OK);
        (status, acknowledgement.body).into_response()
    }
}
