//! The control API: what a test in another language asks of the sandbox.

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
        (_, ["astray"]) => {
            state.record_misdirected(request);
            Ok(json!({"status": "astray"}))
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
            if seconds > LONGEST_ADVANCE {
                return Err(format!("`seconds` must be at most {LONGEST_ADVANCE}, ten years"));
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
    Response::json(404, &json!({"error": "there is no such address; GET / lists them"}))
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
    let mut addresses = rows(ADDRESSES);
    let mut behaviours = String::new();
    for engine in state.engines() {
        addresses.push_str(&rows(engine.spec().control_addresses));
        let known = engine.spec().behaviours.iter().map(|behaviour| (behaviour.provenance.as_str(), behaviour.what));
        behaviours.push_str(&format!(
            "<h1>{} here</h1><table>{}</table>",
            engine.spec().name,
            rows(&known.collect::<Vec<_>>())
        ));
    }
    html::document("Payments sandbox", &format!("<table>{addresses}</table>{behaviours}"))
}

fn rows(rows: &[(&str, &str)]) -> String {
    rows.iter()
        .map(|(a, b)| format!("<tr><td><code>{}</code></td><td>{}</td></tr>", html::escape(a), html::escape(b)))
        .collect()
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
];
