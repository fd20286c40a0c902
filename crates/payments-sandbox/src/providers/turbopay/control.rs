//! TurboPay's part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurboPayEngine;
use super::order::{Action, Status};
use crate::endpoint::Content::Json;
use crate::endpoint::Method::Post;
use crate::endpoint::schema::{self, object, text, text_or_null};
use crate::endpoint::{Body, ControlCall, Endpoint};
use crate::engine::{ControlResult, Effect, EngineRoute};
use crate::money;
use crate::problem::Problem;

pub(super) const ROUTES: &[EngineRoute<TurboPayEngine>] = &[
    EngineRoute {
        endpoint: Endpoint::new(
            "turbopayAmount",
            Post,
            "/turbopay/orders/{merchant_order_id}/amount",
            "changes the amount of an open order: {\"amount\": \"250.00\"}",
            Json(order),
        )
        .body(Body::Required(|| object(&[("amount", schema::amount())], &[])))
        .problems(&[404, 409]),
        handler: |engine, call, now| {
            let reference = call.parameter("merchant_order_id");
            let NewAmount { amount } = call.body()?;
            let effects = engine.act(reference, &Action::Amount(hundredths(&amount)?), now)?;
            Ok(response(engine, effects, reference))
        },
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "turbopayOrder",
            Post,
            "/turbopay/orders/{merchant_order_id}/{action}",
            "the action of the bank, the customer or the back office; optional body: {\"amount\": \"250.00\", \
         \"reason\": \"...\", \"utr\": \"...\"}",
            Json(order),
        )
        .actions(&["pending", "pay", "success", "fail", "cancel", "expire", "refund", "chargeback", "resend"])
        .body(Body::Optional(change))
        .problems(&[404, 409]),
        handler: act,
    },
];

/// Performs an action of the bank, the customer or the back office on an order.
fn act(engine: &mut TurboPayEngine, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
    let reference = call.parameter("merchant_order_id");
    let change: Change = call.body_or_default()?;
    let amount = change.amount.as_deref().map(hundredths).transpose()?;
    let reason = change.reason.unwrap_or_default();
    let action = Action::by_name(call.action(), amount, reason).ok_or_else(|| call.unknown_action())?;
    let effects = match change.utr {
        Some(utr) => engine.act_with_utr(reference, &utr, &action, now)?,
        None => engine.act(reference, &action, now)?,
    };
    Ok(response(engine, effects, reference))
}

fn response(engine: &TurboPayEngine, effects: Vec<Effect>, reference: &str) -> (Vec<Effect>, Value) {
    let status = engine.order_status(reference).map(Status::as_str);
    (effects, json!({"merchant_order_id": reference, "status": status}))
}

fn hundredths(amount: &str) -> Result<i64, Problem> {
    let rule = "`amount` must be a string with a decimal above zero and at most two decimals";
    money::parse_positive(amount).ok_or_else(|| Problem::invalid(rule))
}

fn order() -> Value {
    object(&[("merchant_order_id", text()), ("status", text_or_null())], &[])
}

fn change() -> Value {
    let amount = json!({"anyOf": [schema::amount(), {"type": "null"}]});
    let utr = json!({"type": ["string", "null"], "minLength": 1, "maxLength": 100});
    object(&[], &[("amount", amount), ("reason", text_or_null()), ("utr", utr)])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAmount {
    amount: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Change {
    amount: Option<String>,
    reason: Option<String>,
    utr: Option<String>,
}
