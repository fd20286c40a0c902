//! One record with its content, and the story that it is a part of: a request with its fault, its ledger entries, its response, what
//! the client was told, and the messages that it caused.

mod story;

use std::fmt::Write as _;
use std::sync::Arc;

use super::curl::{self, Target};
use super::layout::{Page, Pane};
use super::pretty;
use super::timeline::row::Shown;
use crate::endpoint::ControlCall;
use crate::html::escape;
use crate::http::{Response, percent_encode};
use crate::problem::Problem;
use crate::record::{Content, Record, RecordKind, ToldEnd};
use crate::state::SharedState;

pub(super) fn page(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Result<Response, Problem> {
    let number = call.parameter("number");
    let unknown = || Problem::NotFound(format!("no such record, or it is no longer kept: {number:?}"));
    let number = number.parse().map_err(|_| unknown())?;
    let last = state.last_record();
    let (shown, story, key_headers) = {
        let state = state.lock();
        let record = state.records.get(number).ok_or_else(unknown)?;
        let story: Vec<Shown> =
            story::of(&state.records, record).into_iter().map(|record| Shown::new(record, &state)).collect();
        let mut specs = state.engines().iter().map(|engine| engine.spec());
        let spec = specs.find(|spec| Some(spec.name) == record.provider);
        (Shown::new(record.clone(), &state), story, spec.map_or(&[][..], |spec| spec.key_headers))
    };
    let record = &shown.record;
    let mut body = format!("<article id=\"record\" class=\"record\" data-number=\"{number}\">{}", facts(&shown));
    if story.iter().any(|shown| is_request(&shown.record)) {
        body.push_str(&two_sides(&story));
    }
    if let Some(content) = &record.content {
        body.push_str(&content_of(record, content));
        let credentials = state.credentials().iter().find(|(name, _)| Some(*name) == record.provider);
        if let (true, Some((provider, credentials))) = (is_request(record), credentials) {
            body.push_str(&command(content, &Target { provider, credentials, key_headers }));
        }
    }
    body.push_str(&list(number, &story));
    body.push_str("</article>");
    let title = format!("Record {number}");
    // A record never changes, but what it caused grows.
    Ok(Page { pane: Pane::Timeline, title: &title, scripts: &[], body: &body, last }.respond(state))
}

fn is_request(record: &Record) -> bool {
    matches!(record.kind, RecordKind::Request | RecordKind::Page)
}

fn link(number: u64) -> String {
    format!("<a href=\"/inspector/records/{number}\" data-record=\"{number}\">{number}</a>")
}

/// What the record itself says.
fn facts(shown: &Shown) -> String {
    let record = &shown.record;
    let mood = if record.moves_money { " money" } else { "" };
    let mut html = format!(
        "<p class=\"sentence{mood}\"><span class=\"badge\">{}</span> {}</p><dl class=\"facts\">",
        record.kind.as_str(),
        escape(&shown.text())
    );
    let mut fact = |name: &str, value: &str| {
        let _ = write!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    };
    fact("Time on the clock", &format!("{}.{:03} s", record.at.as_secs(), record.at.subsec_millis()));
    fact("Acted by", record.party.as_str());
    let operation = match (record.provider, record.operation) {
        (Some(provider), Some(operation)) => format!("{provider}.{operation}"),
        (provider, _) => provider.unwrap_or_default().to_owned(),
    };
    let order = record.reference.as_ref().map(|reference| {
        let (order, text) = (percent_encode(reference), escape(reference));
        format!("<a href=\"/inspector/timeline?order={order}\">{text}</a>")
    });
    let optional = [
        ("Operation", Some(escape(&operation)).filter(|operation| !operation.is_empty())),
        ("Order", order),
        ("Request", record.request.map(|number| number.to_string())),
        ("Fault", record.fault.as_ref().map(|fault| format!("<code>{}</code>", escape(fault)))),
        ("Ledger entry", record.entry.map(|entry| format!("<a href=\"/inspector/ledger\">{entry}</a>"))),
        ("Message", record.delivery.map(|delivery| delivery.to_string())),
        ("Caused by record", record.cause.map(link)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            fact(name, &value);
        }
    }
    html.push_str("</dl>");
    html
}

/// What the client was told, beside what really happened.
fn two_sides(story: &[Shown]) -> String {
    let of_kind = |kind: RecordKind| story.iter().filter(move |shown| shown.record.kind == kind);
    let mut told: String = of_kind(RecordKind::Told).map(told).collect();
    for Shown { record, .. } in of_kind(RecordKind::Request) {
        if let Some(cut) = record.told {
            let _ = write!(
                told,
                "<p class=\"bad\">No response: the connection was cut while the request was read, {}.</p>",
                escape(&cut.to_string())
            );
        }
    }
    if told.is_empty() {
        told.push_str("<p class=\"quiet\">Nothing yet.</p>");
    }
    let mut happened = String::new();
    for Shown { record, .. } in of_kind(RecordKind::Fault) {
        let fault = escape(record.fault.as_deref().unwrap_or_default());
        let _ = write!(happened, "<p class=\"warn\">Fault <code>{fault}</code> · {}</p>", link(record.number));
    }
    let mut entries = of_kind(RecordKind::Ledger).peekable();
    if entries.peek().is_none() {
        happened.push_str("<p><strong>Nothing was executed.</strong></p>");
    }
    for shown in entries {
        let mood = if shown.record.moves_money { "entry money" } else { "entry" };
        let _ = write!(happened, "<p class=\"{mood}\">{} · {}</p>", escape(&shown.text()), link(shown.record.number));
    }
    for shown in of_kind(RecordKind::Response) {
        let _ = write!(happened, "<p>{} · {}</p>", escape(&shown.text()), link(shown.record.number));
    }
    format!(
        "<div class=\"sides\"><section class=\"card\"><h2>What the client was sent</h2>{told}</section>\
         <section class=\"card\"><h2>What the provider did</h2>{happened}</section></div>"
    )
}

fn told(shown: &Shown) -> String {
    let record = &shown.record;
    let status = record.content.as_ref().map_or("a response", |content| content.start.as_str());
    let number = link(record.number);
    match record.told {
        Some(told) if told.end != ToldEnd::Whole => {
            let lost = if told.bytes == 0 { "Nothing" } else { "Only a part" };
            format!(
                "<p class=\"bad\"><strong>{lost} of the response ({}) was sent</strong>: {} · {number}</p>",
                escape(status),
                escape(&told.to_string())
            )
        }
        _ => format!("<p><strong>{}</strong> · {number}</p>", escape(&shown.text())),
    }
}

/// The headers and the body.
fn content_of(record: &Record, content: &Content) -> String {
    let mut html = format!("<section><h2>Content</h2><p><code>{}</code></p>", escape(&content.start));
    if record.told.is_some_and(|told| told.end != ToldEnd::Whole) {
        html.push_str(
            "<p class=\"bad\">This is the complete response. The client was sent only a part of it, or nothing.</p>",
        );
    }
    if !content.headers.is_empty() {
        html.push_str("<div class=\"scroll\"><table class=\"headers\"><thead><tr><th scope=\"col\">Header</th><th scope=\"col\">Value</th></tr></thead><tbody>");
        for (name, value) in &content.headers {
            let _ =
                write!(html, "<tr><th scope=\"row\">{}</th><td><code>{}</code></td></tr>", escape(name), escape(value));
        }
        html.push_str("</tbody></table></div>");
    }
    match &content.body {
        Some(body) => {
            let is_json = body.starts_with(['{', '[']);
            let text = if is_json { pretty::json(body) } else { body.clone() };
            let cut = if content.is_cut() { ", of which only the beginning is kept" } else { "" };
            let _ = write!(
                html,
                "<h3>Body, {} bytes{cut} <button data-copy=\"body\" aria-label=\"Copy the body\">Copy</button></h3>\
                 <pre id=\"body\" tabindex=\"0\">{}</pre>",
                content.body_bytes,
                escape(&text)
            );
        }
        None if content.body_bytes > 0 => {
            let _ = write!(
                html,
                "<p class=\"quiet\">A body of {} bytes is not recorded, because it is neither JSON nor a form.</p>",
                content.body_bytes
            );
        }
        None => html.push_str("<p class=\"quiet\">No body.</p>"),
    }
    html.push_str("</section>");
    html
}

fn command(content: &Content, target: &Target<'_>) -> String {
    let curl::Command { text, gaps } = curl::command(content, target);
    let gaps: String = gaps.iter().map(|gap| format!("{} ", escape(gap))).collect();
    format!(
        "<section><h2>Send it again</h2><p><button class=\"main\" data-copy=\"curl\">Copy as curl</button></p>\
         <details id=\"curl-details\"><summary>Show the command</summary><pre id=\"curl\" tabindex=\"0\">{}</pre>\
         <p class=\"quiet\">Set its variables first: the <a href=\"/\">overview</a> has them under “Environment variables”. {gaps}</p></details></section>",
        escape(&text)
    )
}

/// The other records of the story, in order.
fn list(number: u64, story: &[Shown]) -> String {
    let items = story.iter().map(|shown| {
        let record = &shown.record;
        let current = if record.number == number { " aria-current=\"true\"" } else { "" };
        let mood = match record.told {
            _ if record.moves_money => " class=\"money\"",
            Some(told) if told.end != ToldEnd::Whole => " class=\"bad\"",
            _ => "",
        };
        format!(
            "<li{current}{mood}><span class=\"mono\">{}</span> <span class=\"quiet\">{}</span> {}</li>",
            link(record.number),
            record.kind.as_str(),
            escape(&shown.text())
        )
    });
    let items: String = items.collect();
    let more = match story.len() {
        story::MOST => "<p class=\"quiet\">Only the first 200 records are shown.</p>",
        _ => "",
    };
    let order = story.iter().find_map(|shown| shown.record.reference.as_deref()).map(|reference| {
        let (order, reference) = (percent_encode(reference), escape(reference));
        format!("<p><a href=\"/inspector/timeline?order={order}\">Everything about {reference}</a></p>")
    });
    let order = order.unwrap_or_default();
    format!("<section><h2>Related records</h2><ol class=\"story\">{items}</ol>{more}{order}</section>")
}
