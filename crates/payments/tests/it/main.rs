//! The facade: what it re-exports, and what it says of the providers.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod capabilities;
mod failover;
