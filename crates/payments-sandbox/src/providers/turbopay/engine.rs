//! TurboPay's engine: its state, its due actions, and its webhooks.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use time::OffsetDateTime;

use super::behaviours::BEHAVIOURS;
use super::order::{Action, Kind, Order, Status};
use super::routes::{Route, route};
use super::settings::{Settings, Settle};
use super::transitions::TRANSITIONS;
use super::validation::Fields;
use super::{actions, control, pages};
use crate::endpoint::{self, ControlCall, Endpoint};
use crate::engine::{
    ControlResult, DEFAULT_RESPONSE_TIMEOUT, Effect, Engine, Imperfections, Message, OrderSummary, PossibleAction,
    ProviderSpec, Resend,
};
use crate::hex::hmac_sha256;
use crate::html;
use crate::http::{Request, Response, percent_decode};
use crate::ledger::EntryKind;
use crate::money::AmountUnit;
use crate::problem::Problem;
use crate::random::Random;

/// The engine of TurboPay.
#[derive(Clone)]
pub(crate) struct TurboPayEngine {
    pub(super) settings: Settings,
    /// The origin of the hosted page, which is the listener's.
    pub(super) origin: String,
    pub(super) random: Random,
    pub(super) orders: Vec<Order>,
    pub(super) by_id: HashMap<String, usize>,
    pub(super) by_reference: HashMap<String, usize>,
    pub(super) by_page: HashMap<String, usize>,
    pub(super) utrs: HashSet<String>,
    /// The scheduled actions of the bank and the clock, by time.
    pub(super) due: BTreeMap<(OffsetDateTime, u64), (usize, Action)>,
    pub(super) scheduled: u64,
    /// The merchant's balance by currency, in hundredths.
    pub(super) balances: BTreeMap<String, i64>,
    /// The times of the lookups of the last minute.
    pub(super) lookups: VecDeque<OffsetDateTime>,
}

const OPERATIONS: &[&str] =
    &["deposit", "host-to-host-deposit", "confirm", "withdraw", "balance", "order-status", "merchant-order-status"];

/// The currencies that the merchant can use (inferred).
pub(super) const CURRENCIES: &[&str] = &["EUR", "INR", "USD"];

/// How long an order can be paid (documented: ten minutes).
pub(super) const EXPIRES_AFTER: Duration = Duration::from_secs(600);
/// The rate limit of lookups (documented).
pub(super) const LOOKUPS_PER_MINUTE: usize = 60;
/// A webhook that is not acknowledged with 200 is sent three more times (documented), after these waits (inferred).
const RESEND: Resend = Resend {
    waits: &[Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3600)],
    timeout: DEFAULT_RESPONSE_TIMEOUT,
    accepted: |status, _| status == 200,
};

pub(crate) const SPEC: ProviderSpec = ProviderSpec {
    name: "turbopay",
    key_headers: &[("authorization", "", "api_key")],
    operations: OPERATIONS,
    read_only_operations: &["balance", "order-status", "merchant-order-status"],
    operations_with_messages: &["deposit", "host-to-host-deposit", "withdraw"],
    paid_later: &["deposit", "host-to-host-deposit"],
    unit: AmountUnit::Hundredths,
    page_action: actions::of_page,
    handle_call: actions::handle_call,
    transitions: TRANSITIONS,
    behaviours: BEHAVIOURS,
    imperfections: Imperfections {
        descriptive: &[
            "reason",
            "utr",
            "wallet_name",
            "transaction_note",
            "order_expiration_seconds",
            "qr",
            "deep_links",
        ],
        prose: &["message"],
        refusal: (422, r#"{"message":"Order Declined"}"#),
    },
};

impl Engine for TurboPayEngine {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
    }

    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)> {
        let operation = route(request)?;
        let reference = match operation {
            Route::Deposit | Route::HostToHost | Route::Withdraw => {
                Fields::read(&request.body).text("merchant_order_id")
            }
            Route::Confirm => {
                let id = Fields::read(&request.body).text("order_id");
                id.and_then(|id| self.by_id.get(&id)).map(|index| self.orders[*index].reference.clone())
            }
            Route::OrderStatus(id) => self.by_id.get(id).map(|index| self.orders[*index].reference.clone()),
            Route::MerchantOrderStatus(reference) => Some(percent_decode(reference)),
            Route::Balance => None,
        };
        Some((operation.name(), reference))
    }

    fn page_order(&self, request: &Request) -> Option<(String, String)> {
        let order = &self.orders[*self.by_page.get(&request.parameter("hash")?)?];
        Some((order.reference.clone(), order.reference.clone()))
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        let mut effects = self.tick(now);
        if request.path == "/deposit" {
            let response = self.page(request, now, &mut effects);
            return (response, effects);
        }
        let response = self.api(request, now, &mut effects);
        (response, effects)
    }

    fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    fn tick(&mut self, now: OffsetDateTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let (index, action) = entry.remove();
            // An earlier change can make the action obsolete: a paid order does not expire, and a failed order is not
            // settled later, although a failed deposit can still succeed.
            if !matches!(self.orders[index].status, Status::New | Status::Pending) {
                continue;
            }
            let _ = self.apply(index, &action, &mut effects);
        }
        effects
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    fn status(&self, reference: &str) -> Option<String> {
        self.order_status(reference).map(|status| status.as_str().to_owned())
    }

    fn possible_actions(&self, id: &str) -> Vec<PossibleAction> {
        self.possible(id)
    }

    fn orders(&self) -> Vec<OrderSummary<'_>> {
        let summaries = self.orders.iter().map(|order| OrderSummary {
            operation: order.kind.operation(),
            reference: &order.reference,
            id: &order.reference,
            status: order.status.as_str(),
            amount: order.amount,
            currency: &order.currency,
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

impl TurboPayEngine {
    pub(crate) fn new(settings: Settings, origin: String, seed: u64) -> Self {
        let balances = CURRENCIES.iter().map(|currency| ((*currency).to_owned(), 0));
        let mut balances: BTreeMap<String, i64> = balances.collect();
        balances.insert("INR".to_owned(), settings.opening_balance);
        Self {
            settings,
            origin,
            random: Random::new(seed),
            orders: Vec::new(),
            by_id: HashMap::new(),
            by_reference: HashMap::new(),
            by_page: HashMap::new(),
            utrs: HashSet::new(),
            due: BTreeMap::new(),
            scheduled: 0,
            balances,
            lookups: VecDeque::new(),
        }
    }

    /// Performs an action of the bank, the customer or the back office on an order, by the merchant's reference.
    pub(crate) fn act(
        &mut self,
        reference: &str,
        action: &Action,
        now: OffsetDateTime,
    ) -> Result<Vec<Effect>, Problem> {
        let mut effects = self.tick(now);
        let index = *self
            .by_reference
            .get(reference)
            .ok_or_else(|| Problem::NotFound(format!("no such order: {reference:?}")))?;
        match action {
            Action::Pay => {
                let withdrawal = self.orders[index].kind == Kind::Withdrawal;
                if withdrawal {
                    return Err(Problem::conflict("a withdrawal cannot be paid by the customer"));
                }
                self.pay(index, now, &mut effects)?;
            }
            _ => self.apply(index, action, &mut effects)?,
        }
        Ok(effects)
    }

    /// Performs an action with the bank's reference number. An action that fails leaves the number unused.
    pub(crate) fn act_with_utr(
        &mut self,
        reference: &str,
        utr: &str,
        action: &Action,
        now: OffsetDateTime,
    ) -> Result<Vec<Effect>, Problem> {
        if utr.is_empty() || utr.chars().count() > MAX_UTR_LENGTH {
            return Err(Problem::Invalid(format!("`utr` must have 1 to {MAX_UTR_LENGTH} characters")));
        }
        let unknown = || Problem::NotFound(format!("no such order: {reference:?}"));
        let index = *self.by_reference.get(reference).ok_or_else(unknown)?;
        if !self.utrs.insert(utr.to_owned()) {
            return Err(Problem::Conflict(format!("the UTR {utr:?} has already been taken")));
        }
        let earlier = self.orders[index].utr.replace(utr.to_owned());
        self.act(reference, action, now).inspect_err(|_| {
            self.utrs.remove(utr);
            self.orders[index].utr = earlier;
        })
    }

    /// Returns an order's status, by the merchant's reference.
    pub(crate) fn order_status(&self, reference: &str) -> Option<Status> {
        self.by_reference.get(reference).map(|index| self.orders[*index].status)
    }

    fn page(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        let index = request.parameter("hash").and_then(|hash| self.by_page.get(&hash).copied());
        let Some(index) = index else { return Response::customer_page(404, html::not_found()) };
        let page = format!("/deposit?hash={}", self.orders[index].page);
        if request.method == "POST" {
            let action = request.parameter("action");
            let result = match action.as_deref() {
                Some("pay") => self.pay(index, now, effects),
                Some("cancel") => self.apply(index, &Action::Cancel, effects),
                Some("expire") => self.apply(index, &Action::Expire, effects),
                _ => Err(Problem::invalid("unknown action")),
            };
            return match (result, &self.orders[index].redirect_url) {
                (Ok(()), Some(url)) => Response::redirect(303, url),
                (Ok(()), None) => Response::redirect(303, &page),
                // A page that the browser went back to shows what the order has become.
                (Err(Problem::Conflict(_)), _) => Response::customer_page(409, pages::deposit(&self.orders[index])),
                (Err(problem), _) => Response::customer_page(409, html::error(&problem.to_string(), &page)),
            };
        }
        Response::customer_page(200, pages::deposit(&self.orders[index]))
    }

    /// Records that the customer has paid or says so, and schedules the bank's decision.
    pub(super) fn pay(&mut self, index: usize, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Result<(), Problem> {
        self.apply(index, &Action::Pending, effects)?;
        if self.orders[index].utr.is_none() {
            let utr = self.random.unused_digits(12, &mut self.utrs);
            self.orders[index].utr = Some(utr);
        }
        self.settle(now, index, self.settings.deposits);
        Ok(())
    }

    pub(super) fn settle(&mut self, now: OffsetDateTime, index: usize, settle: Settle) {
        match settle {
            Settle::AtOnce => self.schedule(now, index, Action::Succeed(None)),
            Settle::After(time) => self.schedule(now + time, index, Action::Succeed(None)),
            Settle::FailsAfter(time) => self.schedule(now + time, index, Action::Fail(String::new())),
            Settle::Never => {}
        }
    }

    pub(super) fn adjust_balance(&mut self, currency: &str, amount: i64) {
        let balance = self.balances.entry(currency.to_owned()).or_default();
        *balance = balance.saturating_add(amount);
    }

    pub(super) fn schedule(&mut self, at: OffsetDateTime, index: usize, action: Action) {
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), (index, action));
    }

    /// Changes an order if the transition is documented, records the money that it moves, and notifies the merchant.
    fn apply(&mut self, index: usize, action: &Action, effects: &mut Vec<Effect>) -> Result<(), Problem> {
        let (before, status) = (self.orders[index].amount, self.orders[index].status);
        let moved = self.orders[index].apply(action)?;
        if self.orders[index].status != status {
            effects.push(self.orders[index].changed(Some(status)));
        }
        if self.orders[index].kind == Kind::Withdrawal {
            // The money left when the order was accepted. The amount that is paid out in the end may differ.
            let order = &self.orders[index];
            let (currency, difference) = (order.currency.clone(), before - order.amount);
            self.adjust_balance(&currency, difference);
        }
        if self.orders[index].status == Status::Success && self.orders[index].utr.is_none() {
            let utr = self.random.unused_digits(12, &mut self.utrs);
            self.orders[index].utr = Some(utr);
        }
        if let Some(kind) = moved {
            let order = &self.orders[index];
            let sign = if kind == EntryKind::ChargedBack { -1 } else { 1 };
            let (currency, amount) = (order.currency.clone(), sign * order.amount);
            effects.push(order.record(kind, None));
            self.adjust_balance(&currency, amount);
        }
        effects.push(self.message(index));
        Ok(())
    }

    pub(super) fn message(&self, index: usize) -> Effect {
        let order = &self.orders[index];
        let body = order.webhook().to_string().into_bytes();
        let signature = hmac_sha256(self.settings.webhook_key.as_str(), &[&body]);
        Effect::Deliver(Message {
            operation: order.kind.operation(),
            reference: order.reference.clone(),
            about: order.status.as_str().to_owned(),
            url: order.status_url.clone(),
            content_type: "application/json",
            headers: vec![("x-pay-signature", signature)],
            body,
            resend: RESEND,
        })
    }
}

/// The same limit as for a confirmation's UTR.
pub(super) const MAX_UTR_LENGTH: usize = 100;

pub(super) const WALLET: &str = "test@test";
pub(super) const WALLET_NAME: &str = "[TEST] - SANDBOX";
