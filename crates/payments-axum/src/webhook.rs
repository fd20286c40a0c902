use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use payments_core::webhook::{Delivery, MAX_BODY, VerifyError};

use crate::{StorableSource, WebhookSource};

/// An extractor for webhooks and callbacks: a `Verified` event, or an `Unverified` id to look up.
///
/// It reads the raw body, at most 256 KiB, so it must be the handler's last argument. It takes the source `S` from the
/// router's state. A rejected delivery never reaches the handler.
pub struct Webhook<S: WebhookSource>(
    /// The output of the source.
    pub S::Output,
);

impl<S: WebhookSource<Output: fmt::Debug>> fmt::Debug for Webhook<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Webhook").field(&self.0).finish()
    }
}

impl<State, S> FromRequest<State> for Webhook<S>
where
    State: Send + Sync,
    S: WebhookSource + FromRef<State>,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, state: &State) -> Result<Self, WebhookRejection> {
        let (headers, body) = read::<S>(request).await?;
        S::from_ref(state).receive(&body, &headers).map(Self).map_err(WebhookRejection::of)
    }
}

/// An extractor for webhooks and callbacks that you store: the output of [`Webhook`], and the [`Delivery`] itself.
///
/// The delivery can be stored, and verified again by another process with `verify_delivery` or its sibling. Its time of
/// receipt is [`StorableSource::now`], read when the whole body has arrived.
pub struct StorableWebhook<S: StorableSource>(
    /// The output of the source.
    pub S::Output,
    /// The verified delivery, to store.
    pub Delivery,
);

impl<S: StorableSource<Output: fmt::Debug>> fmt::Debug for StorableWebhook<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StorableWebhook").field(&self.0).field(&self.1).finish()
    }
}

impl<State, S> FromRequest<State> for StorableWebhook<S>
where
    State: Send + Sync,
    S: StorableSource + FromRef<State>,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, state: &State) -> Result<Self, WebhookRejection> {
        let (headers, body) = read::<S>(request).await?;
        let source = S::from_ref(state);
        let delivery = Delivery::new(body, &headers, source.now());
        // What is stored is verified: the delivery, not the request that it was made from.
        let output = source.receive_delivery(&delivery).map_err(WebhookRejection::of)?;
        Ok(Self(output, delivery))
    }
}

/// Reads a whole body of at most 256 KiB, or the query of a GET request if the source accepts it.
pub(crate) async fn read<S: WebhookSource>(request: Request) -> Result<(HeaderMap, Bytes), WebhookRejection> {
    let (head, body) = request.into_parts();
    if S::ACCEPTS_QUERY && head.method == Method::GET {
        if is_prefetch(&head.headers) {
            return Err(WebhookRejection::Rejected);
        }
        let query = head.uri.query().unwrap_or_default().to_owned();
        return Ok((head.headers, Bytes::from(query)));
    }
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|err| {
        if err.is::<LengthLimitError>() { WebhookRejection::TooLong } else { WebhookRejection::Incomplete }
    })?;
    Ok((head.headers, body.to_bytes()))
}

/// True if a browser says that it only prefetches a page, so that the customer has not come back.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
        let values = headers.get_all(*name).iter();
        values.filter_map(|value| value.to_str().ok()).any(|value| value.to_ascii_lowercase().contains("prefetch"))
    })
}

/// The reason why a delivery did not reach its handler.
///
/// The HTTP response has a status and no body, so that it tells an attacker nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookRejection {
    /// The delivery could not be verified: 400. The reason is in the trace.
    Rejected,
    /// The delivery is valid, but this version cannot decode it: 500, so that the provider sends it again.
    Unreadable,
    /// The body is longer than 256 KiB: 413.
    TooLong,
    /// The connection ended before the whole body was received: 400.
    Incomplete,
    /// The journal could not store the delivery: 503, so that the provider sends it again. The reason is in the trace.
    NotStored,
}

impl WebhookRejection {
    #[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
    pub(crate) fn of(error: VerifyError) -> Self {
        match error {
            VerifyError::Rejected => Self::Rejected,
            // After any other error, the provider should send the delivery again.
            _ => Self::Unreadable,
        }
    }

    /// Returns the status of the HTTP response.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Rejected | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for WebhookRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "the delivery could not be verified",
            Self::Unreadable => "the delivery could not be decoded",
            Self::TooLong => "the delivery's body is longer than 256 KiB",
            Self::Incomplete => "the delivery's body is incomplete",
            Self::NotStored => "the journal could not store the delivery",
        })
    }
}

impl std::error::Error for WebhookRejection {}

impl IntoResponse for WebhookRejection {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}
