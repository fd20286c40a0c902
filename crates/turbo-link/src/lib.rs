#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// What can be asked of tur.bo.
mod list;
mod list_links;

// What a list is made of.
mod convenience_fee;
mod day;
mod dollars;
mod link;

pub use client::{ApiKey, Client, ClientBuilder};
pub use convenience_fee::{ConvenienceFee, FeeSetting, FeeStatus};
pub use link::{LinkId, LinkStatus, PaymentLink, WebAddress};
pub use list::PaymentList;
pub use list_links::{Interval, ListLinks};

#[doc(no_inline)]
pub use payments_core::{
    Call, Currency, Error, ErrorKind, Money, MoneyError, Outcome, RetryPolicy, Timeouts, ValidationError,
};

/// What all providers share: money, errors, transport, clock.
pub use payments_core;
