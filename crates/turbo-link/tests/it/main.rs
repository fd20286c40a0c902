//! Tests of the client through the public API. Only `sandbox` opens sockets, on loopback.

#![expect(clippy::unwrap_used, reason = "test helpers may panic")]

mod amounts;
mod any_value;
mod convenience_fees;
mod documented;
mod errors;
mod filters;
mod imperfect_responses;
mod links;
mod sandbox;
mod secrets;
mod stored;
mod support;
mod waiting;
