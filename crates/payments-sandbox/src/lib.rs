#![doc = include_str!("../README.md")]

// What a test holds in its hands.
mod sandbox;
mod turbopay_handle;

// What really happened.
mod ledger;
mod timeline;

// What can go wrong, and when.
mod clock;
mod fault;
#[cfg(feature = "sdk-clock")]
mod sdk_clock;

// The providers.
mod engine;
mod money;
mod random;
pub mod turbopay;

// The outside of them.
mod control;
mod gzip;
mod http;
mod page;
mod server;
mod webhook;
mod world;

pub use clock::Clock;
pub use engine::{Behaviour, Provenance};
pub use fault::{Fault, FaultError};
pub use ledger::{Entry, Ledger, OrderEntries, What};
pub use sandbox::{Builder, Sandbox, StartError};
pub use timeline::TimelineEntry;
pub use turbopay_handle::{OrderHandle, TurboPay};
pub use webhook::{Delivery, DeliveryState};
