//! The documented changes of an order's status. A table of the SDK's crate has the same; a test compares them.

use crate::engine::Transition;

const DEPOSIT: &[&str] = &["deposit", "host-to-host-deposit"];
const WITHDRAWAL: &[&str] = &["withdraw"];

pub(super) const TRANSITIONS: &[Transition] = &[
    expected(DEPOSIT, "new", "pending"),
    expected(DEPOSIT, "new", "cancelled"),
    expected(DEPOSIT, "new", "expired"),
    expected(DEPOSIT, "new", "success"),
    expected(DEPOSIT, "new", "failed"),
    expected(DEPOSIT, "pending", "success"),
    expected(DEPOSIT, "pending", "failed"),
    expected(DEPOSIT, "expired", "failed"),
    expected(DEPOSIT, "expired", "success"),
    expected(DEPOSIT, "cancelled", "failed"),
    expected(DEPOSIT, "cancelled", "success"),
    rare(DEPOSIT, "failed", "success"),
    rare(DEPOSIT, "success", "chargeback"),
    expected(WITHDRAWAL, "new", "pending"),
    expected(WITHDRAWAL, "new", "success"),
    expected(WITHDRAWAL, "new", "failed"),
    expected(WITHDRAWAL, "pending", "success"),
    expected(WITHDRAWAL, "pending", "failed"),
    rare(WITHDRAWAL, "success", "failed"),
    rare(WITHDRAWAL, "success", "refunded"),
];

const fn expected(operations: &'static [&'static str], from: &'static str, to: &'static str) -> Transition {
    Transition { operations, from, to, is_rare: false }
}

const fn rare(operations: &'static [&'static str], from: &'static str, to: &'static str) -> Transition {
    Transition { operations, from, to, is_rare: true }
}
