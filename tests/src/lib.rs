//! What no single crate can check: SDKs against the sandbox.

mod clients;
pub mod demo;
mod merchant;

pub use clients::{turbopay_at, turbopay_builder};
pub use merchant::{Delivery, Merchant};
