//! TurboPay, as its document and its recorded exchanges show it.

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
mod validation;

pub use behaviours::BEHAVIOURS;
pub use settings::{Settings, Settle};
