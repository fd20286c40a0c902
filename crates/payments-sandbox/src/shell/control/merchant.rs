//! What the merchant's test says: notes, and the statuses that its orders must have.

use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::json;
use crate::endpoint::Content::Json;
use crate::endpoint::Method::{Get, Post};
use crate::endpoint::schema::{list, object, text, text_or_null};
use crate::endpoint::{Body, Endpoint};
use crate::problem::Problem;
use crate::shell::route::SharedRoute;

pub(super) const ROUTES: &[SharedRoute] = &[
    SharedRoute {
        endpoint: Endpoint::new(
            "addNote",
            Post,
            "/notes",
            "adds a line to the timeline: {\"text\": \"paid, says the client\"}; optional: {\"reference\": \"order-1\"}",
            Json(note),
        )
        .body(Body::Required(note)),
        handler: |state, call| {
            let Note { text, reference } = call.body()?;
            state.note(format_args!("{text}"), reference.as_deref());
            json(&json!({"text": text, "reference": reference}))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "expectations",
            Get,
            "/expectations",
            "the statuses that orders must have at the end, beside their present ones",
            Json(|| list(&object(&[("reference", text()), ("expected", text()), ("status", text())], &[]))),
        ),
        handler: |state, _| {
            let expectations = state.expectations().into_iter().map(|(reference, expected, status)| {
                json!({"reference": reference, "expected": expected, "status": status})
            });
            json(&expectations.collect())
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "expectStatus",
            Post,
            "/expectations",
            "sets the status that an order must have at the end, such as the one that your application stored: \
             {\"reference\": \"order-1\", \"status\": \"success\"}",
            Json(expectation),
        )
        .body(Body::Required(expectation)),
        handler: |state, call| {
            let Expectation { reference, status } = call.body()?;
            state.expect_status(&reference, &status);
            json(&json!({"reference": reference, "status": status}))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "sameOrder",
            Post,
            "/same-orders",
            "says that your application uses these references for one order: {\"references\": [\"order-1\", \"order-1b\"]}",
            Json(same_order),
        )
        .body(Body::Required(same_order)),
        handler: |state, call| {
            let SameOrder { references } = call.body()?;
            if references.len() < 2 {
                return Err(Problem::invalid("`references` must have at least two references"));
            }
            state.same_order(references.clone());
            json(&json!({"references": references}))
        },
    },
];

fn same_order() -> Value {
    let references = json!({"type": "array", "items": text(), "minItems": 2});
    object(&[("references", references)], &[])
}

fn note() -> Value {
    object(&[("text", text())], &[("reference", text_or_null())])
}

fn expectation() -> Value {
    object(&[("reference", text()), ("status", text())], &[])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SameOrder {
    references: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
    reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    reference: String,
    status: String,
}
