//! TurboPay's client and webhook verifier, through the public API and without a network.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers fail by panicking")]

mod any_value;
mod credentials;
mod deposits;
#[cfg(feature = "reqwest")]
mod extra;
mod going_live;
mod imperfect_responses;
mod lookups;
mod outcomes;
mod recorded;
mod secrets;
mod stored;
mod support;
mod transitions;
mod validation;
mod webhooks;
