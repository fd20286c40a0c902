//! TurboPay, as its document and its recorded exchanges show it.

mod behaviours;
mod control;
mod order;
mod qr;
mod settings;
mod validate;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use time::OffsetDateTime;

pub use behaviours::BEHAVIOURS;
pub(crate) use order::{Action, Kind, Order, Status};
pub use settings::{Settings, Settle};

use crate::engine::{Behaviour, Controlled, Effect, Engine, Message, Resend};
use crate::http::{Request, Response, decoded};
use crate::ledger::What;
use crate::money;
use crate::page;
use crate::random::Random;
use validate::{Fields, Rejected};

/// The engine.
#[derive(Clone)]
pub(crate) struct TurboPay {
    settings: Settings,
    /// Where the hosted page is: the listener's own address.
    pub(crate) origin: String,
    random: Random,
    orders: Vec<Order>,
    by_id: HashMap<String, usize>,
    by_reference: HashMap<String, usize>,
    by_page: HashMap<String, usize>,
    utrs: HashSet<String>,
    /// What the bank or the clock will do, by when.
    due: BTreeMap<(OffsetDateTime, u64), (usize, Action)>,
    scheduled: u64,
    /// What the ledger's entries come to, by currency.
    balances: BTreeMap<String, i64>,
    /// When orders were looked up in the last minute.
    lookups: VecDeque<OffsetDateTime>,
}

const NAME: &str = "turbopay";
const OPERATIONS: &[&str] =
    &["deposit", "host-to-host-deposit", "confirm", "withdraw", "balance", "order-status", "merchant-order-status"];

/// Those that the merchant is set up for.
const CURRENCIES: &[&str] = &["EUR", "INR", "USD"];

/// Documented: ten minutes.
const EXPIRES_AFTER: Duration = Duration::from_secs(600);
/// Documented.
const LOOKUPS_A_MINUTE: usize = 60;
/// Three times more unless it is answered 200 (documented), after these waits (inferred).
const RESEND: Resend = Resend {
    waits: &[Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3600)],
    taken: |status, _| status == 200,
};

impl Engine for TurboPay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn reads(&self) -> &'static [&'static str] {
        &["balance", "order-status", "merchant-order-status"]
    }

    fn told_of(&self) -> &'static [&'static str] {
        &["deposit", "host-to-host-deposit", "withdraw"]
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
            Route::MerchantOrderStatus(reference) => Some(decoded(reference)),
            Route::Balance => None,
        };
        Some((operation.name(), reference))
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

    fn rehearse(&self, request: &Request, now: OffsetDateTime) -> Response {
        let mut copy = self.clone();
        // Ids that no order will have.
        copy.random = Random::new(!copy.random.next());
        copy.respond(request, now).0
    }

    fn tick(&mut self, now: OffsetDateTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let (index, action) = entry.remove();
            // What was due may have been overtaken: an order that was paid does not expire, and one that the bank has
            // refused is not settled by it afterwards, although a failed deposit can still succeed.
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
        self.standing(reference).map(|status| status.as_str().to_owned())
    }

    fn behaviours(&self) -> &'static [Behaviour] {
        BEHAVIOURS
    }

    fn control_addresses(&self) -> &'static [(&'static str, &'static str)] {
        control::ADDRESSES
    }

    fn control(&mut self, path: &[&str], body: &[u8], now: OffsetDateTime) -> Option<Controlled> {
        match path {
            ["orders", reference, action] => Some(control::act(self, reference, action, body, now)),
            _ => None,
        }
    }
}

impl TurboPay {
    pub(crate) fn new(settings: Settings, seed: u64) -> Self {
        let balances = CURRENCIES.iter().map(|currency| ((*currency).to_owned(), 0));
        let mut balances: BTreeMap<String, i64> = balances.collect();
        balances.insert("INR".to_owned(), settings.opening_balance);
        Self {
            settings,
            origin: String::new(),
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

    /// Does something to an order by the merchant's reference, as the bank, a customer or the back office would.
    pub(crate) fn act(&mut self, reference: &str, action: &Action, now: OffsetDateTime) -> Result<Vec<Effect>, String> {
        let mut effects = self.tick(now);
        let index = *self.by_reference.get(reference).ok_or_else(|| format!("there is no order {reference:?}"))?;
        match action {
            Action::Pay => {
                let withdrawal = self.orders[index].kind == Kind::Withdrawal;
                if withdrawal {
                    return Err("no customer pays a withdrawal".to_owned());
                }
                self.pay(index, now, &mut effects)?;
            }
            Action::Utr(utr) => {
                if !self.utrs.insert(utr.clone()) {
                    return Err(format!("the UTR {utr:?} has already been taken"));
                }
                self.orders[index].utr = Some(utr.clone());
            }
            _ => self.apply(index, action, &mut effects)?,
        }
        Ok(effects)
    }

    /// Where an order stands, by the merchant's reference.
    pub(crate) fn standing(&self, reference: &str) -> Option<Status> {
        self.by_reference.get(reference).map(|index| self.orders[*index].status)
    }

    fn api(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        let Some(route) = route(request) else { return not_routed(&request.path) };
        if request.header("authorization") != Some(self.settings.api_key.as_str()) {
            return Response::json(401, &json!({"message": "Unauthorized"}));
        }
        if !self.settings.whitelisted {
            return Response::json(403, &json!({"message": "127.0.0.1 is not white listed"}));
        }
        let result = match route {
            Route::Deposit => self.create(Kind::Hosted, request, now, effects),
            Route::HostToHost => self.create(Kind::HostToHost, request, now, effects),
            Route::Withdraw => self.create(Kind::Withdrawal, request, now, effects),
            Route::Confirm => self.confirm(request, now, effects),
            Route::Balance => self.balance(request),
            Route::OrderStatus(id) => {
                if !is_uuid(id) {
                    return not_routed(&request.path);
                }
                return self.look_up(self.by_id.get(id).copied(), now, effects);
            }
            Route::MerchantOrderStatus(reference) => {
                return self.look_up(self.by_reference.get(&decoded(reference)).copied(), now, effects);
            }
        };
        result.unwrap_or_else(Rejected::response)
    }

    fn create(
        &mut self,
        kind: Kind,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Rejected> {
        let fields = Fields::read(&request.body);
        let taken = |reference: &str| self.settings.references_are_unique && self.by_reference.contains_key(reference);
        let new = validate::new_order(kind, &fields, &self.settings, taken)?;
        if self.settings.blocked_customers.contains(&new.customer) {
            return Err(Rejected::message("Order Declined"));
        }
        let index = self.orders.len();
        let order = Order {
            kind,
            id: self.random.uuid(),
            page: self.random.uuid(),
            note: self.random.word(5),
            reference: new.reference,
            customer: new.customer,
            amount: new.amount,
            currency: new.currency,
            status: Status::New,
            reason: String::new(),
            utr: None,
            error: None,
            claim: None,
            status_url: new.status_url,
            redirect_url: new.redirect_url,
        };
        self.by_id.insert(order.id.clone(), index);
        self.by_reference.insert(order.reference.clone(), index);
        self.by_page.insert(order.page.clone(), index);
        effects.push(order.record(What::Executed, Some(request.number)));
        if kind == Kind::Withdrawal {
            // The money leaves when the order is taken in (inferred): from here on, another order is another payout.
            self.book(&order.currency, -order.amount);
            self.schedule(now, index, Action::Pending);
            self.settle(now, index, self.settings.withdrawals);
        } else {
            self.schedule(now + EXPIRES_AFTER, index, Action::Expire);
        }
        let response = self.created(&order);
        self.orders.push(order);
        Ok(response)
    }

    fn created(&self, order: &Order) -> Response {
        let (id, status) = (&order.id, order.status.as_str());
        let body = match order.kind {
            Kind::Withdrawal => json!({"order_id": id, "status": status}),
            Kind::Hosted => {
                json!({"form_url": format!("{}/deposit?hash={}", self.origin, order.page), "order_id": id, "status": status})
            }
            Kind::HostToHost => {
                let links = qr::links(WALLET, WALLET_NAME, &order.note, order.amount, &order.currency);
                json!({
                    "wallet_address": WALLET,
                    "wallet_name": WALLET_NAME,
                    "transaction_note": order.note,
                    "order_expiration_seconds": EXPIRES_AFTER.as_secs().to_string(),
                    "order_id": id,
                    "status": status,
                    "qr": qr::png_base64(&links.upi),
                    "deep_links": {"phonepe": links.phonepe, "paytm": links.paytm},
                })
            }
        };
        Response::json(201, &body)
    }

    fn confirm(
        &mut self,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Rejected> {
        let fields = Fields::read(&request.body);
        let index = fields.text("order_id").and_then(|id| self.by_id.get(&id).copied());
        let open = index
            .filter(|index| self.orders[*index].kind == Kind::HostToHost && self.orders[*index].status == Status::New);
        let utr = validate::confirmation(&fields, open.is_some(), |utr| self.utrs.contains(utr))?;
        let Some(index) = open else { return Err(Rejected::message("invalid request")) };
        self.utrs.insert(utr.clone());
        self.orders[index].utr = Some(utr);
        effects.push(self.orders[index].record_as("turbopay.confirm", What::Confirmed, Some(request.number)));
        self.pay(index, now, effects).map_err(|problem| Rejected::message(&problem))?;
        if self.settings.deposits == Settle::AtOnce {
            effects.extend(self.tick(now));
        }
        Ok(Response::json(200, &json!({"status": self.orders[index].status.as_str()})))
    }

    fn balance(&self, request: &Request) -> Result<Response, Rejected> {
        let currency = request.parameter("currency").filter(|currency| !currency.is_empty());
        let currency = currency.unwrap_or_else(|| "INR".to_owned());
        let Some(amount) = self.balances.get(&currency) else {
            return Err(Rejected::message(&format!("Currency \"{currency}\" is not valid")));
        };
        let amount = format!("{}00", money::with_two_decimals(*amount));
        let body = json!({"account_id": "sandbox", "currency": currency, "available_balance": amount, "total_balance": amount});
        Ok(Response::json(200, &body))
    }

    fn look_up(&mut self, index: Option<usize>, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        while self.lookups.front().is_some_and(|at| now - *at >= time::Duration::MINUTE) {
            self.lookups.pop_front();
        }
        if self.lookups.len() >= LOOKUPS_A_MINUTE {
            let wait = self.lookups.front().map_or(now, |oldest| *oldest) + time::Duration::MINUTE - now;
            let part = i64::from(wait.subsec_nanoseconds() > 0);
            return Response::json(429, &json!({"message": "Too Many Attempts."}))
                .header("Retry-After", (wait.whole_seconds() + part).to_string())
                .header("X-RateLimit-Limit", LOOKUPS_A_MINUTE.to_string())
                .header("X-RateLimit-Remaining", "0");
        }
        self.lookups.push_back(now);
        let Some(index) = index else { return Response::json(404, &json!({"message": "Order not found"})) };
        effects.push(self.message(index));
        let order = &self.orders[index];
        // A chargeback by look-up has neither a claim nor a UTR (recorded).
        let utr = order.utr.as_ref().filter(|_| order.status != Status::Chargeback);
        let body = json!({
            "order_id": order.id,
            "merchant_order_id": order.reference,
            "status": order.status.as_str(),
            "reason": order.reason,
            "amount": money::with_two_decimals(order.amount),
            "utr": utr,
        });
        Response::json(200, &body)
            .header("X-RateLimit-Limit", LOOKUPS_A_MINUTE.to_string())
            .header("X-RateLimit-Remaining", (LOOKUPS_A_MINUTE - self.lookups.len()).to_string())
    }

    fn page(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        let index = request.parameter("hash").and_then(|hash| self.by_page.get(&hash).copied());
        let Some(index) = index else { return Response::html(404, page::missing()) };
        if request.method == "POST" {
            let action = request.parameter("action");
            let done = match action.as_deref() {
                Some("pay") => self.pay(index, now, effects),
                Some("cancel") => self.apply(index, &Action::Cancel, effects),
                // The order expires as any does: time passes.
                Some("expire") if self.orders[index].status == Status::New => {
                    effects.push(Effect::Advance(EXPIRES_AFTER));
                    Ok(())
                }
                Some("expire") => Err("its time no longer matters".to_owned()),
                _ => Err("there is no such button".to_owned()),
            };
            return match (done, &self.orders[index].redirect_url) {
                (Ok(()), Some(url)) => Response::redirect(303, url),
                (Ok(()), None) => Response::redirect(303, &format!("/deposit?hash={}", self.orders[index].page)),
                (Err(problem), _) => Response::html(409, page::problem(&problem)),
            };
        }
        let order = &self.orders[index];
        let amount = format!("{} {}", money::with_two_decimals(order.amount), order.currency);
        Response::html(
            200,
            page::deposit(&order.page, &amount, &order.reference, order.status.as_str(), order.status == Status::New),
        )
    }

    /// The customer has paid, or says so; the bank decides.
    fn pay(&mut self, index: usize, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Result<(), String> {
        self.apply(index, &Action::Pending, effects)?;
        if self.orders[index].utr.is_none() {
            let utr = self.new_utr();
            self.orders[index].utr = Some(utr);
        }
        self.settle(now, index, self.settings.deposits);
        Ok(())
    }

    fn settle(&mut self, now: OffsetDateTime, index: usize, settle: Settle) {
        match settle {
            Settle::AtOnce => self.schedule(now, index, Action::Succeed(None)),
            Settle::After(time) => self.schedule(now + time, index, Action::Succeed(None)),
            Settle::FailsAfter(time) => self.schedule(now + time, index, Action::Fail(String::new())),
            Settle::Never => {}
        }
    }

    fn new_utr(&mut self) -> String {
        loop {
            let utr = self.random.digits(12);
            if self.utrs.insert(utr.clone()) {
                return utr;
            }
        }
    }

    fn book(&mut self, currency: &str, amount: i64) {
        *self.balances.entry(currency.to_owned()).or_default() += amount;
    }

    fn schedule(&mut self, at: OffsetDateTime, index: usize, action: Action) {
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), (index, action));
    }

    /// Changes an order, if the documents know such a change; says so to the merchant, and puts down what it moved.
    fn apply(&mut self, index: usize, action: &Action, effects: &mut Vec<Effect>) -> Result<(), String> {
        let before = self.orders[index].amount;
        let moved = self.orders[index].apply(action)?;
        if self.orders[index].kind == Kind::Withdrawal {
            // It left when the order was taken in; what was paid out in the end may be another amount.
            let order = &self.orders[index];
            let (currency, difference) = (order.currency.clone(), before - order.amount);
            self.book(&currency, difference);
        }
        if self.orders[index].status == Status::Success && self.orders[index].utr.is_none() {
            let utr = self.new_utr();
            self.orders[index].utr = Some(utr);
        }
        if let Some(what) = moved {
            let order = &self.orders[index];
            let sign = if what == What::ChargedBack { -1 } else { 1 };
            let (currency, amount) = (order.currency.clone(), sign * order.amount);
            effects.push(order.record(what, None));
            self.book(&currency, amount);
        }
        effects.push(self.message(index));
        Ok(())
    }

    fn message(&self, index: usize) -> Effect {
        let order = &self.orders[index];
        let body = order.webhook().to_string().into_bytes();
        let signature = sign(self.settings.webhook_key.as_str(), &body);
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

/// HMAC-SHA256 in hexadecimal.
fn sign(key: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

enum Route<'a> {
    Deposit,
    HostToHost,
    Confirm,
    Withdraw,
    Balance,
    OrderStatus(&'a str),
    MerchantOrderStatus(&'a str),
}

impl Route<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::HostToHost => "host-to-host-deposit",
            Self::Confirm => "confirm",
            Self::Withdraw => "withdraw",
            Self::Balance => "balance",
            Self::OrderStatus(_) => "order-status",
            Self::MerchantOrderStatus(_) => "merchant-order-status",
        }
    }
}

fn route(request: &Request) -> Option<Route<'_>> {
    // One recorded request says `api/` twice, and was answered (recorded).
    let path = request.path.strip_prefix("/api/")?;
    let path = path.strip_prefix("api/").unwrap_or(path);
    match (request.method.as_str(), path) {
        ("POST", "deposit/new") => Some(Route::Deposit),
        ("POST", "s2s/deposit/new") => Some(Route::HostToHost),
        ("POST", "s2s/deposit/confirm") => Some(Route::Confirm),
        ("POST", "withdraw/new") => Some(Route::Withdraw),
        ("GET", "balance") => Some(Route::Balance),
        ("GET", _) => {
            let one_segment =
                |prefix: &str| path.strip_prefix(prefix).filter(|rest| !rest.is_empty() && !rest.contains('/'));
            let order = one_segment("order/status/").map(Route::OrderStatus);
            order.or_else(|| one_segment("merchantorder/status/").map(Route::MerchantOrderStatus))
        }
        _ => None,
    }
}

/// The web framework's own 404 (recorded).
fn not_routed(path: &str) -> Response {
    let path = path.trim_start_matches('/');
    let frame = json!({
        "file": "/var/www/vendor/laravel/framework/src/Illuminate/Routing/RouteCollection.php",
        "line": 162,
        "function": "handleMatchedRoute",
        "class": "Illuminate\\Routing\\AbstractRouteCollection",
        "type": "->",
    });
    let body = json!({
        "message": format!("The route {path} could not be found."),
        "exception": "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException",
        "file": "/var/www/vendor/laravel/framework/src/Illuminate/Routing/AbstractRouteCollection.php",
        "line": 45,
        "trace": [frame],
    });
    Response::json(404, &body)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

const WALLET: &str = "test@test";
const WALLET_NAME: &str = "[TEST] - SANDBOX";
