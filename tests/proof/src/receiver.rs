//! The SDKs' receivers behind one function.

use std::collections::BTreeMap;
use std::fmt::Debug;

use ::card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use ::turbo_txn::{CallbackDecryptor, CallbackKey};
use ::turbopay::WebhookKey;
use ::turratech::{EventObject, WebhookSecret};
use payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{Verified, VerifyError};
use serde::{Deserialize, Serialize};

use crate::{Delivery, Kind, Provider};

/// The outcome of a delivery at a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// Verifies the origin and reads the event.
    Accepted,
    /// Cannot verify the origin, and returns an id to look up: no amount and no status.
    Hint,
    /// Returns the one error that every delivery of unverified origin gets.
    Rejected,
    /// Verifies the origin, but cannot read the event.
    Unreadable,
    /// Cannot be built, because the secret is invalid.
    InvalidSecret,
}

/// A receiver's outcome and everything that it reveals.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// The values that the receiver read.
    pub reads: BTreeMap<String, String>,
    /// The `Debug` text of a hint, or the text of an error.
    pub shown: String,
}

/// Sends the delivery to its receiver.
///
/// Signed deliveries are verified twice: with a header map and with the bare header value. Returns `None` if the two
/// verdicts differ.
#[must_use]
pub fn receive(delivery: &Delivery) -> Option<Verdict> {
    let verdicts = match delivery.provider {
        Provider::Turratech => turratech(delivery),
        Provider::Turbopay => turbopay(delivery),
        Provider::TurboTxn => turbo_txn(delivery).map(|verdict| vec![verdict]),
        Provider::Card3ds => Some(vec![card3ds(delivery)]),
    };
    let Some(verdicts) = verdicts else { return Some(Verdict::of(Outcome::InvalidSecret)) };
    // A delivery that HTTP cannot carry never arrives.
    let first = verdicts.first().cloned().unwrap_or(Verdict::of(Outcome::Rejected));
    verdicts.iter().all(|verdict| *verdict == first).then_some(first)
}

impl Verdict {
    /// The verdict of a receiver that reveals nothing.
    #[must_use]
    pub fn of(outcome: Outcome) -> Self {
        Self { outcome, reads: BTreeMap::new(), shown: String::new() }
    }

    fn of_event<T>(result: Result<Verified<T>, VerifyError>, read: fn(&T) -> Vec<(&'static str, String)>) -> Self {
        match result {
            Ok(event) => {
                let digest = ("digest", event.digest().to_string());
                let reads = read(&event).into_iter().chain([digest]).map(|(name, value)| (name.to_owned(), value));
                Self { reads: reads.collect(), ..Self::of(Outcome::Accepted) }
            }
            Err(error) => Self::of_error(&error),
        }
    }

    fn of_hint<T: Debug>(result: Result<T, VerifyError>, name: &str, id: impl Fn(&T) -> &str) -> Self {
        match result {
            Ok(hint) => {
                let reads = BTreeMap::from([(name.to_owned(), id(&hint).to_owned())]);
                Self { outcome: Outcome::Hint, reads, shown: format!("{hint:?}") }
            }
            Err(error) => Self::of_error(&error),
        }
    }

    fn of_error(error: &VerifyError) -> Self {
        let outcome = if *error == VerifyError::Rejected { Outcome::Rejected } else { Outcome::Unreadable };
        Self { shown: format!("{error}; {error:?}"), ..Self::of(outcome) }
    }
}

/// Verifies with the header map, if HTTP can carry the headers, and with the bare value, if the header is there once.
macro_rules! verify {
    ($delivery:expr, $endpoint:expr, $read:expr) => {{
        let (delivery, endpoint) = ($delivery, $endpoint);
        let by_map = header_map(delivery).map(|headers| endpoint.verify(&delivery.body, &headers));
        let by_value = bare_signature(delivery).map(|value| endpoint.verify_signature(&delivery.body, value));
        Some(by_map.into_iter().chain(by_value).map(|result| Verdict::of_event(result, $read)).collect())
    }};
}

fn turratech(delivery: &Delivery) -> Option<Vec<Verdict>> {
    let mut secrets = parse_all(&delivery.secrets, |text| WebhookSecret::new(text).ok())?;
    let first = ::turratech::WebhookVerifier::new(secrets.next()?);
    let endpoint = secrets.fold(first, ::turratech::WebhookVerifier::also_accept);
    let clock = OffsetDateTime::from_unix_timestamp(delivery.clock).ok()?;
    verify!(delivery, endpoint.clock(ManualClock::at(clock)), turratech_event)
}

fn turbopay(delivery: &Delivery) -> Option<Vec<Verdict>> {
    let mut keys = parse_all(&delivery.secrets, |text| WebhookKey::new(text).ok())?;
    let first = ::turbopay::WebhookVerifier::new(keys.next()?);
    verify!(delivery, keys.fold(first, ::turbopay::WebhookVerifier::also_accept), turbopay_event)
}

fn turbo_txn(delivery: &Delivery) -> Option<Verdict> {
    let mut keys = parse_all(&delivery.secrets, |text| CallbackKey::new(text).ok())?;
    let callbacks = keys.next().map(CallbackDecryptor::new)?;
    let result = keys.fold(callbacks, CallbackDecryptor::also_accept).decrypt(&delivery.body);
    Some(Verdict::of_hint(result, "order", |hint| hint.claimed().as_str()))
}

fn card3ds(delivery: &Delivery) -> Verdict {
    let body = &delivery.body;
    match delivery.kind {
        Kind::ThreeDsFailure => {
            Verdict::of_hint(ThreeDsFailure::parse(body), "payment", |hint| hint.claimed().payment_id().as_str())
        }
        Kind::Checkout => {
            Verdict::of_hint(CheckoutCallback::parse(body), "checkout", |hint| hint.claimed().checkout_id().as_str())
        }
        Kind::ThreeDs | Kind::Webhook | Kind::Callback => {
            Verdict::of_hint(ThreeDsCallback::parse(body), "payment", |hint| hint.claimed().payment_id().as_str())
        }
    }
}

/// All secrets, or nothing if one is invalid.
fn parse_all<T>(secrets: &[String], parse: fn(&str) -> Option<T>) -> Option<std::vec::IntoIter<T>> {
    Some(secrets.iter().map(|text| parse(text)).collect::<Option<Vec<T>>>()?.into_iter())
}

fn header_map(delivery: &Delivery) -> Option<HeaderMap> {
    let pair = |(name, value): &(String, Vec<u8>)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in delivery.headers.iter().map(pair).collect::<Option<Vec<_>>>()? {
        headers.append(name, value);
    }
    Some(headers)
}

fn bare_signature(delivery: &Delivery) -> Option<&[u8]> {
    match delivery.headers.as_slice() {
        [(name, value)] if name.eq_ignore_ascii_case(delivery.provider.signature_header()) => Some(value),
        _ => None,
    }
}

fn turratech_event(event: &::turratech::Event) -> Vec<(&'static str, String)> {
    let mut reads = vec![
        ("id", event.id.as_str().to_owned()),
        ("type", event.event_type.as_str().to_owned()),
        ("livemode", event.livemode.to_string()),
    ];
    match event.object() {
        Ok(EventObject::Payment(payment)) => {
            reads.push(("status", payment.status.as_str().to_owned()));
            reads.push(("final", payment.status.is_final().to_string()));
        }
        Ok(_) => {}
        Err(problem) => reads.push(("object", problem.path().to_owned())),
    }
    reads
}

fn turbopay_event(event: &::turbopay::Event) -> Vec<(&'static str, String)> {
    let mut reads = vec![
        ("order", event.merchant_order_id.as_str().to_owned()),
        ("status", event.status.as_str().to_owned()),
        ("final", event.status.is_final().to_string()),
    ];
    match event.amount() {
        Ok(amount) => reads.push(("amount", amount.to_string())),
        Err(unreadable) => reads.push(("unreadable_amount", unreadable.raw().unwrap_or_default().to_owned())),
    }
    reads
}
