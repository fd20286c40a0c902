//! Verifies and decodes webhooks on a stack of 64 KiB.

use std::process::Stdio;
use std::time::SystemTime;

use payments_core::time::OffsetDateTime;

use crate::{child, report};

/// Runs in a child process, because a stack overflow aborts the process.
pub fn measure() {
    let status = child(&["stack"]).stderr(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    report("stack", "fits", u64::from(status.success()), 1);
}

pub fn verify_and_decode() {
    let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(|| {
        let secret = turratech::WebhookSecret::new("whsec_1").unwrap();
        let payment = crate::turratech_side::PAYMENT;
        let body = format!(
            r#"{{"id":"evt_1","type":"payment.succeeded","created":1,"livemode":false,"data":{{"object":{payment}}}}}"#
        );
        let now = OffsetDateTime::from(SystemTime::now());
        let header = turratech::test_util::sign(&secret, body.as_bytes(), now);
        let event = turratech::WebhookVerifier::new(secret).verify_signature(body.as_bytes(), header.as_bytes());
        event.unwrap().object().unwrap();

        let key = turbo_txn::CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let body = turbo_txn::test_util::callback(&key, [7; 16], br#"{"orderId":"order-7421"}"#);
        turbo_txn::CallbackDecryptor::new(key).decrypt(body.as_bytes()).unwrap();

        let key = turbopay::WebhookKey::new("whk-1").unwrap();
        let body = br#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
        let header = turbopay::test_util::sign(&key, body);
        turbopay::WebhookVerifier::new(key).verify_signature(body, header.as_bytes()).unwrap();
    });
    thread.unwrap().join().unwrap();
}
