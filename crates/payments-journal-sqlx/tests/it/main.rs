//! The stores through their public API, on real files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod amend;
mod commits;
mod deliver;
mod engine;
mod inbox;
mod open;
mod queues;
mod rate_limit;
mod record;
mod schema;
mod support;
