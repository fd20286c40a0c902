//! The states that an order went through, drawn over the documented changes where the provider documents them.

mod drawing;

use std::fmt::Write as _;

use crate::html::escape;
use crate::state::{Order, StatusRecord};

pub(super) fn section(order: &Order) -> String {
    let steps = steps(order);
    let (edges, label, text) = if order.transitions.is_empty() {
        (
            "observed",
            "<strong>Observed</strong>: the provider does not document status changes, so only those that happened are drawn.",
            observed(&steps),
        )
    } else {
        (
            "documented",
            "The <strong>documented</strong> status changes. Highlighted: those that happened. Dashed: rare, or from a status that is normally final.",
            documented(order, &steps),
        )
    };
    let edges = (edges, text);
    let mut history: String = order.history.iter().map(line).collect();
    if order.history.is_empty() {
        history.push_str(
            "<li>No status changes are recorded. The order is initial data, or its records were evicted.</li>",
        );
    }
    format!(
        "<h2>States</h2><p class=\"quiet\">{label}</p>\
         <div class=\"scroll states\" tabindex=\"0\" role=\"region\" aria-label=\"States, {}\">{}</div>\
         <ol class=\"history\">{history}</ol>",
        edges.0,
        drawing::svg(order, &edges.1, &spoken(order, &edges.1)),
    )
}

fn line(change: &StatusRecord) -> String {
    let before = change.from.map(|from| format!(", was {from}")).unwrap_or_default();
    let cause = match &change.cause {
        Some((number, text)) => format!("<a href=\"/inspector/records/{number}\">{}</a>", escape(text)),
        None => "the clock".to_owned(),
    };
    format!(
        "<li><a href=\"/inspector/records/{}\">{}.{:03} s</a> <strong>{}</strong>{before} <span class=\"quiet\">by {cause}</span></li>",
        change.number,
        change.at_ms / 1000,
        change.at_ms % 1000,
        change.to,
    )
}

/// The changes that the order went through.
fn steps(order: &Order) -> Vec<(&'static str, &'static str)> {
    order.history.iter().filter_map(|change| Some((change.from?, change.to))).collect()
}

/// A change of status in the drawing.
struct Edge {
    from: &'static str,
    to: &'static str,
    /// True if the order went through it.
    is_done: bool,
    is_rare: bool,
    /// True if the document allows it next.
    is_next: bool,
}

fn documented(order: &Order, steps: &[(&'static str, &'static str)]) -> Vec<Edge> {
    let known = order.transitions.iter().map(|known| Edge {
        from: known.from,
        to: known.to,
        is_done: steps.contains(&(known.from, known.to)),
        is_rare: known.is_rare,
        is_next: known.from == order.status,
    });
    let is_known = |step: &(&str, &str)| order.transitions.iter().any(|known| (known.from, known.to) == *step);
    let mut unknown: Vec<(&'static str, &'static str)> = steps.iter().filter(|step| !is_known(step)).copied().collect();
    unknown.dedup();
    known.chain(observed(&unknown)).collect()
}

fn observed(steps: &[(&'static str, &'static str)]) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for (from, to) in steps {
        if !edges.iter().any(|edge| (edge.from, edge.to) == (*from, *to)) {
            edges.push(Edge { from, to, is_done: true, is_rare: false, is_next: false });
        }
    }
    edges
}

/// The drawing in words.
fn spoken(order: &Order, edges: &[Edge]) -> String {
    let states: Vec<&str> = order.history.iter().map(|change| change.to).collect();
    let mut text = match states.is_empty() {
        true => order.status.to_owned(),
        false => states.join(", then "),
    };
    let next: Vec<String> = edges
        .iter()
        .filter(|edge| edge.is_next)
        .map(|edge| format!("{}{}", edge.to, if edge.is_rare { " (rare)" } else { "" }))
        .collect();
    if !next.is_empty() {
        let _ = write!(text, "; documented next: {}", next.join(", "));
    }
    text
}
