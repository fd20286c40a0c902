//! The customers' actions: on pages in a browser, or by a test without a browser.

use time::OffsetDateTime;

use super::browser_return::BrowserReturn;
use super::card::{StoredCard, TestCard};
use super::engine::{Card3dsEngine, record};
use super::pages;
use super::payment::{Kind, Status};
use super::three_ds::{Decision, REJECTED};
use crate::engine::Effect;
use crate::html;
use crate::http::{Request, Response, percent_decode};
use crate::ledger::EntryKind;
use crate::problem::Problem;

impl Card3dsEngine {
    /// Returns a page if the request is for one. The browser then posts to the merchant itself, so no message is sent.
    pub(super) fn page(&mut self, request: &Request, now: OffsetDateTime) -> Option<(Response, Vec<Effect>)> {
        if request.path == pages::CHALLENGE {
            return Some(self.challenge_page(request, now));
        }
        let id = percent_decode(request.path.strip_prefix(pages::CHECKOUT)?);
        Some(self.checkout_page(&id, request, now))
    }

    /// Decides a challenge as the customer, without a browser.
    pub(crate) fn decide_challenge(
        &mut self,
        payment: &str,
        decision: Decision,
        now: OffsetDateTime,
    ) -> Result<Vec<Effect>, Problem> {
        let index = *self.by_id.get(payment).ok_or_else(|| Problem::not_found("no such payment"))?;
        let (browser_return, mut effects) = self.decide(index, decision, now)?;
        effects.extend(browser_return.map(|browser_return| browser_return.message(&self.origin)));
        Ok(effects)
    }

    /// Pays at a checkout as the customer, without a browser.
    pub(crate) fn pay_checkout(
        &mut self,
        checkout: &str,
        number: &str,
        installments: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<Effect>, Problem> {
        let index = *self.by_checkout.get(checkout).ok_or_else(|| Problem::not_found("no such checkout"))?;
        let card = TestCard::by_number(number);
        let card = card.ok_or_else(|| Problem::invalid("this is not the number of a test card"))?;
        let (browser_return, mut effects) = self.pay_at(index, card, installments, None, now)?;
        effects.push(browser_return.message(&self.origin));
        Ok(effects)
    }

    /// Cancels a checkout as the customer, without a browser.
    pub(crate) fn cancel_checkout(&mut self, checkout: &str, now: OffsetDateTime) -> Result<Vec<Effect>, Problem> {
        let index = *self.by_checkout.get(checkout).ok_or_else(|| Problem::not_found("no such checkout"))?;
        let (browser_return, mut effects) = self.cancel_at(index, now)?;
        effects.push(browser_return.message(&self.origin));
        Ok(effects)
    }

    /// Returns a payment's status, by the payment's id.
    pub(super) fn payment_status(&self, id: &str) -> Option<&'static str> {
        self.by_id.get(id).map(|index| self.payments[*index].status.as_str())
    }

    /// Returns the status of a checkout's payment, by the checkout's id.
    pub(super) fn checkout_status(&self, id: &str) -> Option<&'static str> {
        self.by_checkout.get(id).map(|index| self.payments[*index].status.as_str())
    }

    fn challenge_page(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        let index = request.parameter("challenge").and_then(|token| self.by_challenge.get(&token).copied());
        let not_found = || (Response::customer_page(404, html::not_found()), Vec::new());
        let Some(index) = index else { return not_found() };
        let Some(action) = request.parameter("action") else {
            let payment = &self.payments[index];
            let Kind::ThreeDs(Some(challenge)) = &payment.kind else { return not_found() };
            return (Response::customer_page(200, pages::challenge(payment, challenge)), Vec::new());
        };
        let result = match (request.method.as_str(), Decision::by_name(&action)) {
            ("POST", Some(decision)) => self.decide(index, decision, now),
            _ => Err(Problem::invalid("unknown action")),
        };
        match result {
            Ok((Some(browser_return), effects)) => (return_page(&browser_return), effects),
            Ok((None, effects)) => (Response::customer_page(200, pages::abandoned()), effects),
            Err(problem) => {
                let page = request.parameter("challenge").unwrap_or_default();
                let page = format!("{}?challenge={page}", pages::CHALLENGE);
                (Response::customer_page(409, html::error(&problem.to_string(), &page)), Vec::new())
            }
        }
    }

    fn checkout_page(&mut self, id: &str, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        let index = self.by_checkout.get(id).copied();
        let Some(index) = index else { return (Response::customer_page(404, html::not_found()), Vec::new()) };
        if request.method != "POST" {
            let payment = &self.payments[index];
            let Kind::Checkout(checkout) = &payment.kind else {
                return (Response::customer_page(404, html::not_found()), Vec::new());
            };
            return (Response::customer_page(200, pages::checkout(payment, checkout)), Vec::new());
        }
        let result = match request.parameter("action").as_deref() {
            Some("pay") => {
                let card = request.parameter("card").and_then(|name| TestCard::by_name(&name));
                let count = request.parameter("installments").map_or(Some(1), |count| count.parse().ok());
                match (card, count) {
                    (Some(card), Some(count)) => self.pay_at(index, card, count, Some(request.number), now),
                    _ => Err(Problem::invalid("unknown card or number of installments")),
                }
            }
            Some("cancel") => self.cancel_at(index, now),
            _ => Err(Problem::invalid("unknown action")),
        };
        match result {
            Ok((browser_return, effects)) => (return_page(&browser_return), effects),
            Err(problem) => {
                let page = format!("{}{id}", pages::CHECKOUT);
                (Response::customer_page(409, html::error(&problem.to_string(), &page)), Vec::new())
            }
        }
    }

    fn decide(
        &mut self,
        index: usize,
        decision: Decision,
        now: OffsetDateTime,
    ) -> Result<(Option<BrowserReturn>, Vec<Effect>), Problem> {
        let payment = &mut self.payments[index];
        let Kind::ThreeDs(Some(challenge)) = &mut payment.kind else {
            return Err(Problem::conflict("this payment has no challenge"));
        };
        let browser_return = challenge.decide(decision, (&payment.id, &payment.order), &mut self.random)?;
        let mut effects = Vec::new();
        if decision == Decision::Reject {
            let before = payment.status;
            payment.date = Some(now);
            payment.fail(REJECTED);
            effects.push(payment.changed(Some(before)));
        }
        Ok((browser_return, effects))
    }

    /// Charges a card at a checkout. Returns the form for the merchant, the change of the status, and a ledger entry if the
    /// bank accepts.
    fn pay_at(
        &mut self,
        index: usize,
        card: &TestCard,
        installments: u32,
        request: Option<u64>,
        now: OffsetDateTime,
    ) -> Result<(BrowserReturn, Vec<Effect>), Problem> {
        let payment = &mut self.payments[index];
        let Kind::Checkout(checkout) = &payment.kind else {
            return Err(Problem::conflict("this payment has no checkout"));
        };
        if payment.status != Status::Enrolled {
            return Err(Problem::conflict("this checkout has already ended"));
        }
        let total = pages::installment_query(payment, checkout).total(card, installments);
        let total =
            total.ok_or_else(|| Problem::invalid("this card does not offer this number of installments here"))?;
        let browser_return = BrowserReturn::from_checkout(payment, checkout, "processed");
        payment.set_installments(installments, total, &self.settings);
        payment.card = Some(StoredCard::of(card, CUSTOMER.to_owned(), false));
        let (before, is_paid) = (payment.status, payment.charge(&mut self.random, now));
        let mut effects = vec![payment.changed(Some(before))];
        effects.extend(is_paid.then(|| record("card3ds.checkout", payment, EntryKind::Executed, request)));
        Ok((browser_return, effects))
    }

    fn cancel_at(&mut self, index: usize, now: OffsetDateTime) -> Result<(BrowserReturn, Vec<Effect>), Problem> {
        let payment = &mut self.payments[index];
        let Kind::Checkout(checkout) = &payment.kind else {
            return Err(Problem::conflict("this payment has no checkout"));
        };
        if payment.status != Status::Enrolled {
            return Err(Problem::conflict("this checkout has already ended"));
        }
        let browser_return = BrowserReturn::from_checkout(payment, checkout, "cancelled");
        let before = payment.status;
        payment.date = Some(now);
        payment.fail(CANCELLED);
        Ok((browser_return, vec![payment.changed(Some(before))]))
    }
}

/// Returns the page that posts the form to the merchant. It must not be cached, because it contains the security key.
fn return_page(browser_return: &BrowserReturn) -> Response {
    Response::customer_page(200, pages::browser_return(browser_return)).header("Cache-Control", "no-store")
}

const CANCELLED: (&str, &str) = ("CANCELLED", "The customer cancelled");

/// The card holder's name at a checkout.
const CUSTOMER: &str = "Test Customer";
