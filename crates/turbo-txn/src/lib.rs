#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;

// How it answers.
mod envelope;
mod error;
mod gateway;

// What can be asked of Turbo Transactions.
mod status;
mod transaction;

// What it sends by itself.
mod callback;
mod callback_key;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use callback::{CallbackDecryptor, Lookup};
pub use callback_key::CallbackKey;
pub use client::{Client, ClientBuilder, ClientId, SecretKey};
pub use envelope::{Envelope, Timestamp};
pub use status::{TxnDetails, TxnStatus, Utr};
pub use transaction::{MerchantOrderId, NewTransaction, Transaction, TxnId};

#[doc(no_inline)]
pub use payments_core::webhook::{Acknowledgement, Unverified, VerifyError};
#[doc(no_inline)]
pub use payments_core::{
    Call, Currency, Error, ErrorKind, Expected, Mismatch, Money, MoneyError, Outcome, Poller, RetryPolicy, Timeouts,
    ValidationError,
};

/// What all providers share: money, errors, transport, clock.
pub use payments_core;
