//! TurraTech's error responses, in the documented form and with the documented statuses.

use serde_json::{Map, Value, json};

use super::card::Decline;
use crate::http::Response;

/// The error response to a rejected request.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    status: u16,
    kind: &'static str,
    code: &'static str,
    message: String,
    param: Option<String>,
    decline_code: Option<&'static str>,
    /// True if executing the request caused the error, and not its validation. The idempotency key then stores it.
    pub(crate) is_result: bool,
}

impl ErrorResponse {
    fn new(status: u16, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, kind, code, message, param: None, decline_code: None, is_result: false }
    }

    fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn invalid_api_key() -> Self {
        Self::new(401, "authentication_error", "invalid_api_key", "No valid API key was provided.")
    }

    pub(crate) fn not_permitted(operation: &str) -> Self {
        let message = format!("This API key does not have the permission for {operation}.");
        Self::new(403, "authentication_error", "insufficient_permissions", message)
    }

    pub(crate) fn too_many() -> Self {
        Self::new(429, "rate_limit_error", "rate_limit", "Too many requests hit the API too quickly.")
    }

    pub(crate) fn unknown_url(method: &str, path: &str) -> Self {
        Self::new(404, "invalid_request_error", "unknown_url", format!("There is no {method} {path}."))
    }

    /// The error of an unknown id in the path.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(404, "invalid_request_error", "resource_missing", format!("No such {what}: {id}")).with_param("id")
    }

    /// The error of an unknown id in a parameter.
    pub(crate) fn unknown_id(what: &str, id: &str, param: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", "resource_missing", format!("No such {what}: {id}")).with_param(param)
    }

    pub(crate) fn unreadable(message: &str) -> Self {
        Self::new(400, "invalid_request_error", "invalid_request", message)
    }

    pub(crate) fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        let message = format!("Missing required parameter: {param}.");
        Self::new(400, "invalid_request_error", "parameter_missing", message).with_param(param)
    }

    /// The error of an invalid parameter. `rule` continues a sentence about it: `must be a string`.
    pub(crate) fn invalid(param: impl Into<String>, rule: &str) -> Self {
        let param = param.into();
        let message = format!("Invalid {param}: it {rule}.");
        Self::new(400, "invalid_request_error", "parameter_invalid", message).with_param(param)
    }

    pub(crate) fn conflict(code: &'static str, message: &str) -> Self {
        Self::new(409, "invalid_request_error", code, message)
    }

    /// The error of a valid request that an object's state forbids.
    pub(crate) fn invalid_state(code: &'static str, message: String, param: Option<&str>) -> Self {
        let error = Self::new(400, "invalid_request_error", code, message);
        Self { is_result: true, param: param.map(str::to_owned), ..error }
    }

    /// The error of a decline.
    pub(crate) fn declined(decline: &Decline, param: &str) -> Self {
        let error = Self::new(402, "card_error", decline.code, decline.message).with_param(param);
        Self { is_result: true, decline_code: decline.decline_code, ..error }
    }

    pub(crate) fn response(&self) -> Response {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        if let Some(decline_code) = self.decline_code {
            error.insert("decline_code".to_owned(), json!(decline_code));
        }
        Response::json(self.status, &json!({"error": Value::Object(error)}))
    }
}
