#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What a failure means.
mod error;
mod invalid;
mod outcome;

// Values.
mod card;
mod currency;
pub mod id;
mod money;
mod open_enum;
mod secret;

// A call.
pub mod api;
mod call;
mod classify;
mod executor;
mod limiter;
mod observe;
mod pager;
mod retry;
mod settings;
mod trace;
mod wait;

// The outside world.
pub mod clock;
pub mod html;
pub mod json;
pub mod transport;

// One vocabulary over several providers.
pub mod gateway;
mod status;

// What providers send.
mod check;
pub mod webhook;

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

pub use call::{Call, Full, IdempotencyKey, Keyed, Unkeyed};
pub use card::{CardNumber, Expiry, SecurityCode, mask_card_numbers};
pub use check::{Claim, Expected, Mismatch};
pub use currency::Currency;
pub use error::{Error, ErrorKind, FieldError, Refusal, one_line};
pub use invalid::{Invalid, check_length};
pub use limiter::Limiter;
pub use money::{Money, MoneyError};
pub use observe::{Exchange, Observer};
pub use open_enum::UnknownValue;
pub use outcome::{Effect, Outcome};
pub use pager::{Page, Pager};
pub use retry::RetryPolicy;
pub use secret::Secret;
pub use settings::{Settings, Timeouts};
pub use status::PaymentStatus;
pub use wait::Wait;

/// The foreign types in public signatures come from these.
pub use {http, rust_decimal, time};

#[doc(hidden)]
pub use serde;
