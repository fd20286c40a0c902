//! Tests through the public API.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[cfg(feature = "test-util")]
mod engine;
#[cfg(feature = "test-util")]
mod memory;
mod model;
mod states;
