//! card3ds' part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::Card3dsEngine;
use super::three_ds::Decision;
use crate::engine::{ControlResult, Effect};

pub(super) fn act(
    engine: &mut Card3dsEngine,
    path: &[&str],
    body: &[u8],
    now: OffsetDateTime,
) -> Option<ControlResult> {
    let result = match path {
        ["challenges", id, action] => match Decision::by_name(action) {
            Some(decision) => engine.decide_challenge(id, decision, now),
            None => Err("unknown action; expected one of approve, reject, abandon".to_owned()),
        }
        .map(|effects| control_response(effects, "paymentId", id, engine.payment_status(id))),
        ["checkouts", id, action] => match *action {
            "pay" => read(body).and_then(|Pay { pan, installment_count }| {
                engine.pay_checkout(id, &pan, installment_count.unwrap_or(1), now)
            }),
            "cancel" => engine.cancel_checkout(id, now),
            _ => Err("unknown action; expected one of pay, cancel".to_owned()),
        }
        .map(|effects| control_response(effects, "checkoutId", id, engine.checkout_status(id))),
        ["orders", order, "status"] => Ok(control_response(Vec::new(), "orderId", order, engine.order_status(order))),
        _ => return None,
    };
    Some(result)
}

fn control_response(effects: Vec<Effect>, name: &str, id: &str, status: Option<&str>) -> (Vec<Effect>, Value) {
    (effects, json!({name: id, "status": status}))
}

/// Parses the card to pay with. The error does not quote the body, which may contain a real card number.
fn read(body: &[u8]) -> Result<Pay, String> {
    let expected = "invalid body; expected {\"pan\": \"4111111111111111\", \"installmentCount\": 3}";
    serde_json::from_slice(body).map_err(|_| expected.to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pay {
    pan: String,
    installment_count: Option<u32>,
}

pub(super) const ENDPOINTS: &[(&str, &str)] = &[
    ("POST /card3ds/challenges/{paymentId}/{action}", "approve, reject, abandon: the customer's decision"),
    (
        "POST /card3ds/checkouts/{checkoutId}/{action}",
        "pay, with {\"pan\": \"4111...\", \"installmentCount\": 3}; cancel: the customer's action",
    ),
    ("POST /card3ds/orders/{orderId}/status", "returns an order's status; changes nothing"),
];
