//! TurraTech's engine: its state, authorization, idempotency, and due actions.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::behaviours::BEHAVIOURS;
use super::customer::Customer;
use super::effects::{Call, Effects, order_id_in};
use super::idempotency::{Fingerprint, IdempotencyKeys};
use super::object_store::ObjectStore;
use super::params::Params;
use super::payment::Payment;
use super::payment_method::Method;
use super::refund::Refund;
use super::responses::ErrorResponse;
use super::routes::{OPERATIONS, OPERATIONS_WITH_MESSAGES, Operation, READ_ONLY_OPERATIONS, route};
use super::settings::Settings;
use super::subscription::Subscription;
use super::{actions, control};
use crate::endpoint::{self, ControlCall, Endpoint};
use crate::engine::{ControlResult, Effect, Engine, Imperfections, OrderSummary, PossibleAction, ProviderSpec};
use crate::http::{Request, Response};
use crate::money::AmountUnit;
use crate::random::Random;

/// The engine of TurraTech.
#[derive(Clone)]
pub(crate) struct TurraTechEngine {
    pub(super) settings: Settings,
    /// The number of payments that were created for lists, without a request.
    pub(super) seeded: usize,
    pub(super) effects: Effects,
    pub(super) idempotency_keys: IdempotencyKeys,
    pub(super) payments: ObjectStore<Payment>,
    /// The id of the latest payment of each of the merchant's references.
    pub(super) by_reference: HashMap<String, String>,
    pub(super) customers: ObjectStore<Customer>,
    pub(super) methods: HashMap<String, Method>,
    pub(super) refunds: ObjectStore<Refund>,
    pub(super) subscriptions: HashMap<String, Subscription>,
    /// The scheduled settlements and ends of periods, by time.
    pub(super) due: BTreeMap<(OffsetDateTime, u64), Due>,
    pub(super) scheduled: u64,
    /// The times of the requests of the last second.
    pub(super) recent_requests: VecDeque<OffsetDateTime>,
}

/// A scheduled action.
#[derive(Debug, Clone)]
pub(super) enum Due {
    /// The bank settles this payment.
    Settlement(String),
    /// This subscription's trial or period ends.
    PeriodEnd(String),
}

pub(crate) const SPEC: ProviderSpec = ProviderSpec {
    name: "turratech",
    key_headers: &[("authorization", "Bearer ", "api_key")],
    operations: OPERATIONS,
    read_only_operations: READ_ONLY_OPERATIONS,
    operations_with_messages: OPERATIONS_WITH_MESSAGES,
    paid_later: &[],
    unit: AmountUnit::Smallest,
    page_action: actions::of_page,
    handle_call: actions::handle_call,
    transitions: &[],
    behaviours: BEHAVIOURS,
    imperfections: Imperfections {
        descriptive: &[
            "description",
            "created",
            "code",
            "param",
            "message",
            "decline_code",
            "reason",
            "url",
            "enabled_events",
        ],
        prose: &[],
        refusal: (
            402,
            r#"{"error":{"type":"card_error","code":"card_declined","message":"Your card was declined.","param":"payment_method","decline_code":"insufficient_funds"}}"#,
        ),
    },
};

impl Engine for TurraTechEngine {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
    }

    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)> {
        let (operation, id) = route(request)?;
        Some((operation.name(), self.reference(operation, id, request)))
    }

    fn begin(&mut self, request: &Request, now: OffsetDateTime) {
        if let Ok(Some(key)) = self.idempotency_key(request)
            && self.authorize(request).is_ok()
        {
            self.idempotency_keys.begin(key, request.number, now);
        }
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        self.advance(now);
        let response = self.handle(request, now).unwrap_or_else(|error| error.response());
        if let Ok(Some(key)) = self.idempotency_key(request) {
            self.idempotency_keys.release(key, request.number);
        }
        (response, self.drain_effects())
    }

    fn random(&mut self) -> &mut Random {
        &mut self.effects.random
    }

    fn tick(&mut self, now: OffsetDateTime) -> Vec<Effect> {
        self.advance(now);
        self.drain_effects()
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    fn status(&self, reference: &str) -> Option<String> {
        let payment = self.find_payment(reference).map(|payment| payment.status.as_str());
        let subscription = || {
            let by_reference = || self.subscriptions.values().find(|known| known.reference == reference);
            let subscription = self.subscriptions.get(reference).or_else(by_reference);
            subscription.map(|subscription| subscription.status.as_str())
        };
        payment.or_else(subscription).map(str::to_owned)
    }

    fn possible_actions(&self, id: &str) -> Vec<PossibleAction> {
        self.possible(id)
    }

    fn orders(&self) -> Vec<OrderSummary<'_>> {
        let summaries = self.payments.iter().map(|payment| OrderSummary {
            operation: Operation::CreatePayment.name(),
            reference: &payment.reference,
            id: &payment.id,
            status: payment.status.as_str(),
            amount: payment.amount,
            currency: &payment.currency,
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

impl TurraTechEngine {
    pub(crate) fn new(settings: Settings, _origin: String, seed: u64) -> Self {
        Self {
            effects: Effects::new(Random::new(seed), settings.webhook_secret.as_str()),
            settings,
            seeded: 0,
            idempotency_keys: IdempotencyKeys::default(),
            payments: ObjectStore::default(),
            by_reference: HashMap::new(),
            customers: ObjectStore::default(),
            methods: HashMap::new(),
            refunds: ObjectStore::default(),
            subscriptions: HashMap::new(),
            due: BTreeMap::new(),
            scheduled: 0,
            recent_requests: VecDeque::new(),
        }
    }

    /// Returns and removes the pending effects.
    pub(crate) fn drain_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects.pending)
    }

    fn handle(&mut self, request: &Request, now: OffsetDateTime) -> Result<Response, ErrorResponse> {
        let (operation, id) = self.authorize(request)?;
        self.check_rate_limit(now)?;
        if request.header("turratech-version").is_some_and(|version| version != VERSION) {
            return Err(ErrorResponse::unreadable("The TurraTech-Version is not supported."));
        }
        let key = self.idempotency_key(request)?;
        let call = Call { operation, id, key, request: Some(request.number), now };
        if request.method != "POST" {
            return self.perform(&call, &Params::of_query(&request.query));
        }
        if !request.is_json() {
            return Err(ErrorResponse::unreadable("The Content-Type must be application/json."));
        }
        let params = Params::of_body(&request.body)?;
        let Some(key) = key else { return self.perform(&call, &params) };
        let fingerprint = Fingerprint::of(&request.path, &params.canonical());
        if let Some(response) = self.idempotency_keys.stored_response(key, &fingerprint, request.number, now)? {
            return Ok(response);
        }
        let result = self.perform(&call, &params);
        match &result {
            Ok(response) => self.idempotency_keys.store(key, fingerprint, response, now),
            Err(error) if error.is_result => self.idempotency_keys.store(key, fingerprint, &error.response(), now),
            Err(_) => {}
        }
        result
    }

    /// Checks the API key and its permission. Returns the operation and the id in the path.
    fn authorize<'a>(&self, request: &'a Request) -> Result<(Operation, &'a str), ErrorResponse> {
        let token = request.header("authorization").and_then(|value| value.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let is = |key: &str| token == Some(key);
        let settings = &self.settings;
        let may = |operation: Operation| {
            if is(settings.publishable_key.as_str()) {
                return operation == Operation::CreatePaymentMethod;
            }
            let list = settings.restricted_to.as_ref().filter(|_| is(settings.restricted_key.as_str()));
            list.is_none_or(|list| list.contains(operation.name()))
        };
        if ![&settings.api_key, &settings.publishable_key, &settings.restricted_key].iter().any(|key| is(key.as_str()))
        {
            return Err(ErrorResponse::invalid_api_key());
        }
        let (operation, id) =
            route(request).ok_or_else(|| ErrorResponse::unknown_url(&request.method, &request.path))?;
        if may(operation) { Ok((operation, id)) } else { Err(ErrorResponse::not_permitted(operation.name())) }
    }

    /// Counts a request, or rejects it if there were too many.
    fn check_rate_limit(&mut self, now: OffsetDateTime) -> Result<(), ErrorResponse> {
        let Some(limit) = self.settings.requests_per_second else { return Ok(()) };
        while self.recent_requests.front().is_some_and(|at| now - *at >= Duration::SECOND) {
            self.recent_requests.pop_front();
        }
        if self.recent_requests.len() >= limit {
            return Err(ErrorResponse::too_many());
        }
        self.recent_requests.push_back(now);
        Ok(())
    }

    /// Returns the idempotency key of a request; `None` if it has none or keys are disabled.
    fn idempotency_key<'a>(&self, request: &'a Request) -> Result<Option<&'a str>, ErrorResponse> {
        let key =
            request.header("idempotency-key").filter(|_| request.method == "POST" && self.settings.idempotency_enabled);
        let Some(key) = key else { return Ok(None) };
        if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Some(key));
        }
        Err(ErrorResponse::unreadable("The Idempotency-Key must be 1 to 255 visible ASCII characters."))
    }

    fn perform(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        match call.operation {
            Operation::CreatePayment => self.create_payment(call, params),
            Operation::RetrievePayment => self.retrieve_payment(call),
            Operation::ListPayments => self.list_payments(params),
            Operation::CapturePayment => self.capture_payment(call),
            Operation::CancelPayment => self.cancel_payment(call),
            Operation::CreateCustomer => self.create_customer(call, params),
            Operation::RetrieveCustomer => self.retrieve_customer(call),
            Operation::UpdateCustomer => self.update_customer(call, params),
            Operation::DeleteCustomer => self.delete_customer(call),
            Operation::ListCustomers => self.list_customers(params),
            Operation::CreatePaymentMethod => self.create_method(call, params),
            Operation::AttachPaymentMethod => self.attach_method(call, params),
            Operation::DetachPaymentMethod => self.detach_method(call),
            Operation::CreateRefund => self.create_refund(call, params),
            Operation::RetrieveRefund => self.retrieve_refund(call),
            Operation::ListRefunds => self.list_refunds(params),
            Operation::CreateSubscription => self.create_subscription(call, params),
            Operation::UpdateSubscription => self.update_subscription(call, params),
            Operation::CancelSubscription => self.cancel_subscription(call),
            Operation::CreateWebhookEndpoint => self.create_endpoint(call, params),
        }
    }

    /// Returns the merchant's reference of a request, as faults and the timeline name it.
    fn reference(&self, operation: Operation, id: &str, request: &Request) -> Option<String> {
        let reference = match operation {
            Operation::ListPayments | Operation::ListCustomers | Operation::ListRefunds => return None,
            Operation::CreatePayment
            | Operation::CreateCustomer
            | Operation::CreatePaymentMethod
            | Operation::CreateRefund
            | Operation::CreateSubscription
            | Operation::CreateWebhookEndpoint => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let order = body["metadata"].as_object().and_then(order_id_in).map(str::to_owned);
                let payment = body["payment"].as_str().filter(|_| operation == Operation::CreateRefund);
                let payment = payment.and_then(|id| self.payments.get(id)).map(|payment| payment.reference.clone());
                let key = request.header("idempotency-key").map(str::to_owned);
                return order.or(payment).or(key);
            }
            Operation::RetrievePayment | Operation::CapturePayment | Operation::CancelPayment => {
                self.payments.get(id).map(|payment| &payment.reference)
            }
            Operation::RetrieveCustomer | Operation::UpdateCustomer | Operation::DeleteCustomer => {
                self.customers.get(id).map(|customer| &customer.reference)
            }
            Operation::AttachPaymentMethod | Operation::DetachPaymentMethod => {
                self.methods.get(id).map(|method| &method.reference)
            }
            Operation::RetrieveRefund => self.refunds.get(id).map(|refund| &refund.reference),
            Operation::UpdateSubscription | Operation::CancelSubscription => {
                self.subscriptions.get(id).map(|subscription| &subscription.reference)
            }
        };
        Some(reference.map_or(id, String::as_str).to_owned())
    }

    pub(super) fn schedule(&mut self, at: OffsetDateTime, due: Due) {
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), due);
    }

    /// Executes what is due, each action at its own time.
    pub(super) fn advance(&mut self, now: OffsetDateTime) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((at, _), due) = entry.remove_entry();
            match due {
                Due::Settlement(payment) => self.settle_payment(&payment, at),
                Due::PeriodEnd(subscription) => self.end_period(&subscription, at),
            }
        }
    }
}

/// The supported `TurraTech-Version` (documented).
const VERSION: &str = "2024-01-01";
