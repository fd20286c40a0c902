//! Parameters that the document leaves open are sent by name, and never replace a typed one.

use std::collections::BTreeMap;

use card3ds::{
    Call, Client, ErrorKind, InstallmentQuery, InterestPaidBy, NewCapture, NewCheckout, NewCompletion, NewPayment,
    Outcome, ThreeDsCallback,
};
use serde_json::Value;

use crate::support::{body_of, card, lira, now, payment, payment_id, scripted, three_ds};

/// Checks that a parameter is sent by name, and that no member of the full body can be set by name.
#[track_caller]
fn check<T: std::fmt::Debug + Send>(call: impl Fn(&Client, &str) -> Call<T>, members: usize) {
    let (client, script) = scripted([]);
    let _ = now(call(&client, "note").send());
    let body: BTreeMap<String, Value> = serde_json::from_str(&body_of(&script)).unwrap();
    assert_eq!(body["note"], "canary-note");
    assert_eq!(body.len(), members + 1, "{body:?}");
    for typed in body.keys().filter(|name| *name != "note") {
        for name in [typed.clone(), typed.to_uppercase()] {
            let (client, script) = scripted([]);
            let err = now(call(&client, &name).send()).unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent), "{err}");
            assert_eq!(err.param(), Some(&**typed), "{err}");
            assert!(err.to_string().contains("has a setter of its own"), "{err}");
            assert_eq!(script.requests().len(), 0, "a request was sent");
        }
    }
}

fn full_payment() -> NewPayment {
    payment().customer("CUST-1")
}

#[test]
fn an_extra_parameter_of_a_payment_is_sent_and_never_replaces_a_typed_one() {
    check(|client, name| client.create_payment(full_payment().extra(name, "canary-note")), 11);
    check(|client, name| client.pre_authorize(full_payment().extra(name, "canary-note")), 11);
    check(
        |client, name| client.capture_payment(&payment_id(), NewCapture::new(lira("1")).extra(name, "canary-note")),
        2,
    );
}

#[test]
fn an_extra_parameter_of_a_3ds_payment_is_sent_and_never_replaces_a_typed_one() {
    let full = || three_ds().installments(3).interest_paid_by(InterestPaidBy::Customer);
    check(|client, name| client.start_3ds(full().extra(name, "canary-note")), 14);
    let form = format!("paymentId={}&securityKey=key-1", payment_id());
    let callback = ThreeDsCallback::parse(form.as_bytes()).unwrap();
    let completion = |name: &str| NewCompletion::new(callback.clone()).extra(name, "canary-note");
    check(|client, name| client.complete_3ds(&payment_id(), completion(name)), 1);
}

#[test]
fn an_extra_parameter_of_a_checkout_or_a_query_is_sent_and_never_replaces_a_typed_one() {
    let checkout = || {
        NewCheckout::new("ORD-1", lira("1"), "Shoes", "https://shop.example/callback")
            .customer("CUST-1")
            .max_installments(3)
            .interest_paid_by(InterestPaidBy::Merchant)
    };
    check(|client, name| client.create_checkout(checkout().extra(name, "canary-note")), 8);
    let query = || {
        InstallmentQuery::new(lira("1"), card().number().clone())
            .max_installments(3)
            .interest_paid_by(InterestPaidBy::Merchant)
    };
    check(|client, name| client.installment_options(query().extra(name, "canary-note")), 5);
}

#[test]
fn the_value_of_an_extra_parameter_is_not_printed() {
    let printed = format!("{:?}", full_payment().extra("note", "canary-note"));
    assert!(printed.contains("note") && !printed.contains("canary"), "{printed}");
}
