//! Tests of card3ds through its public API, without a network.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers fail by panicking")]

mod amounts;
mod any_value;
mod callbacks;
mod challenge;
mod checkouts;
mod completion;
mod debug_output;
mod documented;
mod extra;
mod imperfect_responses;
mod installments;
mod outcomes;
mod responses;
mod secrets;
mod status_changes;
mod stored;
mod success;
mod support;
mod validation;
