//! TurraTech's client and webhook endpoint, through the public API and without a network.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod credentials;
mod documented;
mod events;
mod gateway;
mod interop;
mod keys;
mod leaks;
mod lists;
mod million;
mod objects;
mod outcomes;
mod requests;
mod sandbox;
mod support;
mod validation;
mod webhooks;
