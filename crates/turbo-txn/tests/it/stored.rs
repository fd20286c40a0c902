//! Models that are stored and loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

use payments_core::stored::Stored;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::Delivery;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use turbo_txn::test_util::{callback, transaction, txn_details};
use turbo_txn::{CallbackDecryptor, CallbackKey, Expected, VerifyError};

use crate::support::{order_id, rupees};

const DETAILS: &str = r#"{"orderId":"order-7421","txnStatus":"Approved","amount":300.01,"utr":"402393486736"}"#;
const TRANSACTION: &str = r#"{"txnId":"5NNGB2SVNBY0NOZ3G809SEM","orderId":"order-7421","amount":300.01,"sdkUrl":"https://pay.example/utr/payment?data=x"}"#;

fn envelope(data: &str, timestamp: &str) -> String {
    format!(r#"{{"statusCode":200,"message":"","status":"OK","success":true,"timestamp":{timestamp},"data":{data}}}"#)
}

const TIMESTAMP: &str = "\"2025-08-26T07:52:23.243989861Z\"";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_what_is_loaded(member: Index, value in any_value(), is_second: bool) {
        let order = order_id("order-7421");
        for (details, started) in [
            (envelope(&mutated(DETAILS, member, &value, is_second), TIMESTAMP),
             envelope(&mutated(TRANSACTION, member, &value, is_second), TIMESTAMP)),
            (envelope(DETAILS, &value), envelope(TRANSACTION, &value)),
        ] {
            if let Ok(details) = txn_details(details) {
                let loaded = reloaded(&details);
                for amount in ["300.01", "300.10", "1500", "0"] {
                    let expected = Expected::new("order-7421", rupees(amount));
                    prop_assert_eq!(loaded.check(&expected).is_ok(), details.check(&expected).is_ok());
                }
            }
            if let Ok(transaction) = transaction(started, &order, rupees("300")) {
                let loaded = reloaded(&transaction);
                prop_assert_eq!(loaded.amount().ok(), transaction.amount().ok());
            }
        }
    }
}

#[test]
fn a_documented_body_is_stored_with_its_tag_and_loaded() {
    let details = txn_details(envelope(DETAILS, TIMESTAMP)).unwrap();
    assert_eq!(
        serde_json::to_string(&details).unwrap(),
        r#"{"stored":"turbo-txn.txn_details/1","order_id":"order-7421","status":"Approved","amount":"300.01","utr":"402393486736","timestamp":"2025-08-26T07:52:23.243989861Z","unreadable":[]}"#
    );
    reloaded(&details);
    let started = transaction(envelope(TRANSACTION, TIMESTAMP), &order_id("order-7421"), rupees("300")).unwrap();
    assert!(serde_json::to_string(&started).unwrap().starts_with(r#"{"stored":"turbo-txn.transaction/1","#));
    reloaded(&started);
}

#[test]
fn a_message_of_turbo_transactions_is_not_loaded_as_a_model() {
    /// Neither a message nor a stored model without its tag is loaded. The error names the tag.
    fn check<T: DeserializeOwned + Serialize + Stored>(message: &str, model: &T) {
        assert!(serde_json::from_str::<T>(message).is_err(), "{message}");
        let stored = serde_json::to_string(model).unwrap();
        let tag = format!("\"stored\":\"{}\",", T::TAG);
        assert!(stored.starts_with(&format!("{{{tag}")), "{stored}");
        for other in ["", "\"stored\":\"shop.order/1\",", "\"stored\":null,"] {
            let error = serde_json::from_str::<T>(&stored.replacen(&tag, other, 1)).err().unwrap().to_string();
            assert!(error.starts_with(&format!("the member `stored` must be `{}`", T::TAG)), "{error}");
        }
    }
    let details = txn_details(envelope(DETAILS, TIMESTAMP)).unwrap();
    let started = transaction(envelope(TRANSACTION, TIMESTAMP), &order_id("order-7421"), rupees("300")).unwrap();
    for message in [DETAILS, TRANSACTION, &envelope(DETAILS, TIMESTAMP), &envelope(TRANSACTION, TIMESTAMP)] {
        check(message, &details);
        check(message, &started);
    }
}

#[test]
fn a_callback_is_decrypted_again_after_it_was_loaded() {
    let key = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let body = callback(&key, [7; 16], DETAILS.as_bytes());
    let delivery = Delivery::new(body, &payments_core::http::HeaderMap::new(), OffsetDateTime::UNIX_EPOCH);
    let loaded: Delivery = serde_json::from_str(&serde_json::to_string(&delivery).unwrap()).unwrap();
    let decryptor = CallbackDecryptor::new(key);
    assert_eq!(decryptor.decrypt_delivery(&loaded).unwrap().claimed().as_str(), "order-7421");
    let other = Delivery::new("{}", delivery.headers(), delivery.received_at());
    assert_eq!(decryptor.decrypt_delivery(&other), Err(VerifyError::Rejected));
}

/// Stores a model, loads it, and compares the two. Returns the loaded model.
#[track_caller]
fn reloaded<T: Serialize + DeserializeOwned + PartialEq + Debug>(model: &T) -> T {
    let stored = serde_json::to_string(model).unwrap();
    let loaded: T = serde_json::from_str(&stored).unwrap();
    let value: serde_json::Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::from_value::<T>(value).unwrap(), loaded);
    // What was not masked is the same.
    if !stored.contains('*') {
        assert_eq!(&loaded, model);
        assert_eq!(format!("{loaded:?}"), format!("{model:?}"));
    }
    loaded
}

/// Replaces a member of a body, or adds a second one of the same name.
fn mutated(body: &str, member: Index, value: &str, is_second: bool) -> String {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(body).unwrap();
    let chosen = member.index(members.len());
    let members = members.iter().enumerate().map(|(index, (name, original))| match index == chosen {
        true if is_second => format!("\"{name}\":{original},\"{name}\":{value}"),
        true => format!("\"{name}\":{value}"),
        false => format!("\"{name}\":{original}"),
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(VALUES).prop_map(str::to_owned),
        ".{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?",
    ]
}

const VALUES: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "7",
    "0",
    "-5",
    "1e400",
    "300.001",
    "\"300.10\"",
    "\"1,500\"",
    "\"$1,500.00\"",
    "\"$1,5\"",
    "123456789012345678901234567890",
    "\"0.0000000000000000000000000000001\"",
    "\"949\"",
    "\"TL\"",
    "\"ok \\ud83d\"",
    "[{\"a\":[1.50]}]",
    "{\"id\":\"x_1\"}",
    "{\"a\":null,\"b\":\"1\"}",
    "\"4111111111111111\"",
    "4111111111111111",
    "\"2023-11-01 11:19:49\"",
    "1704067200",
];
