//! Payment methods.

use serde_json::{Map, Value, json};

use super::card::{self, ChargeOutcome, TestCard};
use super::effects::Call;
use super::engine::TurraTechEngine;
use super::params::Params;
use super::responses::ErrorResponse;
use crate::http::Response;
use crate::ledger::EntryKind;
use crate::luhn;

/// A created payment method.
#[derive(Debug, Clone)]
pub(crate) struct Method {
    id: String,
    pub(crate) reference: String,
    kind: &'static str,
    card: Option<Card>,
    charge_outcome: ChargeOutcome,
    pub(crate) customer: Option<String>,
    created: i64,
    metadata: Map<String, Value>,
}

/// The stored details of a card, without its number.
#[derive(Debug, Clone)]
struct Card {
    brand: &'static str,
    last4: &'static str,
    month: i64,
    year: i64,
}

/// The properties of a payment method that matter for a charge.
#[derive(Debug, Clone)]
pub(crate) struct Instrument {
    pub(crate) charge_outcome: ChargeOutcome,
    /// True if the bank decides later.
    pub(crate) is_delayed: bool,
    pub(crate) customer: Option<String>,
}

impl Method {
    fn value(&self) -> Value {
        let mut value = json!({
            "id": self.id,
            "object": "payment_method",
            "type": self.kind,
            "customer": self.customer,
            "created": self.created,
            "livemode": false,
            "metadata": self.metadata,
        });
        if let Some(Card { brand, last4, month, year }) = &self.card {
            value["card"] = json!({"brand": brand, "last4": last4, "exp_month": month, "exp_year": year});
        }
        value
    }
}

impl TurraTechEngine {
    pub(super) fn create_method(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let kind = params.required_text("type")?;
        let Some(kind) = KINDS.iter().find(|known| **known == kind) else {
            return Err(params.invalid("type", &format!("must be one of {}", KINDS.join(", "))));
        };
        let metadata = params.metadata()?.unwrap_or_default();
        let card = params.inner("card")?;
        let (charge_outcome, card) = if *kind == "card" {
            let (charge_outcome, card) = read_card(&params.required("card", card)?, call)?;
            (charge_outcome, Some(card))
        } else {
            (ChargeOutcome::Approved, None)
        };
        let id = self.effects.id("pm");
        let reference = call.reference(&metadata, &id);
        let created = call.now.unix_timestamp();
        let method = Method { id, reference, kind, card, charge_outcome, customer: None, created, metadata };
        self.effects.record(call, &method.reference, EntryKind::Executed, 0, "");
        let response = Response::json(201, &method.value());
        self.methods.insert(method.id.clone(), method);
        Ok(response)
    }

    pub(super) fn attach_method(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let customer = params.required_text("customer")?;
        if self.customers.get(&customer).is_none() {
            return Err(ErrorResponse::unknown_id("customer", &customer, "customer"));
        }
        if !self.methods.contains_key(call.id) && TestCard::by_id(call.id).is_none() {
            return Err(ErrorResponse::not_found("payment method", call.id));
        }
        let id = self.attach(call.id, &customer, None, call)?;
        self.method_response(call, &id)
    }

    pub(super) fn detach_method(&mut self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let method =
            self.methods.get_mut(call.id).ok_or_else(|| ErrorResponse::not_found("payment method", call.id))?;
        let Some(customer) = method.customer.take() else {
            let message = "The payment method is not attached to a customer.".to_owned();
            return Err(ErrorResponse::invalid_state("payment_method_unexpected_state", message, None));
        };
        if let Some(customer) = self.customers.get_mut(&customer) {
            customer.forget_method(call.id);
        }
        self.method_response(call, call.id)
    }

    fn method_response(&mut self, call: &Call<'_>, id: &str) -> Result<Response, ErrorResponse> {
        let method = self.methods.get(id).ok_or_else(|| ErrorResponse::not_found("payment method", id))?;
        self.effects.record_done(call, &method.reference);
        Ok(Response::json(200, &method.value()))
    }

    /// Attaches a payment method and returns its id. Of a ready-made one, the customer gets a copy with its own id.
    pub(super) fn attach(
        &mut self,
        id: &str,
        customer: &str,
        param: Option<&str>,
        call: &Call<'_>,
    ) -> Result<String, ErrorResponse> {
        let id = match TestCard::by_id(id) {
            Some(card) => self.own_method(card, call),
            None => id.to_owned(),
        };
        let method = self
            .methods
            .get_mut(&id)
            .ok_or_else(|| ErrorResponse::unknown_id("payment method", &id, "payment_method"))?;
        match &method.customer {
            Some(owner) if owner != customer => {
                let message = "The payment method is attached to another customer.".to_owned();
                return Err(ErrorResponse::invalid_state("payment_method_unexpected_state", message, param));
            }
            Some(_) => return Ok(id),
            None => method.customer = Some(customer.to_owned()),
        }
        if let Some(customer) = self.customers.get_mut(customer) {
            customer.methods.push(id.clone());
        }
        Ok(id)
    }

    fn own_method(&mut self, card: &'static TestCard, call: &Call<'_>) -> String {
        let id = self.effects.id("pm");
        let year = i64::from(call.now.year()) + 4;
        let method = Method {
            reference: id.clone(),
            id: id.clone(),
            kind: "card",
            card: Some(Card { brand: card.brand, last4: card.last4(), month: 12, year }),
            charge_outcome: card.charge_outcome,
            customer: None,
            created: call.now.unix_timestamp(),
            metadata: Map::new(),
        };
        self.methods.insert(id.clone(), method);
        id
    }

    /// Returns the payment method that a parameter names.
    pub(super) fn instrument(&self, id: &str, param: &str) -> Result<Instrument, ErrorResponse> {
        if let Some(card) = TestCard::by_id(id) {
            return Ok(Instrument { charge_outcome: card.charge_outcome, is_delayed: false, customer: None });
        }
        let method = self.methods.get(id).ok_or_else(|| ErrorResponse::unknown_id("payment method", id, param))?;
        let is_delayed = DELAYED_KINDS.contains(&method.kind);
        Ok(Instrument { charge_outcome: method.charge_outcome, is_delayed, customer: method.customer.clone() })
    }
}

fn read_card(card: &Params, call: &Call<'_>) -> Result<(ChargeOutcome, Card), ErrorResponse> {
    let number = card.required_text("number")?;
    let month = card.integer("exp_month")?;
    let month = card.required("exp_month", month)?;
    let year = card.integer("exp_year")?;
    let year = card.required("exp_year", year)?;
    if !(1..=12).contains(&month) {
        return Err(card.invalid("exp_month", "must be from 1 to 12"));
    }
    if !(2000..=2099).contains(&year) {
        return Err(card.invalid("exp_year", "must be a year with four digits"));
    }
    if let Some(cvc) = card.text("cvc")?
        && !(matches!(cvc.len(), 3 | 4) && cvc.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(card.invalid("cvc", "must be three or four digits"));
    }
    if !luhn::is_card_number(&number) {
        return Err(ErrorResponse::declined(&card::WRONG_NUMBER, "card[number]"));
    }
    let Some(known) = TestCard::by_number(&number) else {
        return Err(ErrorResponse::declined(&card::NOT_A_TEST_CARD, "card[number]"));
    };
    let today = (i64::from(call.now.year()), i64::from(u8::from(call.now.month())));
    if (year, month) < today {
        return Err(ErrorResponse::declined(&card::EXPIRED, "card[exp_year]"));
    }
    Ok((known.charge_outcome, Card { brand: known.brand, last4: known.last4(), month, year }))
}

/// The documented types.
const KINDS: &[&str] = &["card", "bacs_debit", "sepa_debit", "bank_transfer", "apple_pay", "google_pay"];

/// The types where the bank decides later (inferred).
const DELAYED_KINDS: &[&str] = &["bacs_debit", "sepa_debit", "bank_transfer"];
