//! Signed deliveries: what is not signed is not believed, and what is signed is read as it stands.

use http::{HeaderMap, HeaderValue};
use payments_core::clock::Clock;
use payments_core::webhook::{HexCase, VerifyError, one_header, signature_from_base64, signature_from_hex};
use turratech::EventObject;

use crate::answers::clock;
use crate::answers::turbopay::is_told;
use crate::oracle::{member, member_of, same_amount, same_text};

/// TurboPay's webhooks: the signature, a line break, the body.
pub fn turbopay_webhooks(data: &[u8]) -> bool {
    let (signature, body) = two(data);
    let key = || turbopay::WebhookKey::new("canary-webhook-key").expect("a key");
    let endpoint = turbopay::WebhookVerifier::new(key());
    let genuine = turbopay::test_util::sign(&key(), body);
    let given = endpoint.verify_signature(body, signature);
    if given != Err(VerifyError::Rejected) {
        let bytes = signature_from_hex(genuine.as_bytes(), HexCase::Either);
        let same = signature_from_hex(signature, HexCase::Either).or_else(|| signature_from_base64(signature));
        assert_eq!(same, bytes, "believed without a signature");
    }

    let signed = endpoint.verify_signature(body, genuine.as_bytes());
    assert!(body.len() > LONGEST || signed != Err(VerifyError::Rejected), "a genuine delivery is refused");
    if let Some(tampered) = tampered(body, signature) {
        let result = endpoint.verify_signature(&tampered, genuine.as_bytes());
        assert_eq!(result.unwrap_err(), VerifyError::Rejected, "a body that was changed is believed");
    }
    let Ok(event) = signed else { return false };
    assert_eq!(event.body(), body);
    same_text(member(body, "order_id"), event.order_id.as_str());
    same_text(member(body, "merchant_order_id"), event.merchant_order_id.as_str());
    same_amount(member(body, "amount"), &event.amount.to_string());
    is_told(body, &event.status);
    assert!(format!("{event:?}").contains("OrderId([private])"), "it is private");
    let _ = (event.amount_in(turbopay::Currency::INR), event.digest().to_string());
    true
}

/// TurraTech's webhooks: the signature header, a line break, the body.
pub fn turratech_webhooks(data: &[u8]) -> bool {
    let (header, body) = two(data);
    let secret = || turratech::WebhookSecret::new("whsec_canary51ab").expect("a secret");
    let endpoint = turratech::WebhookVerifier::new(secret()).clock(clock());
    let now = clock().now();
    let given = endpoint.verify_signature(body, header);
    if !matches!(given, Err(VerifyError::Rejected)) {
        let header = String::from_utf8_lossy(header);
        let at = header.split(',').find_map(|entry| entry.strip_prefix("t=")).expect("it has a time");
        let at = time::OffsetDateTime::from_unix_timestamp(at.parse().expect("a number")).expect("a time");
        assert!((now - at).abs() <= time::Duration::seconds(300), "{at} is believed");
        let genuine = turratech::test_util::sign(&secret(), body, at);
        let hex = genuine.split_once(",v1=").expect("it has a signature").1;
        assert!(header.contains(hex), "believed without a signature");
    }

    let genuine = turratech::test_util::sign(&secret(), body, now);
    let signed = endpoint.verify_signature(body, genuine.as_bytes());
    assert!(body.len() > LONGEST || signed != Err(VerifyError::Rejected), "a genuine delivery is refused");
    if let Some(tampered) = tampered(body, header) {
        let result = endpoint.verify_signature(&tampered, genuine.as_bytes());
        assert_eq!(result.unwrap_err(), VerifyError::Rejected, "a body that was changed is believed");
    }
    let late = turratech::test_util::sign(&secret(), body, now - time::Duration::seconds(301));
    assert_eq!(endpoint.verify_signature(body, late.as_bytes()).unwrap_err(), VerifyError::Rejected);
    let Ok(event) = signed else { return false };
    same_text(member(body, "id"), event.id.as_str());
    same_text(member(body, "type"), event.event_type.as_str());
    assert_eq!(member(body, "livemode").as_deref(), Some(if event.livemode { "true" } else { "false" }));
    let object = member_of(body, "data", "object").expect("an event has an object");
    match event.object() {
        Ok(EventObject::Payment(payment)) => {
            assert_eq!(payment.livemode, event.livemode, "a payment of the other mode");
            same_amount(member(object.as_bytes(), "amount"), &payment.amount.minor().to_string());
            same_text(member(object.as_bytes(), "status"), payment.status.as_str());
        }
        Ok(EventObject::Refund(refund)) => same_text(member(object.as_bytes(), "id"), refund.id.as_str()),
        Ok(_) => {}
        Err(error) => assert!(error.path().starts_with("data.object"), "{error}"),
    }
    true
}

/// A signature's text, and headers that hold one.
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

/// What stands before the first line break, and what behind it.
fn two(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&[], data),
    }
}

/// The body with one bit of it changed, chosen by other bytes of the input.
fn tampered(body: &[u8], chooser: &[u8]) -> Option<Vec<u8>> {
    let sum = chooser.iter().fold(body.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let mut tampered = body.to_vec();
    *tampered.get_mut(sum.checked_rem(body.len())?)? ^= 1 << (sum % 8);
    Some(tampered)
}

/// What is longer is no delivery.
const LONGEST: usize = 256 * 1024;
