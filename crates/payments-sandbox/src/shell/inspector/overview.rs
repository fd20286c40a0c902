//! The overview: the sandbox's seed and clock, and each provider's URL and keys, ready to be copied.

use std::fmt::Write as _;
use std::sync::Arc;

use super::layout::{Page, Pane};
use crate::html::escape;
use crate::http::Response;
use crate::state::{Credentials, SharedState};

pub(super) fn page(state: &Arc<SharedState>) -> Response {
    let last = state.last_record();
    state.tick();
    let providers: String = state.credentials().iter().map(provider).collect();
    let body = format!(
        "{}<h2>Providers</h2><p>Keys are valid for this sandbox only. They come from its seed.</p>{providers}",
        run(state)
    );
    Page { pane: Pane::Overview, title: "Overview", scripts: &[], body: &body, last }.respond(state)
}

/// What this run is, and its clock.
fn run(state: &Arc<SharedState>) -> String {
    let clock = if state.clock.is_manual() { "frozen" } else { "runs in real time" };
    let now = state.clock.now();
    let time = format!("{} {:02}:{:02}:{:02} UTC", now.date(), now.hour(), now.minute(), now.second());
    let counts = state.counts();
    format!(
        "<section id=\"run\" data-live aria-label=\"This run\"><dl class=\"facts\">\
         <div><dt>Seed</dt><dd>{}</dd></div>\
         <div><dt>Clock ({clock})</dt><dd><time datetime=\"{}\">{time}</time></dd></div>\
         <div><dt>Requests</dt><dd><a href=\"/inspector/timeline\">{}</a></dd></div>\
         <div><dt>Orders</dt><dd><a href=\"/inspector/orders\">{}</a></dd></div>\
         <div><dt>Ledger entries</dt><dd><a href=\"/inspector/ledger\">{}</a></dd></div>\
         <div><dt>Webhooks and callbacks</dt><dd><a href=\"/inspector/deliveries\">{}</a></dd></div>\
         <div><dt>Faults</dt><dd><a href=\"/inspector/faults\">{}</a></dd></div></dl></section>\
         <form data-post=\"/clock/advance\" class=\"row\"><label>Advance by, in seconds \
         <input name=\"seconds\" type=\"number\" data-type=\"number\" min=\"1\" max=\"315360000\" value=\"60\" required></label>\
         <button>Advance the clock</button></form>",
        state.seed,
        now.unix_timestamp(),
        counts.requests,
        counts.orders,
        counts.entries,
        counts.messages,
        counts.faults,
    )
}

fn provider((name, values): &Credentials) -> String {
    let mut html =
        format!("<section class=\"card\" aria-labelledby=\"{name}\"><h3 id=\"{name}\">{name}</h3><dl class=\"keys\">");
    for (key, value) in values {
        let id = format!("{name}-{key}");
        let label = key.replace('_', " ").replace("url", "URL").replace("api", "API");
        let _ = write!(
            html,
            "<div><dt>{label}</dt><dd><code id=\"{id}\">{}</code> <button data-copy=\"{id}\" aria-label=\"Copy {label} of {name}\">\
             Copy</button></dd></div>",
            escape(value)
        );
    }
    html.push_str("</dl>");
    for (kind, title, text) in
        [("env", "Environment variables", variables(name, values)), ("rust", "Rust", builder(name, values))]
    {
        let id = format!("{name}-{kind}");
        let _ = write!(
            html,
            "<details id=\"{id}-details\"><summary>{title}</summary><pre id=\"{id}\" tabindex=\"0\">{}</pre>\
             <button data-copy=\"{id}\" aria-label=\"Copy {name}: {title}\">Copy</button></details>",
            escape(&text)
        );
    }
    html.push_str("</section>");
    html
}

/// The variables that the SDK's `from_env` reads, and the base URL.
fn variables(name: &str, values: &[(&str, String)]) -> String {
    let prefix = name.replace('-', "_").to_ascii_uppercase();
    values.iter().map(|(key, value)| format!("export {prefix}_{}='{value}'\n", key.to_ascii_uppercase())).collect()
}

/// The SDK's client for this sandbox. Keys for webhooks and callbacks belong to other types.
fn builder(name: &str, values: &[(&str, String)]) -> String {
    let module = name.replace('-', "_");
    let keys: Vec<String> = values
        .iter()
        .filter(|(key, _)| *key != "base_url" && !key.starts_with("webhook") && !key.starts_with("callback"))
        .map(|(key, value)| format!("{module}::{}::new({value:?})?", type_name(key)))
        .collect();
    let base_url = values.iter().find(|(key, _)| *key == "base_url").map_or("", |(_, value)| value);
    format!(
        "let client = {module}::Client::builder({})\n    .base_url({base_url:?})\n    .build()?;\n",
        keys.join(", ")
    )
}

/// `api_key` as `ApiKey`.
fn type_name(key: &str) -> String {
    key.split('_').map(|word| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..])).collect()
}
