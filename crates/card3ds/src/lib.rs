#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// Operations.
mod checkout;
mod installment;
mod payment;
mod pre_authorization;
mod three_ds;

// Parameters and responses.
mod amount;
mod card;
mod fields;
mod id;
mod new_payment;
mod requested;
mod success;
mod wording;

// Callbacks.
mod callback;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use amount::Commission;
pub use callback::{CheckoutCallback, Lookup, ThreeDsCallback, ThreeDsFailure};
pub use card::MaskedPan;
pub use checkout::{Checkout, NewCheckout};
pub use client::{ApiKey, ApiSecret, Client, ClientBuilder};
pub use id::{CheckoutId, CustomerId, MerchantOrderId, PaymentId};
pub use installment::{Differences, InstallmentOption, InstallmentQuery, InterestPaidBy};
pub use new_payment::NewPayment;
pub use payment::{CardScheme, CardType, Payment, PaymentDate, PaymentStatus, Region};
pub use pre_authorization::NewCapture;
pub use three_ds::{Challenge, ChallengePage, Enrolment, NewCompletion, NewThreeDsPayment, NotEnrolled, ReturnUrls};

#[doc(inline)]
pub use payments_core::json::{UnreadableItem, UnreadableMember, UnreadableMembers};
#[doc(inline)]
pub use payments_core::webhook::{Delivery, Unverified, VerifyError};
#[doc(inline)]
pub use payments_core::{
    AmountUnreadable, Argument, Call, Card, CardNumber, Currency, Error, ErrorKind, Expected, Expiry, Mismatch, Money,
    MoneyError, Outcome, Poller, RetryPolicy, SecurityCode, Timeouts, ValidationError,
};

/// The core that all providers share: money, errors, transport, clock.
pub use payments_core;
