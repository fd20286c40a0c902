//! The stores through their public API, on real databases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod amend;
mod backend;
mod commits;
mod deliver;
mod engine;
mod inbox;
mod migrations;
mod open;
mod postgres;
mod queues;
mod rate_limit;
mod record;
mod schema;
#[expect(clippy::print_stderr, reason = "a skipped test says how to run it")]
mod server;
mod settlement;
mod stats;
mod support;
mod upgrade;
