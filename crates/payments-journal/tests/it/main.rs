//! Tests through the public API.

mod model;
mod states;
