//! Tests of the core through its public API.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its numbers are small"
)]

mod any_value;
mod support;

// Values.
mod card;
mod currency;
mod decimal;
mod duplicate_wording;
mod extra;
mod id;
mod json;
mod money;
mod open_enum;
mod reported;
mod secret;
mod stored;
mod tolerant_reading;
mod unreadable_members;
mod write_operation;

// Calls.
mod deadline;
mod error;
mod error_envelope;
mod idempotency;
mod observer;
mod outcome;
mod rate_limit;
mod redaction;
mod request;
mod retry;

// Sequences of calls.
mod pager;
mod poll;

// The transport.
mod blocking;
mod http_settings;
mod keep_alive;
mod own_reqwest;
mod path;
mod proxy;
mod response_size_limit;
mod settings;
mod transport;

// Webhooks, and reports about orders.
mod check;
mod delivery;
mod event_report;
mod webhook;
