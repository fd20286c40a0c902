#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod gateway;

// What can be asked of the provider.
mod checkout;
mod installment;
mod payment;
mod pre_authorization;
mod three_ds;

// What a payment is made of.
mod amount;
mod card;
mod id;
mod new_payment;

// What becomes of it.
mod callback;
mod success;

pub use amount::Commission;
pub use callback::{CheckoutCallback, Lookup, ThreeDsCallback, ThreeDsFailure};
pub use card::{Card, MaskedPan};
pub use checkout::{Checkout, NewCheckout};
pub use client::{ApiKey, ApiSecret, Client, ClientBuilder};
pub use id::{CheckoutId, CustomerId, MerchantOrderId, PaymentId};
pub use installment::{Differences, InstallmentOption, InstallmentQuery, InterestPaidBy};
pub use new_payment::NewPayment;
pub use payment::{CardScheme, CardType, Payment, PaymentDate, PaymentStatus, Region};
pub use three_ds::{Challenge, ChallengePage, Enrolment, NewThreeDsPayment, NotEnrolled, ReturnUrls};

#[doc(no_inline)]
pub use payments_core::webhook::{Unverified, VerifyError};
#[doc(no_inline)]
pub use payments_core::{
    Call, CardNumber, Currency, Error, ErrorKind, Expected, Expiry, Mismatch, Money, MoneyError, Outcome, Poller,
    RetryPolicy, SecurityCode, Timeouts, ValidationError,
};

/// What all providers share: money, errors, transport, clock.
pub use payments_core;
