//! What card3ds responds with. The document has no form of an error: this one is inferred.

use serde::Serialize;
use serde_json::json;

use crate::http::Response;

/// A response in which numbers stand as they are written: `serde_json`'s own values would make floats of them.
pub(super) fn json_response(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => Response::new(200, "application/json", body),
        Err(_) => ErrorResponse::new(500, "the answer could not be written").response(),
    }
}

/// Why a request was not taken.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    status: u16,
    field: Option<&'static str>,
    message: String,
}

impl ErrorResponse {
    /// A field with a value that does not fit. No value is ever repeated: it might be a card number.
    pub(crate) fn field(field: &'static str, rule: &str) -> Self {
        Self { status: 400, field: Some(field), message: format!("{field} {rule}") }
    }

    pub(crate) fn new(status: u16, message: &str) -> Self {
        Self { status, field: None, message: message.to_owned() }
    }

    pub(crate) fn response(self) -> Response {
        let mut body = json!({"message": self.message});
        if let Some(field) = self.field {
            body["field"] = json!(field);
        }
        Response::json(self.status, &body)
    }
}
