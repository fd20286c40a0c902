//! tur.bo's client, through the public API and without a network.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod against_the_sandbox;
mod amounts;
mod convenience_fees;
mod documented;
mod errors;
mod filters;
mod links;
mod secrets;
mod support;
