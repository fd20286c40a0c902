//! Models that are stored and loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

use payments_core::stored::Stored;
use payments_core::test_util::ManualClock;
use payments_core::time::{Duration, OffsetDateTime};
use payments_core::webhook::Delivery;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use turratech::test_util::{
    cancelled_subscription, customer, delivery, payment, payment_method, refund, sign, subscription, verified_event,
    webhook_endpoint,
};
use turratech::{
    CancelledSubscription, Currency, DeletedCustomer, EventType, Expected, Payment, VerifyError, WebhookSecret,
    WebhookVerifier,
};

use crate::support::{paid, pounds};

const REFUND: &str = r#"{"id":"re_1","payment":"pay_1","amount":500,"currency":"gbp","reason":"duplicate","status":"done","metadata":{"order_id":"12345"},"extra":1.50}"#;
const CUSTOMER: &str = r#"{"id":"cus_1","email":"a@b.example","name":"Jane","phone":"+44","description":"d","address":{"line1":"1 High Street"},"shipping":[1,2.50],"metadata":{"crm":"7"},"status":"active","payment_method":"pm_1","unknown":{}}"#;
const METHOD: &str = r#"{"id":"pm_1","type":"card","customer":"cus_1","status":"x","card":{"last4":"4242"}}"#;
const SUBSCRIPTION: &str = r#"{"id":"sub_1","customer":"cus_1","items":[{"price":"price_1","quantity":2.0}],"trial_period_days":7,"cancel_at_period_end":false,"default_payment_method":"pm_1","status":"active","metadata":{"a":"b"}}"#;
const DELETED: &str = r#"{"id":"sub_1","object":"subscription","deleted":true}"#;
const EVENT: &str = r#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1704067200,"livemode":false,"data":{"object":{}}}"#;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_what_is_loaded(member: Index, value in any_value(), is_second: bool) {
        let mutated = |body: &str| mutated(body, member, &value, is_second);
        if let Ok(payment) = payment(mutated(&paid("pay_1", "succeeded"))) {
            let loaded = reloaded(&payment);
            for amount in [2000, 7, 0, 1_704_067_200] {
                let expected = Expected::new("pay_1", pounds(amount)).live(false);
                prop_assert_eq!(loaded.check(&expected).is_ok(), payment.check(&expected).is_ok());
                let expected = Expected::new("12345", pounds(amount));
                let verdict = |payment: &Payment| payment.check_metadata("order_id", &expected).is_ok();
                prop_assert_eq!(verdict(&loaded), verdict(&payment));
            }
            prop_assert_eq!(loaded.amount_received().ok(), payment.amount_received().ok());
            prop_assert_eq!(loaded.amount_capturable().ok(), payment.amount_capturable().ok());
        }
        if let Ok(refund) = refund(mutated(REFUND)) {
            let loaded = reloaded(&refund);
            prop_assert_eq!(loaded.amount_in(Currency::GBP).ok(), refund.amount_in(Currency::GBP).ok());
        }
        let _ = customer(mutated(CUSTOMER)).map(|customer| reloaded(&customer));
        let _ = payment_method(mutated(METHOD)).map(|method| reloaded(&method));
        let _ = subscription(mutated(SUBSCRIPTION)).map(|subscription| reloaded(&subscription));
        for body in [SUBSCRIPTION, DELETED] {
            let _ = cancelled_subscription(mutated(body)).map(|cancelled| reloaded(&cancelled));
        }
    }
}

#[test]
fn a_documented_body_is_stored_with_its_tag_and_loaded() {
    let payment = payment(paid("pay_1", "succeeded")).unwrap();
    assert!(serde_json::to_string(&payment).unwrap().starts_with(r#"{"stored":"turratech.payment/1","id":"pay_1","#));
    assert_eq!(reloaded(&payment), payment);
    reloaded(&refund(REFUND).unwrap());
    reloaded(&customer(CUSTOMER).unwrap());
    reloaded(&payment_method(METHOD).unwrap());
    reloaded(&subscription(SUBSCRIPTION).unwrap());
    reloaded(&cancelled_subscription(SUBSCRIPTION).unwrap());
    let deleted = cancelled_subscription(DELETED).unwrap();
    assert_eq!(
        serde_json::to_string(&deleted).unwrap(),
        r#"{"deleted":{"stored":"turratech.deleted_subscription/1","id":"sub_1"}}"#
    );
    reloaded(&deleted);
}

#[test]
fn members_without_a_field_are_stored_too() {
    let loaded = reloaded(&refund(REFUND).unwrap());
    assert_eq!(loaded.raw.as_str(), REFUND);
    let loaded = reloaded(&customer(CUSTOMER).unwrap());
    assert_eq!(loaded.shipping.unwrap().as_str(), "[1,2.50]");
}

#[test]
fn a_security_code_that_turratech_repeats_is_not_stored() {
    let body = METHOD.replace(r#""last4":"4242""#, r#""number":"4242424242424242","cvc":"8309""#);
    let stored = serde_json::to_string(&payment_method(body).unwrap()).unwrap();
    assert!(!stored.contains("8309") && !stored.contains("4242424242424242"), "{stored}");
}

#[test]
fn a_message_of_turratech_is_not_loaded_as_a_model() {
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
    let paid = paid("pay_1", "succeeded");
    check(&paid, &payment(&paid).unwrap());
    check(REFUND, &refund(REFUND).unwrap());
    check(CUSTOMER, &customer(CUSTOMER).unwrap());
    check(METHOD, &payment_method(METHOD).unwrap());
    check(SUBSCRIPTION, &subscription(SUBSCRIPTION).unwrap());
    let Ok(CancelledSubscription::Deleted(deleted)) = cancelled_subscription(DELETED) else { panic!("it is deleted") };
    check(DELETED, &deleted);
    for body in [SUBSCRIPTION, DELETED, r#"{"deleted":{"id":"sub_1"}}"#, r#"{"deleted":"sub_1"}"#] {
        assert!(serde_json::from_str::<CancelledSubscription>(body).is_err(), "{body}");
    }
    assert!(serde_json::from_str::<DeletedCustomer>(r#"{"id":"cus_1","deleted":true}"#).is_err());
}

#[test]
fn a_delivery_is_verified_as_of_its_time_of_receipt() {
    let secret = WebhookSecret::new("whsec_123").unwrap();
    let received_at = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    let an_hour_later = ManualClock::at(received_at + Duration::HOUR);
    let verifier = WebhookVerifier::new(secret.clone()).clock(an_hour_later);

    let delivery = delivery(&secret, EVENT.as_bytes(), received_at);
    let loaded: Delivery = serde_json::from_str(&serde_json::to_string(&delivery).unwrap()).unwrap();
    assert_eq!(verifier.verify_delivery(&loaded).unwrap().event_type, EventType::InvoicePaid);
    assert_eq!(verifier.verify(EVENT.as_bytes(), delivery.headers()), Err(VerifyError::Rejected));

    for (seconds, is_accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let received_at = received_at + Duration::seconds(seconds);
        let moved = Delivery::new(EVENT, delivery.headers(), received_at);
        assert_eq!(verifier.verify_delivery(&moved).is_ok(), is_accepted, "{seconds}");
    }
    let forged = Delivery::new("{}", delivery.headers(), received_at);
    assert_eq!(verifier.verify_delivery(&forged), Err(VerifyError::Rejected));
    let mut twice = delivery.headers().clone();
    let signature = sign(&secret, EVENT.as_bytes(), received_at);
    twice.append(WebhookVerifier::SIGNATURE_HEADER, signature.parse().unwrap());
    let twice = Delivery::new(EVENT, &twice, received_at);
    let loaded: Delivery = serde_json::from_str(&serde_json::to_string(&twice).unwrap()).unwrap();
    assert_eq!(verifier.verify_delivery(&loaded), Err(VerifyError::Rejected));
}

#[test]
fn an_event_for_a_test_is_verified() {
    assert_eq!(verified_event(EVENT).unwrap().id.as_str(), "evt_1");
    assert!(matches!(verified_event("{}"), Err(VerifyError::Unreadable(_))));
}

#[test]
fn the_secret_of_a_webhook_endpoint_can_be_stored_apart() {
    let endpoint = webhook_endpoint(r#"{"id":"we_1","secret":"whsec_canary9b"}"#).unwrap();
    assert_eq!(endpoint.expose_secret(), "whsec_canary9b");
    assert!(!serde_json::to_string(&endpoint).unwrap().contains("canary9b"));
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
