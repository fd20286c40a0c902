//! The ledger: what was executed, credited, captured or paid twice, the totals, and the entries.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use super::layout::{Page, Pane};
use crate::endpoint::{ControlCall, Query};
use crate::html::escape;
use crate::http::{Response, percent_encode};
use crate::ledger::Entry;
use crate::problem::Problem;
use crate::state::{SharedState, Total};

pub(super) const QUERY: &[Query] = &[Query {
    name: "limit",
    summary: "the most entries; default: 200",
    schema: || json!({"type": "integer", "minimum": 1, "maximum": MOST}),
}];

pub(super) fn page(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Result<Response, Problem> {
    let limit = call.limit(FEW, MOST)?;
    let last = state.last_record();
    let body = format!(
        "<p>Everything that the providers executed, whatever they responded. \
         Download it as <a href=\"/ledger.csv\">CSV</a>, or read it as <a href=\"/ledger\">JSON</a>; \
         the totals as <a href=\"/ledger/totals\">JSON</a>.</p>\
         <section id=\"ledger\" data-live aria-label=\"Ledger\">{}</section>",
        content(state, limit),
    );
    Ok(Page { pane: Pane::Ledger, title: "Ledger", scripts: &[], body: &body, last }.respond(state))
}

fn content(state: &Arc<SharedState>, limit: usize) -> String {
    let ledger = state.ledger();
    let entries = ledger.entries();
    if entries.is_empty() {
        return "<p class=\"empty\">No entries yet. An entry appears when a provider executes a request.</p>"
            .to_owned();
    }
    let totals = state.totals();
    let mut html = String::new();
    let doubles = state.doubles();
    html.push_str("<h2>Executed or paid twice</h2>");
    if doubles.is_empty() {
        html.push_str("<p class=\"good\">Nothing was executed, credited, captured or paid twice.</p>");
    } else {
        html.push_str("<ul class=\"doubles\">");
        for double in &doubles {
            let order = double.references.first().map(|reference| percent_encode(reference)).unwrap_or_default();
            let text = escape(&double.to_string());
            let _ = write!(html, "<li class=\"bad\"><a href=\"/inspector/orders?reference={order}\">{text}</a></li>");
        }
        html.push_str("</ul>");
    }
    html.push_str(
        "<h2>Totals</h2><p class=\"quiet\">Amounts are integers: in hundredths of the currency's unit, and at TurraTech in the \
         currency's smallest unit.</p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of totals\"><table class=\"narrow\"><thead><tr>\
         <th scope=\"col\">Provider</th><th scope=\"col\">Currency</th><th scope=\"col\">Kind</th>\
         <th scope=\"col\" class=\"number\">Entries</th><th scope=\"col\" class=\"number\">Amount</th>\
         <th scope=\"col\">Formatted</th></tr></thead><tbody>",
    );
    totals.iter().for_each(|row| html.push_str(&total(row)));
    html.push_str(
        "</tbody></table></div><h2>Entries</h2>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of entries\"><table class=\"narrow\"><thead><tr>\
         <th scope=\"col\" class=\"number\">Number</th><th scope=\"col\">Operation</th><th scope=\"col\">Order</th>\
         <th scope=\"col\">Kind</th><th scope=\"col\" class=\"number\">Amount</th><th scope=\"col\">Currency</th>\
         <th scope=\"col\">Caused by</th></tr></thead><tbody>",
    );
    entries.iter().rev().take(limit).for_each(|row| html.push_str(&entry(row)));
    html.push_str("</tbody></table></div>");
    if let Some(more) = entries.len().checked_sub(limit).filter(|more| *more > 0) {
        let _ = write!(
            html,
            "<p><a href=\"/inspector/ledger?limit={MOST}\">Show more</a> <span class=\"quiet\">{more} earlier entries are not shown; \
             <a href=\"/ledger\">/ledger</a> returns all.</span></p>"
        );
    }
    html
}

fn total(total: &Total) -> String {
    let Total { provider, currency, unit, kind, entries, amount } = total;
    let (currency, amount, money) = match currency.as_str() {
        "" => ("–".to_owned(), String::new(), "no money".to_owned()),
        currency => (escape(currency), amount.to_string(), escape(&unit.format(*amount, currency))),
    };
    format!(
        "<tr><th scope=\"row\">{provider}</th><td>{currency}</td><td>{kind}</td><td class=\"number\">{entries}</td>\
         <td class=\"number\">{amount}</td><td>{money}</td></tr>"
    )
}

fn entry(entry: &Entry) -> String {
    let (order, reference) = (percent_encode(&entry.reference), escape(&entry.reference));
    let cause = entry
        .request
        .map_or_else(|| "a bank, a customer or the clock".to_owned(), |number| format!("request {number}"));
    let mood = if entry.moves_money { "" } else { " class=\"quiet\"" };
    format!(
        "<tr{mood}><td class=\"number\">{}</td><td>{}</td><th scope=\"row\"><a href=\"/inspector/orders?reference={order}\">{reference}</a></th>\
         <td>{}</td><td class=\"number\">{}</td><td>{}</td><td>{cause}</td></tr>",
        entry.number,
        escape(&entry.operation),
        entry.kind,
        entry.amount,
        escape(&entry.currency),
    )
}

const FEW: u64 = 200;
const MOST: u64 = 1000;
