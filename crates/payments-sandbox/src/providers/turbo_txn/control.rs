//! Turbo Transactions' part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurboTxnEngine;
use super::transaction::Action;
use crate::endpoint::Content::Json;
use crate::endpoint::Method::Post;
use crate::endpoint::schema::{object, text, text_or_null, url};
use crate::endpoint::{Body, ControlCall, Endpoint};
use crate::engine::{ControlResult, Engine, EngineRoute};

pub(super) const ROUTES: &[EngineRoute<TurboTxnEngine>] = &[
    EngineRoute {
        endpoint: Endpoint::new(
            "turboTxnOrder",
            Post,
            "/turbo-txn/orders/{orderId}/{action}",
            "the action of the bank or the customer",
            Json(|| object(&[("orderId", text()), ("txnStatus", text_or_null())], &[])),
        )
        .actions(&["pay", "pending", "approve", "reject"])
        .problems(&[404, 409]),
        handler: act,
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "turboTxnCallbacks",
            Post,
            "/turbo-txn/callbacks",
            "sets the callback URL: {\"url\": \"http://127.0.0.1:8080/callback\"}",
            Json(callbacks),
        )
        .body(Body::Required(callbacks)),
        handler: |engine, call, _| {
            let Callbacks { url } = call.body()?;
            engine.send_callbacks_to(&url)?;
            Ok((Vec::new(), json!({"url": url})))
        },
    },
];

fn act(engine: &mut TurboTxnEngine, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
    let order = call.parameter("orderId");
    let action = match call.action() {
        "pay" => Action::Pay,
        "pending" => Action::Pending,
        "approve" => Action::Approve,
        "reject" => Action::Reject,
        _ => return Err(call.unknown_action()),
    };
    let effects = engine.act(order, action, now)?;
    Ok((effects, json!({"orderId": order, "txnStatus": engine.status(order)})))
}

fn callbacks() -> Value {
    object(&[("url", url())], &[])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Callbacks {
    url: String,
}
