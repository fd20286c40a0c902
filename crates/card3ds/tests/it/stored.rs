//! Models that are stored and loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

use card3ds::test_util::{checkout, enrolment, installment_options, payment};
use card3ds::{CheckoutCallback, Enrolment, Expected, Payment};
use payments_core::stored::Stored;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::Delivery;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::support::{PAN, lira};

const PAYMENT: &str = r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","orderId":"ORD-12345","amount":100.50,"currency":"TRY","installmentCount":1,"merchantCommission":2.5125,"status":"SUCCESS","paymentDate":"2023-05-01T14:30:00Z","cardHolderName":"John Doe","pan":"542119******0656","domInt":"DOM","cardScheme":"MASTERCARD","cardType":"CREDIT","loyaltyCode":"L","externalTransactionId":"EXT-1","authCode":"A-1","resultCode":"00","resultMessage":"Approved","customerId":"C-1"}"#;
const NOT_ENROLLED: &str = r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","success":false,"resultCode":"05","resultMessage":"Not enrolled"}"#;
const CHECKOUT: &str =
    r#"{"checkoutId":"123e4567-e89b-12d3-a456-426614174000","redirectUrl":"https://pay.example/c/1"}"#;
const OPTION: &str = r#"{"installmentCount":3,"installmentAmount":33.5033333333333333333333333,"currency":"TRY","interestAmount":0.51,"totalAmount":100.51}"#;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_what_is_loaded(member: Index, value in any_value(), is_second: bool, has_failed: bool) {
        let mutated = |body: &str| mutated(body, member, &value, is_second);
        let body = if has_failed { PAYMENT.replace("SUCCESS", "FAILED") } else { PAYMENT.to_owned() };
        if let Ok(payment) = payment(mutated(&body)) {
            let loaded = reloaded(&payment);
            for amount in ["100.50", "300.10", "1500"] {
                let expected = Expected::new("ORD-12345", lira(amount));
                prop_assert_eq!(loaded.check(&expected).is_ok(), payment.check(&expected).is_ok());
            }
            prop_assert_eq!(loaded.may_be_duplicate(), payment.may_be_duplicate());
            let verdict = |payment: Payment| payment.into_success().map_err(|error| (error.kind(), error.outcome()));
            prop_assert_eq!(verdict(loaded).err(), verdict(payment).err());
        }
        if let Ok(Enrolment::NotEnrolled(refused)) = enrolment(mutated(NOT_ENROLLED)) {
            reloaded(&refused);
        }
        let _ = checkout(mutated(CHECKOUT)).map(|checkout| reloaded(&checkout));
        let options = format!(r#"{{"options":[{}]}}"#, mutated(OPTION));
        for option in installment_options(options, lira("100.50")).into_iter().flatten().flatten() {
            let loaded = reloaded(&option);
            prop_assert_eq!(loaded.differences(), option.differences());
        }
    }
}

#[test]
fn a_documented_body_is_stored_with_its_tag_and_loaded() {
    let payment = payment(PAYMENT).unwrap();
    let stored = serde_json::to_string(&payment).unwrap();
    assert!(stored.starts_with(r#"{"stored":"card3ds.payment/1","payment_id":"#), "{stored}");
    assert_eq!(reloaded(&payment), payment);
    reloaded(&checkout(CHECKOUT).unwrap());
    let options = installment_options(format!(r#"{{"options":[{OPTION}]}}"#), lira("100.50")).unwrap();
    reloaded(options[0].as_ref().unwrap());
}

#[test]
fn a_failed_payment_that_may_be_a_duplicate_is_still_one_after_loading() {
    let body = PAYMENT.replace("SUCCESS", "FAILED").replace("\"Approved\"", "{\"text\":\"already paid\"}");
    let loaded = reloaded(&payment(body).unwrap());
    assert!(loaded.may_be_duplicate());
    assert_eq!(loaded.into_success().unwrap_err().outcome(), payments_core::Outcome::Unknown);
}

#[test]
fn a_message_of_the_provider_is_not_loaded_as_a_model() {
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
    check(PAYMENT, &payment(PAYMENT).unwrap());
    check(CHECKOUT, &checkout(CHECKOUT).unwrap());
    let Ok(Enrolment::NotEnrolled(refused)) = enrolment(NOT_ENROLLED) else { panic!("it is not enrolled") };
    check(NOT_ENROLLED, &refused);
    let options = installment_options(format!(r#"{{"options":[{OPTION}]}}"#), lira("100.50")).unwrap();
    check(OPTION, options[0].as_ref().unwrap());
}

#[test]
fn a_stored_card_number_that_is_not_masked_is_masked_when_it_is_loaded() {
    let stored = serde_json::to_string(&payment(PAYMENT).unwrap()).unwrap();
    let loaded: Payment = serde_json::from_str(&stored.replace("542119******0656", PAN)).unwrap();
    assert_eq!(loaded.pan.unwrap().as_str(), "542119******0656");
}

#[test]
fn a_callback_of_a_checkout_is_parsed_again_after_it_was_loaded() {
    let headers = payments_core::http::HeaderMap::new();
    let delivery = Delivery::new("checkoutId=c-1", &headers, OffsetDateTime::UNIX_EPOCH);
    let loaded: Delivery = serde_json::from_str(&serde_json::to_string(&delivery).unwrap()).unwrap();
    let callback = CheckoutCallback::parse_delivery(&loaded).unwrap();
    assert_eq!(callback.claimed().checkout_id().as_str(), "c-1");
}

#[test]
fn a_form_with_a_security_key_is_rejected_before_it_is_stored() {
    for body in
        ["checkoutId=c-1&securityKey=k", "checkoutId=c-1&paymentId=p-1&security%4bey=", "securityKey&checkoutId=c"]
    {
        let delivery = Delivery::new(body, &payments_core::http::HeaderMap::new(), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(CheckoutCallback::parse_delivery(&delivery), Err(card3ds::VerifyError::Rejected), "{body}");
    }
}

/// Stores a model, loads it, and compares the two. Returns the loaded model.
#[track_caller]
fn reloaded<T: Serialize + DeserializeOwned + PartialEq + Debug>(model: &T) -> T {
    let stored = serde_json::to_string(model).unwrap();
    let loaded: T = serde_json::from_str(&stored).unwrap();
    let value: serde_json::Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::from_value::<T>(value).unwrap(), loaded);
    // What was not masked is the same.
    if !stored.replace("542119******0656", "").contains('*') {
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
