//! The API's operations.

use serde_json::json;
use time::OffsetDateTime;

use super::engine::{EXPIRES_AFTER, LOOKUPS_PER_MINUTE, TurboPayEngine, WALLET, WALLET_NAME};
use super::order::{Action, Kind, Order, Status};
use super::qr;
use super::responses::{ErrorResponse, not_routed};
use super::routes::{Route, is_uuid, route};
use super::settings::Settle;
use super::validation::{self, Fields};
use crate::engine::{Effect, Engine};
use crate::http::{Request, Response, percent_decode};
use crate::ledger::EntryKind;
use crate::money;

impl TurboPayEngine {
    pub(super) fn api(&mut self, request: &Request, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
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
                return self.lookup(self.by_id.get(id).copied(), now, effects);
            }
            Route::MerchantOrderStatus(reference) => {
                return self.lookup(self.by_reference.get(&percent_decode(reference)).copied(), now, effects);
            }
        };
        result.unwrap_or_else(ErrorResponse::response)
    }

    fn create(
        &mut self,
        kind: Kind,
        request: &Request,
        now: OffsetDateTime,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, ErrorResponse> {
        let fields = Fields::read(&request.body);
        let is_taken =
            |reference: &str| self.settings.references_are_unique && self.by_reference.contains_key(reference);
        let new = validation::new_order(kind, &fields, &self.settings, is_taken)?;
        if self.settings.blocked_customers.contains(&new.customer) {
            return Err(ErrorResponse::message("Order Declined"));
        }
        let index = self.orders.len();
        let order = Order {
            kind,
            id: self.random.uuid(),
            page: self.random.uuid(),
            note: self.random.alphanumeric(5),
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
        effects.push(order.changed(None));
        effects.push(order.record(EntryKind::Executed, Some(request.number)));
        if kind == Kind::Withdrawal {
            // The money leaves when the order is accepted (inferred), so any further order is a further payout.
            self.adjust_balance(&order.currency, -order.amount);
            self.schedule(now, index, Action::Pending);
            self.settle(now, index, self.settings.withdrawals);
        } else {
            self.schedule(now + EXPIRES_AFTER, index, Action::Expire);
        }
        let response = self.creation_response(&order);
        self.orders.push(order);
        Ok(response)
    }

    fn creation_response(&self, order: &Order) -> Response {
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
    ) -> Result<Response, ErrorResponse> {
        let fields = Fields::read(&request.body);
        let index = fields.text("order_id").and_then(|id| self.by_id.get(&id).copied());
        let open = index
            .filter(|index| self.orders[*index].kind == Kind::HostToHost && self.orders[*index].status == Status::New);
        let utr = validation::confirmation(&fields, open.is_some(), |utr| self.utrs.contains(utr))?;
        let Some(index) = open else { return Err(ErrorResponse::message("invalid request")) };
        self.utrs.insert(utr.clone());
        self.orders[index].utr = Some(utr);
        effects.push(self.orders[index].record_as("turbopay.confirm", EntryKind::Confirmed, Some(request.number)));
        self.pay(index, now, effects).map_err(|problem| ErrorResponse::message(&problem.to_string()))?;
        if self.settings.deposits == Settle::AtOnce {
            effects.extend(self.tick(now));
        }
        Ok(Response::json(200, &json!({"status": self.orders[index].status.as_str()})))
    }

    fn balance(&self, request: &Request) -> Result<Response, ErrorResponse> {
        let currency = request.parameter("currency").filter(|currency| !currency.is_empty());
        let currency = currency.unwrap_or_else(|| "INR".to_owned());
        let Some(amount) = self.balances.get(&currency) else {
            return Err(ErrorResponse::message(&format!("Currency \"{currency}\" is not valid")));
        };
        let amount = format!("{}00", money::with_two_decimals(*amount));
        let body = json!({"account_id": "sandbox", "currency": currency, "available_balance": amount, "total_balance": amount});
        Ok(Response::json(200, &body))
    }

    fn lookup(&mut self, index: Option<usize>, now: OffsetDateTime, effects: &mut Vec<Effect>) -> Response {
        while self.lookups.front().is_some_and(|at| now - *at >= time::Duration::MINUTE) {
            self.lookups.pop_front();
        }
        if self.lookups.len() >= LOOKUPS_PER_MINUTE {
            let wait = self.lookups.front().map_or(now, |oldest| *oldest) + time::Duration::MINUTE - now;
            let rounding = i64::from(wait.subsec_nanoseconds() > 0);
            return Response::json(429, &json!({"message": "Too Many Attempts."}))
                .header("Retry-After", (wait.whole_seconds() + rounding).to_string())
                .header("X-RateLimit-Limit", LOOKUPS_PER_MINUTE.to_string())
                .header("X-RateLimit-Remaining", "0");
        }
        self.lookups.push_back(now);
        let Some(index) = index else { return Response::json(404, &json!({"message": "Order not found"})) };
        effects.push(self.message(index));
        let order = &self.orders[index];
        // A chargeback in a lookup has neither a claim nor a UTR (recorded).
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
            .header("X-RateLimit-Limit", LOOKUPS_PER_MINUTE.to_string())
            .header("X-RateLimit-Remaining", (LOOKUPS_PER_MINUTE - self.lookups.len()).to_string())
    }
}
