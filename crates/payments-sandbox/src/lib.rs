#![doc = include_str!("../README.md")]

// What a test holds in its hands.
mod builder;
mod card3ds_handle;
mod inside;
mod offline;
mod sandbox;
mod turbo_link_handle;
mod turbo_txn_handle;
mod turbopay_handle;
mod turratech_handle;

// What really happened.
mod ledger;
mod timeline;

// What can go wrong, and when.
mod clock;
mod fault;
#[cfg(feature = "sdk-clock")]
mod sdk_clock;
#[cfg(feature = "sdk-transport")]
mod sdk_transport;

// The providers.
pub mod card3ds;
mod engine;
mod key;
mod money;
mod random;
pub mod turbo_link;
pub mod turbo_txn;
pub mod turbopay;
pub mod turratech;

// The outside of them.
mod control;
mod control_access;
mod gzip;
mod hex;
mod http;
mod page;
mod qr;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod webhook;
mod world;

pub use builder::{Builder, StartError};
pub use card3ds_handle::{Card3ds, Card3dsChallenge, Card3dsCheckout, Card3dsOrder};
pub use clock::Clock;
pub use engine::{Behaviour, Provenance};
pub use fault::{Fault, FaultError};
pub use ledger::{Entry, Ledger, OrderEntries, What};
pub use offline::{HowFar, Offline, Post, WireAnswer, WireEnd, WireRequest};
pub use sandbox::Sandbox;
#[cfg(feature = "sdk-transport")]
#[cfg_attr(docsrs, doc(cfg(feature = "sdk-transport")))]
pub use sdk_transport::OfflineTransport;
pub use timeline::TimelineEntry;
pub use turbo_link_handle::{LinkHandle, TurboLink};
pub use turbo_txn_handle::{TransactionHandle, TurboTxn};
pub use turbopay_handle::{OrderHandle, TurboPay};
pub use turratech_handle::{PaymentHandle, TurraTech};
pub use webhook::{Delivery, DeliveryState};
