//! TurboPay, as its document and its recorded exchanges show it.

mod api;
mod behaviours;
mod control;
mod order;
mod qr;
mod route;
mod settings;
mod validate;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

pub use behaviours::BEHAVIOURS;
pub(crate) use order::{Action, Kind, Order, Status};
pub use settings::{Settings, Settle};

use crate::engine::{Behaviour, Controlled, Effect, Engine, Message, Resend, USUAL_PATIENCE};
use crate::hex::hex;
use crate::http::{Request, Response, decoded};
use crate::ledger::What;
use crate::money;
use crate::page;
use crate::random::Random;
use route::{Route, route};
use validate::Fields;

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
    patience: USUAL_PATIENCE,
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
    hex(&mac.finalize().into_bytes())
}

const WALLET: &str = "test@test";
const WALLET_NAME: &str = "[TEST] - SANDBOX";
