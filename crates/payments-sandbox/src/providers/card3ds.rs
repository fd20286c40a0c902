//! card3ds, as its document shows it.

mod amount;
mod behaviours;
mod browser_return;
mod card;
mod control;
mod customer;
pub(crate) mod engine;
pub(crate) mod handle;
mod installments;
mod pages;
mod payment;
mod responses;
mod routes;
mod settings;
mod three_ds;
mod validation;

pub use behaviours::BEHAVIOURS;
pub use card::{TEST_CARDS, TestCard};
pub use settings::Settings;
