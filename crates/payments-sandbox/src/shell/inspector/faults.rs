//! The faults, which of them occurred, and a form that composes the text of another one.

use std::fmt::Write as _;
use std::sync::Arc;

use super::layout::{Page, Pane};
use crate::fault::{ListedFault, choices};
use crate::html::escape;
use crate::http::Response;
use crate::state::SharedState;

pub(super) fn page(state: &Arc<SharedState>) -> Response {
    let last = state.last_record();
    let body = format!(
        "<p>A fault changes what a client or a merchant sees. The ledger always has what really happened.</p>\
         {}<section id=\"faults\" data-live aria-label=\"Faults\"><h2>Faults of this run</h2>{}</section>",
        composer(state),
        list(state),
    );
    Page { pane: Pane::Faults, title: "Faults", scripts: &["/faults.js"], body: &body, last }.respond(state)
}

fn list(state: &SharedState) -> String {
    let faults = state.lock().faults.list();
    if faults.is_empty() {
        return "<p class=\"empty\">No faults. Add one above.</p>".to_owned();
    }
    let rows: String = faults.iter().map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of faults\"><table><thead><tr><th scope=\"col\">Fault</th>\
         <th scope=\"col\">Occurred</th><th scope=\"col\">Action</th></tr></thead><tbody>{rows}</tbody></table></div>\
         <p><button data-delete=\"/faults\">Remove all faults</button></p>"
    )
}

fn row(fault: &ListedFault) -> String {
    let ListedFault { number, spec, fired, budget } = fault;
    let occurred = match (fired, budget) {
        (0, _) => "<span class=\"warn\">not yet</span>".to_owned(),
        (fired, Some(budget)) if fired < budget => format!("{fired} of {budget} times"),
        (1, _) => "<span class=\"good\">once</span>".to_owned(),
        (fired, _) => format!("<span class=\"good\">{fired} times</span>"),
    };
    let spec = escape(spec);
    format!(
        "<tr><th scope=\"row\"><code>{spec}</code></th><td>{occurred}</td>\
         <td><button id=\"remove-{number}\" data-delete=\"/faults/{number}\" aria-label=\"Remove {spec}\">Remove</button></td></tr>"
    )
}

/// The lists, and the text that they compose. The text is what is sent, so it can also be typed.
fn composer(state: &SharedState) -> String {
    let mut triggers = String::new();
    for engine in state.lock().engines() {
        let spec = engine.spec();
        let _ =
            write!(triggers, "<optgroup label=\"{0}\"><option value=\"{0}\">{0}, any operation</option>", spec.name);
        for operation in spec.operations {
            let reads = spec.read_only_operations.contains(operation);
            let sends = spec.operations_with_messages.contains(operation);
            let _ = write!(
                triggers,
                "<option value=\"{0}.{operation}\" data-reads=\"{reads}\" data-sends=\"{sends}\">{0}.{operation}</option>",
                spec.name
            );
        }
        triggers.push_str("</optgroup>");
    }
    let phases: String = choices(state.is_tls)
        .iter()
        .map(|choice| {
            format!(
                "<option value=\"{0}\" data-effects=\"{1}\" data-operation=\"{2}\" data-order=\"{3}\"{4}>@{0}</option>",
                choice.phase,
                choice.effects.join(" "),
                choice.knows_operation,
                choice.knows_order,
                if choice.phase == "after-commit" { " selected" } else { "" },
            )
        })
        .collect();
    format!(
        "<section class=\"card\" aria-labelledby=\"compose\"><h2 id=\"compose\">Add a fault</h2><div id=\"composer\" class=\"row\">\
         <label>Operation <select id=\"trigger\">{triggers}</select></label>\
         <label>Call number <input id=\"calls\" placeholder=\"next; 1, 2-5 or *\" size=\"14\" pattern=\"[0-9]+(-[0-9]+)?|\\*\"></label>\
         <label>Order <input id=\"order\" placeholder=\"any\" size=\"14\" pattern=\"\\S*\"></label>\
         <label>Probability, % <input id=\"percent\" type=\"number\" min=\"1\" max=\"100\" placeholder=\"100\"></label>\
         <label>Phase <select id=\"phase\">{phases}</select></label>\
         <label>Effect <select id=\"effect\"></select></label>\
         <label>Value of the effect <input id=\"value\" size=\"8\"></label>\
         <label>At most, times <input id=\"times\" placeholder=\"default; 3 or *\" size=\"12\" pattern=\"[0-9]+|\\*\"></label></div>\
         <form data-post=\"/faults\" data-keep class=\"row\"><label class=\"wide\">As text \
         <input id=\"spec\" name=\"spec\" class=\"mono\" required autocomplete=\"off\" spellcheck=\"false\" \
         placeholder=\"turbopay.withdraw#1 @after-commit fin\"></label><button class=\"main\">Add</button></form>\
         <p class=\"quiet\">The text is also what <code>--fault</code> and <code>Sandbox::fault</code> take.</p></section>"
    )
}
