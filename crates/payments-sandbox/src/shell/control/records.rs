//! The records as JSON.

use serde_json::{Value, json};

use crate::endpoint::schema::{count, list, object, text, text_or_null};
use crate::endpoint::{ControlCall, MAX_NUMBER, Query};
use crate::problem::Problem;
use crate::record::{Record, RecordKind};
use crate::state::SharedState;

/// Returns the records after a number that match the query, and the numbers of the records that are kept.
pub(super) fn page(state: &SharedState, call: &ControlCall<'_>) -> Result<Value, Problem> {
    state.tick();
    let (after, limit) = (call.number("after")?.unwrap_or(0), call.number("limit")?.unwrap_or(MAX_LIMIT));
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::Invalid(format!("`limit` must be from 1 to {MAX_LIMIT}")));
    }
    let kind = call.query("kind").map(|name| {
        let known = || RecordKind::names().join(", ");
        RecordKind::by_name(&name).ok_or_else(|| Problem::Invalid(format!("`kind` must be one of {}", known())))
    });
    let (kind, order, provider) = (kind.transpose()?, call.query("order"), call.query("provider"));
    let matches = |record: &&Record| {
        kind.is_none_or(|kind| record.kind == kind)
            && order.as_ref().is_none_or(|order| record.reference.as_ref() == Some(order))
            && provider.as_ref().is_none_or(|provider| record.provider == Some(provider))
    };
    let state = state.lock();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page: Vec<Value> = state.records.after(after).filter(matches).take(limit).map(value).collect();
    let number = |record: Option<&Record>| record.map(|record| record.number);
    let kept = state.records.records();
    Ok(json!({"first": number(kept.front()), "last": number(kept.back()), "records": page}))
}

fn value(record: &Record) -> Value {
    let told = record
        .told
        .map(|told| json!({"bytes": told.bytes, "of": told.of, "status": told.status, "end": told.end.as_str()}));
    let status = record.status.map(|change| json!({"from": change.from, "to": change.to}));
    let content = record.content.as_ref().map(|content| {
        json!({
            "start": content.start,
            "headers": content.headers,
            "body": content.body,
            "body_bytes": content.body_bytes,
        })
    });
    json!({
        "number": record.number,
        "at_ms": u64::try_from(record.at.as_millis()).unwrap_or(u64::MAX),
        "kind": record.kind.as_str(),
        "party": record.party.as_str(),
        "provider": record.provider,
        "operation": record.operation,
        "reference": record.reference,
        "id": record.id,
        "request": record.request,
        "delivery": record.delivery,
        "cause": record.cause,
        "fault": record.fault,
        "text": record.text,
        "told": told,
        "status": status,
        "content": content,
    })
}

pub(super) const QUERY: &[Query] = &[
    Query {
        name: "after",
        summary: "only records with a higher number",
        schema: || json!({"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}),
    },
    Query {
        name: "limit",
        summary: "the most records; default: 1000",
        schema: || json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
    },
    Query {
        name: "kind",
        summary: "only records of this kind",
        schema: || json!({"type": "string", "enum": RecordKind::names()}),
    },
    Query { name: "order", summary: "only records about this reference", schema: text },
    Query { name: "provider", summary: "only records of this provider", schema: text },
];

pub(super) fn page_schema() -> Value {
    let number = json!({"type": ["integer", "null"], "minimum": 0});
    object(&[("first", number.clone()), ("last", number), ("records", list(&record_schema()))], &[])
}

fn record_schema() -> Value {
    let number = || json!({"type": ["integer", "null"], "minimum": 0});
    let or_null = |schema: Value| json!({"anyOf": [schema, {"type": "null"}]});
    let told = object(&[("bytes", count()), ("of", number()), ("status", number()), ("end", text())], &[]);
    let status = object(&[("from", text_or_null()), ("to", text())], &[]);
    let header = json!({"type": "array", "items": text(), "minItems": 2, "maxItems": 2});
    let content = object(
        &[("start", text()), ("headers", list(&header)), ("body", text_or_null()), ("body_bytes", count())],
        &[],
    );
    object(
        &[
            ("number", count()),
            ("at_ms", count()),
            ("kind", json!({"type": "string", "enum": RecordKind::names()})),
            ("party", text()),
            ("provider", text_or_null()),
            ("operation", text_or_null()),
            ("reference", text_or_null()),
            ("id", text_or_null()),
            ("request", number()),
            ("delivery", number()),
            ("cause", number()),
            ("fault", text_or_null()),
            ("text", text()),
            ("told", or_null(told)),
            ("status", or_null(status)),
            ("content", or_null(content)),
        ],
        &[],
    )
}

const MAX_LIMIT: u64 = 1000;
