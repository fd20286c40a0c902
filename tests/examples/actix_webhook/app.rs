//! Webhook routes in actix-web: plain verification functions over the raw body and one header.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use turbo_txn::Lookup as _;
use turbopay::payments_core::webhook::{Acknowledgement, MAX_BODY, VerifyError};

/// The state that the handlers share. They store only verified facts; other code acts on these.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) turbopay: turbopay::WebhookVerifier,
    pub(crate) turratech: turratech::WebhookVerifier,
    pub(crate) callbacks: turbo_txn::CallbackDecryptor,
    pub(crate) turbo_txn: turbo_txn::Client,
    pub(crate) stored: Arc<Mutex<Vec<String>>>,
}

impl Shop {
    fn store(&self, fact: String) {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).push(fact);
    }
}

/// Adds the webhook routes. A body over the limit gets a 413 before a handler runs.
///
/// The signature covers the raw body: extract actix-web's `Bytes` and not its `Json`, and leave its `compress-*` features
/// off, because they would decompress a body first.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(MAX_BODY))
        .route("/turbopay", web::post().to(on_turbopay))
        .route("/turratech", web::post().to(on_turratech))
        .route("/turbo-txn", web::post().to(on_turbo_txn));
}

async fn on_turbopay(shop: Data<Shop>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, WebhookError> {
    let signature = one_header(&request, turbopay::WebhookVerifier::SIGNATURE_HEADER)?;
    let event = shop.turbopay.verify_signature(&body, signature)?;
    shop.store(format!("{} is {}", event.merchant_order_id, event.status));
    Ok(acknowledged(turbopay::WebhookVerifier::ACKNOWLEDGEMENT))
}

async fn on_turratech(shop: Data<Shop>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, WebhookError> {
    let signature = one_header(&request, turratech::WebhookVerifier::SIGNATURE_HEADER)?;
    let event = shop.turratech.verify_signature(&body, signature)?;
    shop.store(event.event_type.to_string());
    Ok(acknowledged(turratech::WebhookVerifier::ACKNOWLEDGEMENT))
}

/// Looks up the order, because a callback that decrypts proves nothing about the order's status.
async fn on_turbo_txn(shop: Data<Shop>, body: Bytes) -> Result<HttpResponse, WebhookError> {
    let hint = shop.callbacks.decrypt(&body)?;
    let details = hint.lookup(&shop.turbo_txn).send().await.map_err(|_| WebhookError::LookupFailed)?;
    shop.store(format!("{} is {}", hint.claimed(), details.status));
    Ok(acknowledged(turbo_txn::CallbackDecryptor::ACKNOWLEDGEMENT))
}

/// Returns the only value of a header for `verify_signature`, because actix-web has its own header types.
fn one_header<'a>(request: &'a HttpRequest, name: &str) -> Result<&'a [u8], WebhookError> {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        _ => Err(WebhookError::Rejected),
    }
}

fn acknowledged(response: Acknowledgement) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK)).body(response.body)
}

/// The reason why a delivery was not accepted. The response does not reveal it.
#[derive(Debug, Clone, Copy)]
enum WebhookError {
    /// The delivery is not authentic, and sending it again would not help: 400.
    Rejected,
    /// This version cannot decode a verified delivery: 500, so that the provider sends it again.
    Unreadable,
    /// The lookup failed: 500, so that the provider sends the callback again.
    LookupFailed,
}

impl From<VerifyError> for WebhookError {
    fn from(err: VerifyError) -> Self {
        match err {
            VerifyError::Rejected => Self::Rejected,
            // The provider should send the delivery again after any other error.
            _ => Self::Unreadable,
        }
    }
}

impl std::fmt::Display for WebhookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the delivery was not accepted")
    }
}

impl ResponseError for WebhookError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Rejected => StatusCode::BAD_REQUEST,
            Self::Unreadable | Self::LookupFailed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
