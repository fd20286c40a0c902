use std::fmt;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use payments_core::webhook::{MAX_BODY, VerifyError};

use crate::WebhookSource;

/// A delivery that the endpoint `R` has taken: a `Verified` event, or an `Unverified` claim to ask about.
///
/// It reads the raw body itself, at most 256 KiB, so it stands last among a handler's arguments. The endpoint comes from the
/// router's state. What is refused never reaches the handler.
pub struct Webhook<R: WebhookSource>(
    /// What the provider's endpoint made of it.
    pub R::Output,
);

impl<R: WebhookSource<Output: fmt::Debug>> fmt::Debug for Webhook<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Webhook").field(&self.0).finish()
    }
}

impl<S, R> FromRequest<S> for Webhook<R>
where
    S: Send + Sync,
    R: WebhookSource + FromRef<S>,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookRejection> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(|err| {
            if err.is::<LengthLimitError>() { WebhookRejection::TooLong } else { WebhookRejection::Broken }
        })?;
        let taken = R::from_ref(state).receive(&body.to_bytes(), &head.headers);
        taken.map(Self).map_err(|err| match err {
            VerifyError::Rejected => WebhookRejection::Rejected,
            // Whatever else it is, the provider is to send it again.
            _ => WebhookRejection::Unreadable,
        })
    }
}

/// Why a delivery did not reach its handler. What it answers tells a stranger nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookRejection {
    /// Its origin is not proved: 400. Why is in the trace.
    Rejected,
    /// The provider sent what this version cannot read: 500, so that it comes again.
    Unreadable,
    /// It is longer than any delivery: 413.
    TooLong,
    /// It broke off: 400.
    Broken,
}

impl WebhookRejection {
    /// The status that it answers.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Rejected | Self::Broken => StatusCode::BAD_REQUEST,
            Self::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl fmt::Display for WebhookRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "the delivery could not be verified",
            Self::Unreadable => "the delivery cannot be read",
            Self::TooLong => "the delivery is too long",
            Self::Broken => "the delivery broke off",
        })
    }
}

impl std::error::Error for WebhookRejection {}

impl IntoResponse for WebhookRejection {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}
