//! tur.bo's part of the control API.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurboLinkEngine;
use super::fee::Fee;
use super::link::Action;
use crate::endpoint::Content::Json;
use crate::endpoint::Method::Post;
use crate::endpoint::schema::{self, object, text, text_or_null};
use crate::endpoint::{Body, ControlCall, Endpoint};
use crate::engine::{ControlResult, Engine, EngineRoute};
use crate::http::read_json;
use crate::problem::Problem;

pub(super) const ROUTES: &[EngineRoute<TurboLinkEngine>] = &[
    EngineRoute {
        endpoint: Endpoint::new(
            "turboLinkCreate",
            Post,
            "/turbo-link/links",
            "creates a link: {\"amount\": \"1.00\"}; optional: {\"fee\": {\"setting\": \"flat\", \"value\": \"0.50\"}}",
            Json(|| object(&[("id", text()), ("url", text()), ("qr", text())], &[])),
        )
        .body(Body::Required(|| {
            let fee = json!({"anyOf": [fee(), {"type": "null"}]});
            object(&[("amount", schema::amount())], &[("fee", fee)])
        })),
        handler: create,
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "turboLinkFee",
            Post,
            "/turbo-link/links/{id}/fee",
            "sets the fee: {\"setting\": \"flat\", \"value\": \"0.50\"}, {\"setting\": \"percentage\", \"value\": \
             \"2.5\"}, {\"setting\": \"disabled\"}",
            Json(status),
        )
        .body(Body::Required(fee))
        .problems(&[404, 409]),
        handler: |engine, call, _| {
            let id = call.parameter("id");
            engine.set_fee(id, &call.body::<NewFee>()?.fee()?)?;
            Ok((Vec::new(), json!({"id": id, "status": engine.status(id)})))
        },
    },
    EngineRoute {
        endpoint: Endpoint::new(
            "turboLinkAction",
            Post,
            "/turbo-link/links/{id}/{action}",
            "the action of the customer or the merchant",
            Json(status),
        )
        .actions(&["complete", "refund"])
        .problems(&[404, 409]),
        handler: act,
    },
];

fn create(engine: &mut TurboLinkEngine, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
    let new: NewLink = call.body()?;
    let fee =
        new.fee.map(|fee| read_json::<NewFee>(fee.get().as_bytes()).map_err(Problem::Invalid)?.fee()).transpose()?;
    let (effects, id) = engine.create(&new.amount, now)?;
    if let Some(fee) = &fee {
        engine.set_fee(&id, fee)?;
    }
    let (url, qr) = engine.urls(&id)?;
    Ok((effects, json!({"id": id, "url": url, "qr": qr})))
}

fn act(engine: &mut TurboLinkEngine, call: &ControlCall<'_>, _: OffsetDateTime) -> ControlResult {
    let id = call.parameter("id");
    let action = match call.action() {
        "complete" => Action::Complete,
        "refund" => Action::Refund,
        _ => return Err(call.unknown_action()),
    };
    let effects = engine.act(id, action)?;
    Ok((effects, json!({"id": id, "status": engine.status(id)})))
}

fn status() -> Value {
    object(&[("id", text()), ("status", text_or_null())], &[])
}

fn fee() -> Value {
    let setting = |names: &[&str]| json!({"type": "string", "enum": names});
    json!({"anyOf": [
        object(&[("setting", setting(&["flat", "percentage"])), ("value", schema::amount())], &[]),
        object(&[("setting", setting(&["disabled"]))], &[]),
    ]})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    amount: String,
    /// Read as an object, which serde's derive does not insist on.
    fee: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFee {
    setting: String,
    value: Option<String>,
}

impl NewFee {
    /// Returns the fee, with a valid number.
    fn fee(self) -> Result<Fee, Problem> {
        let fee = match (self.setting.as_str(), self.value) {
            ("disabled", None) => Fee::Disabled,
            ("flat", Some(dollars)) => Fee::Flat(dollars),
            ("percentage", Some(percent)) => Fee::Percentage(percent),
            ("disabled", Some(_)) => return Err(Problem::invalid("`value` must be left out if the fee is disabled")),
            ("flat" | "percentage", None) => return Err(Problem::invalid("`value` is required: the fee")),
            _ => return Err(Problem::invalid("`setting` must be flat, percentage or disabled")),
        };
        fee.charge()?;
        Ok(fee)
    }
}
