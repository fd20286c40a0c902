//! JSON messages to vary in tests: any value, and any member of a sample.
//!
//! Values are JSON texts and never `serde_json::Value`, which would turn amounts into floats and drop a member that occurs
//! twice.

#![expect(clippy::panic, reason = "a test helper fails by panicking")]

mod message;
mod value;

pub use message::Message;
pub use value::{any_value, any_value_or, is_wrong_shape, wrong_shape};
