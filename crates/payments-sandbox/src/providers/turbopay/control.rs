//! TurboPay's part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurboPayEngine;
use super::order::{Action, Status};
use crate::engine::Effect;
use crate::http::read_json;
use crate::money;

pub(super) const ENDPOINTS: &[(&str, &str)] = &[(
    "POST /turbopay/orders/{merchant_order_id}/{action}",
    "pending, pay, success, fail, cancel, expire, amount, refund, chargeback, resend; optional body: {\"amount\": \"250.00\", \"reason\": \"...\", \"utr\": \"...\"}",
)];

/// Performs an action of the bank, the customer or the back office on an order.
pub(super) fn act(
    engine: &mut TurboPayEngine,
    reference: &str,
    action: &str,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<(Vec<Effect>, Value), String> {
    let change: Change = if body.is_empty() { Change::default() } else { read_json(body)? };
    let amount = change.amount.as_deref().map(|text| {
        money::parse_positive(text)
            .ok_or_else(|| "`amount` must be a string with a decimal above zero and at most two decimals".to_owned())
    });
    let reason = change.reason.unwrap_or_default();
    let utr = change.utr.map(Action::Utr);
    let action = match action {
        "pending" => Action::Pending,
        "pay" => Action::Pay,
        "amount" => Action::Amount(amount.transpose()?.ok_or("`amount` is required: the new amount")?),
        "success" => Action::Succeed(amount.transpose()?),
        "fail" => Action::Fail(reason),
        "cancel" => Action::Cancel,
        "expire" => Action::Expire,
        "refund" => Action::Refund,
        "chargeback" => Action::ChargeBack(reason),
        "resend" => Action::Resend,
        _ => {
            return Err(format!(
                "{action:?} is not an action; expected one of pending, pay, success, fail, cancel, expire, amount, refund, chargeback, resend"
            ));
        }
    };
    let mut effects = Vec::new();
    for action in utr.iter().chain([&action]) {
        effects.extend(engine.act(reference, action, now)?);
    }
    let status = engine.order_status(reference).map(Status::as_str);
    Ok((effects, json!({"merchant_order_id": reference, "status": status})))
}

#[derive(Deserialize, Default)]
struct Change {
    amount: Option<String>,
    reason: Option<String>,
    utr: Option<String>,
}
