//! Tests through the public API.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod model;
mod states;
