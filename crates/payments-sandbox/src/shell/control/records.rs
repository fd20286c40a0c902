//! The records as JSON.

use serde::Serialize;
use serde_json::{Value, json};

use super::super::record_query;
use crate::endpoint::schema::{count, list, object, text, text_or_null};
use crate::endpoint::{ControlCall, MAX_NUMBER, Query};
use crate::problem::Problem;
use crate::record::{Record, RecordKind};
use crate::state::SharedState;

/// Returns the records after a number that match the query, and the numbers of the records that are kept.
pub(super) fn page(state: &SharedState, call: &ControlCall<'_>) -> Result<Value, Problem> {
    state.tick();
    let (after, limit) = (call.number("after")?.unwrap_or(0), call.limit(MAX_LIMIT, MAX_LIMIT)?);
    let filter = record_query::filter(call)?;
    let state = state.lock();
    let page: Vec<Value> =
        state.records.after(after).filter(|record| filter.matches(record)).take(limit).map(value).collect();
    let number = |record: Option<&Record>| record.map(|record| record.number);
    let kept = state.records.records();
    Ok(json!({"first": number(kept.front()), "last": number(kept.back()), "records": page}))
}

fn value(record: &Record) -> Value {
    let mut value = json!(Members::of(record));
    let content = record.content.as_ref().map(|content| {
        json!({
            "start": content.start,
            "headers": content.headers,
            "body": content.body,
            "body_bytes": content.body_bytes,
        })
    });
    value["content"] = json!(content);
    value
}

/// A record without its content, as JSON.
#[derive(Serialize)]
pub(super) struct Members<'a> {
    number: u64,
    at_ms: u64,
    kind: &'static str,
    party: &'static str,
    provider: Option<&'static str>,
    operation: Option<&'static str>,
    reference: Option<&'a str>,
    id: Option<&'a str>,
    request: Option<u64>,
    delivery: Option<usize>,
    cause: Option<u64>,
    fault: Option<&'a str>,
    entry: Option<usize>,
    moves_money: bool,
    text: &'a str,
    told: Option<ToldMembers>,
    status: Option<StatusMembers>,
}

#[derive(Serialize)]
struct ToldMembers {
    bytes: u64,
    of: Option<u64>,
    status: Option<u16>,
    end: &'static str,
}

#[derive(Serialize)]
struct StatusMembers {
    from: Option<&'static str>,
    to: &'static str,
}

impl<'a> Members<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        Self {
            number: record.number,
            at_ms: u64::try_from(record.at.as_millis()).unwrap_or(u64::MAX),
            kind: record.kind.as_str(),
            party: record.party.as_str(),
            provider: record.provider,
            operation: record.operation,
            reference: record.reference.as_deref(),
            id: record.id.as_deref(),
            request: record.request,
            delivery: record.delivery,
            cause: record.cause,
            fault: record.fault.as_deref(),
            entry: record.entry,
            moves_money: record.moves_money,
            text: &record.text,
            told: record.told.map(|told| ToldMembers {
                bytes: told.bytes,
                of: told.of,
                status: told.status,
                end: told.end.as_str(),
            }),
            status: record.status.map(|change| StatusMembers { from: change.from, to: change.to }),
        }
    }
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
    record_query::KIND,
    record_query::ORDER,
    record_query::PROVIDER,
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
            ("entry", number()),
            ("moves_money", json!({"type": "boolean"})),
            ("text", text()),
            ("told", or_null(told)),
            ("status", or_null(status)),
            ("content", or_null(content)),
        ],
        &[],
    )
}

const MAX_LIMIT: u64 = 1000;
