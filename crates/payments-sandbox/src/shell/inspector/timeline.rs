//! The timeline: a sequence diagram with one row for each record, of which the browser only has the rows that it shows.

pub(super) mod row;

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use super::super::record_query::{self, KIND_OR_EMPTY, ORDER, PROVIDER};
use super::layout::{Page, Pane};
use crate::endpoint::{ControlCall, MAX_NUMBER, Query};
use crate::html::escape;
use crate::http::Response;
use crate::problem::Problem;
use crate::record::RecordKind;
use crate::record::filter::Filter;
use crate::record::index::{Part, Place};
use crate::state::SharedState;
use row::Shown;

pub(super) const PAGE_QUERY: &[Query] = &[KIND_OR_EMPTY, ORDER, PROVIDER];

pub(super) const ROWS_QUERY: &[Query] = &[
    Query {
        name: "from",
        summary: "the position of the first row, from 0; default: so that the rows end with the last one",
        schema: || json!({"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}),
    },
    Query {
        name: "number",
        summary: "instead of `from`: the first row is the record with this number, or the next one",
        schema: || json!({"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}),
    },
    Query {
        name: "count",
        summary: "the most rows; default: 300",
        schema: || json!({"type": "integer", "minimum": 0, "maximum": MOST_ROWS}),
    },
    KIND_OR_EMPTY,
    ORDER,
    PROVIDER,
];

/// The page, with the last rows.
pub(super) fn page(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Result<Response, Problem> {
    let filter = record_query::filter_of_form(call)?;
    let last = state.last_record();
    state.tick();
    let most = usize::try_from(MOST_ROWS).unwrap_or(usize::MAX);
    let rows = Rows::take(state, &filter, Place::End, most);
    let body = format!("<div class=\"bar\">{}{TOOLS}</div>{}", form(state, &filter), table(&filter, &rows));
    let page = Page { pane: Pane::Timeline, title: "Timeline", scripts: &["/timeline.js"], body: &body, last };
    Ok(page.respond(state))
}

/// A part of the rows, for the page's script.
pub(super) fn rows(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Result<Response, Problem> {
    let filter = record_query::filter_of_form(call)?;
    let count = call.number("count")?.unwrap_or(MOST_ROWS);
    if count > MOST_ROWS {
        return Err(Problem::Invalid(format!("`count` must be from 0 to {MOST_ROWS}")));
    }
    let place = match (call.number("from")?, call.number("number")?) {
        (Some(position), _) => Place::Position(position),
        (None, Some(number)) => Place::Number(number),
        (None, None) => Place::End,
    };
    let rows = Rows::take(state, &filter, place, usize::try_from(count).unwrap_or(usize::MAX));
    let html =
        format!("<!doctype html><html lang=\"en\"><head><title>Rows</title></head><body>{}</body></html>", rows.html());
    Ok(Response::html(200, html)
        .header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        .header("X-Content-Type-Options", "nosniff")
        .header("Cache-Control", "no-store"))
}

/// Some of the rows, and which ones there are.
struct Rows {
    first: u64,
    end: u64,
    from: u64,
    last_number: u64,
    shown: Vec<Shown>,
}

impl Rows {
    fn take(state: &SharedState, filter: &Filter, place: Place, count: usize) -> Self {
        let mut state = state.lock();
        let Part { first, end, from, records } = state.records.part(filter, place, count);
        let last_number = state.records.last();
        let shown = records.into_iter().map(|record| Shown::new(record, &state)).collect();
        Self { first, end, from, last_number, shown }
    }

    fn html(&self) -> String {
        let Self { first, end, from, last_number, shown } = self;
        let mut html = String::with_capacity(shown.len() * 600);
        let _ = write!(
            html,
            "<div role=\"rowgroup\" id=\"rows\" data-first=\"{first}\" data-end=\"{end}\" data-from=\"{from}\" \
             data-last-number=\"{last_number}\">"
        );
        for (position, shown) in (*from..).zip(shown) {
            shown.write(&mut html, position, position - first + 2);
        }
        html.push_str("</div>");
        html
    }
}

/// The table as it is without a script. The script makes a window of it.
fn table(filter: &Filter, rows: &Rows) -> String {
    let count = rows.end - rows.first;
    let nothing = match (count, *filter == Filter::default()) {
        (0, true) => "Nothing happened yet. Send a request to a provider: it appears here at once.",
        (0, false) => "No record matches. A matching one appears here at once.",
        _ => "",
    };
    format!(
        "<div class=\"timeline\" id=\"timeline\" role=\"table\" aria-label=\"Records\" aria-rowcount=\"{}\" tabindex=\"0\" \
         data-kind=\"{}\" data-order=\"{}\" data-provider=\"{}\">\
         <div role=\"rowgroup\" class=\"head\"><div role=\"row\" class=\"event\" aria-rowindex=\"1\">\
         <span role=\"columnheader\" class=\"number\">No.</span><span role=\"columnheader\" class=\"at\">Time</span>\
         <span role=\"columnheader\" class=\"lanes\"><span class=\"hidden\">Between </span><b>Your client</b><b>Provider</b>\
         <b>Your webhooks</b><b title=\"Bank, customer, back office or test\">Outside</b></span>\
         <span role=\"columnheader\" class=\"what\">What happened</span>\
         <span role=\"columnheader\" class=\"order\">Order</span></div></div>{}</div>\
         <p class=\"empty\" id=\"nothing\"{}>{nothing}</p>\
         <aside id=\"detail\" class=\"detail\" aria-label=\"Record\" tabindex=\"-1\" hidden></aside>",
        count + 1,
        filter.kind.map_or("", RecordKind::as_str),
        escape(filter.order.as_deref().unwrap_or_default()),
        escape(filter.provider.as_deref().unwrap_or_default()),
        rows.html(),
        if count == 0 { "" } else { " hidden" },
    )
}

/// The filters. They also work without a script.
fn form(state: &SharedState, filter: &Filter) -> String {
    let kind = filter.kind.map_or("", RecordKind::as_str);
    let providers: Vec<&str> = state.lock().engines().iter().map(|engine| engine.spec().name).collect();
    format!(
        "<form class=\"row filters\" action=\"/inspector/timeline\" data-live-from=\"/inspector/faults\">\
         <label>Order <input name=\"order\" type=\"search\" value=\"{}\" autocomplete=\"off\" spellcheck=\"false\"></label>\
         <label>Kind <select name=\"kind\">{}</select></label>\
         <label>Provider <select name=\"provider\">{}</select></label>\
         <button class=\"main\">Filter</button>{}</form>",
        escape(filter.order.as_deref().unwrap_or_default()),
        options("all kinds", &RecordKind::names(), kind),
        options("all providers", &providers, filter.provider.as_deref().unwrap_or_default()),
        if *filter == Filter::default() { "" } else { "<a href=\"/inspector/timeline\">Show everything</a>" },
    )
}

fn options(all: &str, names: &[&str], selected: &str) -> String {
    let option = |value: &str, name: &str| {
        let selected = if value == selected { " selected" } else { "" };
        format!("<option value=\"{value}\"{selected}>{name}</option>")
    };
    let first = option("", all);
    names.iter().fold(first, |html, name| html + &option(name, name))
}

/// What only works with a script.
const TOOLS: &str = "<div class=\"tools\" id=\"tools\" hidden><button id=\"follow\" aria-pressed=\"true\">Follow</button>\
    <button id=\"to-start\">First</button><button id=\"to-end\">Last</button>\
    <label>Go to number <input id=\"to-number\" type=\"number\" min=\"1\" inputmode=\"numeric\"></label>\
    <span id=\"count\" class=\"quiet\"></span></div>";

/// The most rows of a page or a part.
const MOST_ROWS: u64 = 300;
