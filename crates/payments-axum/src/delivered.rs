use std::fmt;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use payments_core::webhook::VerifyError;

use crate::Receiver;

/// A delivery that the endpoint `R` has taken: a `Verified` event, or an `Unconfirmed` claim to ask about.
///
/// It reads the raw body itself, at most 256 KiB, so it stands last among a handler's arguments. The endpoint comes from the
/// router's state. What is refused never reaches the handler.
pub struct Delivered<R: Receiver>(
    /// What the provider's endpoint made of it.
    pub R::Taken,
);

impl<R: Receiver<Taken: fmt::Debug>> fmt::Debug for Delivered<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivered").field(&self.0).finish()
    }
}

impl<S, R> FromRequest<S> for Delivered<R>
where
    S: Send + Sync,
    R: Receiver + FromRef<S>,
{
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, LONGEST_BODY)
            .collect()
            .await
            .map_err(|err| if err.is::<LengthLimitError>() { Refused::TooLong } else { Refused::Broken })?;
        let taken = R::from_ref(state).receive(&body.to_bytes(), &head.headers);
        taken.map(Self).map_err(|err| match err {
            VerifyError::Unproven => Refused::Unproven,
            // Whatever else it is, the provider is to send it again.
            _ => Refused::Unreadable,
        })
    }
}

/// Why a delivery did not reach its handler. What it answers tells a stranger nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refused {
    /// Its origin is not proved: 400. Why is in the trace.
    Unproven,
    /// The provider sent what this version cannot read: 500, so that it comes again.
    Unreadable,
    /// It is longer than any delivery: 413.
    TooLong,
    /// It broke off: 400.
    Broken,
}

impl Refused {
    /// The status that it answers.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Unproven | Self::Broken => StatusCode::BAD_REQUEST,
            Self::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unproven => "the delivery's origin is not proved",
            Self::Unreadable => "the delivery cannot be read",
            Self::TooLong => "the delivery is too long",
            Self::Broken => "the delivery broke off",
        })
    }
}

impl std::error::Error for Refused {}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

/// No provider's delivery comes near it.
const LONGEST_BODY: usize = 256 * 1024;
