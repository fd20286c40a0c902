//! The index page: all endpoints, and the behaviours of each provider.

use super::table;
use crate::html;
use crate::state::SharedState;

pub(super) fn page(state: &SharedState) -> String {
    let table = table(state);
    let endpoints = table.iter().map(|(_, endpoint)| {
        let actions = match endpoint.actions {
            [] => String::new(),
            actions => format!("{}: ", actions.join(", ")),
        };
        let query: String = endpoint.query.iter().map(|query| format!("; ?{}={}", query.name, query.summary)).collect();
        let text = format!("{actions}{}{query}", endpoint.summary);
        row(&format!("{} {}", endpoint.method.as_str(), endpoint.path), &text)
    });
    let endpoints: String = endpoints.collect();
    let state = state.lock();
    let behaviours = state.engines().iter().map(|engine| {
        let spec = engine.spec();
        let rows: String =
            spec.behaviours.iter().map(|behaviour| row(behaviour.provenance.as_str(), behaviour.text)).collect();
        format!("<h1>Behaviour of {}</h1><table>{rows}</table>", spec.name)
    });
    let behaviours: String = behaviours.collect();
    html::wide_document("Payments sandbox", &format!("<table>{endpoints}</table>{behaviours}"))
}

fn row(name: &str, text: &str) -> String {
    format!("<tr><td><code>{}</code></td><td>{}</td></tr>", html::escape(name), html::escape(text))
}
