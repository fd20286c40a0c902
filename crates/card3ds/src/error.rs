use std::fmt;

use payments_core::id::check_id;
use payments_core::json::{self, ProviderMessage};
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{Effect, ErrorKind, Outcome, ProviderError, mask_card_numbers};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::payment::PaymentStatus;
use crate::requested::Requested;
use crate::wording::mentions_earlier_request;

/// The document describes no error form, and only one error status: 401.
pub(crate) static SPEC: ProviderSpec =
    ProviderSpec::new("card3ds", concat!("card3ds/", env!("CARGO_PKG_VERSION")), parse_error_status)
        .with_errors_in_2xx();

fn parse_error_status(operation: &Operation, response: &Response) -> Option<ProviderError> {
    parse_refusal(operation, response, &Requested::default())
}

/// Reads an error response of an operation whose own responses report no failure: under 2xx, only `FAILED` is one.
pub(crate) fn parse_refusal(
    operation: &Operation,
    response: &Response,
    requested: &Requested,
) -> Option<ProviderError> {
    if !response.status().is_success() {
        return parse_error(operation, response, requested);
    }
    let form = json::read::<ErrorForm>(response.body()).ok()?.value;
    if !form.claims_failure || form.claims_success || form.contradiction(requested).is_some() {
        return None;
    }
    let is_conflict = operation.effect != Effect::Read && mentions_earlier_request(response.body());
    let error = form.into_error();
    Some(if is_conflict { conflict(operation, error) } else { declined(error) })
}

/// Reads any JSON object under an error status as the provider's error response (inferred: no form is documented).
pub(crate) fn parse_error(operation: &Operation, response: &Response, requested: &Requested) -> Option<ProviderError> {
    let status = response.status().as_u16();
    if status == 401 && response.body().is_empty() {
        // Documented, without a body.
        return Some(ProviderError { advice: Some(CHECK_CREDENTIALS), ..ProviderError::default() });
    }
    let form = json::read::<ErrorForm>(response.body()).ok()?.value;
    let is_refusal = response.status().is_client_error() && !matches!(status, 408 | 429);
    let is_write = operation.effect != Effect::Read;
    let contradiction = form.contradiction(requested);
    let (claims_success, claims_failure) = (form.claims_success, form.claims_failure);
    let has_other_result = form.names_payment && form.has_other_result;
    let mut error = form.into_error();
    if claims_success || has_other_result {
        // The body reports a payment that succeeded or may still succeed, and the HTTP status an error. Trust neither.
        error.kind = Some(ErrorKind::MalformedResponse);
        error.outcome = Some(Outcome::Unknown);
    } else if let Some(name) = contradiction.filter(|_| is_refusal) {
        // A refusal of another order proves nothing about this one.
        error.kind = Some(ErrorKind::MalformedResponse);
        error.outcome = Some(Outcome::Unknown);
        error.param = Some(name.to_owned());
    } else if is_write && mentions_earlier_request(response.body()) {
        // Under any error status: after a conflict, no payment is started again.
        return Some(conflict(operation, error));
    } else if claims_failure && matches!(status, 400 | 422) {
        error.kind = Some(ErrorKind::Declined);
    }
    let is_refused = error.outcome.is_none() && matches!(status, 400..=405 | 413 | 415 | 422);
    error.advice = if operation.effect == Effect::MoveMoney && !is_refused {
        Some(ASK_THE_PROVIDER)
    } else if status == 401 {
        Some(CHECK_CREDENTIALS)
    } else {
        None
    };
    Some(error)
}

/// A refusal that may describe an earlier request: that one may be this one, if it was sent before.
pub(crate) fn conflict(operation: &Operation, error: ProviderError) -> ProviderError {
    let moves_money = operation.effect == Effect::MoveMoney;
    ProviderError {
        kind: Some(ErrorKind::Conflict),
        outcome: Some(Outcome::Unknown),
        advice: Some(if moves_money { ASK_THE_PROVIDER } else { LOOK_FOR_EARLIER_PAYMENT }),
        ..error
    }
}

/// A refusal under 2xx.
pub(crate) fn declined(error: ProviderError) -> ProviderError {
    ProviderError { kind: Some(ErrorKind::Declined), outcome: Some(Outcome::Refused), ..error }
}

/// The members of an error response that can be recognised: those of other responses, and the common `message` and
/// `error`.
#[derive(Default)]
struct ErrorForm {
    result_code: Option<String>,
    result_message: Option<String>,
    message: Option<String>,
    error: Option<String>,
    payment_id: Option<String>,
    /// The members that say what the response is about.
    identity: Vec<(&'static str, Box<RawValue>)>,
    claims_success: bool,
    claims_failure: bool,
    names_payment: bool,
    /// True if `status` or `success` has a value that means neither success nor failure.
    has_other_result: bool,
}

impl ProviderMessage for ErrorForm {
    const DECIDING: &'static [&'static str] = &["paymentId", "orderId", "status", "success"];
}

impl<'de> Deserialize<'de> for ErrorForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = ErrorForm;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ErrorForm, A::Error> {
                let mut form = ErrorForm::default();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    form.set(&name, value);
                }
                Ok(form)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl ErrorForm {
    /// Returns the member that is about another payment or order than the requested one.
    fn contradiction(&self, requested: &Requested) -> Option<&'static str> {
        let mut identity = self.identity.iter();
        identity.find(|(name, value)| requested.is_contradicted_by(name, value)).map(|(name, _)| *name)
    }

    fn into_error(self) -> ProviderError {
        ProviderError {
            code: self.result_code,
            message: self.result_message.or(self.message).or(self.error).map(|text| mask_card_numbers(&text)),
            object_id: self.payment_id.filter(|id| check_id("paymentId", id).is_ok()),
            ..ProviderError::default()
        }
    }

    /// Sets a member. A value that is not the expected string is ignored: the response is still the provider's.
    fn set(&mut self, name: &str, raw: &RawValue) {
        let value = raw.get();
        let text = || serde_json::from_str::<String>(value).ok().filter(|text| !text.is_empty());
        let is_number = value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let text_or_number = || if is_number { Some(value.to_owned()) } else { text() };
        match name {
            "resultCode" => self.result_code = text_or_number(),
            "resultMessage" => self.result_message = text_or_number(),
            "message" => self.message = text(),
            "error" => self.error = text(),
            "orderId" => self.identity.push(("orderId", raw.to_owned())),
            "paymentId" => {
                self.names_payment |= !matches!(value, "null" | "\"\"");
                self.payment_id = text_or_number();
                self.identity.push(("paymentId", raw.to_owned()));
            }
            "success" => {
                self.claims_success |= value == "true";
                self.has_other_result |= !matches!(value, "true" | "false" | "null");
            }
            "status" => match text().as_deref().map(PaymentStatus::from) {
                Some(PaymentStatus::Success | PaymentStatus::Enrolled) => self.claims_success = true,
                Some(PaymentStatus::Failed) => self.claims_failure = true,
                // Web frameworks put a status of their own here, which counts only if the response names a payment.
                Some(PaymentStatus::Unknown(_)) => self.has_other_result = true,
                // A number, such as the HTTP status.
                None => {}
            },
            _ => {}
        }
    }
}

pub(crate) const ASK_THE_PROVIDER: &str =
    "there is no lookup: ask the provider, and send no other payment for the order until you know the result";
const LOOK_FOR_EARLIER_PAYMENT: &str =
    "an earlier payment for the order may have succeeded: start no other payment until you know its result";
const CHECK_CREDENTIALS: &str = "the API key and secret are on the dashboard's Settings page";
