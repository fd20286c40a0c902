//! Turbo Transactions' client and callbacks, through the public API and without a network.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod against_the_sandbox;
mod callback_attacks;
mod callbacks;
mod documented;
mod envelopes;
mod lookups;
mod lost_answers;
mod other_programs;
mod secrets;
mod support;
mod validation;
