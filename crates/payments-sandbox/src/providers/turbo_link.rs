//! tur.bo, simulated from its documentation: listings of payment links, and the links' pages.
//!
//! - The sandbox starts with the sample's link `abc123` and one link of each status;
//!   [`Settings::without_links`] starts without them.
//! - No endpoint creates a link: [`TurboLink::create`](crate::TurboLink::create) does.
//! - The ledger records payments and refunds of links as `turbo-link.payment`.

mod actions;
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
