//! Models that are stored and loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

use payments_core::stored::Stored;
use payments_core::time::OffsetDateTime;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use turbopay::payments_core::webhook::Delivery;
use turbopay::test_util::{
    balance, confirmation, delivery, host_to_host_deposit, hosted_deposit, order, verified_event, withdrawal,
};
use turbopay::{Currency, Direction, Expected, Money, OrderStatus, VerifyError, WebhookKey, WebhookVerifier};

const ORDER: &str = r#"{"order_id":"849655cf","merchant_order_id":"order-7421","status":"success","reason":"paid","amount":"200.00","utr":"40987 654"}"#;
const HOSTED: &str = r#"{"order_id":"849655cf","status":"new","form_url":"https://pay.example/form"}"#;
const HOST_TO_HOST: &str = r#"{"order_id":"849655cf","status":"new","wallet_address":"shop@upi","wallet_name":"Shop","transaction_note":"7421","order_expiration_seconds":"600","qr":"aGk=","deep_links":{"phonepe":"phonepe://pay","paytm":null}}"#;
const BALANCE: &str = r#"{"account_id":"7","currency":"INR","available_balance":"12.3456","total_balance":"20.0000"}"#;

fn rupees(minor: i64) -> Money {
    Money::from_minor(minor, Currency::INR)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_what_is_loaded(member: Index, value in any_value(), is_second: bool) {
        let mutated = |body| mutated(body, member, &value, is_second);
        if let Ok(order) = order(mutated(ORDER)) {
            let loaded = reloaded(&order);
            for amount in [20_000, 30_010, 150_000, 0] {
                let expected = Expected::new("order-7421", rupees(amount));
                prop_assert_eq!(loaded.check(&expected).is_ok(), order.check(&expected).is_ok());
            }
            prop_assert_eq!(loaded.amount().ok(), order.amount().ok());
            prop_assert_eq!(loaded.status.is_final(), order.status.is_final());
        }
        let _ = hosted_deposit(mutated(HOSTED)).map(|deposit| reloaded(&deposit));
        let _ = host_to_host_deposit(mutated(HOST_TO_HOST), rupees(i64::MAX)).map(|deposit| reloaded(&deposit));
        let _ = confirmation(mutated(ORDER)).map(|confirmation| reloaded(&confirmation));
        let _ = withdrawal(mutated(ORDER)).map(|withdrawal| reloaded(&withdrawal));
        if let Ok(balance) = balance(mutated(BALANCE)) {
            let loaded = reloaded(&balance);
            prop_assert_eq!(loaded.available().ok(), balance.available().ok());
            prop_assert_eq!(loaded.total_money().ok(), balance.total_money().ok());
        }
    }
}

#[test]
fn a_documented_body_is_stored_with_its_tag_and_loaded() {
    let order = order(ORDER).unwrap();
    assert_eq!(
        serde_json::to_string(&order).unwrap(),
        r#"{"stored":"turbopay.order/1","order_id":"849655cf","merchant_order_id":"order-7421","status":"success","reason":"paid","amount":"200.00","utr":"40987 654","unreadable":[]}"#
    );
    reloaded(&order);
    reloaded(&hosted_deposit(HOSTED).unwrap());
    reloaded(&host_to_host_deposit(HOST_TO_HOST, rupees(7)).unwrap());
    reloaded(&confirmation(ORDER).unwrap());
    reloaded(&withdrawal(ORDER).unwrap());
    reloaded(&balance(BALANCE).unwrap());
}

#[test]
fn a_message_of_turbopay_is_not_loaded_as_a_model() {
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
    let order = order(ORDER).unwrap();
    check(ORDER, &order);
    check(HOSTED, &hosted_deposit(HOSTED).unwrap());
    check(HOST_TO_HOST, &host_to_host_deposit(HOST_TO_HOST, rupees(7)).unwrap());
    check(r#"{"status":"success"}"#, &confirmation(ORDER).unwrap());
    check(HOSTED, &withdrawal(ORDER).unwrap());
    check(BALANCE, &balance(BALANCE).unwrap());
    // Nor is one model loaded as another.
    check(&serde_json::to_string(&order).unwrap(), &withdrawal(ORDER).unwrap());
}

#[test]
fn a_delivery_is_verified_again_after_it_was_loaded() {
    let key = WebhookKey::new("whk-123").unwrap();
    let delivery = delivery(&key, ORDER.as_bytes(), OffsetDateTime::UNIX_EPOCH);
    let verifier = WebhookVerifier::new(key);
    let stored = serde_json::to_string(&delivery).unwrap();

    let loaded: Delivery = serde_json::from_str(&stored).unwrap();
    let event = verifier.verify_delivery(&loaded).unwrap();
    assert_eq!((event.status.clone(), event.body()), (OrderStatus::Success, ORDER.as_bytes()));

    let forged = Delivery::new("{}", delivery.headers(), delivery.received_at());
    assert_eq!(verifier.verify_delivery(&forged), Err(VerifyError::Rejected));
    let mut twice = delivery.headers().clone();
    twice.append(WebhookVerifier::SIGNATURE_HEADER, twice[WebhookVerifier::SIGNATURE_HEADER].clone());
    let twice = Delivery::new(ORDER, &twice, delivery.received_at());
    let loaded: Delivery = serde_json::from_str(&serde_json::to_string(&twice).unwrap()).unwrap();
    assert_eq!(verifier.verify_delivery(&loaded), Err(VerifyError::Rejected));
}

#[test]
fn an_event_for_a_test_is_verified() {
    let event = verified_event(ORDER).unwrap();
    assert_eq!(event.check(&Expected::new("order-7421", rupees(20_000))), Ok(()));
    assert!(matches!(verified_event("{}"), Err(VerifyError::Unreadable(_))));
}

#[test]
fn a_direction_is_stored_as_one_word() {
    for (direction, text) in [(Direction::Deposit, "\"deposit\""), (Direction::Withdrawal, "\"withdrawal\"")] {
        assert_eq!(serde_json::to_string(&direction).unwrap(), text);
        assert_eq!(serde_json::from_str::<Direction>(text).unwrap(), direction);
    }
    assert!(serde_json::from_str::<Direction>("\"refund\"").unwrap_err().to_string().contains("`refund`"));
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
