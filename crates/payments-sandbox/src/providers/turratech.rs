//! TurraTech, simulated from its documentation.
//!
//! - The payment method determines the result of a payment (*inferred*): `pm_card_visa` is approved,
//!   `pm_card_chargeDeclinedInsufficientFunds` is declined, `pm_card_authenticationRequired` waits for the customer, and
//!   `pm_card_createDispute` is charged back.
//! - The published test numbers (4242 4242 4242 4242, 4000 0000 0000 9995, ..) do the same through
//!   `POST /v1/payment_methods`. Other numbers are declined.
//! - The ledger's reference of a payment is its `metadata.order_id`, else its idempotency key, else its id. That of a refund
//!   is its own `metadata.order_id`, else the payment's reference.
//! - The ledger's amounts are in the currency's smallest unit.
//! - A second payment of an order counts as a double execution, unless the first one's authorization was released or its
//!   debit failed.

mod actions;
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
