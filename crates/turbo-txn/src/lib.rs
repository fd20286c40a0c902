#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// Operations.
mod status;
mod transaction;

// Parameters and responses.
mod amount;
mod envelope;
mod id;
mod new_transaction;

// Callbacks.
mod callback;
mod callback_key;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use callback::{CallbackDecryptor, Lookup};
pub use callback_key::CallbackKey;
pub use client::{Client, ClientBuilder, ClientId, SecretKey};
pub use envelope::{Envelope, Timestamp};
pub use id::{MerchantOrderId, TxnId, Utr};
pub use new_transaction::NewTransaction;
pub use status::{TxnDetails, TxnStatus};
pub use transaction::Transaction;

#[doc(inline)]
pub use payments_core::json::{UnreadableMember, UnreadableMembers};
#[doc(inline)]
pub use payments_core::webhook::{Acknowledgement, Delivery, Unverified, VerifyError};
#[doc(inline)]
pub use payments_core::{
    AmountUnreadable, Argument, Call, Currency, Error, ErrorKind, Expected, Mismatch, Money, MoneyError, Outcome,
    Poller, RetryPolicy, Timeouts, ValidationError,
};

/// The core that all providers share: money, errors, transport, clock.
pub use payments_core;
