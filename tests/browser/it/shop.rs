//! The example shop, used by customers and its back office, and judged by the providers' ledger.

mod clicks;
mod kills;
mod looks;
mod lost;
mod methods;
mod office;
mod panel;
mod sessions;
mod three_ds;
mod visit;
