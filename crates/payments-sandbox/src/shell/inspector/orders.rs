//! The orders: a list, and a page for each with its states, both views of it, and what can be done with it.

mod actions;
mod states;

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use super::super::control::rust_test;
use super::layout::{Page, Pane};
use crate::endpoint::schema::text;
use crate::endpoint::{ControlCall, Query};
use crate::html::escape;
use crate::http::{Response, percent_encode};
use crate::ledger::{Entry, EntryKind};
use crate::problem::Problem;
use crate::state::{Order, OrderFilter, OrderRequest, SharedState};

pub(super) const QUERY: &[Query] = &[
    Query { name: "provider", summary: "only orders of this provider", schema: text },
    Query { name: "reference", summary: "only orders with this reference", schema: text },
    Query {
        name: "limit",
        summary: "the most orders; default: 100",
        schema: || json!({"type": "integer", "minimum": 1, "maximum": MOST}),
    },
];

/// The list, the newest order first.
pub(super) fn page(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Result<Response, Problem> {
    let limit = call.limit(FEW, MOST)?;
    let value = |name: &str| call.query(name).filter(|value| !value.is_empty());
    let filter = OrderFilter { provider: value("provider"), reference: value("reference"), id: None, limit };
    let last = state.last_record();
    let (orders, count) = state.orders(&filter);
    let mut list: String = orders.iter().map(card).collect();
    if orders.is_empty() {
        list.push_str("<p class=\"empty\">No order matches.</p>");
    }
    if let Some(more) = count.checked_sub(orders.len()).filter(|more| *more > 0) {
        let next = if limit < MORE { MORE } else { usize::try_from(MOST).unwrap_or(usize::MAX) };
        let (provider, reference) = (filter.provider.as_deref(), filter.reference.as_deref());
        let [provider, reference] = [provider, reference].map(|value| percent_encode(value.unwrap_or_default()));
        let _ = write!(
            list,
            "<p><a href=\"/inspector/orders?provider={provider}&amp;reference={reference}&amp;limit={next}\">Show more</a> \
             <span class=\"quiet\">{more} older orders</span></p>"
        );
    }
    let body = format!(
        "{}<section id=\"orders\" data-live aria-label=\"List of orders\">{list}</section>",
        filters(state, &filter)
    );
    Ok(Page { pane: Pane::Orders, title: "Orders", scripts: &[], body: &body, last }.respond(state))
}

fn filters(state: &SharedState, filter: &OrderFilter) -> String {
    let mut providers = String::from("<option value=\"\">all</option>");
    for engine in state.lock().engines() {
        let name = engine.spec().name;
        let selected = if filter.provider.as_deref() == Some(name) { " selected" } else { "" };
        let _ = write!(providers, "<option{selected}>{name}</option>");
    }
    format!(
        "<form class=\"row\" method=\"get\"><label>Provider <select name=\"provider\">{providers}</select></label>\
         <label>Reference <input name=\"reference\" value=\"{}\"></label><button>Filter</button></form>",
        escape(filter.reference.as_deref().unwrap_or_default())
    )
}

fn card(order: &Order) -> String {
    let (path, key) = (page_of(order), key(order));
    let mut html = format!(
        "<article class=\"card\" aria-labelledby=\"order-{key}\"><h2 id=\"order-{key}\"><a href=\"{path}\">{}</a> \
         <span class=\"badge\">{}</span></h2><p class=\"quiet\">{}.{} · {} · {}</p>",
        escape(&order.reference),
        order.status,
        order.provider,
        order.operation,
        escape(&order.unit.format(order.amount.into(), &order.currency)),
        execution(order),
    );
    for disagreement in order.disagreements() {
        let _ = write!(html, "<p class=\"bad\"><strong>{}</strong></p>", escape(&disagreement));
    }
    let states: Vec<&str> = order.history.iter().map(|change| change.to).collect();
    if !states.is_empty() {
        let _ = write!(html, "<p>{}</p>", states.join(" → "));
    }
    html.push_str(&actions::buttons(order));
    html.push_str("</article>");
    html
}

/// What the ledger has about an order, in words.
fn execution(order: &Order) -> String {
    let count = |kind| order.entries.iter().filter(|entry| entry.kind == kind).count();
    let times = |what: &str, count: usize| match count {
        1 => format!("{what} once"),
        count if order.is_double() => format!("<span class=\"bad\">{what} {count} times</span>"),
        count => format!("{what} {count} times"),
    };
    let (executed, credited) = (count(EntryKind::Executed), count(EntryKind::Credited));
    match (executed, credited) {
        _ if order.entries.is_empty() && order.first_record() == 0 => "initial data of the sandbox".to_owned(),
        _ if order.entries.is_empty() => "not executed".to_owned(),
        (0 | 1, 0) if !order.entries.iter().any(|entry| entry.moves_money) => "created; no money has moved".to_owned(),
        (0, 0) => order.entries.last().map_or_else(String::new, |entry| entry.kind.to_string()),
        (executed, 0) => times("executed", executed),
        (_, credited) => times("credited", credited),
    }
}

/// One order.
pub(super) fn order_page(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Result<Response, Problem> {
    let (provider, id) = (call.parameter("provider"), call.parameter("id"));
    let unknown = || Problem::NotFound(format!("no such order of {provider:?}: {id:?}"));
    let last = state.last_record();
    let order = state.order(provider, id).ok_or_else(unknown)?;
    let (reference, address) = (escape(&order.reference), percent_encode(&order.reference));
    let body = format!(
        "<p class=\"quiet\"><a href=\"/inspector/orders\">All orders</a> · \
         <a href=\"/inspector/timeline?order={address}\">Timeline of this order</a> · \
         <a href=\"/inspector/deliveries?order={address}\">Webhooks and callbacks</a> · \
         <a href=\"/orders/{}/{}\">JSON</a></p>\
         <section id=\"order\" data-live aria-label=\"Order\">{}{}{}{}</section>\
         <h2>Notes and other references</h2>\
         <form data-post=\"/notes\" class=\"row\"><input type=\"hidden\" name=\"reference\" value=\"{reference}\">\
         <label class=\"wide\">Note for the timeline <input name=\"text\" required autocomplete=\"off\"></label><button>Add the note</button></form>\
         <form data-post=\"/same-orders\" class=\"row\"><label class=\"wide\">References that your application uses for this order, one per line \
         <textarea name=\"references\" data-type=\"list\" rows=\"2\">{reference}\n</textarea></label>\
         <button>Treat as one order</button></form>\
         <section id=\"copy\" data-live aria-label=\"Rust test\"><h2>As a Rust test</h2>{}</section>",
        order.provider,
        percent_encode(&order.id),
        facts(&order),
        states::section(&order),
        sides(&order),
        actions::section(&order),
        test(state, &order),
    );
    Ok(Page { pane: Pane::Orders, title: &format!("Order {}", order.reference), scripts: &[], body: &body, last }
        .respond(state))
}

fn facts(order: &Order) -> String {
    let mut html = String::from("<dl class=\"facts\">");
    let mut fact = |name: &str, value: &str| {
        let _ = write!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    };
    fact("Status", order.status);
    fact("Operation", &format!("{}.{}", order.provider, order.operation));
    fact("Amount", &escape(&order.unit.format(order.amount.into(), &order.currency)));
    fact("Execution", &execution(order));
    if order.id != order.reference {
        fact("Id", &format!("<code>{}</code>", escape(&order.id)));
    }
    html.push_str("</dl>");
    html
}

/// The ledger's view beside what the client was told.
fn sides(order: &Order) -> String {
    let mut entries: String = order.entries.iter().map(|entry| entry_line(order, entry)).collect();
    if entries.is_empty() {
        entries.push_str("<li>Nothing was executed.</li>");
    }
    let earlier = order.requests.len().saturating_sub(MOST_REQUESTS);
    let mut requests = String::new();
    if earlier > 0 {
        let address = percent_encode(&order.reference);
        let _ = write!(
            requests,
            "<li class=\"quiet\">{earlier} earlier requests are in the \
             <a href=\"/inspector/timeline?order={address}\">timeline</a>.</li>"
        );
    }
    requests.extend(order.requests[earlier..].iter().map(request_line));
    if requests.is_empty() {
        requests.push_str("<li>No API request about this order yet.</li>");
    }
    format!(
        "<div class=\"sides\"><section class=\"card\"><h2>What the provider did (ledger)</h2><ol class=\"plain\">{entries}</ol></section>\
         <section class=\"card\"><h2>What the client was sent</h2><ol class=\"plain\">{requests}</ol></section></div>"
    )
}

fn entry_line(order: &Order, entry: &Entry) -> String {
    let amount = match entry.currency.as_str() {
        "" => String::new(),
        currency => format!(" {}", escape(&order.unit.format(entry.amount.into(), currency))),
    };
    let cause = entry.request.map(|number| format!(" by request {number}")).unwrap_or_default();
    let mood = if entry.moves_money { "strong" } else { "span" };
    format!("<li>#{} <{mood}>{}{amount}</{mood}>, {}{cause}</li>", entry.number, entry.kind, escape(&entry.operation))
}

fn request_line(request: &OrderRequest) -> String {
    let mut html = format!(
        "<li><a href=\"/inspector/records/{}\">{}</a>: {}",
        request.record,
        request.operation.unwrap_or_default(),
        escape(&request.told_text()),
    );
    for fault in &request.faults {
        let _ = write!(html, " <code class=\"warn\">{}</code>", escape(fault));
    }
    if let Some(disagreement) = request.disagreement() {
        let _ = write!(html, "<br><strong class=\"bad\">{}</strong>", escape(&disagreement));
    }
    html.push_str("</li>");
    html
}

fn test(state: &Arc<SharedState>, order: &Order) -> String {
    match rust_test::write(state, Some(&order.reference)) {
        Ok(test) => format!(
            "<details id=\"rust-test-details\"><summary>Show it, with marked places for your code</summary>\
             <pre id=\"rust-test\" tabindex=\"0\">{}</pre></details>\
             <p><button class=\"main\" id=\"copy-rust-test\" data-copy=\"rust-test\">Copy as a Rust test</button> \
             <a href=\"/rust-test?order={}\">As text</a></p>",
            escape(&test),
            percent_encode(&order.reference),
        ),
        Err(problem) => format!("<p class=\"quiet\">{}</p>", escape(&problem.to_string())),
    }
}

/// The path of an order's page.
fn page_of(order: &Order) -> String {
    format!("/inspector/orders/{}/{}", order.provider, percent_encode(&order.id))
}

/// A text for ids of elements.
fn key(order: &Order) -> String {
    match order.first_record() {
        // It was there before the first record, or its records are no longer kept.
        0 => format!("{}-{}", order.provider, percent_encode(&order.id).replace('%', "_")),
        record => format!("{}-{record}", order.provider),
    }
}

/// The most requests on an order's page, because clients may ask for a status very often.
const MOST_REQUESTS: usize = 200;
const FEW: u64 = 100;
const MORE: usize = 300;
const MOST: u64 = 1000;
