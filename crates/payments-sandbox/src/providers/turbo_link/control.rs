//! tur.bo's part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurboLinkEngine;
use super::fee::Fee;
use super::link::Action;
use crate::engine::{ControlResult, Engine};
use crate::http::read_json;

pub(super) const ENDPOINTS: &[(&str, &str)] = &[
    (
        "POST /turbo-link/links",
        "creates a link: {\"amount\": \"1.00\"}; optional: {\"fee\": {\"setting\": \"flat\", \"value\": \"0.50\"}}",
    ),
    ("POST /turbo-link/links/{id}/{action}", "complete, refund"),
    (
        "POST /turbo-link/links/{id}/fee",
        "sets the fee: {\"setting\": \"flat\", \"value\": \"0.50\"}, {\"setting\": \"percentage\", \"value\": \"2.5\"}, {\"setting\": \"disabled\"}",
    ),
];

pub(super) fn act(
    engine: &mut TurboLinkEngine,
    path: &[&str],
    body: &[u8],
    now: OffsetDateTime,
) -> Option<ControlResult> {
    match path {
        ["links"] => Some(create(engine, body, now).map(|response| (Vec::new(), response))),
        ["links", id, "fee"] => Some(read_json(body).and_then(|fee: Fee| {
            engine.set_fee(id, &fee)?;
            Ok((Vec::new(), json!({"id": id, "status": engine.status(id)})))
        })),
        ["links", id, action] => Some(act_by_name(engine, id, action)),
        _ => None,
    }
}

fn create(engine: &mut TurboLinkEngine, body: &[u8], now: OffsetDateTime) -> Result<Value, String> {
    let new: NewLink = read_json(body)?;
    if let Some(fee) = &new.fee {
        fee.charge()?;
    }
    let id = engine.create(&new.amount, now)?;
    if let Some(fee) = &new.fee {
        engine.set_fee(&id, fee)?;
    }
    let (url, qr) = engine.urls(&id)?;
    Ok(json!({"id": id, "url": url, "qr": qr}))
}

fn act_by_name(engine: &mut TurboLinkEngine, id: &str, name: &str) -> ControlResult {
    let action = match name {
        "complete" => Action::Complete,
        "refund" => Action::Refund,
        _ => return Err(format!("{name:?} is not an action; expected one of complete, refund, fee")),
    };
    let effects = engine.act(id, action)?;
    Ok((effects, json!({"id": id, "status": engine.status(id)})))
}

#[derive(Deserialize)]
struct NewLink {
    amount: String,
    fee: Option<Fee>,
}
