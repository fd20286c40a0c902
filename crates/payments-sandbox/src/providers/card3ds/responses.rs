//! card3ds' responses. The form of errors is inferred, because the document shows none.

use serde::Serialize;
use serde_json::json;

use crate::http::Response;

/// Returns a JSON response. It serializes directly, because `serde_json::Value` would turn numbers into floats.
pub(super) fn json_response(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => Response::new(200, "application/json", body),
        Err(_) => ErrorResponse::new(500, "the response could not be serialized").response(),
    }
}

/// The error response to a rejected request.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    status: u16,
    field: Option<&'static str>,
    message: String,
}

impl ErrorResponse {
    /// An error about a field. It never quotes the value, which may be a real card number.
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
