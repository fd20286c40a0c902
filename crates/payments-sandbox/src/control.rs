//! The control API: what a test in another language asks of the sandbox.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{Request, Response, decoded};
use crate::money;
use crate::page;
use crate::turbopay::{Action, BEHAVIOURS};
use crate::world::{Provider, World};

pub(crate) fn answer(world: &Arc<World>, request: &Request) -> Response {
    let segments: Vec<String> = request.path.trim_matches('/').split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let result = match (request.method.as_str(), segments.as_slice()) {
        ("GET", [""]) => return Response::html(200, index()),
        (_, ["astray"]) => {
            world.stray(request);
            Ok(json!({"status": "astray"}))
        }
        ("GET", ["health"]) => Ok(json!({"status": "ok", "seed": world.seed})),
        ("GET", ["ledger"]) => Ok(json!(world.ledger().entries())),
        ("GET", ["timeline"]) => Ok(json!(world.timeline().iter().map(ToString::to_string).collect::<Vec<_>>())),
        ("GET", ["deliveries"]) => Ok(json!(world.state().outbox.list())),
        ("GET", ["faults"]) => {
            let faults = world.state().plan.list();
            Ok(faults.into_iter().map(|(spec, fired)| json!({"spec": spec, "fired": fired})).collect())
        }
        ("POST", ["faults"]) => read(request).and_then(|NewFault { spec }| {
            world.add_fault(&spec).map_err(|err| err.to_string())?;
            Ok(json!({"spec": spec}))
        }),
        ("DELETE", ["faults"]) => {
            world.state().plan.clear();
            Ok(json!([]))
        }
        ("GET", ["clock"]) => Ok(clock(world)),
        ("POST", ["clock", "advance"]) => read(request).and_then(|Advance { seconds }| {
            if seconds > LONGEST_ADVANCE {
                return Err(format!("`seconds` must be at most {LONGEST_ADVANCE}, ten years"));
            }
            world.clock.advance(Duration::from_secs(seconds));
            world.tick();
            Ok(clock(world))
        }),
        ("POST", ["webhooks", "release"]) => {
            world.release();
            Ok(json!({}))
        }
        ("POST", ["turbopay", "orders", reference, action]) => act(world, request, reference, action),
        _ => return Response::json(404, &json!({"error": "there is no such address; GET / lists them"})),
    };
    match result {
        Ok(value) => Response::json(200, &value),
        Err(problem) => Response::json(422, &json!({"error": problem})),
    }
}

fn act(world: &World, request: &Request, reference: &str, action: &str) -> Result<Value, String> {
    let change: Change = if request.body.is_empty() { Change::default() } else { read(request)? };
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
    world.act(Provider::TurboPay, |state, now| {
        if let Some(utr) = &utr {
            state.turbopay.act(reference, utr, now)?;
        }
        let effects = state.turbopay.act(reference, &action, now)?;
        let status = state.turbopay.status(reference).map(crate::turbopay::Status::as_str);
        Ok((effects, json!({"merchant_order_id": reference, "status": status})))
    })
}

fn clock(world: &World) -> Value {
    json!({"now": world.clock.now().unix_timestamp(), "manual": world.clock.is_manual()})
}

fn read<T: for<'de> Deserialize<'de>>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|err| format!("the body is not what is expected here: {err}"))
}

#[derive(Deserialize)]
struct NewFault {
    spec: String,
}

#[derive(Deserialize)]
struct Advance {
    seconds: u64,
}

#[derive(Deserialize, Default)]
struct Change {
    amount: Option<String>,
    reason: Option<String>,
    utr: Option<String>,
}

fn index() -> String {
    let rows = |rows: &[(&str, &str)]| -> String {
        rows.iter()
            .map(|(a, b)| format!("<tr><td><code>{}</code></td><td>{}</td></tr>", page::escaped(a), page::escaped(b)))
            .collect()
    };
    let behaviours: Vec<(&str, &str)> =
        BEHAVIOURS.iter().map(|behaviour| (behaviour.provenance.as_str(), behaviour.what)).collect();
    page::document(
        "Payments sandbox",
        &format!("<table>{}</table><h1>TurboPay here</h1><table>{}</table>", rows(ADDRESSES), rows(&behaviours)),
    )
}

/// More is a mistake in the unit.
const LONGEST_ADVANCE: u64 = 10 * 365 * 24 * 60 * 60;

const ADDRESSES: &[(&str, &str)] = &[
    ("GET /health", "whether it runs"),
    ("GET /ledger", "what the providers really did"),
    ("GET /timeline", "what happened, in order"),
    ("GET /deliveries", "messages to the merchant"),
    ("GET /faults", "faults, and how often each has happened"),
    ("POST /faults", "add one: {\"spec\": \"turbopay.withdraw @after-commit fin\"}"),
    ("DELETE /faults", "forget them all"),
    ("GET /clock", "the time here"),
    ("POST /clock/advance", "move it on: {\"seconds\": 600}"),
    ("POST /webhooks/release", "let go of messages that faults hold"),
    (
        "POST /turbopay/orders/{merchant_order_id}/{action}",
        "pending, pay, success, fail, cancel, expire, amount, refund, chargeback, resend; perhaps with {\"amount\": \"250.00\", \"reason\": \"...\", \"utr\": \"...\"}",
    ),
];
