#![doc = include_str!("../README.md")]

// Each module imports only from the modules above it.

// Helpers.
mod clock;
mod error;
mod hex;
mod html;
mod key;
mod luhn;
mod money;
mod problem;
mod qr;
mod random;
mod rust_code;
mod timeline;

// Requests, responses, and the ledger.
mod http;
mod ledger;

// The rows of the control API's table.
mod endpoint;

// What happened, with secrets masked.
mod record;

// The trait of all providers, faults, and messages to the merchant.
mod engine;
mod fault;
mod outbox;

// The shared state, and the providers.
mod state;

mod handles;
mod providers;

// Sockets, or values in place of sockets.
mod shell;

// The public API.
mod sandbox;

mod builder;

pub use builder::Builder;
pub use clock::Clock;
pub use engine::{Behaviour, Provenance};
pub use error::{FaultError, StartError};
pub use fault::Fault;
pub use ledger::{Double, DoubleKind, Entry, EntryKind, Ledger, OrderEntries};
pub use outbox::{Delivery, DeliveryState};
pub use providers::card3ds::handle::{Card3ds, Card3dsChallenge, Card3dsCheckout, Card3dsOrder};
pub use providers::turbo_link::handle::{LinkHandle, TurboLink};
pub use providers::turbo_txn::handle::{TransactionHandle, TurboTxn};
pub use providers::turbopay::handle::{OrderHandle, TurboPay};
pub use providers::turratech::handle::{PaymentHandle, TurraTech};
pub use providers::{card3ds, turbo_link, turbo_txn, turbopay, turratech};
pub use record::{Content, Party, Record, RecordKind, StatusChange, Told, ToldEnd};
pub use sandbox::Sandbox;
pub use shell::offline::{Offline, OutgoingMessage};
#[cfg(feature = "sdk-transport")]
#[cfg_attr(docsrs, doc(cfg(feature = "sdk-transport")))]
pub use shell::sdk_transport::OfflineTransport;
pub use shell::wire::{Progress, WireEnd, WireRequest, WireResponse};
pub use timeline::TimelineEntry;
