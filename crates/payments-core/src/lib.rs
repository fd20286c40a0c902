#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Basics.
pub mod clock;
pub mod html;
mod open_enum;
mod outcome;
mod redact;
#[cfg(feature = "reqwest")]
mod runtime;
mod status;
mod validation;

// Values.
mod argument;
mod card;
mod currency;
pub mod decimal;
pub mod id;
mod idempotency;
mod money;
mod secret;
pub mod stored;
pub mod text;

// Requests, responses and errors.
mod check;
mod duplicate_wording;
mod error;
pub mod json;
mod message;
pub mod provider;
mod reported;
pub mod transport;
pub mod webhook;

// Policies and observation of calls.
mod observe;
mod rate_limit;
mod retry;
mod trace;

// Calls.
mod call;
mod classify;
pub mod connection;
mod executor;
mod extra;
pub mod request;
mod settings;

// Sequences of calls.
mod pager;
mod poll;

// Traits and types that several providers share.
pub mod gateway;

// The same from synchronous programs.
#[cfg(feature = "blocking")]
#[cfg_attr(docsrs, doc(cfg(feature = "blocking")))]
pub mod blocking;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use argument::{Argument, CheckedText};
pub use call::{Call, CallKey, Keyed, Unkeyed, WithResponse};
pub use card::{Card, CardNumber, Expiry, SecurityCode};
pub use check::{Expected, Mismatch, Reported};
pub use currency::Currency;
pub use duplicate_wording::DuplicateWording;
pub use error::{Error, ErrorKind, FieldError, ProviderError};
pub use extra::Extra;
pub use idempotency::IdempotencyKey;
#[cfg(feature = "random-keys")]
#[cfg_attr(docsrs, doc(cfg(feature = "random-keys")))]
pub use idempotency::NoRandomness;
pub use money::{Money, MoneyError};
pub use observe::{Exchange, Observer};
pub use open_enum::UnknownValue;
pub use outcome::{Effect, Outcome};
pub use pager::{Page, Pager};
pub use poll::Poller;
pub use rate_limit::{AccountKey, RateLimit, RateLimitPermit, RateLimitRequest, RateLimited, RateLimiter};
pub use redact::{mask_card_numbers, redacted_line};
pub use reported::{AmountUnreadable, ReportedAmount, ReportedCurrency};
pub use retry::RetryPolicy;
pub use secret::Secret;
pub use settings::{Settings, SettingsBuilder, Timeouts};
pub use status::PaymentStatus;
pub use validation::{ValidationError, check_length};

/// The crates whose types occur in public signatures.
pub use {http, rust_decimal, time};

#[doc(hidden)]
pub use serde;
