//! The page that lists all endpoints, and the behaviours of each provider.

use std::sync::Arc;

use super::table;
use crate::html::escape;
use crate::http::Response;
use crate::shell::inspector::{Page, Pane};
use crate::state::SharedState;

pub(super) fn page(state: &Arc<SharedState>) -> Response {
    let last = state.last_record();
    let endpoints = table(state).into_iter().map(|(_, endpoint)| {
        let actions = match endpoint.actions {
            [] => String::new(),
            actions => format!("{}: ", actions.join(", ")),
        };
        let query: String =
            endpoint.query.iter().map(|query| format!("; ?{}: {}", query.name, query.summary)).collect();
        let text = format!("{actions}{}{query}", endpoint.summary);
        row(&format!("<code>{} {}</code>", endpoint.method.as_str(), breakable(endpoint.path)), &text)
    });
    let endpoints: String = endpoints.collect();
    let behaviours: String = state
        .lock()
        .engines()
        .iter()
        .map(|engine| {
            let spec = engine.spec();
            let rows: String =
                spec.behaviours.iter().map(|behaviour| row(behaviour.provenance.as_str(), behaviour.text)).collect();
            format!("<h2>Behaviour of {}</h2><dl class=\"list\">{rows}</dl>", spec.name)
        })
        .collect();
    let body = format!(
        "<p>Everything that these pages do is a request to one of these endpoints. <a href=\"/openapi.json\">/openapi.json</a> \
         describes them in OpenAPI 3.1.</p><h2>Endpoints</h2><dl class=\"list\">{endpoints}</dl>{behaviours}"
    );
    Page { pane: Pane::Api, title: "Control API", scripts: &[], body: &body, last }.respond(state)
}

/// `name` is HTML.
fn row(name: &str, text: &str) -> String {
    format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(text))
}

/// Lets a path wrap after each segment only.
fn breakable(path: &str) -> String {
    escape(path).replace('/', "<wbr>/")
}
