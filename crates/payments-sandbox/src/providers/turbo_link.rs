//! tur.bo, as its document shows it: payment links to be listed, and the pages behind them.

mod behaviours;
mod control;
pub(crate) mod engine;
mod fee;
mod filter;
pub(crate) mod handle;
mod link;
mod pages;
mod responses;
mod routes;
mod settings;

pub use behaviours::BEHAVIOURS;
pub use fee::Fee;
pub use settings::{FeeValue, Settings};
