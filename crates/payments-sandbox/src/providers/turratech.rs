//! TurraTech, as its document has it.

mod behaviours;
mod card;
mod control;
mod customer;
mod effects;
pub(crate) mod engine;
pub(crate) mod handle;
mod idempotency;
mod object_store;
mod params;
mod payment;
mod payment_method;
mod refund;
mod responses;
mod routes;
mod settings;
mod subscription;
mod webhook_endpoint;

pub use behaviours::BEHAVIOURS;
pub use settings::Settings;
