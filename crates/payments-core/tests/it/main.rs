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
mod currency;
mod decimal;
mod id;
mod mentions;
mod money;
mod open_enum;
mod raw;
mod secret;

// A call.
mod deadline;
mod draft;
mod envelope;
mod key;
mod leak;
mod limit;
mod observer;
mod outcome;
mod retry;

// Many calls.
mod pager;
mod wait;

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
