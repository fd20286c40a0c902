//! Creates a TurraTech payment with the SDK, and by hand with reqwest.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use payments_core::transport::reqwest::{Certificate, ReqwestTransport};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use turratech::{ApiKey, Client, Currency, CustomerId, Money, NewPayment, Payment, PaymentId};
use turratech::{PaymentMethodId, PaymentStatus};

pub const PAYMENT: &str = r#"{"id":"pay_1NqQXYZ123456789","object":"payment","amount":2000,"amount_capturable":0,"amount_received":2000,"currency":"gbp","customer":"cus_NffrFeUfNV2Hib","description":"Order #12345","metadata":{"order_id":"12345"},"payment_method":"pm_card_visa","status":"succeeded","created":1704067200,"livemode":false}"#;

pub fn sdk(scheme: &str, server: SocketAddr, certificate: Option<&str>) -> Client {
    let builder = Client::builder(ApiKey::new("sk_test_51ABC123DEF456").unwrap());
    let builder = builder.base_url(format!("{scheme}://{server}/v1"));
    let Some(pem) = certificate else { return builder.build().unwrap() };
    let root = Certificate::from_pem(pem.as_bytes()).unwrap();
    builder.transport(ReqwestTransport::builder().root_certificate(root).build().unwrap()).build().unwrap()
}

pub async fn with_sdk(client: &Client) -> Payment {
    let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP))
        .payment_method("pm_card_visa")
        .customer("cus_NffrFeUfNV2Hib")
        .description("Order #12345")
        .metadata("order_id", "12345")
        .confirm(true);
    client.create_payment(payment).send().await.unwrap()
}

/// Returns a reqwest client with the SDK's connection pool, timeouts and headers.
pub fn bare() -> reqwest::Client {
    let mut headers = HeaderMap::new();
    let mut key = HeaderValue::from_static("Bearer sk_test_51ABC123DEF456");
    key.set_sensitive(true);
    headers.insert(AUTHORIZATION, key);
    headers.insert(HeaderName::from_static("turratech-version"), HeaderValue::from_static("2024-01-01"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reqwest::Client::builder()
        .default_headers(headers)
        .user_agent("shop/1.0")
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(4))
        .build()
        .unwrap()
}

pub async fn by_hand(client: &reqwest::Client, url: &str) -> BarePayment {
    let payment = BareNewPayment {
        amount: 2000,
        currency: "gbp",
        payment_method: "pm_card_visa",
        customer: "cus_NffrFeUfNV2Hib",
        description: "Order #12345",
        metadata: BTreeMap::from([("order_id", "12345")]),
        confirm: true,
    };
    let response = client
        .post(url)
        .header("idempotency-key", uuid::Uuid::new_v4().to_string())
        .body(serde_json::to_vec(&payment).unwrap())
        .send()
        .await
        .unwrap();
    assert!(response.status().is_success());
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[derive(Serialize)]
struct BareNewPayment<'a> {
    amount: i64,
    currency: &'a str,
    payment_method: &'a str,
    customer: &'a str,
    description: &'a str,
    metadata: BTreeMap<&'a str, &'a str>,
    confirm: bool,
}

/// A payment with the SDK's own types where possible. Amounts and times are integers, as in the JSON.
#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are decoded for comparison, not read")]
pub struct BarePayment {
    id: PaymentId,
    amount: i64,
    amount_capturable: Option<i64>,
    amount_received: Option<i64>,
    currency: Currency,
    customer: Option<CustomerId>,
    description: Option<String>,
    payment_method: Option<PaymentMethodId>,
    status: PaymentStatus,
    created: i64,
    livemode: bool,
    metadata: BTreeMap<String, String>,
}
