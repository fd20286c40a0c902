//! TurboPay's client and webhook endpoint, through the public API and without a network.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod edges;
#[cfg(feature = "reqwest")]
mod going_live;
mod lookups;
mod outcomes;
mod recorded;
mod support;
mod transitions;
mod validation;
mod webhooks;
