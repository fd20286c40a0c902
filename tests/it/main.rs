//! The SDKs against the sandbox over real sockets, checked against its ledger.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod acme_pay;
mod actix;
#[path = "../examples/actix_webhook/app.rs"]
mod actix_app;
mod attack;
mod crash;
mod demo;
mod dropped_handler;
mod fleet;
mod hostile_ids;
mod imperfect_responses;
mod journal_canaries;
mod journal_idle;
mod journal_order;
mod journal_versions;
mod lives;
mod lost_responses;
mod matrix;
mod plain_http;
mod progress;
mod root_certificates;
mod secrets;
mod simulate;
mod small_stack;
mod statuses;
mod stored_rows;
mod support;
mod transitions;
mod turbopay_flows;
mod vectors;
