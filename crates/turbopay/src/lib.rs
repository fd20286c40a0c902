#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// Operations.
mod balance;
mod deposit;
mod order;
mod withdrawal;

// Parameters and values.
mod amount;
mod customer;
mod id;
mod method;
mod new_order;

// Webhooks and status changes.
mod transition;
mod webhook;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use balance::Balance;
pub use client::{ApiKey, Client, ClientBuilder};
pub use customer::{BankAccount, BankCode};
pub use deposit::{Confirmation, DeepLinks, HostToHostDeposit, HostedDeposit, NewConfirmation, NewDeposit, QrCode};
pub use error::Problem;
pub use id::{MerchantCustomerId, MerchantOrderId, OrderId, Utr};
pub use method::{Method, Traffic};
pub use order::{Order, OrderStatus};
pub use transition::{Direction, Transition, transition};
pub use webhook::{Event, WebhookKey, WebhookVerifier};
pub use withdrawal::{NewWithdrawal, Withdrawal};

#[doc(inline)]
pub use payments_core::json::{UnreadableMember, UnreadableMembers};
#[doc(inline)]
pub use payments_core::webhook::{Delivery, Verified, VerifyError};
#[doc(inline)]
pub use payments_core::{
    AmountUnreadable, Argument, Call, Currency, Error, ErrorKind, Expected, Mismatch, Money, MoneyError, Outcome,
    Poller, RetryPolicy, Timeouts, ValidationError,
};

/// The core that all providers share: money, errors, transport, clock.
pub use payments_core;
