//! The stores beside the lists of simulated providers. Not in the crate's archive, because it needs the crate `payments`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the other tests of the stores use the rest")]

#[path = "../it/backend.rs"]
mod backend;
#[path = "../it/settlement/rows.rs"]
mod rows;
#[path = "../it/server.rs"]
#[expect(clippy::print_stderr, reason = "a skipped test says how to run it")]
mod server;
#[path = "../it/support.rs"]
mod support;
mod turratech;
