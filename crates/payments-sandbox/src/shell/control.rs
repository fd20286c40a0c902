//! The control API, for tests in other languages.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::html;
use crate::http::{Request, Response, percent_decode, read_json};
use crate::state::SharedState;

pub(crate) fn respond(state: &Arc<SharedState>, request: &Request) -> Response {
    let segments: Vec<String> = request.path.trim_matches('/').split('/').map(percent_decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let result = match (request.method.as_str(), segments.as_slice()) {
        ("GET", [""]) => return Response::html(200, index(state)),
        (_, [MISDIRECTED]) => {
            state.record_misdirected(request);
            Ok(misdirected_body())
        }
        ("GET", ["health"]) => Ok(json!({"status": "ok", "seed": state.seed})),
        ("GET", ["ledger"]) => Ok(json!(state.ledger().entries())),
        ("GET", ["timeline"]) => Ok(json!(state.timeline().iter().map(ToString::to_string).collect::<Vec<_>>())),
        ("GET", ["deliveries"]) => Ok(json!(state.lock().outbox.list())),
        ("GET", ["faults"]) => {
            let faults = state.lock().faults.list();
            Ok(faults.into_iter().map(|(spec, fired)| json!({"spec": spec, "fired": fired})).collect())
        }
        ("POST", ["faults"]) => read_json(&request.body).and_then(|NewFault { spec }| {
            state.add_fault(&spec).map_err(|err| err.to_string())?;
            Ok(json!({"spec": spec}))
        }),
        ("DELETE", ["faults"]) => {
            state.lock().faults.clear();
            Ok(json!([]))
        }
        ("GET", ["clock"]) => Ok(clock(state)),
        ("POST", ["clock", "advance"]) => read_json(&request.body).and_then(|Advance { seconds }| {
            if seconds > MAX_ADVANCE {
                return Err(format!("`seconds` must be at most {MAX_ADVANCE} (ten years)"));
            }
            state.clock.advance(Duration::from_secs(seconds));
            state.tick();
            Ok(clock(state))
        }),
        ("POST", ["webhooks", "release"]) => {
            state.release();
            Ok(json!({}))
        }
        ("POST", [provider, path @ ..]) => match state.control(provider, path, &request.body) {
            Some(result) => result,
            None => return not_found(),
        },
        _ => return not_found(),
    };
    match result {
        Ok(value) => Response::json(200, &value),
        Err(problem) => Response::json(422, &json!({"error": problem})),
    }
}

fn not_found() -> Response {
    Response::json(404, &json!({"error": "no such endpoint; GET / lists all endpoints"}))
}

fn clock(state: &SharedState) -> Value {
    json!({"now": state.clock.now().unix_timestamp(), "manual": state.clock.is_manual()})
}

#[derive(Deserialize)]
struct NewFault {
    spec: String,
}

#[derive(Deserialize)]
struct Advance {
    seconds: u64,
}

fn index(state: &SharedState) -> String {
    let state = state.lock();
    let mut endpoints = rows(ENDPOINTS);
    let mut behaviours = String::new();
    for engine in state.engines() {
        endpoints.push_str(&rows(engine.spec().control_endpoints));
        let known = engine.spec().behaviours.iter().map(|behaviour| (behaviour.provenance.as_str(), behaviour.text));
        behaviours.push_str(&format!(
            "<h1>Behaviour of {}</h1><table>{}</table>",
            engine.spec().name,
            rows(&known.collect::<Vec<_>>())
        ));
    }
    html::document("Payments sandbox", &format!("<table>{endpoints}</table>{behaviours}"))
}

fn rows(rows: &[(&str, &str)]) -> String {
    rows.iter()
        .map(|(a, b)| format!("<tr><td><code>{}</code></td><td>{}</td></tr>", html::escape(a), html::escape(b)))
        .collect()
}

/// The body of the response to a misdirected request.
pub(super) fn misdirected_body() -> Value {
    json!({"status": "misdirected"})
}

/// The path that redirect faults lead to. It only records that the client under test followed the redirect.
pub(super) const MISDIRECTED: &str = "misdirected";

/// In seconds. A larger value is most likely a mistake in the unit.
const MAX_ADVANCE: u64 = 10 * 365 * 24 * 60 * 60;

const ENDPOINTS: &[(&str, &str)] = &[
    ("GET /health", "returns ok and the seed"),
    ("GET /ledger", "everything that the providers executed"),
    ("GET /timeline", "requests, faults, responses, ledger entries and webhooks, in order"),
    ("GET /deliveries", "webhooks and callbacks to the merchant, with the result of each attempt"),
    ("GET /faults", "all faults, and how often each occurred"),
    ("POST /faults", "adds a fault: {\"spec\": \"turbopay.withdraw @after-commit fin\"}"),
    ("DELETE /faults", "removes all faults"),
    ("GET /clock", "the sandbox's time"),
    ("POST /clock/advance", "advances the clock: {\"seconds\": 600}"),
    ("POST /webhooks/release", "releases the webhooks that faults hold"),
];
