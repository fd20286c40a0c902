//! The parameters of the query that select records.

use serde_json::json;

use crate::endpoint::schema::text;
use crate::endpoint::{ControlCall, Query};
use crate::problem::Problem;
use crate::record::RecordKind;
use crate::record::filter::Filter;

pub(super) const KIND: Query = Query {
    name: "kind",
    summary: "only records of this kind",
    schema: || json!({"type": "string", "enum": RecordKind::names()}),
};

/// As a form sends it, where an empty text means every kind.
pub(super) const KIND_OR_EMPTY: Query = Query {
    name: "kind",
    summary: "only records of this kind",
    schema: || {
        let names: Vec<_> = [""].into_iter().chain(RecordKind::names()).collect();
        json!({"type": "string", "enum": names})
    },
};

pub(super) const ORDER: Query = Query { name: "order", summary: "only records about this reference", schema: text };

pub(super) const PROVIDER: Query = Query { name: "provider", summary: "only records of this provider", schema: text };

/// Returns the conditions in the query.
pub(super) fn filter(call: &ControlCall<'_>) -> Result<Filter, Problem> {
    read(|name| call.query(name))
}

/// Returns the conditions in the query, where a form sends an empty text for a field without a value.
pub(super) fn filter_of_form(call: &ControlCall<'_>) -> Result<Filter, Problem> {
    read(|name| call.query(name).filter(|value| !value.is_empty()))
}

fn read(value: impl Fn(&str) -> Option<String>) -> Result<Filter, Problem> {
    let kind = value("kind").map(|name| {
        let known = || RecordKind::names().join(", ");
        RecordKind::by_name(&name).ok_or_else(|| Problem::Invalid(format!("`kind` must be one of {}", known())))
    });
    Ok(Filter { kind: kind.transpose()?, order: value("order"), provider: value("provider") })
}
