#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// Operations.
mod list;

// Parameters and responses.
mod convenience_fee;
mod day;
mod dollars;
mod id;
mod link;
mod list_links;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use client::{ApiKey, Client, ClientBuilder};
pub use convenience_fee::{ConvenienceFee, FeeSetting, FeeStatus};
pub use id::LinkId;
pub use link::{LinkStatus, PaymentLink, WebAddress};
pub use list::PaymentList;
pub use list_links::{Interval, ListLinks};

#[doc(inline)]
pub use payments_core::json::{UnreadableItem, UnreadableMember, UnreadableMembers};
#[doc(inline)]
pub use payments_core::{
    AmountUnreadable, Argument, Call, Currency, Error, ErrorKind, Expected, Mismatch, Money, MoneyError, Outcome,
    Poller, RetryPolicy, Timeouts, ValidationError,
};

/// The core that all providers share: money, errors, transport, clock.
pub use payments_core;
