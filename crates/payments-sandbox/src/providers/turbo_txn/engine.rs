//! Turbo Transactions' engine: its state, its API, and its due actions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use time::OffsetDateTime;

use super::behaviours::BEHAVIOURS;
use super::responses::ErrorResponse;
use super::routes::{PAGE, Route, route};
use super::settings::{Settings, Settle};
use super::transaction::{Action, Status, Transaction};
use super::validation::NewTransaction;
use super::{actions, callback, control, pages, responses, validation};
use crate::endpoint::{self, ControlCall, Endpoint};
use crate::engine::{ControlResult, Effect, Engine, Imperfections, OrderSummary, PossibleAction, ProviderSpec};
use crate::html;
use crate::http::{Request, Response, is_http_url};
use crate::money::AmountUnit;
use crate::problem::Problem;
use crate::random::Random;

/// The engine of Turbo Transactions.
#[derive(Debug, Clone)]
pub(crate) struct TurboTxnEngine {
    pub(super) settings: Settings,
    /// The origin of the payment page, which is the listener's.
    pub(super) origin: String,
    pub(super) random: Random,
    pub(super) transactions: Vec<Transaction>,
    /// The newest transaction of each order, which is the one that a status check finds.
    pub(super) by_order: HashMap<String, usize>,
    pub(super) by_page: HashMap<String, usize>,
    pub(super) utrs: HashSet<String>,
    /// How often each amount in rupees was requested. It determines the paise that are added.
    pub(super) times_requested: HashMap<i64, i64>,
    /// The scheduled actions of the bank, by time.
    pub(super) due: BTreeMap<(OffsetDateTime, u64), (usize, Action)>,
    pub(super) scheduled: u64,
}

pub(crate) const SPEC: ProviderSpec = ProviderSpec {
    name: "turbo-txn",
    key_headers: &[("client-id", "", "client_id"), ("secret-key", "", "secret_key")],
    operations: &["initiate", "status-check"],
    read_only_operations: &["status-check"],
    operations_with_messages: &["initiate"],
    paid_later: &["initiate"],
    unit: AmountUnit::Hundredths,
    page_action: actions::of_page,
    handle_call: actions::handle_call,
    transitions: &[],
    behaviours: BEHAVIOURS,
    imperfections: Imperfections {
        descriptive: &["message", "timestamp", "status", "utr"],
        prose: &[],
        refusal: (
            400,
            r#"{"statusCode":400,"message":"Amount is not valid","status":"BAD_REQUEST","success":false,"timestamp":"2025-08-26T07:52:23.243989861Z","data":null}"#,
        ),
    },
};

impl Engine for TurboTxnEngine {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
    }

    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)> {
        Some(match route(request)? {
            Route::Initiate => ("initiate", validation::order_id(&request.body)),
            Route::StatusCheck => ("status-check", request.header("order-id").map(str::to_owned)),
        })
    }

    fn page_order(&self, request: &Request) -> Option<(String, String)> {
        let order = &self.transactions[*self.by_page.get(&request.parameter("data")?)?].order_id;
        Some((order.clone(), order.clone()))
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        let mut effects = self.tick(now);
        let response = if request.path == PAGE {
            self.page(request, now, &mut effects)
        } else {
            self.api(request, now, &mut effects)
        };
        (response, effects)
    }

    fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    fn tick(&mut self, now: OffsetDateTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let (index, action) = entry.remove();
            // An action that comes after a decision changes nothing.
            let _ = self.apply(index, action, &mut effects);
        }
        effects
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    fn status(&self, reference: &str) -> Option<String> {
        self.by_order.get(reference).map(|index| self.transactions[*index].status.as_str().to_owned())
    }

    fn possible_actions(&self, id: &str) -> Vec<PossibleAction> {
        self.possible(id)
    }

    fn orders(&self) -> Vec<OrderSummary<'_>> {
        let summaries = self.transactions.iter().map(|transaction| OrderSummary {
            operation: "initiate",
            reference: &transaction.order_id,
            id: &transaction.order_id,
            status: transaction.status.as_str(),
            amount: transaction.amount,
            currency: "INR",
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

impl TurboTxnEngine {
    pub(crate) fn new(settings: Settings, origin: String, seed: u64) -> Self {
        Self {
            settings,
            origin,
            random: Random::new(seed),
            transactions: Vec::new(),
            by_order: HashMap::new(),
            by_page: HashMap::new(),
            utrs: HashSet::new(),
            times_requested: HashMap::new(),
            due: BTreeMap::new(),
            scheduled: 0,
        }
    }

    /// Performs an action of the bank or the customer on an order's newest transaction.
    pub(crate) fn act(&mut self, order: &str, action: Action, now: OffsetDateTime) -> Result<Vec<Effect>, Problem> {
        let mut effects = self.tick(now);
        let index = *self.by_order.get(order).ok_or_else(|| Problem::NotFound(format!("no such order: {order:?}")))?;
        match action {
            Action::Pay => self.pay(index, now, &mut effects)?,
            Action::Pending | Action::Approve | Action::Reject => self.apply(index, action, &mut effects)?,
        }
        Ok(effects)
    }

    /// Sets the URL of later callbacks.
    pub(crate) fn send_callbacks_to(&mut self, url: &str) -> Result<(), Problem> {
        if !is_http_url(url) {
            return Err(Problem::Invalid(format!("{url:?} must be an http or https URL")));
        }
        url.clone_into(&mut self.settings.callback_url);
        Ok(())
    }

    fn api(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        let result = match route(request) {
            None => Err(ErrorResponse::new(404, "No such endpoint")),
            Some(_) if !self.is_authenticated(request) => {
                Err(ErrorResponse::new(401, "Invalid client-id or secret-key"))
            }
            Some(Route::Initiate) => self.initiate(request, now, effects),
            Some(Route::StatusCheck) => self.status_check(request, now),
        };
        result.unwrap_or_else(|error| {
            let hides_status =
                self.settings.errors_under_200 || (error.status_code == 401 && self.settings.unauthorized_under_200);
            error.response(if hides_status { 200 } else { error.status_code }, now)
        })
    }

    fn is_authenticated(&self, request: &Request) -> bool {
        request.header("client-id") == Some(self.settings.client_id.as_str())
            && request.header("secret-key") == Some(self.settings.secret_key.as_str())
    }

    fn initiate(
        &mut self,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, ErrorResponse> {
        let NewTransaction { order_id, rupees, return_url } = validation::read(request)?;
        if self.settings.order_ids_are_unique && self.by_order.contains_key(&order_id) {
            return Err(ErrorResponse::new(409, "orderId already exists"));
        }
        let transaction = Transaction {
            id: self.random.alphanumeric(23).to_ascii_uppercase(),
            page: self.random.alphanumeric(64),
            order_id,
            amount: rupees * 100 + self.added_paise(rupees),
            return_url,
            status: Status::Initiated,
            utr: String::new(),
        };
        let index = self.transactions.len();
        self.by_order.insert(transaction.order_id.clone(), index);
        self.by_page.insert(transaction.page.clone(), index);
        effects.push(transaction.changed(None));
        effects.push(transaction.executed(request.number));
        let sdk_url = format!("{}{PAGE}?data={}", self.origin, transaction.page);
        let response = responses::order_created(&transaction, &sdk_url, now);
        self.transactions.push(transaction);
        Ok(response)
    }

    /// Returns the paise that distinguish transactions of the same amount: 1 to 99, and then from 1 again.
    fn added_paise(&mut self, rupees: i64) -> i64 {
        if !self.settings.adjusts_amounts {
            return 0;
        }
        let times_requested = self.times_requested.entry(rupees).or_default();
        *times_requested = *times_requested % 99 + 1;
        *times_requested
    }

    fn status_check(&self, request: &Request, now: OffsetDateTime) -> Result<Response, ErrorResponse> {
        let order = request.header("order-id").filter(|order| !order.is_empty());
        let order = order.ok_or_else(|| ErrorResponse::new(400, "order-id is required"))?;
        let index = self.by_order.get(order).ok_or_else(|| ErrorResponse::new(404, "Order not found"))?;
        Ok(responses::details_fetched(&self.transactions[*index], now))
    }

    fn page(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        let index = request.parameter("data").and_then(|data| self.by_page.get(&data).copied());
        let Some(index) = index else { return Response::customer_page(404, html::not_found()) };
        if request.method != "POST" {
            return Response::customer_page(200, pages::payment(&self.transactions[index]));
        }
        let result = match request.parameter("action").as_deref() {
            Some("pay") => self.pay(index, now, effects),
            // A customer who has paid cannot decline any more: the bank decides.
            Some("reject") if self.transactions[index].status == Status::Pending => {
                Err(Problem::conflict("the payment has already been made"))
            }
            Some("reject") => self.apply(index, Action::Reject, effects),
            Some("leave") => return Response::customer_page(200, pages::left(&self.transactions[index])),
            _ => Err(Problem::invalid("unknown action")),
        };
        match result {
            Ok(()) => Response::redirect(303, &self.transactions[index].return_url),
            // A page that the browser went back to shows what the transaction has become.
            Err(Problem::Conflict(_)) => Response::customer_page(409, pages::payment(&self.transactions[index])),
            Err(problem) => {
                let page = format!("{PAGE}?data={}", self.transactions[index].page);
                Response::customer_page(409, html::error(&problem.to_string(), &page))
            }
        }
    }

    /// Records that the customer has paid, and schedules the bank's decision.
    fn pay(&mut self, index: usize, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Result<(), Problem> {
        self.apply(index, Action::Pending, effects)?;
        let (at, decision) = match self.settings.payments {
            Settle::AtOnce => (now, Action::Approve),
            Settle::After(time) => (saturating_add(now, time), Action::Approve),
            Settle::RejectsAfter(time) => (saturating_add(now, time), Action::Reject),
            Settle::Never => return Ok(()),
        };
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), (index, decision));
        effects.extend(self.tick(now));
        Ok(())
    }

    /// Changes a transaction if it can change, records the money that it moves, and sends a callback of a decision.
    fn apply(&mut self, index: usize, action: Action, effects: &mut Vec<Effect>) -> Result<(), Problem> {
        let before = self.transactions[index].status;
        self.transactions[index].apply(action)?;
        effects.push(self.transactions[index].changed(Some(before)));
        if self.transactions[index].status == Status::Approved {
            self.transactions[index].utr = self.random.unused_digits(12, &mut self.utrs);
            effects.push(self.transactions[index].credited());
        }
        if self.transactions[index].status.is_decided() && !self.settings.callback_url.is_empty() {
            let iv = callback::iv(&mut self.random);
            let message = callback::message(&self.transactions[index], &self.settings, iv);
            effects.extend(message.map(Effect::Deliver));
        }
        Ok(())
    }
}

/// Adds a duration to a time, up to the latest possible time.
fn saturating_add(now: OffsetDateTime, time: Duration) -> OffsetDateTime {
    now.saturating_add(time.try_into().unwrap_or(time::Duration::MAX))
}
