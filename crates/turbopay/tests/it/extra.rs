//! Parameters that the document leaves open are sent by name, and never replace a typed one.

use std::collections::BTreeMap;

use serde_json::Value;
use turbopay::{Call, Client, ErrorKind, NewConfirmation, Outcome, Utr};

use crate::support::{body_of, deposit, scripted, withdrawal};

/// Checks that a parameter is sent by name, and that no member of the full body can be set by name.
#[track_caller]
fn check<T: std::fmt::Debug + Send>(call: impl Fn(&Client, &str) -> Call<T>, members: usize) {
    let (client, script) = scripted([]);
    let _ = block_on(call(&client, "note").send());
    let body: BTreeMap<String, Value> = serde_json::from_str(&body_of(&script)).unwrap();
    assert_eq!(body["note"], "canary-note");
    assert_eq!(body.len(), members + 1, "{body:?}");
    for typed in body.keys().filter(|name| *name != "note") {
        for name in [typed.clone(), typed.to_uppercase()] {
            let (client, script) = scripted([]);
            let err = block_on(call(&client, &name).send()).unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent), "{err}");
            assert_eq!(err.param(), Some(&**typed), "{err}");
            assert!(err.to_string().contains("has a setter of its own"), "{err}");
            assert_eq!(script.requests().len(), 0, "a request was sent");
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Sets everything that an order can have.
macro_rules! full {
    ($order:expr) => {
        $order.customer_email("a@b.example").customer_phone("+919876543210").customer_name("Jane Doe")
    };
}

#[test]
fn an_extra_parameter_of_an_order_is_sent_and_never_replaces_a_typed_one() {
    check(|client, name| client.create_deposit(full!(deposit()).extra(name, "canary-note")), 11);
    check(|client, name| client.create_host_to_host_deposit(full!(deposit()).extra(name, "canary-note")), 11);
    check(|client, name| client.create_withdrawal(full!(withdrawal()).extra(name, "canary-note")), 12);
}

#[test]
fn an_extra_parameter_of_a_confirmation_is_sent_and_never_replaces_a_typed_one() {
    let utr: Utr = "409876543210".parse().unwrap();
    let confirmation = |name: &str| NewConfirmation::new(utr.clone()).extra(name, "canary-note");
    check(|client, name| client.confirm_utr(&"o-1".parse().unwrap(), confirmation(name)), 2);
}

#[test]
fn the_value_of_an_extra_parameter_is_not_printed() {
    let printed =
        format!("{:?} {:?}", deposit().extra("note", "canary-note"), withdrawal().extra("note", "canary-note"));
    assert!(printed.contains("note") && !printed.contains("canary"), "{printed}");
}
