//! Turbo Transactions, simulated from its documentation.
//!
//! - An `orderId` that is used again creates another transaction (*inferred*), which counts as a double execution.
//!   [`Settings::unique_order_ids`] rejects it instead.
//! - `sdkUrl` is a page where the customer pays, declines or leaves.

mod actions;
mod behaviours;
mod callback;
mod control;
pub(crate) mod engine;
pub(crate) mod handle;
mod pages;
mod responses;
mod routes;
mod settings;
mod transaction;
mod validation;

pub use behaviours::BEHAVIOURS;
pub use settings::{Settings, Settle};
