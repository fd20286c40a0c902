//! TurboPay, simulated from its documentation and its recorded exchanges.

mod actions;
mod api;
mod behaviours;
mod control;
pub(crate) mod engine;
pub(crate) mod handle;
mod order;
mod pages;
mod qr;
mod responses;
mod routes;
mod settings;
mod transitions;
mod validation;

pub use behaviours::BEHAVIOURS;
pub use settings::{Settings, Settle};
