//! Payments.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::card::ChargeOutcome;
use super::effects::{Call, Effects};
use super::engine::{Due, TurraTechEngine};
use super::params::Params;
use super::payment_method::Instrument;
use super::responses::ErrorResponse;
use super::routes::Operation;
use crate::http::Response;
use crate::ledger::EntryKind;
use crate::problem::Problem;

/// A payment.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: String,
    /// The merchant's reference, as in the ledger.
    pub(crate) reference: String,
    pub(super) amount: i64,
    /// The authorized amount that can be captured.
    capturable: i64,
    received: i64,
    pub(crate) refunded: i64,
    pub(crate) currency: String,
    customer: Option<String>,
    description: Option<String>,
    method: Option<String>,
    pub(crate) status: Status,
    /// The last status that was reported; `None` before the first.
    reported: Option<Status>,
    manual: bool,
    pub(crate) disputed: bool,
    created: i64,
    metadata: Map<String, Value>,
}

/// The status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Succeeded,
    Canceled,
    Failed,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }

    /// True if the payment waits for the customer, and nothing was charged or authorized yet.
    fn waits_for_customer(self) -> bool {
        matches!(self, Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction)
    }
}

/// An action of the bank or the customer on a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Succeed,
    Fail,
    Dispute,
}

impl Payment {
    fn value(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment",
            "amount": self.amount,
            "amount_capturable": self.capturable,
            "amount_received": self.received,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "payment_method": self.method,
            "status": self.status.as_str(),
            "created": self.created,
            "livemode": false,
            "metadata": self.metadata,
        })
    }

    /// The amount that can still be refunded.
    pub(crate) fn refundable(&self) -> i64 {
        self.received - self.refunded
    }

    fn response(&self, status: u16) -> Response {
        Response::json(status, &self.value())
    }

    fn set_status(&mut self, status: Status, effects: &mut Effects) {
        self.status = status;
        let from = self.reported.replace(status).map(Status::as_str);
        effects.changed(Operation::CreatePayment, (&self.reference, &self.id), from, status.as_str());
    }

    fn record(&self, kind: EntryKind, amount: i64, call: &Call<'_>, effects: &mut Effects) {
        effects.record(call, &self.reference, kind, amount, &self.currency);
    }

    fn send_event(&self, event: &'static str, call: &Call<'_>, effects: &mut Effects) {
        effects.send_event(call, &self.reference, event, &self.value());
    }

    /// Charges the payment method.
    fn attempt(
        &mut self,
        instrument: &Instrument,
        call: &Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), ErrorResponse> {
        match instrument.charge_outcome {
            ChargeOutcome::Approved if instrument.is_delayed => {
                self.set_status(Status::Processing, effects);
                // Recorded now: a further payment is a further debit, even if this one fails later.
                self.record(EntryKind::Executed, self.amount, call, effects);
            }
            ChargeOutcome::Approved => self.approve(call, effects),
            ChargeOutcome::Disputed => {
                self.approve(call, effects);
                if self.status == Status::Succeeded {
                    self.dispute(call, effects);
                }
            }
            ChargeOutcome::Authentication => {
                self.set_status(Status::RequiresAction, effects);
                self.record(EntryKind::Begun, self.amount, call, effects);
            }
            ChargeOutcome::Declined(decline) => {
                self.fail(call, effects);
                return Err(ErrorResponse::declined(decline, "payment_method"));
            }
        }
        Ok(())
    }

    /// Approves the payment: the money is received, or authorized for a later capture.
    fn approve(&mut self, call: &Call<'_>, effects: &mut Effects) {
        self.record(EntryKind::Executed, self.amount, call, effects);
        if self.manual {
            self.set_status(Status::RequiresCapture, effects);
            self.capturable = self.amount;
        } else {
            self.succeed(call, effects);
        }
    }

    fn succeed(&mut self, call: &Call<'_>, effects: &mut Effects) {
        self.set_status(Status::Succeeded, effects);
        self.received = self.amount;
        self.capturable = 0;
        self.send_event("payment.succeeded", call, effects);
    }

    /// Settles a debit or a transfer: the bank has received the money.
    fn settle(&mut self, call: &Call<'_>, effects: &mut Effects) {
        self.record(EntryKind::Credited, self.amount, call, effects);
        self.succeed(call, effects);
    }

    fn fail(&mut self, call: &Call<'_>, effects: &mut Effects) {
        if self.status == Status::Processing {
            self.record(EntryKind::Released, self.amount, call, effects);
        }
        self.set_status(Status::Failed, effects);
        self.send_event("payment.failed", call, effects);
    }

    fn dispute(&mut self, call: &Call<'_>, effects: &mut Effects) {
        self.disputed = true;
        let amount = self.refundable();
        let dispute = json!({
            "id": effects.id("dp"),
            "object": "dispute",
            "payment": self.id,
            "amount": amount,
            "currency": self.currency,
            "reason": "fraudulent",
            "status": "needs_response",
            "created": call.now.unix_timestamp(),
            "livemode": false,
        });
        self.record(EntryKind::ChargedBack, amount, call, effects);
        effects.send_event(call, &self.reference, "dispute.created", &dispute);
    }

    fn wrong_status(&self, change: &str) -> ErrorResponse {
        let message = format!("A payment that is {} cannot be {change}.", self.status.as_str());
        ErrorResponse::invalid_state("payment_unexpected_state", message, None)
    }
}

impl TurraTechEngine {
    pub(super) fn create_payment(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let (mut payment, instrument) = self.new_payment(call, params)?;
        let attempt = match &instrument {
            Some(instrument) => payment.attempt(instrument, call, &mut self.effects),
            None => {
                payment.set_status(payment.status, &mut self.effects);
                payment.record(EntryKind::Begun, payment.amount, call, &mut self.effects);
                Ok(())
            }
        };
        if payment.status == Status::Processing
            && let Some(time) = self.settings.debit_delay
        {
            self.schedule(call.now + time, Due::Settlement(payment.id.clone()));
        }
        let response = attempt.map(|()| payment.response(201));
        let id = payment.id.clone();
        self.by_reference.insert(payment.reference.clone(), id.clone());
        self.payments.insert(&id, payment);
        response
    }

    /// Validates a new payment. Returns it, and what to charge if it is attempted now.
    fn new_payment(
        &mut self,
        call: &Call<'_>,
        params: &Params,
    ) -> Result<(Payment, Option<Instrument>), ErrorResponse> {
        let amount = params.integer("amount")?;
        let amount = params.required("amount", amount)?;
        if amount <= 0 {
            return Err(params.invalid("amount", "must be above zero, in the currency's smallest unit"));
        }
        let currency = params.required_text("currency")?;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(params.invalid("currency", "must be a three-letter ISO code in lower case"));
        }
        let customer = params.text("customer")?;
        if let Some(id) = customer.as_ref().filter(|id| self.customers.get(id).is_none()) {
            return Err(ErrorResponse::unknown_id("customer", id, "customer"));
        }
        let description = params.text("description")?;
        let method = params.text("payment_method")?;
        let instrument = method.as_ref().map(|id| self.instrument(id, "payment_method")).transpose()?;
        let owner = instrument.as_ref().and_then(|instrument| instrument.customer.as_ref());
        if owner.is_some() && customer.is_some() && owner != customer.as_ref() {
            return Err(params.invalid("payment_method", "is attached to another customer"));
        }
        let metadata = params.metadata()?.unwrap_or_default();
        let manual = match params.text("capture_method")?.as_deref() {
            None | Some("automatic") => false,
            Some("manual") => true,
            Some(_) => return Err(params.invalid("capture_method", "must be automatic or manual")),
        };
        if manual && instrument.as_ref().is_some_and(|instrument| instrument.is_delayed) {
            return Err(params.invalid("capture_method", "must be automatic for direct debits and bank transfers"));
        }
        let confirm = params.optional_flag("confirm")?;
        params.text("return_url")?;
        if confirm == Some(true) && method.is_none() {
            return Err(ErrorResponse::missing("payment_method"));
        }
        // The document's first example has no `confirm`, and the response shown next to it has succeeded (inferred).
        let attempted = confirm != Some(false);
        let status = if method.is_some() { Status::RequiresConfirmation } else { Status::RequiresPaymentMethod };
        let id = self.effects.id("pay");
        let payment = Payment {
            reference: call.reference(&metadata, &id),
            id,
            amount,
            capturable: 0,
            received: 0,
            refunded: 0,
            currency,
            customer,
            description,
            method,
            status,
            reported: None,
            manual,
            disputed: false,
            created: call.now.unix_timestamp(),
            metadata,
        };
        Ok((payment, instrument.filter(|_| attempted)))
    }

    pub(super) fn retrieve_payment(&self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let payment = self.payments.get(call.id).ok_or_else(|| ErrorResponse::not_found("payment", call.id))?;
        Ok(payment.response(200))
    }

    pub(super) fn list_payments(&self, params: &Params) -> Result<Response, ErrorResponse> {
        Ok(Response::json(200, &self.payments.page(&params.page()?, "/v1/payments", Payment::value)?))
    }

    pub(super) fn capture_payment(&mut self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let payment = self.payments.get_mut(call.id).ok_or_else(|| ErrorResponse::not_found("payment", call.id))?;
        if payment.status != Status::RequiresCapture {
            return Err(payment.wrong_status("captured"));
        }
        payment.record(EntryKind::Captured, payment.capturable, call, &mut self.effects);
        payment.succeed(call, &mut self.effects);
        Ok(payment.response(200))
    }

    pub(super) fn cancel_payment(&mut self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let payment = self.payments.get_mut(call.id).ok_or_else(|| ErrorResponse::not_found("payment", call.id))?;
        if payment.status == Status::RequiresCapture {
            payment.record(EntryKind::Released, payment.capturable, call, &mut self.effects);
            payment.capturable = 0;
        } else if payment.status.waits_for_customer() {
            self.effects.record_done(call, &payment.reference);
        } else {
            return Err(payment.wrong_status("canceled"));
        }
        payment.set_status(Status::Canceled, &mut self.effects);
        Ok(payment.response(200))
    }

    /// Performs an action of the bank or the customer on a payment, by the merchant's reference or its id.
    pub(crate) fn act(&mut self, name: &str, action: Action, now: OffsetDateTime) -> Result<(), Problem> {
        self.advance(now);
        let id = self.by_reference.get(name).map_or(name, String::as_str);
        let payment =
            self.payments.get_mut(id).ok_or_else(|| Problem::NotFound(format!("no such payment: {name:?}")))?;
        let (call, effects) = (without_request(id, now), &mut self.effects);
        match action {
            Action::Succeed if payment.status.waits_for_customer() => payment.approve(&call, effects),
            Action::Succeed if payment.status == Status::Processing => payment.settle(&call, effects),
            Action::Fail if payment.status.waits_for_customer() => payment.fail(&call, effects),
            Action::Fail if payment.status == Status::Processing => payment.fail(&call, effects),
            Action::Dispute if payment.disputed => {
                return Err(Problem::Conflict(format!("payment {name:?} is already disputed")));
            }
            Action::Dispute if payment.status == Status::Succeeded => payment.dispute(&call, effects),
            Action::Succeed | Action::Fail | Action::Dispute => {
                let status = payment.status.as_str();
                return Err(Problem::Conflict(format!("a payment that is {status} does not allow this action")));
            }
        }
        Ok(())
    }

    /// Settles a debit or a transfer, unless the test has decided it before.
    pub(super) fn settle_payment(&mut self, id: &str, now: OffsetDateTime) {
        let payment = self.payments.get_mut(id).filter(|payment| payment.status == Status::Processing);
        if let Some(payment) = payment {
            payment.settle(&without_request(id, now), &mut self.effects);
        }
    }

    /// Creates succeeded payments without ledger entries and events. Returns their ids, the newest first.
    pub(crate) fn seed_payments(&mut self, count: usize, now: OffsetDateTime) -> Vec<String> {
        self.seeded += count;
        let mut ids: Vec<String> = (0..count).map(|_| self.effects.id("pay")).collect();
        for id in &ids {
            let payment = Payment {
                id: id.clone(),
                reference: id.clone(),
                amount: 2000,
                capturable: 0,
                received: 2000,
                refunded: 0,
                currency: "gbp".to_owned(),
                customer: None,
                description: None,
                method: Some("pm_card_visa".to_owned()),
                status: Status::Succeeded,
                reported: Some(Status::Succeeded),
                manual: false,
                disputed: false,
                created: now.unix_timestamp(),
                metadata: Map::new(),
            };
            self.payments.insert(id, payment);
        }
        ids.reverse();
        ids
    }

    /// Finds a payment by the merchant's reference or its id. If several have the reference, returns the latest.
    pub(crate) fn find_payment(&self, name: &str) -> Option<&Payment> {
        self.payments.get(self.by_reference.get(name).map_or(name, String::as_str))
    }
}

/// Creates a call that was not caused by a request.
fn without_request(id: &str, now: OffsetDateTime) -> Call<'_> {
    Call { operation: Operation::CreatePayment, id, key: None, request: None, now }
}
