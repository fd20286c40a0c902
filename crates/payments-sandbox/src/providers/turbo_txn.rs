//! Turbo Transactions, as its document shows it.

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
