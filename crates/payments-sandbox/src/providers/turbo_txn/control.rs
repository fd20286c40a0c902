//! Turbo Transactions' part of the control API.

use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use super::engine::TurboTxnEngine;
use super::transaction::Action;
use crate::engine::{ControlResult, Engine};
use crate::http::read_json;

pub(super) const ENDPOINTS: &[(&str, &str)] = &[
    ("POST /turbo-txn/orders/{orderId}/{action}", "pay, pending, approve, reject"),
    ("POST /turbo-txn/callbacks", "sets the callback URL: {\"url\": \"http://127.0.0.1:8080/callback\"}"),
];

pub(super) fn act(
    engine: &mut TurboTxnEngine,
    path: &[&str],
    body: &[u8],
    now: OffsetDateTime,
) -> Option<ControlResult> {
    match path {
        ["orders", order, action] => Some(act_by_name(engine, order, action, now)),
        ["callbacks"] => Some(read_json(body).and_then(|Callbacks { url }| {
            engine.send_callbacks_to(&url)?;
            Ok((Vec::new(), json!({"url": url})))
        })),
        _ => None,
    }
}

fn act_by_name(engine: &mut TurboTxnEngine, order: &str, name: &str, now: OffsetDateTime) -> ControlResult {
    let action = match name {
        "pay" => Action::Pay,
        "pending" => Action::Pending,
        "approve" => Action::Approve,
        "reject" => Action::Reject,
        _ => return Err(format!("{name:?} is not an action; expected one of pay, pending, approve, reject")),
    };
    let effects = engine.act(order, action, now)?;
    Ok((effects, json!({"orderId": order, "txnStatus": engine.status(order)})))
}

#[derive(Deserialize)]
struct Callbacks {
    url: String,
}
