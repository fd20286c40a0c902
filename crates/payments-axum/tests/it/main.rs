//! Which deliveries reach an axum handler, and what the handler receives.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod journal;

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use axum::{Router, extract::FromRef};
use http_body_util::BodyExt as _;
use payments_axum::{
    Acknowledge, HostedCheckoutCallback, OrQuery, StorableWebhook, ThreeDsFailureCallback, ThreeDsSuccessCallback,
    Webhook,
};
use payments_core::clock::Clock as _;
use payments_core::test_util::ManualClock;
use payments_core::time::{Duration, OffsetDateTime};
use payments_core::webhook::Delivery;
use tower::ServiceExt as _;
use turbo_txn::{CallbackDecryptor, CallbackKey};

#[derive(Clone, FromRef)]
struct Shop {
    turratech: turratech::WebhookVerifier,
    turbopay: turbopay::WebhookVerifier,
    turbo_txn: CallbackDecryptor,
    success: ThreeDsSuccessCallback,
    failure: ThreeDsFailureCallback,
    checkout: HostedCheckoutCallback,
    received: Arc<Mutex<Vec<String>>>,
}

type Received = State<Arc<Mutex<Vec<String>>>>;

fn record(received: &Received, id: String) {
    received.lock().unwrap().push(id);
}

async fn on_turratech(
    received: Received,
    Webhook(event): Webhook<turratech::WebhookVerifier>,
) -> Acknowledge<turratech::WebhookVerifier> {
    record(&received, event.event_type.to_string());
    Acknowledge::new()
}

async fn on_turbopay(
    received: Received,
    Webhook(event): Webhook<turbopay::WebhookVerifier>,
) -> Acknowledge<turbopay::WebhookVerifier> {
    record(&received, event.merchant_order_id.to_string());
    Acknowledge::new()
}

async fn on_turbo_txn(
    received: Received,
    Webhook(callback): Webhook<CallbackDecryptor>,
) -> Acknowledge<CallbackDecryptor> {
    record(&received, callback.claimed().to_string());
    Acknowledge::new()
}

async fn on_success(
    received: Received,
    Webhook(callback): Webhook<ThreeDsSuccessCallback>,
) -> Acknowledge<ThreeDsSuccessCallback> {
    record(&received, callback.claimed().payment_id().to_string());
    Acknowledge::new()
}

async fn on_failure(
    received: Received,
    Webhook(callback): Webhook<ThreeDsFailureCallback>,
) -> Acknowledge<ThreeDsFailureCallback> {
    record(&received, callback.claimed().payment_id().to_string());
    Acknowledge::new()
}

async fn on_checkout(
    received: Received,
    Webhook(callback): Webhook<HostedCheckoutCallback>,
) -> Acknowledge<HostedCheckoutCallback> {
    record(&received, callback.claimed().checkout_id().to_string());
    Acknowledge::new()
}

async fn on_storable_turratech(
    received: Received,
    StorableWebhook(event, delivery): StorableWebhook<turratech::WebhookVerifier>,
) -> Acknowledge<turratech::WebhookVerifier> {
    record(&received, event.event_type.to_string());
    record(&received, serde_json::to_string(&delivery).unwrap());
    Acknowledge::new()
}

async fn on_storable_turbo_txn(
    received: Received,
    StorableWebhook(callback, delivery): StorableWebhook<CallbackDecryptor>,
) -> Acknowledge<CallbackDecryptor> {
    record(&received, callback.claimed().to_string());
    record(&received, serde_json::to_string(&delivery).unwrap());
    Acknowledge::new()
}

/// Posts a body and returns the response and the ids that handlers received.
async fn post_to(path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (StatusCode, String, Vec<String>) {
    let turratech = turratech::WebhookVerifier::new(turratech::WebhookSecret::new(SECRET).unwrap());
    post_with(turratech, path, headers, body).await
}

async fn post_with(
    turratech: turratech::WebhookVerifier,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> (StatusCode, String, Vec<String>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let shop = Shop {
        turratech,
        turbopay: turbopay::WebhookVerifier::new(turbopay::WebhookKey::new(SECRET).unwrap()),
        turbo_txn: CallbackDecryptor::new(CallbackKey::new(CALLBACK_KEY).unwrap()),
        success: ThreeDsSuccessCallback,
        failure: ThreeDsFailureCallback,
        checkout: HostedCheckoutCallback,
        received: Arc::clone(&received),
    };
    let app = Router::new()
        .route("/turratech", post(on_turratech))
        .route("/turbopay", post(on_turbopay))
        .route("/turbo-txn", post(on_turbo_txn))
        .route("/storable/turratech", post(on_storable_turratech))
        .route("/storable/turbo-txn", post(on_storable_turbo_txn))
        .route("/success", post(on_success))
        .route("/failure", post(on_failure))
        .route("/checkout", post(on_checkout))
        .with_state(shop);
    let request = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    let response = app.oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let received = received.lock().unwrap().clone();
    (status, String::from_utf8(body.to_vec()).unwrap(), received)
}

const SECRET: &str = "sandbox_whk_123";
const CALLBACK_KEY: &str = "c2FuZGJveF8wMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=";
const ORDER: &str = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;

#[tokio::test]
async fn a_verified_webhook_reaches_the_handler_and_is_acknowledged() {
    let signature = turbopay::test_util::sign(&turbopay::WebhookKey::new(SECRET).unwrap(), ORDER.as_bytes());
    let response = post_to("/turbopay", &[("x-pay-signature", &signature)], ORDER).await;
    assert_eq!(response, (StatusCode::OK, String::new(), vec!["O_7".to_owned()]));

    let event =
        r#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1,"livemode":false,"data":{"object":{}}}"#;
    let secret = turratech::WebhookSecret::new(SECRET).unwrap();
    let signature = turratech::test_util::sign(&secret, event.as_bytes(), now());
    let response = post_to("/turratech", &[("turratech-signature", &signature)], event).await;
    assert_eq!(response, (StatusCode::OK, String::new(), vec!["invoice.paid".to_owned()]));
}

#[tokio::test]
async fn a_stored_delivery_is_verified_again_as_of_the_clock_of_its_source() {
    let event =
        r#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1,"livemode":false,"data":{"object":{}}}"#;
    let secret = turratech::WebhookSecret::new(SECRET).unwrap();
    // The test's clock is decades behind the system's, and one hour passes before the delivery is verified again.
    let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + Duration::days(7));
    let verifier = turratech::WebhookVerifier::new(secret.clone()).clock(clock.clone());
    let signature = turratech::test_util::sign(&secret, event.as_bytes(), clock.now());
    let headers = [("turratech-signature", signature.as_str()), ("cookie", "canary")];

    let (status, _, received) = post_with(verifier.clone(), "/storable/turratech", &headers, event).await;
    let [event_type, stored] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!((status, event_type.as_str()), (StatusCode::OK, "invoice.paid"));
    assert!(!stored.contains("canary"), "{stored}");

    clock.advance(std::time::Duration::from_secs(3600));
    let delivery: Delivery = serde_json::from_str(stored).unwrap();
    assert_eq!(delivery.received_at(), OffsetDateTime::UNIX_EPOCH + Duration::days(7));
    assert_eq!(verifier.verify_delivery(&delivery).unwrap().id.as_str(), "evt_1");

    // The extractor compares with the same clock, so a late webhook is rejected.
    let (status, _, received) = post_with(verifier, "/storable/turratech", &headers, event).await;
    assert_eq!((status, received), (StatusCode::BAD_REQUEST, Vec::new()));
}

#[tokio::test]
async fn a_storable_callback_has_the_time_of_the_system_clock() {
    let text = br#"{"utr":"1","amount":300,"orderId":"order-7","txnStatus":"Approved"}"#;
    let key = CallbackKey::new(CALLBACK_KEY).unwrap();
    let body = turbo_txn::test_util::callback(&key, [7; 16], text);
    let before = now();
    let (status, _, received) = post_to("/storable/turbo-txn", &[], body).await;
    assert_eq!((status, received[0].as_str()), (StatusCode::OK, "order-7"));

    let delivery: Delivery = serde_json::from_str(&received[1]).unwrap();
    assert!((before..=now()).contains(&delivery.received_at()), "{delivery:?}");
    assert_eq!(CallbackDecryptor::new(key).decrypt_delivery(&delivery).unwrap().claimed().as_str(), "order-7");
}

#[tokio::test]
async fn an_unsigned_callback_reaches_the_handler_as_an_id_only() {
    let text = br#"{"utr":"1","amount":300,"orderId":"order-7","txnStatus":"Approved"}"#;
    let callback = turbo_txn::test_util::callback(&CallbackKey::new(CALLBACK_KEY).unwrap(), [7; 16], text);
    let response = post_to("/turbo-txn", &[], callback).await;
    assert_eq!(response, (StatusCode::OK, "OK".to_owned(), vec!["order-7".to_owned()]));

    for (path, body, id) in [
        ("/success", "paymentId=p-1&securityKey=k-1", "p-1"),
        ("/failure", "paymentId=p-2", "p-2"),
        ("/checkout", "checkoutId=c-1", "c-1"),
    ] {
        let response = post_to(path, &[("content-type", "application/x-www-form-urlencoded")], body).await;
        assert_eq!(response, (StatusCode::OK, String::new(), vec![id.to_owned()]), "{path}");
    }
}

#[tokio::test]
async fn a_rejected_delivery_never_reaches_the_handler_and_gets_an_empty_response() {
    let signed = |body: &str| turbopay::test_util::sign(&turbopay::WebhookKey::new(SECRET).unwrap(), body.as_bytes());
    let long = format!("{ORDER}{}", " ".repeat(256 * 1024));
    let nothing: Vec<String> = Vec::new();
    for (path, header, body, status) in [
        ("/turbopay", None, ORDER, StatusCode::BAD_REQUEST),
        ("/turbopay", Some(signed("another body")), ORDER, StatusCode::BAD_REQUEST),
        ("/turbopay", Some(signed("{}")), "{}", StatusCode::INTERNAL_SERVER_ERROR),
        ("/turbopay", Some(signed(&long)), &long, StatusCode::PAYLOAD_TOO_LARGE),
        ("/turratech", None, "{}", StatusCode::BAD_REQUEST),
        ("/turbo-txn", None, r#"{"encryptedData":"AAAA"}"#, StatusCode::BAD_REQUEST),
        ("/success", None, "paymentId=p-1", StatusCode::BAD_REQUEST),
        ("/checkout", None, "checkoutId=../p", StatusCode::BAD_REQUEST),
    ] {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("x-pay-signature", value.as_str())).collect();
        let response = post_to(path, &headers, body.to_owned()).await;
        assert_eq!(response, (status, String::new(), nothing.clone()), "{path} {}", &body[..body.len().min(60)]);
    }
}

fn now() -> OffsetDateTime {
    use payments_core::clock::Clock as _;
    payments_core::clock::SystemClock::new().now()
}

/// Sends a request with a query to a route that accepts one or not, and returns the status and the received ids.
async fn return_by(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Vec<String>) {
    #[derive(Clone, FromRef)]
    struct Shop {
        success: OrQuery<ThreeDsSuccessCallback>,
        strict: ThreeDsSuccessCallback,
        checkout: OrQuery<HostedCheckoutCallback>,
        received: Arc<Mutex<Vec<String>>>,
    }
    async fn on_success(received: Received, Webhook(callback): Webhook<OrQuery<ThreeDsSuccessCallback>>) {
        record(&received, callback.claimed().payment_id().to_string());
    }
    async fn on_checkout(
        received: Received,
        StorableWebhook(_, delivery): StorableWebhook<OrQuery<HostedCheckoutCallback>>,
    ) {
        let stored = card3ds::CheckoutCallback::parse_delivery(&delivery).unwrap();
        record(&received, stored.claimed().checkout_id().to_string());
    }
    async fn on_strict(received: Received, Webhook(callback): Webhook<ThreeDsSuccessCallback>) {
        record(&received, callback.claimed().payment_id().to_string());
    }
    let received = Arc::new(Mutex::new(Vec::new()));
    let shop = Shop {
        success: OrQuery(ThreeDsSuccessCallback),
        strict: ThreeDsSuccessCallback,
        checkout: OrQuery(HostedCheckoutCallback),
        received: Arc::clone(&received),
    };
    let app = Router::new()
        .route("/success", get(on_success).post(on_success))
        .route("/strict", get(on_strict).post(on_strict))
        .route("/checkout", get(on_checkout))
        .route("/post-only", post(on_strict))
        .with_state(shop);
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = app.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let ids = received.lock().unwrap().clone();
    (response.status(), ids)
}

#[tokio::test]
async fn a_return_by_get_is_read_only_where_the_merchant_opted_in() {
    let accepted = |id: &str| (StatusCode::OK, vec![id.to_owned()]);
    let rejected = (StatusCode::BAD_REQUEST, vec![]);
    let query = "paymentId=p-1&securityKey=a+b";
    assert_eq!(return_by("GET", &format!("/success?{query}"), &[], "").await, accepted("p-1"));
    assert_eq!(return_by("POST", "/success", &[], query).await, accepted("p-1"));
    assert_eq!(return_by("GET", "/checkout?checkoutId=c-1", &[], "").await, accepted("c-1"));
    // Neither the query of a POST request nor the body of a GET request counts.
    assert_eq!(return_by("POST", &format!("/success?{query}"), &[], "").await, rejected);
    assert_eq!(return_by("GET", "/success", &[], query).await, rejected);
    assert_eq!(return_by("GET", &format!("/success?{query}&paymentId=p-2"), &[], "").await, rejected);
    // Without the opt-in.
    assert_eq!(return_by("GET", &format!("/strict?{query}"), &[], "").await, rejected);
    let (status, ids) = return_by("GET", &format!("/post-only?{query}"), &[], "").await;
    assert_eq!((status, ids), (StatusCode::METHOD_NOT_ALLOWED, vec![]));
}

#[tokio::test]
async fn a_prefetch_and_a_head_request_do_not_reach_the_handler() {
    let path = "/success?paymentId=p-1&securityKey=k";
    // axum answers HEAD requests with the handler of GET.
    assert_eq!(return_by("HEAD", path, &[], "").await, (StatusCode::BAD_REQUEST, vec![]));
    for header in [("sec-purpose", "prefetch;prerender"), ("purpose", "Prefetch"), ("x-moz", "prefetch")] {
        assert_eq!(return_by("GET", path, &[header], "").await, (StatusCode::BAD_REQUEST, vec![]), "{header:?}");
    }
}
