//! Tests of TurraTech's client and webhook verifier through the public API.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod any_value;
mod credentials;
mod documented;
mod events;
mod gateway;
mod idempotency;
mod imperfect_responses;
mod interop;
mod list_memory;
mod lists;
mod outcomes;
mod requests;
mod responses;
mod sandbox;
mod secrets;
mod status_changes;
mod stored;
mod support;
mod validation;
mod webhooks;
