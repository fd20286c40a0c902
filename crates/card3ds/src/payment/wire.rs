use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read};
use payments_core::provider::Operation;
use payments_core::request::RequestBuilder;
use payments_core::stored::StoredAs;
use payments_core::transport::Response;
use payments_core::{Call, Effect, Error, ProviderError, ReportedAmount, ReportedCurrency};
use serde::Deserialize;

use super::{CardScheme, CardType, Payment, PaymentDate, PaymentStatus, Region, masked};
use crate::amount::Commission;
use crate::card::MaskedPan;
use crate::client::Client;
use crate::error::{conflict, declined, parse_error};
use crate::fields::{Member, UNREADABLE, optional_count};
use crate::id::{CustomerId, MerchantOrderId, PaymentId};
use crate::requested::Requested;
use crate::wording::mentions_earlier_request;

impl Client {
    /// Prepares a call whose response is a payment, and compares the response with the request.
    pub(crate) fn payment_call(
        &self,
        operation: Operation,
        request: Result<RequestBuilder, Error>,
        requested: Requested,
    ) -> Call<Payment> {
        let refused = requested.clone();
        self.connection
            .call(operation, request, move |read| payment(read, &requested))
            .with_error_parser(move |operation, response| refusal(operation, response, &refused))
    }
}

/// Reads a refusal: an error response, or a `FAILED` payment under 2xx that cannot be returned as a payment.
fn refusal(operation: &Operation, response: &Response, requested: &Requested) -> Option<ProviderError> {
    if !response.status().is_success() {
        return parse_error(operation, response, requested);
    }
    let wire = json::read::<WirePayment>(response.body()).ok()?.value;
    if !wire.has_failed() || wire.check(requested).is_err() {
        return None;
    }
    let is_conflict = operation.effect != Effect::Read && mentions_earlier_request(response.body());
    let object_id = wire.payment_id.known().map(|id| id.as_str().to_owned());
    let error = ProviderError {
        code: wire.result_code,
        message: masked(wire.result_message.as_deref()),
        object_id,
        ..ProviderError::default()
    };
    if is_conflict {
        Some(conflict(operation, error))
    } else if error.object_id.is_none() {
        Some(declined(error))
    } else {
        None
    }
}

/// Converts a response that matches its request.
pub(crate) fn payment(read: Read<'_, WirePayment>, requested: &Requested) -> Result<Payment, DecodeError> {
    let facts = read.value.facts();
    read.value.check(requested).and_then(|()| WirePayment::payment(read)).map_err(|error| error.with_facts(facts))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WirePayment {
    #[serde(default)]
    payment_id: Member<PaymentId>,
    #[serde(default)]
    order_id: Member<MerchantOrderId>,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "optional_count")]
    installment_count: Option<u32>,
    #[serde(default, deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(default, deserialize_with = "Commission::deserialize_option")]
    merchant_commission: Option<Commission>,
    #[serde(default)]
    status: Member<PaymentStatus>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment_date: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    card_holder_name: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    pan: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    dom_int: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    card_scheme: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    card_type: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    loyalty_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    external_transaction_id: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    auth_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_message: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    customer_id: Option<CustomerId>,
}

impl ProviderMessage for WirePayment {
    const DECIDING: &'static [&'static str] = &["paymentId", "orderId", "status"];
}

impl WirePayment {
    fn has_failed(&self) -> bool {
        self.status.known() == Some(&PaymentStatus::Failed)
    }

    /// Checks that the response is about the requested payment, and that its result can be read.
    ///
    /// A `FAILED` payment needs no id and no amount, but it must not be about another order.
    fn check(&self, requested: &Requested) -> Result<(), DecodeError> {
        let has_failed = self.has_failed();
        match (&self.payment_id, &requested.payment_id) {
            (Member::Known(received), Some(requested)) if !received.is_same_as(requested) => {
                return Err(differs("paymentId"));
            }
            (Member::Missing, _) if !has_failed => return Err(DecodeError::new("paymentId", "is missing")),
            // It may be another payment's id.
            (Member::Unreadable, requested) if !has_failed || requested.is_some() => {
                return Err(DecodeError::new("paymentId", UNREADABLE));
            }
            _ => {}
        }
        match (&self.order_id, &requested.order_id) {
            (Member::Known(received), Some(requested)) if received != requested => return Err(differs("orderId")),
            (Member::Unreadable, _) => return Err(DecodeError::new("orderId", UNREADABLE)),
            _ => {}
        }
        match &self.status {
            Member::Known(_) => {}
            Member::Missing => return Err(DecodeError::new("status", "is missing")),
            Member::Unreadable => return Err(DecodeError::new("status", UNREADABLE)),
        }
        let Some(requested) = requested.amount else { return Ok(()) };
        if self.currency.currency().is_ok_and(|currency| currency != requested.currency()) {
            return Err(differs("currency"));
        }
        // An amount that cannot be read does not contradict the request, and does not confirm it either. A number with
        // more decimals than the currency has is another amount.
        match (self.amount.decimal(), self.amount.in_units(requested.currency())) {
            (Err(_), _) => Ok(()),
            (_, Ok(amount)) if amount == requested || has_failed && amount.minor() == 0 => Ok(()),
            _ => Err(differs("amount")),
        }
    }

    /// What could be read, for an error.
    fn facts(&self) -> Facts {
        Facts {
            object_id: self.payment_id.known().map(|id| id.as_str().to_owned()),
            status: self.status.known().map(|status| status.as_str().to_owned()),
            amount: self.amount.text(),
        }
    }

    fn payment(read: Read<'_, Self>) -> Result<Payment, DecodeError> {
        // A message in an unexpected shape is not part of the payment, but it counts.
        let may_be_duplicate = read.value.has_failed()
            && (mentions_earlier_request(read.raw().as_str().as_bytes())
                || read.unreadable.iter().any(|member| mentions_earlier_request(member.raw.as_bytes())));
        let wire = read.value;
        Ok(Payment {
            stored: StoredAs::new(),
            payment_id: wire.payment_id.required("paymentId")?,
            order_id: wire.order_id.known().cloned(),
            amount: read.unreadable.amount("amount", wire.amount),
            currency: read.unreadable.currency("currency", wire.currency),
            installment_count: wire.installment_count,
            merchant_commission: wire.merchant_commission,
            status: wire.status.required("status")?,
            payment_date: wire.payment_date.as_deref().map(PaymentDate::new),
            card_holder_name: masked(wire.card_holder_name.as_deref()),
            pan: wire.pan.as_deref().map(MaskedPan::new),
            region: wire.dom_int.as_deref().map(Region::from),
            card_scheme: wire.card_scheme.as_deref().map(CardScheme::from),
            card_type: wire.card_type.as_deref().map(CardType::from),
            loyalty_code: wire.loyalty_code,
            external_transaction_id: wire.external_transaction_id,
            auth_code: wire.auth_code,
            result_code: wire.result_code,
            result_message: masked(wire.result_message.as_deref()),
            customer_id: wire.customer_id,
            may_be_duplicate,
            unreadable: read.unreadable,
        })
    }
}

fn differs(path: &'static str) -> DecodeError {
    DecodeError::new(path, "differs from what was requested")
}
