//! The SDKs against the sandbox, over real sockets: what the ledger says is what counts.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod acme_pay;
mod actix;
#[path = "../examples/actix_webhook/app.rs"]
mod actix_app;
mod attack;
mod dropped_handler;
mod hostile_ids;
mod lost_answers;
mod matrix;
mod secrets;
mod simulate;
mod small_stack;
mod statuses;
mod support;
mod turbopay_flows;
mod vectors;
