//! The documented changes of a status in the sandbox, compared with those in the SDKs.

use std::collections::BTreeSet;

use payments_sandbox::Sandbox;
use serde_json::Value;
use turbopay::{Direction, OrderStatus, Transition, transition};

#[test]
fn the_sandbox_and_the_sdk_document_the_same_changes_of_turbopay_orders() {
    let sandbox = Sandbox::builder().offline();
    let rows: Value = serde_json::from_str(&sandbox.control("GET", "/transitions", "")).unwrap();
    let rows = rows.as_array().unwrap();
    let statuses = ["new", "pending", "success", "failed", "cancelled", "expired", "refunded", "chargeback"];
    for (operation, direction) in [
        ("deposit", Direction::Deposit),
        ("host-to-host-deposit", Direction::Deposit),
        ("withdraw", Direction::Withdrawal),
    ] {
        let is_of = |row: &&Value| row["operations"].as_array().unwrap().iter().any(|name| name == operation);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let simulated: BTreeSet<(String, String, bool)> = rows
            .iter()
            .filter(is_of)
            .map(|row| (text(row, "from"), text(row, "to"), row["rare"].as_bool().unwrap()))
            .collect();
        let mut documented = BTreeSet::new();
        for (from, to) in statuses.iter().flat_map(|from| statuses.iter().map(move |to| (*from, *to))) {
            match transition(direction, &OrderStatus::from(from), &OrderStatus::from(to)) {
                Transition::Expected => documented.insert((from.to_owned(), to.to_owned(), false)),
                Transition::Rare => documented.insert((from.to_owned(), to.to_owned(), true)),
                _ => continue,
            };
        }
        assert_eq!(simulated, documented, "{operation}");
        assert!(documented.len() >= 7);
    }
    sandbox.finish();
}
