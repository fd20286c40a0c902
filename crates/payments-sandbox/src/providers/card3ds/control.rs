//! What a test in another language asks of it.

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
    let done = match path {
        ["challenges", id, action] => match Decision::named(action) {
            Some(decision) => engine.answer_challenge(id, decision, now),
            None => Err("there are approve, reject and abandon".to_owned()),
        }
        .map(|effects| control_response(effects, "paymentId", id, engine.payment_status(id))),
        ["checkouts", id, action] => match *action {
            "pay" => read(body).and_then(|Pay { pan, installment_count }| {
                engine.pay_checkout(id, &pan, installment_count.unwrap_or(1), now)
            }),
            "cancel" => engine.cancel_checkout(id, now),
            _ => Err("there are pay and cancel".to_owned()),
        }
        .map(|effects| control_response(effects, "checkoutId", id, engine.checkout_status(id))),
        ["orders", order, "status"] => Ok(control_response(Vec::new(), "orderId", order, engine.order_status(order))),
        _ => return None,
    };
    Some(done)
}

fn control_response(effects: Vec<Effect>, name: &str, id: &str, status: Option<&str>) -> (Vec<Effect>, Value) {
    (effects, json!({name: id, "status": status}))
}

/// Reads a card to pay with. What is wrong is not repeated: it might be a card number.
fn read(body: &[u8]) -> Result<Pay, String> {
    let expected = "the body is not what is expected here: {\"pan\": \"4111111111111111\", \"installmentCount\": 3}";
    serde_json::from_slice(body).map_err(|_| expected.to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pay {
    pan: String,
    installment_count: Option<u32>,
}

pub(super) const ADDRESSES: &[(&str, &str)] = &[
    ("POST /card3ds/challenges/{paymentId}/{action}", "approve, reject, abandon: as the customer's browser would"),
    (
        "POST /card3ds/checkouts/{checkoutId}/{action}",
        "pay, with {\"pan\": \"4111...\", \"installmentCount\": 3}; cancel: as the customer's browser would",
    ),
    ("POST /card3ds/orders/{orderId}/status", "where an order stands; nothing is done"),
];
