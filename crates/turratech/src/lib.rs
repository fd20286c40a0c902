#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api_key;
mod client;
mod error;
mod gateway;
mod id;
mod idempotency;
mod version;

// Parts that requests and responses share.
mod expect;
mod fields;
mod list;
mod masked_debug;
mod metadata;
mod request_body;

// Resources.
mod customer;
mod new_payment;
mod payment;
mod payment_method;
mod refund;
mod subscription;
mod webhook_endpoint;

// Webhooks.
mod event;
mod webhook;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use api_key::{ApiKey, KeyKind, Mode};
pub use client::{Client, ClientBuilder};
pub use customer::{Address, Customer, CustomerDetails, CustomerField, DeletedCustomer};
pub use error::ErrorType;
pub use event::{Event, EventObject, EventType};
pub use id::{CustomerId, EventId, PaymentId, PaymentMethodId, PriceId, RefundId, SubscriptionId, WebhookEndpointId};
pub use idempotency::{IdempotencyExt, IdempotencyReference};
pub use list::ListParams;
pub use new_payment::{CaptureMethod, NewPayment};
pub use payment::{Payment, PaymentStatus};
pub use payment_method::{Card, NewAttachment, NewPaymentMethod, PaymentMethod, PaymentMethodType};
pub use refund::{NewRefund, Refund, RefundReason};
pub use subscription::{
    CancelledSubscription, DeletedSubscription, NewSubscription, Subscription, SubscriptionField, SubscriptionItem,
    SubscriptionUpdate,
};
pub use version::VersionExt;
pub use webhook::{WebhookSecret, WebhookVerifier};
pub use webhook_endpoint::{NewWebhookEndpoint, WebhookEndpoint};

#[doc(inline)]
pub use payments_core::json::{RawJson, UnreadableItem, UnreadableMember, UnreadableMembers};
#[doc(inline)]
pub use payments_core::webhook::{Delivery, Tolerance, Verified, VerifyError};
#[doc(inline)]
pub use payments_core::{
    AmountUnreadable, Argument, Call, CardNumber, Currency, Error, ErrorKind, Expected, Expiry, IdempotencyKey,
    Mismatch, Money, MoneyError, Outcome, Pager, Poller, RetryPolicy, SecurityCode, Timeouts, ValidationError,
};

/// The types that all provider crates share: money, errors, transport, clock.
pub use payments_core;
