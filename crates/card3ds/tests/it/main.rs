//! card3ds' client and callbacks, through the public API and without a network.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod amounts;
mod callbacks;
mod challenge;
mod checkouts;
mod completion;
mod document;
mod installments;
mod outcomes;
mod printed;
mod responses;
mod secrets;
mod success;
mod support;
mod validation;
