//! Tests of the client and the callbacks through the public API. Only `sandbox` opens sockets, on loopback.

#![expect(clippy::unwrap_used, reason = "test helpers may panic")]

mod any_value;
mod callback_attacks;
mod callbacks;
mod documented;
mod envelopes;
mod extra;
mod imperfect_responses;
mod interop;
mod lookups;
mod outcomes;
mod sandbox;
mod secrets;
mod status_changes;
mod stored;
mod support;
mod validation;
