#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// What can be asked of TurboPay.
mod balance;
mod deposit;
mod order;
mod withdrawal;

// What an order is made of.
mod customer;
mod method;
mod new_order;

// What becomes of it.
mod transition;
mod webhook;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use balance::Balance;
pub use client::{ApiKey, Client, ClientBuilder};
pub use customer::{BankAccount, BankCode, MerchantCustomerId};
pub use deposit::{Confirmation, DeepLinks, HostToHostDeposit, HostedDeposit, NewDeposit, QrCode, Utr};
pub use error::Problem;
pub use method::{Method, Traffic};
pub use order::{MerchantOrderId, Order, OrderId, OrderStatus};
pub use transition::{Direction, Transition, transition};
pub use webhook::{Event, WebhookKey, WebhookVerifier};
pub use withdrawal::{NewWithdrawal, Withdrawal};

#[doc(no_inline)]
pub use payments_core::webhook::{Verified, VerifyError};
#[doc(no_inline)]
pub use payments_core::{
    Call, Currency, Error, ErrorKind, Expected, Mismatch, Money, MoneyError, Outcome, Poller, RetryPolicy, Timeouts,
    ValidationError,
};

/// What all providers share: money, errors, transport, clock.
pub use payments_core;
