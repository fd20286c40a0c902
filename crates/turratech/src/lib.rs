#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api_key;
mod call_ext;
mod client;
mod error;
mod gateway;

// What requests and answers are made of.
mod list;
mod parameters;
mod wire;

// What can be asked of TurraTech.
mod customer;
mod new_payment;
mod payment;
mod payment_method;
mod refund;
mod registration;
mod shown;
mod subscription;

// What it sends.
mod event;
mod webhook;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use api_key::{ApiKey, KeyKind, Mode};
pub use call_ext::{IdempotencyExt, IdempotencyReference, VersionExt};
pub use client::{Client, ClientBuilder};
pub use customer::{Address, Customer, CustomerDetails, CustomerId, DeletedCustomer};
pub use error::ErrorType;
pub use event::{Event, EventId, EventObject, EventType};
pub use list::ListParams;
pub use new_payment::{CaptureMethod, NewPayment};
pub use payment::{Payment, PaymentId, PaymentStatus};
pub use payment_method::{Card, NewPaymentMethod, PaymentMethod, PaymentMethodId, PaymentMethodType};
pub use refund::{NewRefund, Refund, RefundId, RefundReason};
pub use registration::{NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointId};
pub use subscription::{
    CancelledSubscription, NewSubscription, PriceId, Subscription, SubscriptionId, SubscriptionItem, SubscriptionUpdate,
};
pub use webhook::{WebhookSecret, WebhookVerifier};

#[doc(no_inline)]
pub use payments_core::json::RawJson;
#[doc(no_inline)]
pub use payments_core::webhook::{Tolerance, Verified, VerifyError};
#[doc(no_inline)]
pub use payments_core::{
    Call, CardNumber, Currency, Error, ErrorKind, Expected, Expiry, IdempotencyKey, Mismatch, Money, MoneyError,
    Outcome, Pager, Poller, RetryPolicy, SecurityCode, Timeouts, ValidationError,
};

/// What all providers share: money, errors, transport, clock.
pub use payments_core;
