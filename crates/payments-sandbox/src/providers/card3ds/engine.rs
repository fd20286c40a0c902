//! card3ds' engine: its state and its API.

use std::collections::HashMap;

use serde_json::json;
use time::OffsetDateTime;

use super::amount::Currency;
use super::behaviours::BEHAVIOURS;
use super::card::StoredCard;
use super::installments::{InstallmentQuery, MAX_INSTALLMENTS};
use super::payment::{Checkout, Kind, Payment, Status};
use super::responses::{ErrorResponse, json_response};
use super::routes::{Route, route};
use super::settings::Settings;
use super::three_ds::{Challenge, CompletionError, NOT_ENROLLED, StartResponse};
use super::validation::{Fields, NewPayment};
use super::{actions, control, pages, payment};
use crate::endpoint::{self, ControlCall, Endpoint};
use crate::engine::{ControlResult, Effect, Engine, Imperfections, OrderSummary, PossibleAction, ProviderSpec};
use crate::http::{Request, Response, percent_decode};
use crate::ledger::EntryKind;
use crate::money::AmountUnit;
use crate::random::Random;

/// The engine of card3ds.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Card3dsEngine {
    pub(super) settings: Settings,
    /// The origin of its pages, which is the listener's.
    pub(super) origin: String,
    pub(super) random: Random,
    pub(super) payments: Vec<Payment>,
    pub(super) by_id: HashMap<String, usize>,
    pub(super) by_challenge: HashMap<String, usize>,
    pub(super) by_checkout: HashMap<String, usize>,
    /// The payments of each order. An order can have several, because no rule says otherwise (inferred).
    pub(super) by_order: HashMap<String, Vec<usize>>,
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

pub(crate) const SPEC: ProviderSpec = ProviderSpec {
    name: "card3ds",
    key_headers: &[("x-api-key", "", "api_key"), ("x-api-secret", "", "api_secret")],
    operations: OPERATIONS,
    read_only_operations: &["installment-options", "checkout-status"],
    operations_with_messages: &["start-3ds", "checkout"],
    paid_later: &[],
    unit: AmountUnit::Hundredths,
    page_action: actions::of_page,
    handle_call: actions::handle_call,
    transitions: &[],
    behaviours: BEHAVIOURS,
    imperfections: Imperfections {
        descriptive: &[
            "paymentDate",
            "cardHolderName",
            "pan",
            "domInt",
            "cardScheme",
            "cardType",
            "loyaltyCode",
            "externalTransactionId",
            "authCode",
            "resultCode",
            "resultMessage",
            "customerId",
        ],
        prose: &[],
        refusal: (422, r#"{"status":"FAILED","resultCode":"51","resultMessage":"Insufficient funds","amount":0}"#),
    },
};

impl Engine for Card3dsEngine {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
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

    fn page_order(&self, request: &Request) -> Option<(String, String)> {
        let index = match request.path.strip_prefix(pages::CHECKOUT) {
            Some(id) => self.by_checkout.get(&percent_decode(id)),
            None => self.by_challenge.get(&request.parameter("challenge")?),
        };
        let payment = &self.payments[*index?];
        Some((payment.order.clone(), payment.action_id().to_owned()))
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        if let Some(page) = self.page(request, now) {
            return page;
        }
        let mut effects = Vec::new();
        let response = self.api(request, now, &mut effects).unwrap_or_else(ErrorResponse::response);
        (response, effects)
    }

    fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    fn status(&self, reference: &str) -> Option<String> {
        self.order_status(reference).map(str::to_owned)
    }

    fn possible_actions(&self, id: &str) -> Vec<PossibleAction> {
        self.possible(id)
    }

    fn orders(&self) -> Vec<OrderSummary<'_>> {
        let summaries = self.payments.iter().map(|payment| OrderSummary {
            operation: payment.operation(),
            reference: &payment.order,
            id: payment.action_id(),
            status: payment.status.as_str(),
            amount: payment.amount,
            currency: payment.currency.code,
        });
        summaries.collect()
    }

    fn endpoints(&self) -> Vec<&'static Endpoint> {
        endpoint::endpoints(control::ROUTES)
    }

    fn control(&mut self, endpoint: usize, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
        (control::ROUTES[endpoint].handler)(self, call, now)
    }
}

impl Card3dsEngine {
    pub(crate) fn new(settings: Settings, origin: String, seed: u64) -> Self {
        Self {
            settings,
            origin,
            random: Random::new(seed),
            payments: Vec::new(),
            by_id: HashMap::new(),
            by_challenge: HashMap::new(),
            by_checkout: HashMap::new(),
            by_order: HashMap::new(),
        }
    }

    /// Returns an order's status: successful if one of its payments is, otherwise that of its last payment.
    pub(crate) fn order_status(&self, order: &str) -> Option<&'static str> {
        let mut statuses = self.by_order.get(order)?.iter().map(|index| self.payments[*index].status);
        let paid = statuses.clone().find(|status| *status == Status::Success);
        paid.or_else(|| statuses.next_back()).map(Status::as_str)
    }

    fn api(
        &mut self,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, ErrorResponse> {
        let Some(route) = route(request) else { return Err(ErrorResponse::new(404, "no such endpoint")) };
        let has = |name, key: &str| request.header(name) == Some(key);
        if !has("x-api-key", self.settings.api_key.as_str()) || !has("x-api-secret", self.settings.api_secret.as_str())
        {
            return Err(ErrorResponse::new(401, "Unauthorized"));
        }
        match route {
            Route::Payment => self.pay(Kind::Direct, "card3ds.payment", request, now, effects),
            Route::PreAuthorization => {
                let kind = Kind::PreAuthorization { captured: 0, captures: 0 };
                self.pay(kind, "card3ds.pre-authorization", request, now, effects)
            }
            Route::Capture(id) => self.capture(&id, request, now, effects),
            Route::Start => self.start_3ds(request, now, effects),
            Route::Complete(id) => self.complete_3ds(&id, request, now, effects),
            Route::InstallmentOptions => self.installment_options(request),
            Route::Checkout => self.create_checkout(request, effects),
            Route::CheckoutStatus(id) => {
                let index = self.by_checkout.get(&id).copied();
                let index = index.ok_or_else(|| ErrorResponse::new(404, "no such checkout"))?;
                Ok(self.payment_response(index))
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
    ) -> Result<Response, ErrorResponse> {
        let new = NewPayment::read(&Fields::of(request)?, now)?;
        let mut payment = self.new_payment(new, kind);
        let is_paid = payment.charge(&mut self.random, now);
        effects.push(payment.changed(None));
        if is_paid {
            effects.push(record(operation, &payment, EntryKind::Executed, Some(request.number)));
        }
        let index = self.insert_payment(payment);
        Ok(self.payment_response(index))
    }

    fn capture(
        &mut self,
        id: &str,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, ErrorResponse> {
        let unknown = || ErrorResponse::new(404, "no such pre-authorization");
        let index = *self.by_id.get(id).ok_or_else(unknown)?;
        let payment = &mut self.payments[index];
        let Kind::PreAuthorization { captured, captures } = &mut payment.kind else { return Err(unknown()) };
        let (amount, currency) = Fields::of(request)?.money()?;
        if payment.status != Status::Success {
            return Err(ErrorResponse::new(400, "the pre-authorization was declined: there is nothing to capture"));
        }
        if currency != payment.currency {
            return Err(ErrorResponse::field("currency", "must be the currency of the pre-authorization"));
        }
        if self.settings.captures_once && *captures > 0 {
            return Err(ErrorResponse::new(400, "the pre-authorization has already been captured"));
        }
        if amount > payment.amount - *captured {
            return Err(ErrorResponse::field(
                "amount",
                "must be at most the remaining amount of the pre-authorization",
            ));
        }
        *captured += amount;
        *captures += 1;
        // The response describes the capture, under the pre-authorization's id.
        let mut capture = Payment { amount, date: Some(now), ..payment.clone() };
        if let Some((transaction, _)) = &mut capture.acquirer_ids {
            *transaction = payment::transaction(&mut self.random);
        }
        effects.push(record("card3ds.capture", &capture, EntryKind::Executed, Some(request.number)));
        Ok(json_response(&capture.to_response(&self.settings)))
    }

    fn start_3ds(
        &mut self,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, ErrorResponse> {
        let fields = Fields::of(request)?;
        let new = NewPayment::read(&fields, now)?;
        let count = fields.count("installmentCount", 1)?;
        let installment_query = InstallmentQuery {
            amount: new.amount,
            currency: new.currency,
            max_installments: MAX_INSTALLMENTS,
            interest_paid_by_customer: fields.flag("interestPaidByCustomer")?,
        };
        let total = installment_query.total(new.card, count);
        let total = total
            .ok_or_else(|| ErrorResponse::field("installmentCount", "must be one of the card's installment options"))?;
        let (success_url, failure_url) = (fields.url("successUrl")?, fields.url("failureUrl")?);
        let enrolled = !self.settings.not_enrolled.contains(new.card.name);
        let challenge = enrolled.then(|| Challenge::new(&mut self.random, success_url, failure_url));
        let html = challenge.as_ref().map(|challenge| pages::challenge_form(&self.origin, challenge));
        let mut payment = self.new_payment(new, Kind::ThreeDs(challenge));
        payment.set_installments(count, total, &self.settings);
        if !enrolled {
            payment.date = Some(now);
            payment.fail(NOT_ENROLLED);
        }
        effects.push(payment.changed(None));
        if enrolled {
            effects.push(record("card3ds.start-3ds", &payment, EntryKind::Begun, Some(request.number)));
        }
        let index = self.insert_payment(payment);
        Ok(json_response(&StartResponse::new(&self.payments[index], html)))
    }

    fn complete_3ds(
        &mut self,
        id: &str,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, ErrorResponse> {
        let unknown = || ErrorResponse::new(404, "no such 3-D Secure payment");
        let index = *self.by_id.get(id).ok_or_else(unknown)?;
        let payment = &mut self.payments[index];
        let Kind::ThreeDs(challenge) = &mut payment.kind else { return Err(unknown()) };
        let key = Fields::of(request)?.text("securityKey")?;
        let completed =
            challenge.as_mut().map_or(Err(CompletionError::WrongSecurityKey), |challenge| challenge.complete(&key));
        match completed {
            Err(CompletionError::WrongSecurityKey) => {
                return Err(ErrorResponse::field(
                    "securityKey",
                    "must be the security key that the customer's browser posted",
                ));
            }
            Err(CompletionError::AlreadyCompleted) => {
                return Err(ErrorResponse::new(409, "the payment has already been completed"));
            }
            Ok(true) => {
                let (before, is_paid) = (payment.status, payment.charge(&mut self.random, now));
                effects.push(payment.changed(Some(before)));
                if is_paid {
                    effects.push(record("card3ds.complete-3ds", payment, EntryKind::Executed, Some(request.number)));
                }
            }
            // The payment failed when the customer rejected it.
            Ok(false) => {}
        }
        Ok(self.payment_response(index))
    }

    fn installment_options(&self, request: &Request) -> Result<Response, ErrorResponse> {
        let fields = Fields::of(request)?;
        let (amount, currency) = fields.money()?;
        let card = fields.card()?;
        let max_installments = fields.count("maxInstallmentCount", MAX_INSTALLMENTS)?;
        let interest_paid_by_customer = fields.flag("interestPaidByCustomer")?;
        let installment_query = InstallmentQuery { amount, currency, max_installments, interest_paid_by_customer };
        Ok(json_response(&installment_query.to_response(card, &self.settings)))
    }

    fn create_checkout(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Result<Response, ErrorResponse> {
        let fields = Fields::of(request)?;
        let order = fields.text("orderId")?;
        let (amount, currency) = fields.money()?;
        let description = fields.text("description")?;
        let callback = fields.url("callback")?;
        let customer = fields.optional_text("customerId")?;
        let checkout = Checkout {
            id: self.random.uuid(),
            description,
            callback,
            max_installments: fields.count("maxInstallmentCount", 1)?,
            interest_paid_by_customer: fields.flag("interestPaidByCustomer")?,
        };
        let redirect_url = format!("{}{}{}", self.origin, pages::CHECKOUT, checkout.id);
        let response = json!({"checkoutId": checkout.id, "redirectUrl": redirect_url});
        let payment = self.enrolled_payment(order, amount, currency, customer, None, Kind::Checkout(checkout));
        effects.push(payment.changed(None));
        effects.push(record("card3ds.checkout", &payment, EntryKind::Begun, Some(request.number)));
        self.insert_payment(payment);
        Ok(Response::json(200, &response))
    }

    fn new_payment(&mut self, new: NewPayment, kind: Kind) -> Payment {
        self.enrolled_payment(new.order, new.amount, new.currency, new.customer, Some(new.stored_card), kind)
    }

    /// Creates a payment that waits for the card or the customer.
    fn enrolled_payment(
        &mut self,
        order: String,
        amount: i64,
        currency: Currency,
        customer: Option<String>,
        card: Option<StoredCard>,
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
            acquirer_ids: None,
            kind,
        }
    }

    fn insert_payment(&mut self, payment: Payment) -> usize {
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

    fn payment_response(&self, index: usize) -> Response {
        json_response(&self.payments[index].to_response(&self.settings))
    }
}

pub(super) fn record(operation: &'static str, payment: &Payment, kind: EntryKind, request: Option<u64>) -> Effect {
    Effect::Record {
        operation,
        reference: payment.order.clone(),
        kind,
        amount: payment.amount,
        currency: payment.currency.code.to_owned(),
        request,
    }
}

/// The result of a payment in progress (inferred): the document has no code for it.
const WAITING: (&str, &str) = ("WAITING", "Waiting for the customer");

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::{Card3dsEngine, Settings};
    use crate::card3ds::three_ds::Decision;
    use crate::engine::Engine;
    use crate::http::Request;

    const PAN: &str = "5421190122090656";
    const CVV: &str = "8371";

    fn post(engine: &mut Card3dsEngine, path: &str, pan: &str) -> serde_json::Value {
        let body = json!({
            "orderId": "order-1", "amount": 100, "currency": "TRY", "cardHolderName": "John Doe", "pan": pan,
            "expiryMonth": "04", "expiryYear": "28", "cvv": CVV, "requestIp": "192.168.1.1", "requestPort": 8080,
            "successUrl": "http://127.0.0.1/", "failureUrl": "http://127.0.0.1/", "callback": "http://127.0.0.1/",
            "description": "Product purchase",
        });
        let headers = [("x-api-key", ""), ("x-api-secret", ""), ("content-type", "application/json")];
        let request = Request {
            number: 1,
            record: None,
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.to_string().into_bytes(),
        };
        serde_json::from_slice(&engine.respond(&request, OffsetDateTime::UNIX_EPOCH).0.body).unwrap()
    }

    #[test]
    fn only_the_masked_number_of_a_card_is_stored() {
        let mut engine = Card3dsEngine::new(Settings::default(), String::new(), 1);
        for path in ["/api/payment", "/api/pre-authorization", "/api/3ds", "/api/installment-options", "/api/checkout"]
        {
            let real = post(&mut engine, path, "4539578763621486");
            assert_eq!(real["field"] == "pan", path != "/api/checkout", "{path}: {real}");
            let response = post(&mut engine, path, PAN);
            let now = OffsetDateTime::UNIX_EPOCH;
            if path == "/api/3ds" {
                engine.decide_challenge(response["paymentId"].as_str().unwrap(), Decision::Approve, now).unwrap();
            }
            if path == "/api/checkout" {
                engine.pay_checkout(response["checkoutId"].as_str().unwrap(), PAN, 1, now).unwrap();
            }
        }
        let state = format!("{engine:?}");
        assert_eq!(state.matches("542119******0656").count(), 4, "{state}");
        for secret in [PAN, CVV, "453957", "621486"] {
            assert!(!state.contains(secret), "{secret} is in {state}");
        }
    }
}
