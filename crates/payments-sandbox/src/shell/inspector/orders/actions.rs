//! Buttons and forms for what banks, customers and back offices do. Each is a request to the control API.

use std::fmt::Write as _;

use serde_json::Value;

use super::key;
use crate::html::escape;
use crate::state::{Order, OrderAction};

/// The actions without a body.
pub(super) fn buttons(order: &Order) -> String {
    let actions = order.actions.iter().filter(|action| !action.needs_body);
    let buttons: String = actions.map(|action| button(order, action)).collect();
    if buttons.is_empty() { String::new() } else { format!("<div class=\"actions\">{buttons}</div>") }
}

/// All actions.
pub(super) fn section(order: &Order) -> String {
    let mut html = String::from("<h2>Act as the bank, the customer or the back office</h2>");
    if order.actions.is_empty() {
        html.push_str("<p class=\"quiet\">No action is possible in this status.</p>");
    }
    html.push_str(&buttons(order));
    for action in order.actions.iter().filter(|action| !action.members.is_empty()) {
        html.push_str(&form(order, action));
    }
    html
}

fn button(order: &Order, action: &OrderAction) -> String {
    let (name, path) = (action.name, escape(&action.path));
    format!(
        "<button id=\"{name}-{}\" data-post=\"{path}\" aria-label=\"{name}: {}\">{name}</button>",
        key(order),
        escape(&order.reference)
    )
}

fn form(order: &Order, action: &OrderAction) -> String {
    let (name, path, key) = (action.name, escape(&action.path), key(order));
    let is_member = action.members.iter().any(|(member, _)| *member == name);
    let label = if is_member { format!("change the {name}") } else { name.to_owned() };
    let fields: String = action
        .members
        .iter()
        .map(|(member, schema)| field(&format!("{name}-{key}-{member}"), member, schema))
        .collect();
    let form = format!(
        "<form data-post=\"{path}\" class=\"row\">{fields}<button id=\"send-{name}-{key}\">{label}</button></form>"
    );
    if action.needs_body {
        return form;
    }
    let members: Vec<&str> = action.members.iter().map(|(member, _)| *member).collect();
    format!("<details id=\"more-{name}-{key}\"><summary>{name} with {}</summary>{form}</details>", members.join(" or "))
}

/// A field for a member of the body, as its schema describes it.
fn field(id: &str, member: &str, schema: &Value) -> String {
    let schema = schema["anyOf"].as_array().and_then(|variants| variants.first()).unwrap_or(schema);
    if let Some(values) = schema["enum"].as_array() {
        let mut options = String::new();
        for value in values.iter().filter_map(Value::as_str) {
            let _ = write!(options, "<option>{}</option>", escape(value));
        }
        return format!("<label>{member} <select id=\"{id}\" name=\"{member}\">{options}</select></label>");
    }
    let is_number = ["integer", "number"].iter().any(|kind| {
        schema["type"] == *kind
            || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|known| known == kind))
    });
    let kind = if is_number { "type=\"number\" data-type=\"number\" min=\"1\"" } else { "type=\"text\"" };
    let example = schema["examples"][0].as_str().map(|example| format!(" placeholder=\"{}\"", escape(example)));
    format!(
        "<label>{member} <input id=\"{id}\" name=\"{member}\" {kind} autocomplete=\"off\"{}></label>",
        example.unwrap_or_default()
    )
}
