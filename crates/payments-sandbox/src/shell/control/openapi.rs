//! The OpenAPI 3.1 description of the control API, made of its table.

use serde_json::{Map, Value, json};

use super::table;
use crate::endpoint::{Body, Content, Endpoint, Method, Query, schema};
use crate::state::SharedState;

pub(super) fn description(state: &SharedState) -> Value {
    let mut paths = Map::new();
    for (_, endpoint) in table(state) {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_ascii_lowercase()] = operation(endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Payments sandbox: control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Controls simulated payment providers on loopback. Every POST needs the header \
                `Content-Type: application/json`.",
        },
        "servers": [{"url": state.control_url}],
        "paths": paths,
        "components": {"schemas": {"Problem": schema::problem()}},
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut responses = Map::new();
    let (media_type, content) = match endpoint.response {
        Content::Html => ("text/html", schema::text()),
        Content::Csv => ("text/csv", schema::text()),
        Content::Rust => ("text/plain", schema::text()),
        Content::Json(schema) => ("application/json", schema()),
        Content::Events => ("text/event-stream", schema::text()),
    };
    responses.insert("200".to_owned(), response("Success.", media_type, &content));
    let common: &[u16] = match endpoint.method {
        Method::Post => &[403, 415, 422],
        Method::Get if !endpoint.query.is_empty() => &[403, 422],
        Method::Get | Method::Delete => &[403],
    };
    for status in common.iter().chain(endpoint.problems) {
        let problem = response(meaning(*status), "application/json", &json!({"$ref": "#/components/schemas/Problem"}));
        responses.insert(status.to_string(), problem);
    }
    let parameters = endpoint.parameters().map(|name| parameter(name, endpoint.actions));
    let query = endpoint.query.iter().map(|Query { name, summary, schema }| {
        json!({"name": name, "in": "query", "description": summary, "schema": schema()})
    });
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "parameters": parameters.chain(query).collect::<Vec<_>>(),
        "responses": responses,
    });
    if endpoint.method == Method::Post {
        let schema = match endpoint.body {
            Body::None => schema::empty(),
            Body::Optional(schema) | Body::Required(schema) => schema(),
        };
        // The server also accepts no body where no member is required. A client that sends one always has a content type.
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

fn parameter(name: &str, actions: &[&str]) -> Value {
    let schema = match name {
        "action" => json!({"type": "string", "enum": actions}),
        "number" => json!({"type": "integer", "minimum": 1}),
        _ => json!({"type": "string", "minLength": 1}),
    };
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

fn response(description: &str, media_type: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {media_type: {"schema": schema}}})
}

fn meaning(status: u16) -> &'static str {
    match status {
        403 => "The `Host` or the `Origin` may not use the control API.",
        404 => "There is no such object or action.",
        409 => "The state does not allow the action.",
        415 => "The `Content-Type` is not `application/json`.",
        _ => "The input breaks a rule.",
    }
}
