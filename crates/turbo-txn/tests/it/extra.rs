//! Parameters that the documentation leaves open are sent by name, and never replace a typed one.

use std::collections::BTreeMap;

use serde_json::Value;
use turbo_txn::{Call, Client, ErrorKind, Outcome};

use crate::support::{block_on, body_of, new_transaction, scripted};

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

#[test]
fn an_extra_parameter_of_a_transaction_is_sent_and_never_replaces_a_typed_one() {
    check(|client, name| client.initiate(new_transaction().extra(name, "canary-note")), 3);
}

#[test]
fn the_value_of_an_extra_parameter_is_not_printed() {
    let printed = format!("{:?}", new_transaction().extra("note", "canary-note"));
    assert!(printed.contains("note") && !printed.contains("canary"), "{printed}");
}

#[test]
fn a_new_transaction_shows_what_it_was_created_with() {
    let transaction = new_transaction();
    assert_eq!(transaction.order_id().unwrap().as_str(), "order-7421");
    assert_eq!(transaction.amount().to_string(), "300.00 INR");
    assert_eq!(transaction.return_url(), "https://shop.example/thanks");
}
