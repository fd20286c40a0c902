//! TurraTech's part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurraTechEngine;
use super::payment::Action;
use crate::endpoint::Content::Json;
use crate::endpoint::Method::Post;
use crate::endpoint::schema::{list, object, text, text_or_null, url};
use crate::endpoint::{Body, ControlCall, Endpoint, Whole};
use crate::engine::{ControlResult, EngineRoute};
use crate::problem::Problem;

pub(super) const ROUTES: &[EngineRoute<TurraTechEngine>] = &[
    EngineRoute {
        endpoint: Endpoint::new(
            "turratechPayment",
            Post,
            "/turratech/payments/{order_or_id}/{action}",
            "the action of the bank or the customer",
            Json(|| object(&[("id", text()), ("status", text_or_null())], &[])),
        )
        .actions(&["succeed", "fail", "dispute"])
        .problems(&[404, 409]),
        handler: act,
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "turratechEndpoint",
            Post,
            "/turratech/endpoints",
            "adds an endpoint for all events: {\"url\": \"http://127.0.0.1:PORT/...\"}",
            Json(new_endpoint),
        )
        .body(Body::Required(new_endpoint)),
        handler: |engine, call, _| {
            let NewEndpoint { url } = call.body()?;
            engine.send_events_to(&url)?;
            Ok((Vec::new(), json!({"url": url})))
        },
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "turratechSeed",
            Post,
            "/turratech/seed",
            "creates payments for lists, without ledger entries or events: {\"payments\": 250}; 10000 in all",
            Json(|| object(&[("payments", list(&text()))], &[])),
        )
        .body(Body::Required(|| {
            let payments = json!({"type": "integer", "minimum": 0, "maximum": MAX_SEEDED_PAYMENTS});
            object(&[("payments", payments)], &[])
        }))
        .problems(&[409]),
        handler: seed,
    },
];

fn act(engine: &mut TurraTechEngine, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
    let name = call.parameter("order_or_id");
    let action = match call.action() {
        "succeed" => Action::Succeed,
        "fail" => Action::Fail,
        "dispute" => Action::Dispute,
        _ => return Err(call.unknown_action()),
    };
    engine.act(name, action, now)?;
    let payment = engine.find_payment(name);
    let response =
        json!({"id": payment.map(|payment| &payment.id), "status": payment.map(|payment| payment.status.as_str())});
    Ok((engine.drain_effects(), response))
}

fn seed(engine: &mut TurraTechEngine, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
    let Seed { payments: Whole(payments) } = call.body()?;
    let payments = usize::try_from(payments).unwrap_or(usize::MAX);
    if payments > MAX_SEEDED_PAYMENTS {
        return Err(Problem::Invalid(format!("`payments` must be at most {MAX_SEEDED_PAYMENTS}")));
    }
    let left = MAX_SEEDED_PAYMENTS.saturating_sub(engine.seeded);
    if payments > left {
        return Err(Problem::Conflict(format!(
            "`payments` must be at most {left}: at most {MAX_SEEDED_PAYMENTS} payments can be seeded in all"
        )));
    }
    Ok((Vec::new(), json!({"payments": engine.seed_payments(payments, now)})))
}

fn new_endpoint() -> Value {
    object(&[("url", url())], &[])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEndpoint {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    payments: Whole,
}

/// Enough for any list, and not enough to exhaust the memory or to delay other requests.
const MAX_SEEDED_PAYMENTS: usize = 10_000;
