//! card3ds' part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::card::{TEST_CARDS, TestCard};
use super::engine::Card3dsEngine;
use super::three_ds::Decision;
use crate::endpoint::Content::Json;
use crate::endpoint::Method::Post;
use crate::endpoint::schema::{object, text, text_or_null};
use crate::endpoint::{Body, ControlCall, Endpoint, Whole};
use crate::engine::{ControlResult, Effect, EngineRoute};
use crate::http::is_json_object;
use crate::problem::Problem;

pub(super) const ROUTES: &[EngineRoute<Card3dsEngine>] = &[
    EngineRoute {
        endpoint: Endpoint::new(
            "card3dsChallenge",
            Post,
            "/card3ds/challenges/{paymentId}/{action}",
            "the customer's decision",
            Json(|| object(&[("paymentId", text()), ("status", text_or_null())], &[])),
        )
        .actions(&["approve", "reject", "abandon"])
        .problems(&[404, 409]),
        handler: |engine, call, now| {
            let id = call.parameter("paymentId");
            let decision = Decision::by_name(call.action()).ok_or_else(|| call.unknown_action())?;
            let effects = engine.decide_challenge(id, decision, now)?;
            Ok(response(effects, "paymentId", id, engine.payment_status(id)))
        },
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "card3dsPay",
            Post,
            "/card3ds/checkouts/{checkoutId}/pay",
            "the customer pays: {\"pan\": \"4111...\"}, or {\"card\": \"NAME\"} with the name of a test card, which records show; \
             optional: {\"installmentCount\": 3}",
            Json(checkout),
        )
        .body(Body::Required(|| {
            let pans: Vec<&str> = TEST_CARDS.iter().map(|card| card.number).collect();
            let count = json!({"type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX});
            let names: Vec<&str> = TEST_CARDS.iter().map(|card| card.name).collect();
            let by = |member, values: &[&str]| object(&[(member, json!({"enum": values}))], &[("installmentCount", count.clone())]);
            json!({"anyOf": [by("pan", &pans), by("card", &names)]})
        }))
        .problems(&[404, 409]),
        handler: pay,
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "card3dsCheckout",
            Post,
            "/card3ds/checkouts/{checkoutId}/{action}",
            "the customer's action",
            Json(checkout),
        )
        .actions(&["cancel"])
        .problems(&[404, 409]),
        handler: |engine, call, now| {
            let id = call.parameter("checkoutId");
            match call.action() {
                "cancel" => {
                    let effects = engine.cancel_checkout(id, now)?;
                    Ok(response(effects, "checkoutId", id, engine.checkout_status(id)))
                }
                _ => Err(call.unknown_action()),
            }
        },
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "card3dsOrder",
            Post,
            "/card3ds/orders/{orderId}/status",
            "returns an order's status; changes nothing",
            Json(|| object(&[("orderId", text()), ("status", text())], &[])),
        )
        .problems(&[404]),
        handler: |engine, call, _| {
            let order = call.parameter("orderId");
            let status = engine.order_status(order).ok_or_else(|| Problem::not_found("no such order"))?;
            Ok(response(Vec::new(), "orderId", order, Some(status)))
        },
    },
];

fn pay(engine: &mut Card3dsEngine, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
    let id = call.parameter("checkoutId");
    let Pay { pan, card, installment_count } = read(&call.request.body)?;
    let number = match (&pan, card.and_then(|name| TestCard::by_name(&name))) {
        (Some(pan), None) => pan,
        (None, Some(card)) => card.number,
        _ => return Err(Problem::invalid("either `pan` or `card` must be that of a test card")),
    };
    // A number beyond `u32` is no number of installments of any card either.
    let count = installment_count.map_or(1, |Whole(count)| u32::try_from(count).unwrap_or(u32::MAX));
    let effects = engine.pay_checkout(id, number, count, now)?;
    Ok(response(effects, "checkoutId", id, engine.checkout_status(id)))
}

fn checkout() -> Value {
    object(&[("checkoutId", text()), ("status", text_or_null())], &[])
}

fn response(effects: Vec<Effect>, name: &str, id: &str, status: Option<&str>) -> (Vec<Effect>, Value) {
    (effects, json!({name: id, "status": status}))
}

/// Parses the card to pay with. The error does not quote the body, which may contain a real card number.
fn read(body: &[u8]) -> Result<Pay, Problem> {
    let pay = if is_json_object(body) { serde_json::from_slice(body).ok() } else { None };
    let expected = "invalid body; expected {\"pan\": \"4111111111111111\", \"installmentCount\": 3}";
    pay.ok_or_else(|| Problem::invalid(expected))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Pay {
    pan: Option<String>,
    card: Option<String>,
    installment_count: Option<Whole>,
}
