#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The providers' crates, one feature each.
#[cfg(feature = "card3ds")]
#[cfg_attr(docsrs, doc(cfg(feature = "card3ds")))]
pub use card3ds;
#[cfg(feature = "turbo-link")]
#[cfg_attr(docsrs, doc(cfg(feature = "turbo-link")))]
pub use turbo_link;
#[cfg(feature = "turbo-txn")]
#[cfg_attr(docsrs, doc(cfg(feature = "turbo-txn")))]
pub use turbo_txn;
#[cfg(feature = "turbopay")]
#[cfg_attr(docsrs, doc(cfg(feature = "turbopay")))]
pub use turbopay;
#[cfg(feature = "turratech")]
#[cfg_attr(docsrs, doc(cfg(feature = "turratech")))]
pub use turratech;

// The durable journal, and its SQLite store.
#[cfg(feature = "journal")]
#[cfg_attr(docsrs, doc(cfg(feature = "journal")))]
pub use payments_journal as journal;
#[cfg(any(feature = "journal-postgres", feature = "journal-sqlite"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "journal-postgres", feature = "journal-sqlite"))))]
pub use payments_journal_sqlx as journal_sqlx;

#[cfg(all(
    feature = "journal",
    any(feature = "turratech", feature = "turbo-txn", feature = "card3ds", feature = "turbopay")
))]
#[cfg_attr(docsrs, doc(cfg(feature = "journal")))]
pub mod journaled;

// The shared vocabulary, for choosing a provider at run time.
pub use payments_core::gateway;

// Waits for the shared vocabulary's futures in synchronous programs.
#[cfg(feature = "blocking")]
#[cfg_attr(docsrs, doc(cfg(feature = "blocking")))]
pub use payments_core::blocking;

#[doc(inline)]
pub use payments_core::webhook::{Unverified, Verified};
#[doc(inline)]
pub use payments_core::{
    Card, CardNumber, Currency, Error, ErrorKind, Expected, Expiry, IdempotencyKey, Mismatch, Money, MoneyError,
    Outcome, PaymentStatus, SecurityCode,
};

/// The core that all providers share: money, errors, transport, clock.
pub use payments_core;

/// The capabilities of each provider whose feature is enabled.
pub const CAPABILITIES: &[gateway::Capabilities] = &[
    #[cfg(feature = "turratech")]
    turratech::Client::capabilities(),
    #[cfg(feature = "turbo-txn")]
    turbo_txn::Client::capabilities(),
    #[cfg(feature = "turbo-link")]
    turbo_link::Client::capabilities(),
    #[cfg(feature = "card3ds")]
    card3ds::Client::capabilities(),
    #[cfg(feature = "turbopay")]
    turbopay::Client::capabilities(),
];
