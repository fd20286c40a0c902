//! Signed webhooks: a receiver verifies exactly the genuine deliveries, and reads them unchanged.

use http::{HeaderMap, HeaderValue};
use payments_core::clock::Clock;
use payments_core::webhook::{HexCase, one_header, signature_from_base64, signature_from_hex};
use payments_proof::{Delivery, Kind, Outcome, Provider, receive};
use turratech::EventObject;

use crate::oracle::{check_agrees, member, member_at, occurrences, same_reported, same_text};
use crate::responses::clock;
use crate::responses::turbopay::{check_status, rupees_are};
use crate::responses::turratech::{same_payment_amounts, same_refund_amount};

/// TurboPay's webhooks. An input is the signature, a line break and the body.
pub fn turbopay_webhooks(data: &[u8]) -> bool {
    let (signature, body) = split(data);
    let key = || turbopay::WebhookKey::new(TURBOPAY_KEY).expect("a key");
    let delivery = |signature: &[u8], body: &[u8]| delivery(Provider::Turbopay, TURBOPAY_KEY, signature, body);
    is_verified(&delivery(signature, body));
    let genuine = turbopay::test_util::sign(&key(), body);
    check_genuine(&delivery(genuine.as_bytes(), body), signature);

    let endpoint = turbopay::WebhookVerifier::new(key());
    let Ok(event) = endpoint.verify_signature(body, genuine.as_bytes()) else { return false };
    assert_eq!(event.body(), body);
    same_text(member(body, "order_id"), event.order_id.as_str());
    same_text(member(body, "merchant_order_id"), event.merchant_order_id.as_str());
    same_reported(body, &["amount"], &event.amount());
    check_status(body, &event.status);
    assert!(format!("{event:?}").contains("OrderId([private])"), "ids are private");
    let rupees = event.amount_in(turbopay::Currency::INR);
    rupees_are(body).is(&rupees);
    check_agrees(event.merchant_order_id.as_str(), &rupees, turbopay::Currency::INR, |order| event.check(order));
    let _ = event.digest().to_string();
    true
}

/// TurraTech's webhooks. An input is the signature header, a line break and the body.
pub fn turratech_webhooks(data: &[u8]) -> bool {
    let (header, body) = split(data);
    let secret = || turratech::WebhookSecret::new(TURRATECH_SECRET).expect("a secret");
    let delivery = |header: &[u8], body: &[u8]| delivery(Provider::Turratech, TURRATECH_SECRET, header, body);
    is_verified(&delivery(header, body));
    let now = clock().now();
    let genuine = turratech::test_util::sign(&secret(), body, now);
    check_genuine(&delivery(genuine.as_bytes(), body), header);
    let late = turratech::test_util::sign(&secret(), body, now - time::Duration::seconds(301));
    assert!(!is_verified(&delivery(late.as_bytes(), body)), "a delivery that is 301 seconds old");

    let endpoint = turratech::WebhookVerifier::new(secret()).clock(clock());
    let Ok(event) = endpoint.verify_signature(body, genuine.as_bytes()) else { return false };
    same_text(member(body, "id"), event.id.as_str());
    same_text(member(body, "type"), event.event_type.as_str());
    assert_eq!(member(body, "livemode").as_deref(), Some(if event.livemode { "true" } else { "false" }));
    let part = |name| member_at(body, &["data", "object", name]);
    assert_eq!(occurrences(body, &["data", "object"]).len(), 1, "an event has an object");
    match event.object() {
        Ok(EventObject::Payment(payment)) => {
            assert_eq!(payment.livemode, event.livemode, "a payment of the other mode");
            same_text(part("id"), payment.id.as_str());
            same_text(part("status"), payment.status.as_str());
            same_payment_amounts(body, &["data", "object"], &payment);
        }
        Ok(EventObject::Refund(refund)) => {
            same_text(part("id"), refund.id.as_str());
            same_refund_amount(body, &["data", "object"], &refund);
        }
        Ok(_) => {}
        Err(error) => assert!(error.path().starts_with("data.object"), "{error}"),
    }
    true
}

fn delivery(provider: Provider, secret: &str, signature: &[u8], body: &[u8]) -> Delivery {
    let headers = vec![(provider.signature_header().to_owned(), signature.to_vec())];
    let (secrets, clock) = (vec![secret.to_owned()], clock().now().unix_timestamp());
    Delivery { provider, kind: Kind::Webhook, secrets, clock, headers, body: body.to_vec() }
}

/// Returns true if the receiver verifies the delivery. Panics unless that agrees with whether it is genuine.
#[track_caller]
fn is_verified(delivery: &Delivery) -> bool {
    let verdict = receive(delivery).expect("the header map and the bare value get the same verdict");
    let verified = matches!(verdict.outcome, Outcome::Accepted | Outcome::Unreadable);
    assert_eq!(verified, delivery.is_genuine(), "{verdict:?}");
    verified || {
        assert_eq!(verdict.outcome, Outcome::Rejected);
        false
    }
}

/// A genuine delivery is verified, unless it is too long. With one changed bit in its body, it is rejected.
#[track_caller]
fn check_genuine(delivery: &Delivery, chooser: &[u8]) {
    assert_eq!(is_verified(delivery), delivery.body.len() <= LONGEST, "a genuine delivery");
    let mut tampered = delivery.clone();
    let sum = chooser.iter().fold(tampered.body.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    if let Some(at) = sum.checked_rem(tampered.body.len()) {
        tampered.body[at] ^= 1 << (sum % 8);
        assert!(!is_verified(&tampered), "a body that was changed");
    }
}

/// The encodings of a signature, and headers that hold signatures.
pub fn signatures(data: &[u8]) -> bool {
    let lower = signature_from_hex(data, HexCase::Lower);
    let either = signature_from_hex(data, HexCase::Either);
    if let Some(bytes) = either {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(data.eq_ignore_ascii_case(hex.as_bytes()));
        assert_eq!(lower.is_some(), data == hex.as_bytes());
    } else {
        assert_eq!(lower, None);
    }
    let base64 = signature_from_base64(data);
    assert!(base64.is_none() || data.len() == 44 && data.ends_with(b"="));

    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(16) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append("x-pay-signature", value);
        }
    }
    let one = one_header(&headers, "x-pay-signature");
    assert_eq!(one.is_ok(), headers.len() == 1);
    either.is_some() || base64.is_some()
}

/// Splits an input at the first line break.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&[], data),
    }
}

const TURBOPAY_KEY: &str = "canary-webhook-key";
const TURRATECH_SECRET: &str = "whsec_canary51ab";

/// The longest body that a receiver reads.
const LONGEST: usize = 256 * 1024;
