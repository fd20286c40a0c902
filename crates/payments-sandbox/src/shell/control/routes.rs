//! The endpoints that do not belong to one provider.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{index, openapi, records};
use crate::endpoint::Content::{Html, Json};
use crate::endpoint::Method::{Delete, Get, Post};
use crate::endpoint::schema::{self, count, list, object, text};
use crate::endpoint::{Body, Endpoint, Whole};
use crate::fault::ListedFault;
use crate::http::Response;
use crate::problem::Problem;
use crate::shell::route::SharedRoute;
use crate::state::SharedState;

pub(super) const ROUTES: &[SharedRoute] = &[
    SharedRoute {
        endpoint: Endpoint::new("api", Get, "/api", "lists all endpoints and behaviours, as this page", Html),
        handler: |state, _| Ok(index::page(state)),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "openapi",
            Get,
            "/openapi.json",
            "describes all endpoints, in OpenAPI 3.1",
            Json(|| json!({"type": "object"})),
        ),
        handler: |state, _| json(&openapi::description(state)),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "health",
            Get,
            "/health",
            "returns ok, the seed, and the name of this run",
            Json(|| object(&[("status", json!({"const": "ok"})), ("seed", count()), ("run", text())], &[])),
        ),
        handler: |state, _| json(&json!({"status": "ok", "seed": state.seed, "run": state.run})),
    },
    SharedRoute {
        endpoint: Endpoint::new("providers", Get, "/providers", "each provider's base URL and keys", Json(providers)),
        handler: |state, _| {
            let providers = state.credentials().iter().map(|(name, values)| {
                let values: BTreeMap<_, _> = values.iter().map(|(name, value)| (*name, value)).collect();
                (*name, values)
            });
            json(&json!(providers.collect::<BTreeMap<_, _>>()))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "ledger",
            Get,
            "/ledger",
            "everything that the providers executed",
            Json(|| list(&entry())),
        ),
        handler: |state, _| json(&json!(state.ledger().entries())),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "doubles",
            Get,
            "/doubles",
            "the orders that were executed, credited, captured or paid twice",
            Json(|| list(&text())),
        ),
        handler: |state, _| json(&state.ledger().doubles().iter().map(ToString::to_string).collect()),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "timeline",
            Get,
            "/timeline",
            "requests, faults, responses, ledger entries and webhooks, in order",
            Json(|| list(&text())),
        ),
        handler: |state, _| json(&json!(state.timeline().iter().map(ToString::to_string).collect::<Vec<_>>())),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "records",
            Get,
            "/records",
            "everything in the timeline as data, what clients were told, and what caused what",
            Json(records::page_schema),
        )
        .query(records::QUERY),
        handler: |state, call| json(&records::page(state, call)?),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "deliveries",
            Get,
            "/deliveries",
            "webhooks and callbacks to the merchant, with the result of each attempt",
            Json(|| list(&delivery())),
        ),
        handler: |state, _| json(&json!(state.lock().outbox.list())),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "faults",
            Get,
            "/faults",
            "all faults, how often each occurred, and how often it occurs at most",
            Json(|| list(&object(&[("number", count()), ("spec", text()), ("fired", count())], &[("limit", count())]))),
        ),
        handler: |state, _| {
            let faults = state.lock().faults.list();
            let fault = |ListedFault { number, spec, fired, budget }| {
                let mut fault = json!({"number": number, "spec": spec, "fired": fired});
                if let Some(limit) = budget {
                    fault["limit"] = limit.into();
                }
                fault
            };
            json(&faults.into_iter().map(fault).collect())
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "addFault",
            Post,
            "/faults",
            "adds a fault: {\"spec\": \"turbopay.withdraw @after-commit fin\"}",
            Json(|| object(&[("number", count()), ("spec", text())], &[])),
        )
        .body(Body::Required(fault)),
        handler: |state, call| {
            let NewFault { spec } = call.body()?;
            let number = state.add_fault(&spec).map_err(|err| Problem::invalid(err.to_string()))?;
            state.record_action(call.request, format_args!("the fault was added: {spec}"));
            json(&json!({"number": number, "spec": spec}))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new("removeFault", Delete, "/faults/{number}", "removes one fault", Json(schema::empty))
            .problems(&[404]),
        handler: |state, call| {
            let number = call.parameter("number");
            let removed = number.parse().is_ok_and(|number| state.lock().faults.remove(number));
            if removed {
                state.record_action(call.request, format_args!("fault {number} was removed"));
            }
            if removed { json(&json!({})) } else { Err(Problem::NotFound(format!("no such fault: {number:?}"))) }
        },
    },
    SharedRoute {
        endpoint: Endpoint::new("clearFaults", Delete, "/faults", "removes all faults", Json(|| list(&text()))),
        handler: |state, call| {
            state.lock().faults.clear();
            state.record_action(call.request, "the faults were removed");
            json(&json!([]))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new("clock", Get, "/clock", "the sandbox's time", Json(time)),
        handler: |state, _| json(&now(state)),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "advanceClock",
            Post,
            "/clock/advance",
            "advances the clock: {\"seconds\": 600}",
            Json(time),
        )
        .body(Body::Required(|| {
            object(&[("seconds", json!({"type": "integer", "minimum": 0, "maximum": MAX_ADVANCE}))], &[])
        })),
        handler: |state, call| {
            let Advance { seconds: Whole(seconds) } = call.body()?;
            if seconds > MAX_ADVANCE {
                return Err(Problem::Invalid(format!("`seconds` must be at most {MAX_ADVANCE} (ten years)")));
            }
            state.advance(Duration::from_secs(seconds), call.request);
            json(&now(state))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "releaseWebhooks",
            Post,
            "/webhooks/release",
            "releases the webhooks that faults hold",
            Json(schema::empty),
        ),
        handler: |state, call| {
            state.release();
            state.record_action(call.request, "the held messages were released");
            json(&json!({}))
        },
    },
];

#[expect(clippy::unnecessary_wraps, reason = "it ends handlers, which can fail")]
pub(super) fn json(value: &Value) -> Result<Response, Problem> {
    Ok(Response::json(200, value))
}

fn now(state: &SharedState) -> Value {
    json!({"now": state.clock.now().unix_timestamp(), "manual": state.clock.is_manual()})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    spec: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: Whole,
}

fn providers() -> Value {
    let values = json!({"type": "object", "additionalProperties": text()});
    json!({"type": "object", "additionalProperties": values})
}

fn fault() -> Value {
    let spec = json!({"type": "string", "examples": ["turbopay.withdraw#1 @after-commit fin"]});
    object(&[("spec", spec)], &[])
}

fn time() -> Value {
    object(&[("now", json!({"type": "integer"})), ("manual", json!({"type": "boolean"}))], &[])
}

pub(super) fn entry() -> Value {
    let request = json!({"type": ["integer", "null"]});
    object(
        &[
            ("number", count()),
            ("at", json!({"type": "integer"})),
            ("operation", text()),
            ("reference", text()),
            ("kind", text()),
            ("amount", json!({"type": "integer"})),
            ("currency", text()),
            ("moves_money", json!({"type": "boolean"})),
            ("request", request),
        ],
        &[],
    )
}

pub(super) fn delivery() -> Value {
    object(
        &[
            ("number", count()),
            ("operation", text()),
            ("reference", text()),
            ("about", text()),
            ("url", text()),
            ("attempts", count()),
            ("results", list(&text())),
            ("state", text()),
        ],
        &[],
    )
}

/// In seconds. A larger value is most likely a mistake in the unit.
const MAX_ADVANCE: u64 = 10 * 365 * 24 * 60 * 60;
