use std::fmt;

use payments_core::id::check_id;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::text::contains_any;
use payments_core::transport::Response;
use payments_core::{Effect, ErrorKind, Outcome, ProviderError, mask_card_numbers};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::payment::PaymentStatus;

/// Of errors, the document has the status 401 alone and no form at all.
pub(crate) static SPEC: ProviderSpec = ProviderSpec {
    provider: "card3ds",
    agent: concat!("card3ds/", env!("CARGO_PKG_VERSION")),
    parse_error,
    errors_in_2xx: false,
    throttled_is_refused: false,
    idempotency: None,
};

/// Any JSON object under an error status is the provider's own (inferred: none is documented); a page is not.
fn parse_error(operation: &Operation, response: &Response) -> Option<ProviderError> {
    let form: Form = serde_json::from_slice(response.body()).ok()?;
    let status = response.status().as_u16();
    let by_form = response.status().is_client_error() && !matches!(status, 408 | 429);
    let moves_money = operation.effect == Effect::MoveMoney;
    let mut refusal = ProviderError {
        code: form.result_code,
        message: form.result_message.or(form.message).or(form.error).map(|text| mask_card_numbers(&text)),
        object_id: form.payment_id.filter(|id| check_id("paymentId", id).is_ok()),
        ..ProviderError::default()
    };
    if form.claims_success || form.names_payment && form.stands_otherwise {
        // A payment that was made, or is under way, under a status that says the opposite: neither is to be believed.
        refusal.kind = Some(ErrorKind::MalformedResponse);
        refusal.outcome = Some(Outcome::Unknown);
    } else if moves_money && by_form && contains_any(response.body(), TELLS_OF_ANOTHER) {
        // It may be this very request that was executed, when it was sent before.
        refusal.kind = Some(ErrorKind::Conflict);
        refusal.outcome = Some(Outcome::Unknown);
    } else if form.claims_failure && matches!(status, 400 | 422) {
        refusal.kind = Some(ErrorKind::Declined);
    }
    let settled = refusal.outcome.is_none() && matches!(status, 400..=405 | 413 | 415 | 422);
    refusal.advice = if !settled && moves_money {
        Some("it cannot be looked up: settle it with the provider, and send nothing again for that order meanwhile")
    } else if status == 401 {
        Some("the API key and secret are on the dashboard's Settings page")
    } else {
        None
    };
    Some(refusal)
}

/// What can be read from an error of which no form is documented: the names that answers use, and two common ones.
#[derive(Default)]
struct Form {
    result_code: Option<String>,
    result_message: Option<String>,
    message: Option<String>,
    error: Option<String>,
    payment_id: Option<String>,
    claims_success: bool,
    claims_failure: bool,
    names_payment: bool,
    /// It has a status or a success in it that is neither: of a payment, it may be any.
    stands_otherwise: bool,
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Form;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
                let mut form = Form::default();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    form.take(&name, value.get());
                }
                Ok(form)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Form {
    /// What is not a text where one is looked for is passed over: it is no reason to doubt whose answer it is.
    fn take(&mut self, name: &str, value: &str) {
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
                self.stands_otherwise |= !matches!(value, "true" | "false" | "null");
            }
            "status" => match text().as_deref().map(PaymentStatus::from) {
                Some(PaymentStatus::Success | PaymentStatus::Enrolled) => self.claims_success = true,
                Some(PaymentStatus::Failed) => self.claims_failure = true,
                // Frameworks put their own into an error by this name; a payment's is another matter.
                Some(PaymentStatus::Unknown(_)) => self.stands_otherwise = true,
                // The HTTP status, say.
                None => {}
            },
            _ => {}
        }
    }
}

/// How a refusal speaks of a payment that is there already (inferred: no wording is documented).
///
/// The whole answer is searched: where the words would stand is not documented either.
const TELLS_OF_ANOTHER: &[&str] = &["already", "duplicate", "exists", "unique", "completed", "captured"];
