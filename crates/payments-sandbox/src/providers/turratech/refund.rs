//! Refunds.

use serde_json::{Map, Value, json};

use super::effects::{Call, order_id_in};
use super::engine::TurraTechEngine;
use super::params::Params;
use super::payment::Status;
use super::responses::ErrorResponse;
use crate::http::Response;
use crate::ledger::EntryKind;

/// A refund.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    id: String,
    pub(crate) reference: String,
    payment: String,
    amount: i64,
    currency: String,
    reason: Option<String>,
    created: i64,
    metadata: Map<String, Value>,
}

impl Refund {
    fn value(&self) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "payment": self.payment,
            "amount": self.amount,
            "currency": self.currency,
            "reason": self.reason,
            "status": "succeeded",
            "created": self.created,
            "livemode": false,
            "metadata": self.metadata,
        })
    }
}

impl TurraTechEngine {
    pub(super) fn create_refund(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let id = params.required_text("payment")?;
        let amount = params.integer("amount")?;
        if amount.is_some_and(|amount| amount <= 0) {
            return Err(params.invalid("amount", "must be above zero, in the currency's smallest unit"));
        }
        let reason = params.text("reason")?;
        if reason.as_ref().is_some_and(|reason| !REASONS.contains(&reason.as_str())) {
            return Err(params.invalid("reason", &format!("must be one of {}", REASONS.join(", "))));
        }
        let metadata = params.metadata()?.unwrap_or_default();
        let payment = self.payments.get_mut(&id).ok_or_else(|| ErrorResponse::unknown_id("payment", &id, "payment"))?;
        if payment.status != Status::Succeeded {
            let message = format!("A payment that is {} cannot be refunded.", payment.status.as_str());
            return Err(ErrorResponse::invalid_state("payment_unexpected_state", message, Some("payment")));
        }
        if payment.disputed {
            let message = "A payment that is disputed cannot be refunded.".to_owned();
            return Err(ErrorResponse::invalid_state("payment_disputed", message, Some("payment")));
        }
        let remaining = payment.refundable();
        if remaining == 0 {
            let message = "The payment has already been refunded.".to_owned();
            return Err(ErrorResponse::invalid_state("payment_already_refunded", message, Some("payment")));
        }
        let amount = amount.unwrap_or(remaining);
        if amount > remaining {
            let message = format!("The refund of {amount} exceeds the remaining amount of the payment: {remaining}.");
            return Err(ErrorResponse::invalid_state("amount_too_large", message, Some("amount")));
        }
        payment.refunded += amount;
        // A refund without its own `order_id` has the payment's reference.
        let refund = Refund {
            id: self.effects.id("re"),
            reference: order_id_in(&metadata).unwrap_or(&payment.reference).to_owned(),
            payment: id,
            amount,
            currency: payment.currency.clone(),
            reason,
            created: call.now.unix_timestamp(),
            metadata,
        };
        self.effects.record(call, &refund.reference, EntryKind::Refunded, amount, &refund.currency);
        self.effects.send_event(call, &refund.reference, "refund.created", &refund.value());
        let response = Response::json(201, &refund.value());
        let id = refund.id.clone();
        self.refunds.insert(&id, refund);
        Ok(response)
    }

    pub(super) fn retrieve_refund(&self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let refund = self.refunds.get(call.id).ok_or_else(|| ErrorResponse::not_found("refund", call.id))?;
        Ok(Response::json(200, &refund.value()))
    }

    pub(super) fn list_refunds(&self, params: &Params) -> Result<Response, ErrorResponse> {
        Ok(Response::json(200, &self.refunds.page(&params.page()?, "/v1/refunds", Refund::value)?))
    }
}

/// The documented reasons.
const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];
