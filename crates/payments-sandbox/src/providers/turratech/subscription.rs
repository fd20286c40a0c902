//! Subscriptions: a trial, and then a charge for each period until the cancellation.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::card::{self, ChargeOutcome, Decline};
use super::customer::merge;
use super::effects::{Call, Effects};
use super::engine::{Due, TurraTechEngine};
use super::params::Params;
use super::responses::ErrorResponse;
use super::routes::Operation;
use super::settings::Settings;
use crate::http::Response;
use crate::ledger::EntryKind;

/// A subscription.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    id: String,
    pub(crate) reference: String,
    customer: String,
    items: Vec<Item>,
    pub(crate) status: Status,
    trial_days: Option<i64>,
    trial_end: Option<OffsetDateTime>,
    period: (OffsetDateTime, OffsetDateTime),
    cancel_at_period_end: bool,
    method: Option<String>,
    created: i64,
    metadata: Map<String, Value>,
}

#[derive(Debug, Clone)]
struct Item {
    id: String,
    price: String,
    quantity: i64,
}

/// The status of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Trialing,
    Active,
    /// The last charge failed.
    PastDue,
    Canceled,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
        }
    }
}

impl Subscription {
    fn value(&self) -> Value {
        let item = |item: &Item| json!({"id": item.id, "price": item.price, "quantity": item.quantity});
        json!({
            "id": self.id,
            "object": "subscription",
            "customer": self.customer,
            "items": self.items.iter().map(item).collect::<Vec<_>>(),
            "status": self.status.as_str(),
            "trial_period_days": self.trial_days,
            "trial_end": self.trial_end.map(OffsetDateTime::unix_timestamp),
            "current_period_start": self.period.0.unix_timestamp(),
            "current_period_end": self.period.1.unix_timestamp(),
            "cancel_at_period_end": self.cancel_at_period_end,
            "default_payment_method": self.method,
            "created": self.created,
            "livemode": false,
            "metadata": self.metadata,
        })
    }

    fn set_status(&mut self, status: Status, effects: &mut Effects) {
        let before = std::mem::replace(&mut self.status, status);
        if before != status {
            self.report_status(Some(before), effects);
        }
    }

    fn report_status(&self, before: Option<Status>, effects: &mut Effects) {
        let (name, from) = ((self.reference.as_str(), self.id.as_str()), before.map(Status::as_str));
        effects.changed(Operation::CreateSubscription, name, from, self.status.as_str());
    }

    fn send_event(&self, event: &'static str, call: &Call<'_>, effects: &mut Effects) {
        effects.send_event(call, &self.reference, event, &self.value());
    }

    /// Sends the invoice event of the current period's charge.
    fn send_invoice_event(&self, due: (i64, &str), paid: bool, call: &Call<'_>, effects: &mut Effects) {
        let (amount, currency) = due;
        let invoice = json!({
            "id": effects.id("in"),
            "object": "invoice",
            "subscription": self.id,
            "customer": self.customer,
            "amount_due": amount,
            "amount_paid": if paid { amount } else { 0 },
            "currency": currency,
            "status": if paid { "paid" } else { "open" },
            "created": call.now.unix_timestamp(),
            "livemode": false,
        });
        let event = if paid { "invoice.paid" } else { "invoice.payment_failed" };
        effects.send_event(call, &self.reference, event, &invoice);
    }
}

impl TurraTechEngine {
    pub(super) fn create_subscription(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let customer = params.required_text("customer")?;
        if self.customers.get(&customer).is_none() {
            return Err(ErrorResponse::unknown_id("customer", &customer, "customer"));
        }
        let items = self.read_items(params)?;
        let items = params.required("items", items)?;
        let trial_days = params.integer("trial_period_days")?;
        if trial_days.is_some_and(|days| !(0..=MAX_TRIAL_DAYS).contains(&days)) {
            return Err(params.invalid("trial_period_days", "must be from 0 to 730"));
        }
        let cancel_at_period_end = params.flag("cancel_at_period_end")?;
        let method = self.read_default_method(params, &customer)?;
        let metadata = params.metadata()?.unwrap_or_default();
        let trial = trial_days.filter(|days| *days > 0).map(|days| call.now + Duration::days(days));
        let (amount, currency) = self.settings.total(&items)?;
        if trial.is_none() {
            self.charge(method.as_ref(), &customer)?;
        }
        let id = self.effects.id("sub");
        let subscription = Subscription {
            reference: call.reference(&metadata, &id),
            id: id.clone(),
            customer: customer.clone(),
            items,
            status: if trial.is_some() { Status::Trialing } else { Status::Active },
            trial_days,
            trial_end: trial,
            period: (call.now, trial.unwrap_or(call.now + self.settings.period)),
            cancel_at_period_end,
            method,
            created: call.now.unix_timestamp(),
            metadata,
        };
        subscription.report_status(None, &mut self.effects);
        let charged = if trial.is_none() { amount } else { 0 };
        self.effects.record(call, &subscription.reference, EntryKind::Executed, charged, &currency);
        subscription.send_event("subscription.created", call, &mut self.effects);
        if trial.is_none() {
            subscription.send_invoice_event((amount, &currency), true, call, &mut self.effects);
        }
        let response = Response::json(201, &subscription.value());
        self.schedule(subscription.period.1, Due::PeriodEnd(id.clone()));
        if let Some(customer) = self.customers.get_mut(&customer) {
            customer.subscriptions.push(id.clone());
        }
        self.subscriptions.insert(id, subscription);
        Ok(response)
    }

    pub(super) fn update_subscription(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let missing = || ErrorResponse::not_found("subscription", call.id);
        let Subscription { status, customer, .. } = self.subscriptions.get(call.id).ok_or_else(missing)?;
        let (status, customer) = (*status, customer.clone());
        let items = self.read_items(params)?;
        if let Some(items) = &items {
            self.settings.total(items)?;
        }
        if params.has("trial_period_days") {
            return Err(params.invalid("trial_period_days", "can only be set when a subscription is created"));
        }
        let cancel_at_period_end = params.optional_flag("cancel_at_period_end")?;
        let method = self.read_default_method(params, &customer)?;
        let metadata = params.metadata()?.unwrap_or_default();
        if status == Status::Canceled {
            let message = "A subscription that is canceled cannot be updated.".to_owned();
            return Err(ErrorResponse::invalid_state("subscription_unexpected_state", message, None));
        }
        let subscription = self.subscriptions.get_mut(call.id).ok_or_else(missing)?;
        subscription.items = items.unwrap_or(std::mem::take(&mut subscription.items));
        subscription.cancel_at_period_end = cancel_at_period_end.unwrap_or(subscription.cancel_at_period_end);
        subscription.method = method.or(subscription.method.take());
        merge(&mut subscription.metadata, metadata);
        self.effects.record_done(call, &subscription.reference);
        subscription.send_event("subscription.updated", call, &mut self.effects);
        Ok(Response::json(200, &subscription.value()))
    }

    pub(super) fn cancel_subscription(&mut self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let subscription =
            self.subscriptions.get(call.id).filter(|subscription| subscription.status != Status::Canceled);
        let subscription = subscription.ok_or_else(|| ErrorResponse::not_found("subscription", call.id))?;
        self.effects.record_done(call, &subscription.reference);
        self.end_subscription(call.id, call);
        let subscription = self.subscriptions.get(call.id).map(Subscription::value);
        Ok(Response::json(200, &subscription.unwrap_or_default()))
    }

    pub(super) fn end_subscription(&mut self, id: &str, call: &Call<'_>) {
        let subscription =
            self.subscriptions.get_mut(id).filter(|subscription| subscription.status != Status::Canceled);
        if let Some(subscription) = subscription {
            subscription.set_status(Status::Canceled, &mut self.effects);
            subscription.send_event("subscription.deleted", call, &mut self.effects);
        }
    }

    /// Ends a trial or a period: ends the subscription, or charges the next period.
    pub(super) fn end_period(&mut self, id: &str, now: OffsetDateTime) {
        let call = Call { operation: Operation::CreateSubscription, id, key: None, request: None, now };
        let Some(subscription) =
            self.subscriptions.get(id).filter(|subscription| subscription.status != Status::Canceled)
        else {
            return;
        };
        if subscription.cancel_at_period_end {
            return self.end_subscription(id, &call);
        }
        // The prices were checked when the items were set.
        let Ok((amount, currency)) = self.settings.total(&subscription.items) else { return };
        let paid = self.charge(subscription.method.as_ref(), &subscription.customer).is_ok();
        let Some(subscription) = self.subscriptions.get_mut(id) else { return };
        let status = if paid { Status::Active } else { Status::PastDue };
        subscription.set_status(status, &mut self.effects);
        subscription.period = (now, now + self.settings.period);
        let next = subscription.period.1;
        if paid {
            self.effects.record(&call, &subscription.reference, EntryKind::Charged, amount, &currency);
        }
        subscription.send_event("subscription.updated", &call, &mut self.effects);
        subscription.send_invoice_event((amount, &currency), paid, &call, &mut self.effects);
        self.schedule(next, Due::PeriodEnd(id.to_owned()));
    }

    /// Charges a period to the subscription's payment method, or else to the customer's.
    fn charge(&self, method: Option<&String>, customer: &str) -> Result<(), ErrorResponse> {
        let customer = self.customers.get(customer);
        let Some(method) = method.or(customer.and_then(|customer| customer.default_method())) else {
            let message = "The customer has no payment method, and none was given.".to_owned();
            return Err(ErrorResponse::invalid_state("payment_method_missing", message, Some(METHOD)));
        };
        let declined = |decline: &Decline| Err(ErrorResponse::declined(decline, METHOD));
        match self.instrument(method, METHOD)?.charge_outcome {
            ChargeOutcome::Approved | ChargeOutcome::Disputed => Ok(()),
            ChargeOutcome::Declined(decline) => declined(decline),
            ChargeOutcome::Authentication => declined(&card::AUTHENTICATION_REQUIRED),
        }
    }

    fn read_default_method(&self, params: &Params, customer: &str) -> Result<Option<String>, ErrorResponse> {
        let Some(method) = params.text(METHOD)? else { return Ok(None) };
        let owner = self.instrument(&method, METHOD)?.customer;
        if owner.is_some_and(|owner| owner != customer) {
            return Err(params.invalid(METHOD, "is attached to another customer"));
        }
        Ok(Some(method))
    }

    fn read_items(&mut self, params: &Params) -> Result<Option<Vec<Item>>, ErrorResponse> {
        let Some(list) = params.list("items")? else { return Ok(None) };
        if list.is_empty() {
            return Err(params.invalid("items", "must have at least one item"));
        }
        let read = |item: &Params| {
            let price = item.required_text("price")?;
            let quantity = item.integer("quantity")?.unwrap_or(1);
            if quantity < 1 {
                return Err(item.invalid("quantity", "must be above zero"));
            }
            Ok(Item { id: self.effects.id("si"), price, quantity })
        };
        list.iter().map(read).collect::<Result<_, _>>().map(Some)
    }
}

impl Settings {
    /// Returns the items' total and currency for one period.
    fn total(&self, items: &[Item]) -> Result<(i64, String), ErrorResponse> {
        let mut sum: Option<(i64, &str)> = None;
        for (index, item) in items.iter().enumerate() {
            let param = format!("items[{index}]");
            let price = self.price_of(&item.price);
            let (price, currency) =
                price.ok_or_else(|| ErrorResponse::unknown_id("price", &item.price, format!("{param}[price]")))?;
            let (before, known) = sum.unwrap_or((0, currency));
            if known != currency {
                return Err(ErrorResponse::invalid(
                    format!("{param}[price]"),
                    "must have the same currency as the other prices",
                ));
            }
            let amount = price.checked_mul(item.quantity).and_then(|amount| amount.checked_add(before));
            let amount = amount
                .ok_or_else(|| ErrorResponse::invalid(format!("{param}[quantity]"), "makes the total too large"))?;
            sum = Some((amount, currency));
        }
        Ok(sum.map_or((0, String::new()), |(amount, currency)| (amount, currency.to_owned())))
    }
}

const METHOD: &str = "default_payment_method";

/// The longest trial: two years (inferred).
const MAX_TRIAL_DAYS: i64 = 730;
