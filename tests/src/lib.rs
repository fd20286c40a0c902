//! Tests across crates: the SDKs against the sandbox, the fault matrix, the simulation and the demo.

#[expect(missing_docs, reason = "`docs/guide/adding-a-provider.md` explains this module")]
pub mod acme_pay;
mod clients;
#[cfg(feature = "databases")]
pub mod crash;
#[cfg(feature = "databases")]
pub mod demo;
#[cfg(doctest)]
mod guide;
pub mod matrix;
mod merchant;
pub mod simulate;

pub use clients::{card3ds_at, turbo_link_at, turbo_txn_at, turbopay_at, turbopay_builder, turratech_at};
pub use merchant::{Delivery, Merchant};

mod random {
    pub(crate) use payments_proof::Random;
}
