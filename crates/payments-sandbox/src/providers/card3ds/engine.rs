//! card3ds, as its document shows it.

mod amount;
mod behaviours;
mod card;
mod control;
mod customer;
mod installments;
mod page;
mod payment;
mod route;
mod settings;
mod three_ds;
mod validate;
mod way_back;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

pub use behaviours::BEHAVIOURS;
pub use card::{TEST_CARDS, TestCard};
pub use settings::Settings;
pub(crate) use three_ds::Decision;

use crate::engine::{Behaviour, Controlled, Effect, Engine};
use crate::http::{Request, Response};
use crate::ledger::What;
use crate::random::Random;
use amount::Currency;
use card::Kept;
use installments::{Asked, MOST};
use payment::{Checkout, Kind, Payment, Status};
use route::{Route, route};
use three_ds::{Challenge, NOT_ENROLLED, Refusal, Started};
use validate::{Fields, NewPayment, Rejected};

/// The engine.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Card3ds {
    settings: Settings,
    /// Where its pages are: the listener's own address.
    pub(crate) origin: String,
    random: Random,
    payments: Vec<Payment>,
    by_id: HashMap<String, usize>,
    by_challenge: HashMap<String, usize>,
    by_checkout: HashMap<String, usize>,
    /// An order may have several payments: nothing says that it has one.
    by_order: HashMap<String, Vec<usize>>,
}

const OPERATIONS: &[&str] = &[
    "payment",
    "pre-authorization",
    "capture",
    "start-3ds",
    "complete-3ds",
    "installment-options",
    "checkout",
    "checkout-status",
];

impl Engine for Card3ds {
    fn name(&self) -> &'static str {
        "card3ds"
    }

    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn reads(&self) -> &'static [&'static str] {
        &["installment-options", "checkout-status"]
    }

    fn told_of(&self) -> &'static [&'static str] {
        &["start-3ds", "checkout"]
    }

    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)> {
        let route = route(request)?;
        let order = |index: Option<&usize>| index.map(|index| self.payments[*index].order.clone());
        let reference = match &route {
            Route::Payment | Route::PreAuthorization | Route::Start | Route::Checkout => {
                Fields::read(&request.body).and_then(|fields| fields.order())
            }
            Route::Capture(id) | Route::Complete(id) => order(self.by_id.get(id)),
            Route::CheckoutStatus(id) => order(self.by_checkout.get(id)),
            Route::InstallmentOptions => None,
        };
        Some((route.name(), reference))
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        if let Some(page) = self.page(request, now) {
            return page;
        }
        let mut effects = Vec::new();
        let answer = self.api(request, now, &mut effects).unwrap_or_else(Rejected::response);
        (answer, effects)
    }

    fn rehearse(&self, request: &Request, now: OffsetDateTime) -> Response {
        let mut copy = self.clone();
        // Ids that no payment will have.
        copy.random = Random::new(!copy.random.next());
        copy.respond(request, now).0
    }

    fn tick(&mut self, _now: OffsetDateTime) -> Vec<Effect> {
        Vec::new()
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        None
    }

    fn status(&self, reference: &str) -> Option<String> {
        self.standing(reference).map(str::to_owned)
    }

    fn behaviours(&self) -> &'static [Behaviour] {
        BEHAVIOURS
    }

    fn control_addresses(&self) -> &'static [(&'static str, &'static str)] {
        control::ADDRESSES
    }

    fn control(&mut self, path: &[&str], body: &[u8], now: OffsetDateTime) -> Option<Controlled> {
        control::act(self, path, body, now)
    }
}

impl Card3ds {
    pub(crate) fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            origin: String::new(),
            random: Random::new(seed),
            payments: Vec::new(),
            by_id: HashMap::new(),
            by_challenge: HashMap::new(),
            by_checkout: HashMap::new(),
            by_order: HashMap::new(),
        }
    }

    /// Where an order stands: paid as soon as one of its payments is, or else as the last of them.
    pub(crate) fn standing(&self, order: &str) -> Option<&'static str> {
        let mut statuses = self.by_order.get(order)?.iter().map(|index| self.payments[*index].status);
        let paid = statuses.clone().find(|status| *status == Status::Success);
        paid.or_else(|| statuses.next_back()).map(Status::as_str)
    }

    fn api(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Result<Response, Rejected> {
        let Some(route) = route(request) else { return Err(Rejected::new(404, "there is no such endpoint")) };
        let has = |name, key: &str| request.header(name) == Some(key);
        if !has("x-api-key", self.settings.api_key.as_str()) || !has("x-api-secret", self.settings.api_secret.as_str())
        {
            return Err(Rejected::new(401, "Unauthorized"));
        }
        match route {
            Route::Payment => self.pay(Kind::Direct, "card3ds.payment", request, now, effects),
            Route::PreAuthorization => {
                let kind = Kind::PreAuthorization { captured: 0, captures: 0 };
                self.pay(kind, "card3ds.pre-authorization", request, now, effects)
            }
            Route::Capture(id) => self.capture(&id, request, now, effects),
            Route::Start => self.start(request, now, effects),
            Route::Complete(id) => self.complete(&id, request, now, effects),
            Route::InstallmentOptions => self.installment_options(request),
            Route::Checkout => self.check_out(request, effects),
            Route::CheckoutStatus(id) => {
                let index = self.by_checkout.get(&id).copied();
                let index = index.ok_or_else(|| Rejected::new(404, "there is no such checkout"))?;
                Ok(self.told(index))
            }
        }
    }

    fn pay(
        &mut self,
        kind: Kind,
        operation: &'static str,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Rejected> {
        let new = NewPayment::read(&Fields::of(request)?, now)?;
        let mut payment = self.new_payment(new, kind);
        if payment.charge(&mut self.random, now) {
            effects.push(record(operation, &payment, What::Executed, Some(request.number)));
        }
        let index = self.keep(payment);
        Ok(self.told(index))
    }

    fn capture(
        &mut self,
        id: &str,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Rejected> {
        let unknown = || Rejected::new(404, "there is no such pre-authorization");
        let index = *self.by_id.get(id).ok_or_else(unknown)?;
        let payment = &mut self.payments[index];
        let Kind::PreAuthorization { captured, captures } = &mut payment.kind else { return Err(unknown()) };
        let (amount, currency) = Fields::of(request)?.money()?;
        if payment.status != Status::Success {
            return Err(Rejected::new(400, "the pre-authorization was declined: there is nothing to capture"));
        }
        if currency != payment.currency {
            return Err(Rejected::field("currency", "must be that of the pre-authorization"));
        }
        if self.settings.captures_once && *captures > 0 {
            return Err(Rejected::new(400, "the pre-authorization is captured already"));
        }
        if amount > payment.amount - *captured {
            return Err(Rejected::field("amount", "must be at most what is left of the pre-authorization"));
        }
        *captured += amount;
        *captures += 1;
        // The answer is about the capture, under the number of the pre-authorization.
        let mut capture = Payment { amount, date: Some(now), ..payment.clone() };
        if let Some((transaction, _)) = &mut capture.proof {
            *transaction = payment::transaction(&mut self.random);
        }
        effects.push(record("card3ds.capture", &capture, What::Executed, Some(request.number)));
        Ok(json_answer(&capture.answer(&self.settings)))
    }

    fn start(
        &mut self,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Rejected> {
        let fields = Fields::of(request)?;
        let new = NewPayment::read(&fields, now)?;
        let count = fields.count("installmentCount", 1)?;
        let asked = Asked {
            amount: new.amount,
            currency: new.currency,
            most: MOST,
            interest_paid_by_customer: fields.flag("interestPaidByCustomer")?,
        };
        let total = asked.total(new.card, count);
        let total =
            total.ok_or_else(|| Rejected::field("installmentCount", "must be one that the card has options for"))?;
        let (success_url, failure_url) = (fields.address("successUrl")?, fields.address("failureUrl")?);
        let enrolled = !self.settings.not_enrolled.contains(new.card.name);
        let challenge = enrolled.then(|| Challenge::new(&mut self.random, success_url, failure_url));
        let html = challenge.as_ref().map(|challenge| page::entrance(&self.origin, challenge));
        let mut payment = self.new_payment(new, Kind::ThreeDs(challenge));
        payment.in_parts(count, total, &self.settings);
        if enrolled {
            effects.push(record("card3ds.start-3ds", &payment, What::Begun, Some(request.number)));
        } else {
            payment.date = Some(now);
            payment.fail(NOT_ENROLLED);
        }
        let index = self.keep(payment);
        Ok(json_answer(&Started::new(&self.payments[index], html)))
    }

    fn complete(
        &mut self,
        id: &str,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Rejected> {
        let unknown = || Rejected::new(404, "there is no such 3-D Secure payment");
        let index = *self.by_id.get(id).ok_or_else(unknown)?;
        let payment = &mut self.payments[index];
        let Kind::ThreeDs(challenge) = &mut payment.kind else { return Err(unknown()) };
        let key = Fields::of(request)?.text("securityKey")?;
        let completed = challenge.as_mut().map_or(Err(Refusal::WrongKey), |challenge| challenge.complete(&key));
        match completed {
            Err(Refusal::WrongKey) => {
                return Err(Rejected::field("securityKey", "must be the one that the customer came back with"));
            }
            Err(Refusal::Again) => return Err(Rejected::new(409, "the payment is completed already")),
            Ok(true) => {
                if payment.charge(&mut self.random, now) {
                    effects.push(record("card3ds.complete-3ds", payment, What::Executed, Some(request.number)));
                }
            }
            // It has failed when the customer said so.
            Ok(false) => {}
        }
        Ok(self.told(index))
    }

    fn installment_options(&self, request: &Request) -> Result<Response, Rejected> {
        let fields = Fields::of(request)?;
        let (amount, currency) = fields.money()?;
        let card = fields.card()?;
        let most = fields.count("maxInstallmentCount", MOST)?;
        let interest_paid_by_customer = fields.flag("interestPaidByCustomer")?;
        let asked = Asked { amount, currency, most, interest_paid_by_customer };
        Ok(json_answer(&asked.answer(card, &self.settings)))
    }

    fn check_out(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Result<Response, Rejected> {
        let fields = Fields::of(request)?;
        let order = fields.text("orderId")?;
        let (amount, currency) = fields.money()?;
        let description = fields.text("description")?;
        let callback = fields.address("callback")?;
        let customer = fields.optional_text("customerId")?;
        let checkout = Checkout {
            id: self.random.uuid(),
            description,
            callback,
            most: fields.count("maxInstallmentCount", 1)?,
            interest_paid_by_customer: fields.flag("interestPaidByCustomer")?,
        };
        let redirect_url = format!("{}{}{}", self.origin, page::CHECKOUT, checkout.id);
        let answer = json!({"checkoutId": checkout.id, "redirectUrl": redirect_url});
        let payment = self.blank(order, amount, currency, customer, None, Kind::Checkout(checkout));
        effects.push(record("card3ds.checkout", &payment, What::Begun, Some(request.number)));
        self.keep(payment);
        Ok(Response::json(200, &answer))
    }

    fn new_payment(&mut self, new: NewPayment, kind: Kind) -> Payment {
        self.blank(new.order, new.amount, new.currency, new.customer, Some(new.kept), kind)
    }

    /// A payment that nothing has become of.
    fn blank(
        &mut self,
        order: String,
        amount: i64,
        currency: Currency,
        customer: Option<String>,
        card: Option<Kept>,
        kind: Kind,
    ) -> Payment {
        Payment {
            id: self.random.uuid(),
            order,
            amount,
            currency,
            installments: 1,
            total: amount,
            status: Status::Enrolled,
            customer,
            card,
            date: None,
            result: WAITING,
            proof: None,
            kind,
        }
    }

    fn keep(&mut self, payment: Payment) -> usize {
        let index = self.payments.len();
        self.by_id.insert(payment.id.clone(), index);
        self.by_order.entry(payment.order.clone()).or_default().push(index);
        match &payment.kind {
            Kind::ThreeDs(Some(challenge)) => {
                self.by_challenge.insert(challenge.token.clone(), index);
            }
            Kind::Checkout(checkout) => {
                self.by_checkout.insert(checkout.id.clone(), index);
            }
            Kind::Direct | Kind::PreAuthorization { .. } | Kind::ThreeDs(None) => {}
        }
        self.payments.push(payment);
        index
    }

    fn told(&self, index: usize) -> Response {
        json_answer(&self.payments[index].answer(&self.settings))
    }
}

fn record(operation: &'static str, payment: &Payment, what: What, request: Option<u64>) -> Effect {
    Effect::Record {
        operation,
        reference: payment.order.clone(),
        what,
        amount: payment.amount,
        currency: payment.currency.code.to_owned(),
        request,
    }
}

/// An answer in which numbers stand as they are written: `serde_json`'s own values would make floats of them.
fn json_answer(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => Response::new(200, "application/json", body),
        Err(_) => Rejected::new(500, "the answer could not be written").response(),
    }
}

/// The document has no code for what is under way.
const WAITING: (&str, &str) = ("WAITING", "Waiting for the customer");

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::{Card3ds, Decision, Settings};
    use crate::engine::Engine;
    use crate::http::Request;

    const PAN: &str = "5421190122090656";
    const CVV: &str = "8371";

    fn ask(engine: &mut Card3ds, path: &str, pan: &str) -> serde_json::Value {
        let body = json!({
            "orderId": "order-1", "amount": 100, "currency": "TRY", "cardHolderName": "John Doe", "pan": pan,
            "expiryMonth": "04", "expiryYear": "28", "cvv": CVV, "requestIp": "192.168.1.1", "requestPort": 8080,
            "successUrl": "http://127.0.0.1/", "failureUrl": "http://127.0.0.1/", "callback": "http://127.0.0.1/",
            "description": "Product purchase",
        });
        let headers = [("x-api-key", ""), ("x-api-secret", ""), ("content-type", "application/json")];
        let request = Request {
            number: 1,
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.to_string().into_bytes(),
        };
        serde_json::from_slice(&engine.respond(&request, OffsetDateTime::UNIX_EPOCH).0.body).unwrap()
    }

    #[test]
    fn what_is_kept_of_a_card_is_its_mask() {
        let mut engine = Card3ds::new(Settings::default(), 1);
        for path in ["/api/payment", "/api/pre-authorization", "/api/3ds", "/api/installment-options", "/api/checkout"]
        {
            let real = ask(&mut engine, path, "4539578763621486");
            assert_eq!(real["field"] == "pan", path != "/api/checkout", "{path}: {real}");
            let done = ask(&mut engine, path, PAN);
            let now = OffsetDateTime::UNIX_EPOCH;
            if path == "/api/3ds" {
                engine.answer_challenge(done["paymentId"].as_str().unwrap(), Decision::Approve, now).unwrap();
            }
            if path == "/api/checkout" {
                engine.pay_checkout(done["checkoutId"].as_str().unwrap(), PAN, 1, now).unwrap();
            }
        }
        let state = format!("{engine:?}");
        assert_eq!(state.matches("542119******0656").count(), 4, "{state}");
        for secret in [PAN, CVV, "453957", "621486"] {
            assert!(!state.contains(secret), "{secret} is in {state}");
        }
    }
}
