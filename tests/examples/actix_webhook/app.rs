//! The addresses that providers deliver to, in actix-web: plain functions over the raw body and one header.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use turbo_txn::Lookup as _;
use turbopay::payments_core::webhook::{Acknowledgement, MAX_BODY, VerifyError};

/// What the handlers share. They only store what they may believe; the work is done elsewhere.
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

/// The addresses. A body beyond the limit is answered 413 before a handler runs.
///
/// What is signed is what came: take actix-web's `Bytes`, never its JSON, and leave its `compress-*` features out of it,
/// which would unpack a body first.
pub(crate) fn addresses(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(MAX_BODY))
        .route("/turbopay", web::post().to(on_turbopay))
        .route("/turratech", web::post().to(on_turratech))
        .route("/turbo-txn", web::post().to(on_turbo_txn));
}

async fn on_turbopay(shop: Data<Shop>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Refused> {
    let signature = one_header(&request, turbopay::WebhookVerifier::SIGNATURE_HEADER)?;
    let event = shop.turbopay.verify_signature(&body, signature)?;
    shop.store(format!("{} is {}", event.merchant_order_id, event.status));
    Ok(acknowledged(turbopay::WebhookVerifier::ACKNOWLEDGEMENT))
}

async fn on_turratech(shop: Data<Shop>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Refused> {
    let signature = one_header(&request, turratech::WebhookVerifier::SIGNATURE_HEADER)?;
    let event = shop.turratech.verify_signature(&body, signature)?;
    shop.store(event.event_type.to_string());
    Ok(acknowledged(turratech::WebhookVerifier::ACKNOWLEDGEMENT))
}

/// That a callback decrypts proves nothing: what is true of its order, the look-up says.
async fn on_turbo_txn(shop: Data<Shop>, body: Bytes) -> Result<HttpResponse, Refused> {
    let hint = shop.callbacks.decrypt(&body)?;
    let details = hint.lookup(&shop.turbo_txn).send().await.map_err(|_| Refused::NotNow)?;
    shop.store(format!("{} is {}", hint.claimed(), details.status));
    Ok(acknowledged(turbo_txn::CallbackDecryptor::ACKNOWLEDGEMENT))
}

/// actix-web has header types of its own, so the value goes to `verify_signature` as it came.
fn one_header<'a>(request: &'a HttpRequest, name: &str) -> Result<&'a [u8], Refused> {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        _ => Err(Refused::Rejected),
    }
}

fn acknowledged(response: Acknowledgement) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK)).body(response.body)
}

/// Why a delivery was not taken in. What it answers tells a stranger nothing.
#[derive(Debug, Clone, Copy)]
enum Refused {
    /// Its origin is not proved, and sending it again would not help: 400.
    Rejected,
    /// The provider sent what this version cannot read: 500, so that it comes again.
    Unreadable,
    /// The look-up failed: 500, so that the callback comes again.
    NotNow,
}

impl From<VerifyError> for Refused {
    fn from(err: VerifyError) -> Self {
        match err {
            VerifyError::Rejected => Self::Rejected,
            // Whatever else it is, the provider is to send it again.
            _ => Self::Unreadable,
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the delivery was not taken in")
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Rejected => StatusCode::BAD_REQUEST,
            Self::Unreadable | Self::NotNow => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
