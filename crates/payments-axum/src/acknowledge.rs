use std::fmt;
use std::marker::PhantomData;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::WebhookSource;

/// The answer that the provider of the endpoint `R` expects, so that it does not send the delivery again.
///
/// Return it once the delivery is stored; work afterwards.
pub struct Acknowledge<R>(PhantomData<fn() -> R>);

impl<R: WebhookSource> Acknowledge<R> {
    /// It was taken in.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: WebhookSource> Default for Acknowledge<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for Acknowledge<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acknowledge")
    }
}

impl<R: WebhookSource> IntoResponse for Acknowledge<R> {
    fn into_response(self) -> Response {
        let response = R::ACKNOWLEDGEMENT;
        // Every provider's status is one.
        let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
        (status, response.body).into_response()
    }
}
