use std::fmt;
use std::marker::PhantomData;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::Receiver;

/// The answer that the provider of the endpoint `R` expects, so that it does not send the delivery again.
///
/// Return it once the delivery is stored; work afterwards.
pub struct Acknowledged<R>(PhantomData<fn() -> R>);

impl<R: Receiver> Acknowledged<R> {
    /// It was taken in.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: Receiver> Default for Acknowledged<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for Acknowledged<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acknowledged")
    }
}

impl<R: Receiver> IntoResponse for Acknowledged<R> {
    fn into_response(self) -> Response {
        let answer = R::ACKNOWLEDGEMENT;
        // Every provider's status is one.
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
        (status, answer.body).into_response()
    }
}
