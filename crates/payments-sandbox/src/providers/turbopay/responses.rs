//! TurboPay's error responses, in the words of its documentation and recorded responses.

use serde_json::{Value, json};

use crate::http::Response;

/// The error response to a rejected request.
pub(crate) struct ErrorResponse {
    message: Option<String>,
    errors: Vec<(&'static str, String)>,
}

impl ErrorResponse {
    /// An error with a message only.
    pub(crate) fn message(message: &str) -> Self {
        Self { message: Some(message.to_owned()), errors: Vec::new() }
    }

    /// An error about fields, whose message is that of the first field.
    pub(crate) fn fields(errors: Vec<(&'static str, String)>) -> Self {
        Self { message: None, errors }
    }

    /// An error about one field, under the message `invalid request`.
    pub(crate) fn invalid(field: &'static str, problem: String) -> Self {
        Self { message: Some("invalid request".to_owned()), errors: vec![(field, problem)] }
    }

    pub(crate) fn response(self) -> Response {
        let first = self.errors.first().map(|(_, problem)| problem.clone()).unwrap_or_default();
        let more = self.errors.len().saturating_sub(1);
        let plural = if more == 1 { "error" } else { "errors" };
        let message = match self.message {
            Some(message) => message,
            None if more == 0 => first,
            None => format!("{first} (and {more} more {plural})"),
        };
        let mut body = json!({"message": message});
        if !self.errors.is_empty() {
            let mut errors = serde_json::Map::new();
            for (field, problem) in self.errors {
                let problems = errors.entry(field).or_insert_with(|| json!([]));
                if let Some(problems) = problems.as_array_mut() {
                    problems.push(Value::String(problem));
                }
            }
            body["errors"] = Value::Object(errors);
        }
        Response::json(422, &body)
    }
}

/// The web framework's 404 response (recorded).
pub(super) fn not_routed(path: &str) -> Response {
    let path = path.trim_start_matches('/');
    let frame = json!({
        "file": "/var/www/vendor/laravel/framework/src/Illuminate/Routing/RouteCollection.php",
        "line": 162,
        "function": "handleMatchedRoute",
        "class": "Illuminate\\Routing\\AbstractRouteCollection",
        "type": "->",
    });
    let body = json!({
        "message": format!("The route {path} could not be found."),
        "exception": "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException",
        "file": "/var/www/vendor/laravel/framework/src/Illuminate/Routing/AbstractRouteCollection.php",
        "line": 45,
        "trace": [frame],
    });
    Response::json(404, &body)
}
