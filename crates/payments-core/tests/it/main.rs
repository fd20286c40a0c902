//! What the core promises, through its public API.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test stops at what it did not expect, and its numbers are small"
)]

mod support;

// Values.
mod card;
mod contains_any;
mod currency;
mod decimal;
mod id;
mod money;
mod open_enum;
mod raw_json;
mod secret;

// A call.
mod deadline;
mod envelope;
mod idempotency;
mod leak;
mod observer;
mod outcome;
mod rate_limit;
mod request;
mod retry;

// Many calls.
mod pager;
mod poll;

// The wire.
mod endless;
mod keep_alive;
mod path;
mod proxy;
mod settings;
mod socket;

// What providers send.
mod check;
mod webhook;
