//! Proves that the SDKs accept no forged webhook.
//!
//! - [`vectors`]: 496 fixed deliveries with their expected outcome, for receivers in any language.
//! - [`attack`]: random deliveries, each sent once genuine and once changed. It also mutates the vectors.
//! - [`mutate`]: random changes to bytes, which the attack and the fuzz targets share.
//!
//! [`Delivery::is_genuine`] decides what a receiver may accept. It signs each delivery again and uses no code of the
//! SDKs, so that a mistake in an SDK cannot hide itself.

pub mod attack;
mod card3ds;
mod crypto;
mod delivery;
mod json;
pub mod mutate;
mod random;
mod receiver;
mod signed;
mod turbo_txn;
pub mod vectors;

pub use delivery::{Delivery, Kind, Provider};
pub use random::Random;
pub use receiver::{Outcome, Verdict, receive};
