//! What the control API does to TurboPay's orders.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurboPayEngine;
use super::order::{Action, Status};
use crate::engine::Effect;
use crate::http::read_json;
use crate::money;

pub(super) const ADDRESSES: &[(&str, &str)] = &[(
    "POST /turbopay/orders/{merchant_order_id}/{action}",
    "pending, pay, success, fail, cancel, expire, amount, refund, chargeback, resend; perhaps with {\"amount\": \"250.00\", \"reason\": \"...\", \"utr\": \"...\"}",
)];

/// Does something to an order, as the bank, a customer or the back office would.
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
            .ok_or_else(|| "`amount` must be a decimal above zero with at most two decimals, as text".to_owned())
    });
    let reason = change.reason.unwrap_or_default();
    let utr = change.utr.map(Action::Utr);
    let action = match action {
        "pending" => Action::Pending,
        "pay" => Action::Pay,
        "amount" => Action::Amount(amount.transpose()?.ok_or("`amount` is what it changes to")?),
        "success" => Action::Succeed(amount.transpose()?),
        "fail" => Action::Fail(reason),
        "cancel" => Action::Cancel,
        "expire" => Action::Expire,
        "refund" => Action::Refund,
        "chargeback" => Action::ChargeBack(reason),
        "resend" => Action::Resend,
        _ => {
            return Err(format!(
                "{action:?} is no action; there are pending, pay, success, fail, cancel, expire, amount, refund, chargeback, resend"
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
