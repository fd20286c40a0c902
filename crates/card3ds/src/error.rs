use std::fmt;

use payments_core::id::check_id;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::text::contains_any;
use payments_core::transport::Response;
use payments_core::{Effect, ErrorKind, Outcome, ProviderError, mask_card_numbers};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::payment::PaymentStatus;

/// The document describes no error form, and only one error status: 401.
pub(crate) static SPEC: ProviderSpec = ProviderSpec {
    provider: "card3ds",
    agent: concat!("card3ds/", env!("CARGO_PKG_VERSION")),
    parse_error,
    errors_in_2xx: false,
    throttled_is_refused: false,
    idempotency: None,
};

/// Reads any JSON object under an error status as the provider's error response (inferred: no form is documented).
fn parse_error(operation: &Operation, response: &Response) -> Option<ProviderError> {
    let form: ErrorForm = serde_json::from_slice(response.body()).ok()?;
    let status = response.status().as_u16();
    let is_refusal = response.status().is_client_error() && !matches!(status, 408 | 429);
    let moves_money = operation.effect == Effect::MoveMoney;
    let mut error = ProviderError {
        code: form.result_code,
        message: form.result_message.or(form.message).or(form.error).map(|text| mask_card_numbers(&text)),
        object_id: form.payment_id.filter(|id| check_id("paymentId", id).is_ok()),
        ..ProviderError::default()
    };
    if form.claims_success || form.names_payment && form.has_other_result {
        // The body reports a payment that succeeded or may still succeed, and the HTTP status an error. Trust neither.
        error.kind = Some(ErrorKind::MalformedResponse);
        error.outcome = Some(Outcome::Unknown);
    } else if moves_money && is_refusal && contains_any(response.body(), EARLIER_REQUEST_WORDS) {
        // The earlier request may be this one, if it was sent before.
        error.kind = Some(ErrorKind::Conflict);
        error.outcome = Some(Outcome::Unknown);
    } else if form.claims_failure && matches!(status, 400 | 422) {
        error.kind = Some(ErrorKind::Declined);
    }
    let is_refused = error.outcome.is_none() && matches!(status, 400..=405 | 413 | 415 | 422);
    error.advice = if moves_money && !is_refused {
        Some("there is no lookup: ask the provider, and send no other payment for the order until you know the result")
    } else if status == 401 {
        Some("the API key and secret are on the dashboard's Settings page")
    } else {
        None
    };
    Some(error)
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
    claims_success: bool,
    claims_failure: bool,
    names_payment: bool,
    /// True if `status` or `success` has a value that means neither success nor failure.
    has_other_result: bool,
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
                    form.set(&name, value.get());
                }
                Ok(form)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl ErrorForm {
    /// Sets a member. A value that is not the expected string is ignored: the response is still the provider's.
    fn set(&mut self, name: &str, value: &str) {
        let text = || serde_json::from_str::<String>(value).ok().filter(|text| !text.is_empty());
        match name {
            "resultCode" => self.result_code = text(),
            "resultMessage" => self.result_message = text(),
            "message" => self.message = text(),
            "error" => self.error = text(),
            "paymentId" => {
                self.names_payment |= !matches!(value, "null" | "\"\"");
                self.payment_id = text();
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

/// Words in an error response that may be about an earlier request (inferred: no wording is documented).
///
/// The whole body is searched, because the member that would contain them is not documented either.
const EARLIER_REQUEST_WORDS: &[&str] = &["already", "duplicate", "exists", "unique", "completed", "captured"];
