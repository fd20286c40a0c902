//! JSON Schemas that several endpoints share.

use serde_json::{Value, json};

/// An object with exactly these members.
pub(crate) fn object(required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    let members: serde_json::Map<String, Value> =
        required.iter().chain(optional).map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": members, "required": names, "additionalProperties": false})
}

pub(crate) fn empty() -> Value {
    object(&[], &[])
}

pub(crate) fn text() -> Value {
    json!({"type": "string"})
}

pub(crate) fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

/// An integer from 0.
pub(crate) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

pub(crate) fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// An `http` or `https` URL of visible ASCII characters.
pub(crate) fn url() -> Value {
    let pattern = "^https?://([A-Za-z0-9._~-]+|\\[::1\\])(:[0-9]{1,4})?([/?#][!-~]*)?$";
    json!({"type": "string", "pattern": pattern, "examples": ["http://127.0.0.1:8080/webhooks"]})
}

/// A decimal above zero with at most two decimals, as text.
pub(crate) fn amount() -> Value {
    json!({"type": "string", "pattern": "^(?=.*[1-9])[0-9]{1,15}(\\.[0-9]{0,2}0{0,20})?$", "examples": ["250.00"]})
}

/// The body of a problem.
pub(crate) fn problem() -> Value {
    object(&[("error", text())], &[])
}
