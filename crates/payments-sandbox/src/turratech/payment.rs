//! Payments: made, captured, cancelled, looked up, and settled by banks and customers.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::books::{Books, Call};
use super::card::Fate;
use super::method::Instrument;
use super::params::Params;
use super::refusal::Refusal;
use super::route::Operation;
use super::{Due, TurraTech};
use crate::http::Response;
use crate::ledger::What;

/// A payment.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: String,
    /// The merchant's, as the ledger knows it.
    pub(crate) reference: String,
    amount: i64,
    /// What was authorized and can be captured.
    capturable: i64,
    received: i64,
    pub(crate) refunded: i64,
    pub(crate) currency: String,
    customer: Option<String>,
    description: Option<String>,
    method: Option<String>,
    pub(crate) status: Status,
    manual: bool,
    pub(crate) disputed: bool,
    created: i64,
    metadata: Map<String, Value>,
}

/// Where a payment stands.
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

    /// Nothing was taken, authorized or asked of a bank yet.
    fn waits_for_customer(self) -> bool {
        matches!(self, Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction)
    }
}

/// What a bank or a customer does to a payment.
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

    /// What there is left to give back.
    pub(crate) fn refundable(&self) -> i64 {
        self.received - self.refunded
    }

    fn response(&self, status: u16) -> Response {
        Response::json(status, &self.value())
    }

    fn record(&self, what: What, amount: i64, call: &Call<'_>, books: &mut Books) {
        books.record(call, &self.reference, what, amount, &self.currency);
    }

    fn tell(&self, event: &'static str, call: &Call<'_>, books: &mut Books) {
        books.tell(call, &self.reference, event, &self.value());
    }

    /// Asks the bank for the money.
    fn attempt(&mut self, instrument: &Instrument, call: &Call<'_>, books: &mut Books) -> Result<(), Refusal> {
        match instrument.fate {
            Fate::Approved if instrument.takes_time => {
                self.status = Status::Processing;
                // From here on another payment is another debit, whatever becomes of this one.
                self.record(What::Executed, self.amount, call, books);
            }
            Fate::Approved => self.take(call, books),
            Fate::Disputed => {
                self.take(call, books);
                if self.status == Status::Succeeded {
                    self.dispute(call, books);
                }
            }
            Fate::Authentication => {
                self.status = Status::RequiresAction;
                self.record(What::Begun, self.amount, call, books);
            }
            Fate::Declined(decline) => {
                self.fail(call, books);
                return Err(Refusal::declined(decline, "payment_method"));
            }
        }
        Ok(())
    }

    /// The bank says yes: the money is taken, or authorized.
    fn take(&mut self, call: &Call<'_>, books: &mut Books) {
        self.record(What::Executed, self.amount, call, books);
        if self.manual {
            self.status = Status::RequiresCapture;
            self.capturable = self.amount;
        } else {
            self.succeed(call, books);
        }
    }

    fn succeed(&mut self, call: &Call<'_>, books: &mut Books) {
        self.status = Status::Succeeded;
        self.received = self.amount;
        self.capturable = 0;
        self.tell("payment.succeeded", call, books);
    }

    /// The bank has the money of a debit or a transfer.
    fn settle(&mut self, call: &Call<'_>, books: &mut Books) {
        self.record(What::Credited, self.amount, call, books);
        self.succeed(call, books);
    }

    fn fail(&mut self, call: &Call<'_>, books: &mut Books) {
        if self.status == Status::Processing {
            self.record(What::Released, self.amount, call, books);
        }
        self.status = Status::Failed;
        self.tell("payment.failed", call, books);
    }

    fn dispute(&mut self, call: &Call<'_>, books: &mut Books) {
        self.disputed = true;
        let amount = self.refundable();
        let dispute = json!({
            "id": books.id("dp"),
            "object": "dispute",
            "payment": self.id,
            "amount": amount,
            "currency": self.currency,
            "reason": "fraudulent",
            "status": "needs_response",
            "created": call.now.unix_timestamp(),
            "livemode": false,
        });
        self.record(What::ChargedBack, amount, call, books);
        books.tell(call, &self.reference, "dispute.created", &dispute);
    }

    fn cannot_be(&self, what: &str) -> Refusal {
        let message = format!("A payment that is {} cannot be {what}.", self.status.as_str());
        Refusal::unfit("payment_unexpected_state", message, None)
    }
}

impl TurraTech {
    pub(super) fn create_payment(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, Refusal> {
        let (mut payment, instrument) = self.new_payment(call, params)?;
        let asked = match &instrument {
            Some(instrument) => payment.attempt(instrument, call, &mut self.books),
            None => {
                payment.record(What::Begun, payment.amount, call, &mut self.books);
                Ok(())
            }
        };
        if payment.status == Status::Processing
            && let Some(time) = self.settings.debits_take
        {
            self.schedule(call.now + time, Due::Settlement(payment.id.clone()));
        }
        let answer = asked.map(|()| payment.response(201));
        let id = payment.id.clone();
        self.by_reference.insert(payment.reference.clone(), id.clone());
        self.payments.put(&id, payment);
        answer
    }

    /// Reads a payment, and what is to be charged for it, if it is to be confirmed now.
    fn new_payment(&mut self, call: &Call<'_>, params: &Params) -> Result<(Payment, Option<Instrument>), Refusal> {
        let amount = params.integer("amount")?;
        let amount = params.required("amount", amount)?;
        if amount <= 0 {
            return Err(params.refuse("amount", "must be above zero, in the currency's smallest unit"));
        }
        let currency = params.required_text("currency")?;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(params.refuse("currency", "must be a three-letter ISO code in lower case"));
        }
        let customer = params.text("customer")?;
        if let Some(id) = customer.as_ref().filter(|id| self.customers.get(id).is_none()) {
            return Err(Refusal::no_such("customer", id, "customer"));
        }
        let description = params.text("description")?;
        let method = params.text("payment_method")?;
        let instrument = method.as_ref().map(|id| self.instrument(id, "payment_method")).transpose()?;
        let owner = instrument.as_ref().and_then(|instrument| instrument.customer.as_ref());
        if owner.is_some() && customer.is_some() && owner != customer.as_ref() {
            return Err(params.refuse("payment_method", "is attached to another customer"));
        }
        let metadata = params.metadata()?.unwrap_or_default();
        let manual = match params.text("capture_method")?.as_deref() {
            None | Some("automatic") => false,
            Some("manual") => true,
            Some(_) => return Err(params.refuse("capture_method", "must be automatic or manual")),
        };
        if manual && instrument.as_ref().is_some_and(|instrument| instrument.takes_time) {
            return Err(params.refuse("capture_method", "must be automatic for direct debits and bank transfers"));
        }
        let confirm = params.optional_flag("confirm")?;
        params.text("return_url")?;
        if confirm == Some(true) && method.is_none() {
            return Err(Refusal::missing("payment_method"));
        }
        // The document's first example has no `confirm`, and the response shown next to it has succeeded (inferred).
        let attempted = confirm != Some(false);
        let status = if method.is_some() { Status::RequiresConfirmation } else { Status::RequiresPaymentMethod };
        let id = self.books.id("pay");
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
            manual,
            disputed: false,
            created: call.now.unix_timestamp(),
            metadata,
        };
        Ok((payment, instrument.filter(|_| attempted)))
    }

    pub(super) fn retrieve_payment(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        let payment = self.payments.get(call.id).ok_or_else(|| Refusal::not_found("payment", call.id))?;
        Ok(payment.response(200))
    }

    pub(super) fn list_payments(&self, params: &Params) -> Result<Response, Refusal> {
        Ok(Response::json(200, &self.payments.page(&params.page()?, "/v1/payments", Payment::value)?))
    }

    pub(super) fn capture_payment(&mut self, call: &Call<'_>) -> Result<Response, Refusal> {
        let payment = self.payments.get_mut(call.id).ok_or_else(|| Refusal::not_found("payment", call.id))?;
        if payment.status != Status::RequiresCapture {
            return Err(payment.cannot_be("captured"));
        }
        payment.record(What::Captured, payment.capturable, call, &mut self.books);
        payment.succeed(call, &mut self.books);
        Ok(payment.response(200))
    }

    pub(super) fn cancel_payment(&mut self, call: &Call<'_>) -> Result<Response, Refusal> {
        let payment = self.payments.get_mut(call.id).ok_or_else(|| Refusal::not_found("payment", call.id))?;
        if payment.status == Status::RequiresCapture {
            payment.record(What::Released, payment.capturable, call, &mut self.books);
            payment.capturable = 0;
        } else if payment.status.waits_for_customer() {
            self.books.done(call, &payment.reference);
        } else {
            return Err(payment.cannot_be("canceled"));
        }
        payment.status = Status::Canceled;
        Ok(payment.response(200))
    }

    /// Does something to a payment as its bank or its customer would; by the merchant's reference or its id.
    pub(crate) fn act(&mut self, name: &str, action: Action, now: OffsetDateTime) -> Result<(), String> {
        self.advance(now);
        let id = self.by_reference.get(name).map_or(name, String::as_str);
        let payment = self.payments.get_mut(id).ok_or_else(|| format!("there is no payment {name:?}"))?;
        let (call, books) = (by_itself(id, now), &mut self.books);
        match action {
            Action::Succeed if payment.status.waits_for_customer() => payment.take(&call, books),
            Action::Succeed if payment.status == Status::Processing => payment.settle(&call, books),
            Action::Fail if payment.status.waits_for_customer() => payment.fail(&call, books),
            Action::Fail if payment.status == Status::Processing => payment.fail(&call, books),
            Action::Dispute if payment.disputed => return Err(format!("payment {name:?} is disputed already")),
            Action::Dispute if payment.status == Status::Succeeded => payment.dispute(&call, books),
            Action::Succeed | Action::Fail | Action::Dispute => {
                return Err(format!("that does not happen to a payment that is {}", payment.status.as_str()));
            }
        }
        Ok(())
    }

    /// The bank has the money of a debit or a transfer, unless somebody decided otherwise meanwhile.
    pub(super) fn settle_payment(&mut self, id: &str, now: OffsetDateTime) {
        let payment = self.payments.get_mut(id).filter(|payment| payment.status == Status::Processing);
        if let Some(payment) = payment {
            payment.settle(&by_itself(id, now), &mut self.books);
        }
    }

    /// Puts down so many payments as if they had been taken; their ids, the newest first.
    ///
    /// They are not in the ledger, and nobody is told.
    pub(crate) fn seed_payments(&mut self, count: usize, now: OffsetDateTime) -> Vec<String> {
        let mut ids: Vec<String> = (0..count).map(|_| self.books.id("pay")).collect();
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
                manual: false,
                disputed: false,
                created: now.unix_timestamp(),
                metadata: Map::new(),
            };
            self.payments.put(id, payment);
        }
        ids.reverse();
        ids
    }

    /// By the merchant's reference or its id; of several with one reference, the latest.
    pub(crate) fn find_payment(&self, name: &str) -> Option<&Payment> {
        self.payments.get(self.by_reference.get(name).map_or(name, String::as_str))
    }
}

/// What no request asked for.
fn by_itself(id: &str, now: OffsetDateTime) -> Call<'_> {
    Call { operation: Operation::CreatePayment, id, key: None, request: None, now }
}
