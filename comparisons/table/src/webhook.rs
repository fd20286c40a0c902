//! Verifies and decodes webhooks.

use std::hint::black_box;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use payments_core::rust_decimal::Decimal;
use payments_core::time::OffsetDateTime;
use serde::Deserialize;
use sha2::Sha256;
use stripe_webhook::Webhook;
use turratech::{EventId, EventType};

use crate::report;
use crate::side_by_side::medians;
use crate::turratech_side::BarePayment;

pub fn all() {
    turratech();
    turbopay();
}

fn turratech() {
    let secret = turratech::WebhookSecret::new(SECRET).unwrap();
    let header = turratech::test_util::sign(&secret, EVENT.as_bytes(), OffsetDateTime::from(SystemTime::now()));
    let verifier = turratech::WebhookVerifier::new(secret);
    let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let stripe_header = Webhook::generate_test_header(STRIPE_EVENT, SECRET, None);
    let length = EVENT.len().abs_diff(STRIPE_EVENT.len());
    assert!(length < 10, "{} and {} bytes", EVENT.len(), STRIPE_EVENT.len());
    let (time, tag) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let tag = hex::decode(tag).unwrap();

    let mut ours = || {
        let event = verifier.verify_signature(EVENT.as_bytes(), header.as_bytes()).unwrap();
        black_box(event.object().unwrap());
    };
    let mut ours_without_object = || {
        let event = verifier.verify_signature(EVENT.as_bytes(), header.as_bytes()).unwrap();
        assert_eq!(event.event_type, EventType::PaymentSucceeded);
        black_box(event);
    };
    let mut stripe = || drop(black_box(Webhook::construct_event(STRIPE_EVENT, &stripe_header, SECRET).unwrap()));
    let mut by_hand = || {
        verify_by_hand(&keyed, EVENT.as_bytes(), &header);
        // A webhook's body is bytes, so this decodes from bytes too.
        drop(black_box(serde_json::from_slice::<BareEvent>(EVENT.as_bytes()).unwrap()));
    };
    let mut hmac_only = || {
        let mut mac = keyed.clone();
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(EVENT.as_bytes());
        mac.verify_slice(&tag).unwrap();
    };

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut stripe);
    report("webhook-stripe", "ns", our_time, their_time);
    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut by_hand);
    report("webhook-bare", "ns", our_time, their_time);
    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours_without_object, &mut hmac_only);
    report("webhook-hmac", "ns", our_time, their_time);
}

/// Verifies a signature with the necessary steps only: parses the header, checks the time, compares the tag.
fn verify_by_hand(keyed: &Hmac<Sha256>, body: &[u8], header: &str) {
    let (time, hex) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let mut tag = [0; 32];
    hex::decode_to_slice(hex, &mut tag).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(time.parse().unwrap()) <= 300);
    let mut mac = keyed.clone();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(&tag).unwrap();
}

fn turbopay() {
    let key = turbopay::WebhookKey::new(SECRET).unwrap();
    let header = turbopay::test_util::sign(&key, TURBOPAY_EVENT);
    let verifier = turbopay::WebhookVerifier::new(key);
    let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();

    let mut ours = || drop(black_box(verifier.verify_signature(TURBOPAY_EVENT, header.as_bytes()).unwrap()));
    let mut by_hand = || {
        let mut tag = [0; 32];
        hex::decode_to_slice(&header, &mut tag).unwrap();
        let mut mac = keyed.clone();
        mac.update(TURBOPAY_EVENT);
        mac.verify_slice(&tag).unwrap();
        drop(black_box(serde_json::from_slice::<BareTurboPayEvent>(TURBOPAY_EVENT).unwrap()));
    };
    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut by_hand);
    report("webhook-turbopay", "ns", our_time, their_time);
}

/// An event with its payment, decoded in one pass, as an application would do that expects only payments.
#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are decoded for comparison, not read")]
struct BareEvent {
    id: EventId,
    r#type: EventType,
    created: i64,
    livemode: bool,
    data: BareData,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are decoded for comparison, not read")]
struct BareData {
    object: BarePayment,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the fields are decoded for comparison, not read")]
struct BareTurboPayEvent {
    order_id: turbopay::OrderId,
    merchant_order_id: turbopay::MerchantOrderId,
    status: turbopay::OrderStatus,
    reason: Option<String>,
    #[serde(with = "payments_core::json::decimal")]
    amount: Decimal,
    utr: Option<turbopay::Utr>,
    target_upi_id: Option<String>,
    merchant_customer_id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    claim_id: Option<String>,
}

const SECRET: &str = "whsec_51ABC123DEF456";

const EVENT: &str = r#"{"id":"evt_1NqQXYZ123456789","object":"event","type":"payment.succeeded","created":1704067200,"livemode":false,"data":{"object":{"id":"pay_1NqQXYZ123456789","object":"payment","amount":2000,"amount_received":2000,"currency":"gbp","customer":"cus_NffrFeUfNV2Hib","description":"Order #12345","metadata":{"order_id":"12345"},"payment_method":"pm_card_visa","status":"succeeded","created":1704067200,"livemode":false}}}"#;

const STRIPE_EVENT: &str = r#"{"id":"evt_1NqQXYZ123456789","object":"event","api_version":"2024-06-20","type":"customer.created","created":1704067200,"livemode":false,"pending_webhooks":1,"request":null,"data":{"object":{"id":"cus_NffrFeUfNV2Hib","object":"customer","balance":0,"created":1680893993,"delinquent":false,"description":"Order #12345","email":"jenny@example.com","livemode":false,"metadata":{"order_id":"12345"},"name":"Jenny Rosen"}}}"#;

const TURBOPAY_EVENT: &[u8] = br#"{"order_id":"849655cf-ceba-49bc-951a-cbfbf8d63274","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"pending","reason":"some reason","amount":"200.00","utr":"409876543210","target_upi_id":"deposit@test","merchant_customer_id":"aaaaaaa99-1290-3e9f-a08e-c03aedc68b35"}"#;

const ROUNDS: usize = 101;
const CALLS: u32 = 2_000;
