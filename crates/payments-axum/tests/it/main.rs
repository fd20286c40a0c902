//! What an axum handler gets, and what it never sees.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Router, extract::FromRef};
use http_body_util::BodyExt as _;
use payments_axum::{Acknowledge, HostedCheckoutCallback, ThreeDsFailureCallback, ThreeDsSuccessCallback, Webhook};
use payments_core::time::OffsetDateTime;
use tower::ServiceExt as _;
use turbo_txn::{CallbackDecryptor, CallbackKey};

#[derive(Clone, FromRef)]
struct Shop {
    turratech: turratech::WebhookVerifier,
    turbopay: turbopay::WebhookVerifier,
    turbo_txn: CallbackDecryptor,
    passed: ThreeDsSuccessCallback,
    failed: ThreeDsFailureCallback,
    checkouts: HostedCheckoutCallback,
    seen: Arc<Mutex<Vec<String>>>,
}

fn saw(seen: &State<Arc<Mutex<Vec<String>>>>, what: String) {
    seen.lock().unwrap().push(what);
}

type Seen = State<Arc<Mutex<Vec<String>>>>;

async fn on_turratech(
    seen: Seen,
    Webhook(event): Webhook<turratech::WebhookVerifier>,
) -> Acknowledge<turratech::WebhookVerifier> {
    saw(&seen, event.event_type.to_string());
    Acknowledge::new()
}

async fn on_turbopay(
    seen: Seen,
    Webhook(event): Webhook<turbopay::WebhookVerifier>,
) -> Acknowledge<turbopay::WebhookVerifier> {
    saw(&seen, event.merchant_order_id.to_string());
    Acknowledge::new()
}

async fn on_turbo_txn(seen: Seen, Webhook(hint): Webhook<CallbackDecryptor>) -> Acknowledge<CallbackDecryptor> {
    saw(&seen, hint.claimed().to_string());
    Acknowledge::new()
}

async fn on_passed(seen: Seen, Webhook(hint): Webhook<ThreeDsSuccessCallback>) -> Acknowledge<ThreeDsSuccessCallback> {
    saw(&seen, hint.claimed().payment_id().to_string());
    Acknowledge::new()
}

async fn on_failed(seen: Seen, Webhook(hint): Webhook<ThreeDsFailureCallback>) -> Acknowledge<ThreeDsFailureCallback> {
    saw(&seen, hint.claimed().payment_id().to_string());
    Acknowledge::new()
}

async fn on_checkout(
    seen: Seen,
    Webhook(hint): Webhook<HostedCheckoutCallback>,
) -> Acknowledge<HostedCheckoutCallback> {
    saw(&seen, hint.claimed().checkout_id().to_string());
    Acknowledge::new()
}

/// Posts a body, and gives the answer and what handlers saw.
async fn delivered(path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (StatusCode, String, Vec<String>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shop = Shop {
        turratech: turratech::WebhookVerifier::new(turratech::WebhookSecret::new(SECRET).unwrap()),
        turbopay: turbopay::WebhookVerifier::new(turbopay::WebhookKey::new(SECRET).unwrap()),
        turbo_txn: CallbackDecryptor::new(CallbackKey::new(CALLBACK_KEY).unwrap()),
        passed: ThreeDsSuccessCallback,
        failed: ThreeDsFailureCallback,
        checkouts: HostedCheckoutCallback,
        seen: Arc::clone(&seen),
    };
    let app = Router::new()
        .route("/turratech", post(on_turratech))
        .route("/turbopay", post(on_turbopay))
        .route("/turbo-txn", post(on_turbo_txn))
        .route("/passed", post(on_passed))
        .route("/failed", post(on_failed))
        .route("/checkout", post(on_checkout))
        .with_state(shop);
    let request = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    let response = app.oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let seen = seen.lock().unwrap().clone();
    (status, String::from_utf8(body.to_vec()).unwrap(), seen)
}

const SECRET: &str = "sandbox_whk_123";
const CALLBACK_KEY: &str = "c2FuZGJveF8wMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=";
const ORDER: &str = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;

#[tokio::test]
async fn what_is_proved_reaches_the_handler_and_is_acknowledged() {
    let signature = turbopay::test_util::sign(&turbopay::WebhookKey::new(SECRET).unwrap(), ORDER.as_bytes());
    let response = delivered("/turbopay", &[("x-pay-signature", &signature)], ORDER).await;
    assert_eq!(response, (StatusCode::OK, String::new(), vec!["O_7".to_owned()]));

    let event =
        r#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1,"livemode":false,"data":{"object":{}}}"#;
    let secret = turratech::WebhookSecret::new(SECRET).unwrap();
    let signature = turratech::test_util::sign(&secret, event.as_bytes(), now());
    let response = delivered("/turratech", &[("turratech-signature", &signature)], event).await;
    assert_eq!(response, (StatusCode::OK, String::new(), vec!["invoice.paid".to_owned()]));
}

#[tokio::test]
async fn what_proves_nothing_reaches_it_as_something_to_ask_about() {
    let text = br#"{"utr":"1","amount":300,"orderId":"order-7","txnStatus":"Approved"}"#;
    let callback = turbo_txn::test_util::callback(&CallbackKey::new(CALLBACK_KEY).unwrap(), [7; 16], text);
    let response = delivered("/turbo-txn", &[], callback).await;
    assert_eq!(response, (StatusCode::OK, "OK".to_owned(), vec!["order-7".to_owned()]));

    for (path, body, id) in [
        ("/passed", "paymentId=p-1&securityKey=k-1", "p-1"),
        ("/failed", "paymentId=p-2", "p-2"),
        ("/checkout", "checkoutId=c-1", "c-1"),
    ] {
        let response = delivered(path, &[("content-type", "application/x-www-form-urlencoded")], body).await;
        assert_eq!(response, (StatusCode::OK, String::new(), vec![id.to_owned()]), "{path}");
    }
}

#[tokio::test]
async fn what_is_refused_never_reaches_it_and_is_told_nothing() {
    let signed = |body: &str| turbopay::test_util::sign(&turbopay::WebhookKey::new(SECRET).unwrap(), body.as_bytes());
    let long = format!("{ORDER}{}", " ".repeat(256 * 1024));
    let nobody: Vec<String> = Vec::new();
    for (path, header, body, status) in [
        ("/turbopay", None, ORDER, StatusCode::BAD_REQUEST),
        ("/turbopay", Some(signed("another body")), ORDER, StatusCode::BAD_REQUEST),
        ("/turbopay", Some(signed("{}")), "{}", StatusCode::INTERNAL_SERVER_ERROR),
        ("/turbopay", Some(signed(&long)), &long, StatusCode::PAYLOAD_TOO_LARGE),
        ("/turratech", None, "{}", StatusCode::BAD_REQUEST),
        ("/turbo-txn", None, r#"{"encryptedData":"AAAA"}"#, StatusCode::BAD_REQUEST),
        ("/passed", None, "paymentId=p-1", StatusCode::BAD_REQUEST),
        ("/checkout", None, "checkoutId=../p", StatusCode::BAD_REQUEST),
    ] {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("x-pay-signature", value.as_str())).collect();
        let response = delivered(path, &headers, body.to_owned()).await;
        assert_eq!(response, (status, String::new(), nobody.clone()), "{path} {}", &body[..body.len().min(60)]);
    }
}

fn now() -> OffsetDateTime {
    use payments_core::clock::Clock as _;
    payments_core::clock::SystemClock::new().now()
}
