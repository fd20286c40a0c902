//! One order as JSON.

use serde_json::{Value, json};

use super::routes::entry;
use crate::endpoint::schema::{count, list, object, text, text_or_null};
use crate::engine::Transition;
use crate::state::{Order, OrderRequest, StatusRecord};

pub(super) fn value(order: &Order) -> Value {
    let actions = order.actions.iter().map(|action| {
        let members: serde_json::Map<_, _> =
            action.members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
        json!({"path": action.path, "members": members})
    });
    json!({
        "provider": order.provider,
        "operation": order.operation,
        "reference": order.reference,
        "id": order.id,
        "status": order.status,
        "amount": order.amount,
        "currency": order.currency,
        "unit": order.unit.as_str(),
        "history": order.history.iter().map(change).collect::<Vec<_>>(),
        "transitions": order.transitions.iter().map(|known| transition(order.provider, known)).collect::<Vec<_>>(),
        "entries": order.entries,
        "requests": order.requests.iter().map(request).collect::<Vec<_>>(),
        "disagreements": order.disagreements(),
        "actions": actions.collect::<Vec<_>>(),
    })
}

fn change(change: &StatusRecord) -> Value {
    json!({
        "record": change.number,
        "at_ms": change.at_ms,
        "from": change.from,
        "to": change.to,
        "cause": change.cause.as_ref().map(|(number, _)| number),
        "cause_text": change.cause.as_ref().map(|(_, text)| text),
    })
}

fn request(request: &OrderRequest) -> Value {
    let told = request
        .told
        .map(|told| json!({"status": told.status, "bytes": told.bytes, "of": told.of, "end": told.end.as_str()}));
    json!({
        "record": request.record,
        "request": request.request,
        "at_ms": request.at_ms,
        "operation": request.operation,
        "faults": request.faults,
        "told": told,
        "executed": request.is_executed,
        "disagreement": request.disagreement(),
    })
}

pub(super) fn transition(provider: &str, transition: &Transition) -> Value {
    json!({
        "provider": provider,
        "operations": transition.operations,
        "from": transition.from,
        "to": transition.to,
        "rare": transition.is_rare,
    })
}

pub(super) fn transition_schema() -> Value {
    object(
        &[
            ("provider", text()),
            ("operations", list(&text())),
            ("from", text()),
            ("to", text()),
            ("rare", json!({"type": "boolean"})),
        ],
        &[],
    )
}

pub(super) fn schema() -> Value {
    let number = || json!({"type": ["integer", "null"], "minimum": 0});
    let change = object(
        &[
            ("record", count()),
            ("at_ms", count()),
            ("from", text_or_null()),
            ("to", text()),
            ("cause", number()),
            ("cause_text", text_or_null()),
        ],
        &[],
    );
    let told = object(&[("status", number()), ("bytes", count()), ("of", number()), ("end", text())], &[]);
    let request = object(
        &[
            ("record", count()),
            ("request", number()),
            ("at_ms", count()),
            ("operation", text_or_null()),
            ("faults", list(&text())),
            ("told", json!({"anyOf": [told, {"type": "null"}]})),
            ("executed", json!({"type": "boolean"})),
            ("disagreement", text_or_null()),
        ],
        &[],
    );
    let action = object(&[("path", text()), ("members", json!({"type": "object"}))], &[]);
    object(
        &[
            ("provider", text()),
            ("operation", text()),
            ("reference", text()),
            ("id", text()),
            ("status", text()),
            ("amount", json!({"type": "integer"})),
            ("currency", text()),
            ("unit", text()),
            ("history", list(&change)),
            ("transitions", list(&transition_schema())),
            ("entries", list(&entry())),
            ("requests", list(&request)),
            ("disagreements", list(&text())),
            ("actions", list(&action)),
        ],
        &[],
    )
}
