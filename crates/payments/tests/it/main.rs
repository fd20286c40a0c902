//! The facade: what it re-exports, the shared traits, and the table of capabilities.

#![expect(clippy::panic, clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod capabilities;
mod gateway;
mod ids;
mod journaled;
mod recovery;
mod support;
mod three_ds_completions;
