//! The states that an order went through, drawn over the documented changes where the provider documents them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::html::escape;
use crate::state::{Order, StatusRecord};

pub(super) fn section(order: &Order) -> String {
    let steps = steps(order);
    let (edges, label, text) = if order.transitions.is_empty() {
        ("observed", "<strong>Observed</strong>: the provider's document has no table of changes.", observed(&steps))
    } else {
        (
            "documented",
            "Drawn over the <strong>documented</strong> changes. Dashed ones are rare, or change a status that is normally final.",
            documented(order, &steps),
        )
    };
    let edges = (edges, text);
    let mut history: String = order.history.iter().map(line).collect();
    if order.history.is_empty() {
        history.push_str("<li>No change was recorded, or its records are no longer kept.</li>");
    }
    format!(
        "<h2>States</h2><p class=\"quiet\">{label}</p>\
         <div class=\"scroll states\" tabindex=\"0\" role=\"region\" aria-label=\"States, {}\">{}</div>\
         <ol class=\"history\">{history}</ol>",
        edges.0,
        draw(order, &edges.1),
    )
}

fn line(change: &StatusRecord) -> String {
    let before = change.from.map(|from| format!(", was {from}")).unwrap_or_default();
    let cause = match &change.cause {
        Some((number, text)) => format!("<a href=\"/inspector/records/{number}\">{}</a>", escape(text)),
        None => "time".to_owned(),
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

/// The column of each status: the longest way to it over changes that are not rare. A rare one only leads to a new status.
fn columns(first: &'static str, edges: &[Edge]) -> BTreeMap<&'static str, usize> {
    let mut columns = BTreeMap::from([(first, 0)]);
    // A cycle ends, because no status is further away than there are changes.
    for _ in 0..edges.len() {
        for edge in edges.iter().filter(|edge| !edge.is_rare) {
            let Some(column) = columns.get(edge.from).map(|column| column + 1) else { continue };
            let known = columns.entry(edge.to).or_default();
            if column > *known && column <= edges.len() && edge.to != first {
                *known = column;
            }
        }
    }
    for edge in edges.iter().filter(|edge| edge.is_rare) {
        let column = columns.get(edge.from).map_or(0, |column| column + 1);
        columns.entry(edge.to).or_insert(column);
    }
    columns
}

fn draw(order: &Order, edges: &[Edge]) -> String {
    let first = match order.history.first() {
        Some(change) => change.from.unwrap_or(change.to),
        None => order.transitions.first().map_or(order.status, |known| known.from),
    };
    let first = order.transitions.first().map_or(first, |known| known.from);
    let mut columns = columns(first, edges);
    columns.entry(order.status).or_insert(0);
    // The statuses of each column, in the order in which changes lead to them.
    let mut rows: BTreeMap<usize, Vec<&'static str>> = BTreeMap::new();
    let names = [first].into_iter().chain(edges.iter().flat_map(|edge| [edge.from, edge.to])).chain([order.status]);
    for name in names {
        let column = rows.entry(columns.get(name).copied().unwrap_or_default()).or_default();
        if !column.contains(&name) {
            column.push(name);
        }
    }
    let tallest = rows.values().map(Vec::len).max().unwrap_or(1);
    let place = |name: &str| {
        let found = rows.iter().find_map(|(column, names)| {
            let row = names.iter().position(|known| *known == name)?;
            // Columns are centred.
            Some((column * STEP_X + MARGIN, (row * 2 + tallest - names.len()) * STEP_Y / 2 + MARGIN))
        });
        found.unwrap_or((MARGIN, MARGIN))
    };
    let width = rows.keys().last().map_or(0, |column| column * STEP_X) + BOX_X + 2 * MARGIN;
    let height = (tallest - 1) * STEP_Y + BOX_Y + 2 * MARGIN;
    let mut svg = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        escape(&spoken(order, edges))
    );
    // What happened is drawn last, on top.
    for is_done in [false, true] {
        for edge in edges.iter().filter(|edge| edge.is_done == is_done) {
            svg.push_str(&arrow(edge, place(edge.from), place(edge.to)));
        }
    }
    for name in rows.values().flatten() {
        let (x, y) = place(name);
        let is_next = edges.iter().any(|edge| edge.is_next && edge.to == *name);
        let was = order.history.iter().any(|change| change.to == *name || change.from == Some(name));
        let class = match (*name == order.status, was, is_next) {
            (true, ..) => "state now",
            (false, true, _) => "state was",
            (false, false, true) => "state next",
            (false, false, false) => "state",
        };
        let (middle, base) = (x + BOX_X / 2, y + BOX_Y / 2 + 5);
        let _ = write!(
            svg,
            "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_X}\" height=\"{BOX_Y}\" rx=\"8\"/>\
             <text x=\"{middle}\" y=\"{base}\" text-anchor=\"middle\">{name}</text></g>"
        );
    }
    svg.push_str("</svg>");
    svg
}

/// An arrow from one box to another: to the right, to the left under the boxes, or within a column.
fn arrow(edge: &Edge, (x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> String {
    let mut class = String::from("change");
    for (is, name) in [(edge.is_done, " done"), (edge.is_rare, " rare"), (edge.is_next && !edge.is_done, " next")] {
        if is {
            class.push_str(name);
        }
    }
    let (line, head) = if x2 > x1 {
        let (from, to) = ((x1 + BOX_X, y1 + BOX_Y / 2), (x2 - HEAD, y2 + BOX_Y / 2));
        let half = (from.0 + to.0) / 2;
        (
            format!("M{} {} C{half} {} {half} {} {} {}", from.0, from.1, from.1, to.1, to.0, to.1),
            format!("M{x2} {} l-{HEAD} -4 v8 z", to.1),
        )
    } else if x2 == x1 {
        let (from, to, x) = if y2 > y1 { (y1 + BOX_Y, y2, x1 + BOX_X / 2) } else { (y1, y2 + BOX_Y, x1 + BOX_X / 2) };
        let (end, back) = if y2 > y1 { (to - HEAD, "-") } else { (to + HEAD, "") };
        (format!("M{x} {from} L{x} {end}"), format!("M{x} {to} l-4 {back}{HEAD} h8 z"))
    } else {
        let (from, to) = ((x1 + BOX_X / 2, y1 + BOX_Y), (x2 + BOX_X / 2, y2 + BOX_Y + HEAD));
        let low = from.1.max(to.1) + MARGIN;
        (
            format!("M{} {} C{} {low} {} {low} {} {}", from.0, from.1, from.0, to.0, to.0, to.1),
            format!("M{} {} l-4 {HEAD} h8 z", to.0, y2 + BOX_Y),
        )
    };
    format!("<g class=\"{class}\"><path class=\"line\" d=\"{line}\"/><path class=\"head\" d=\"{head}\"/></g>")
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

const BOX_X: usize = 150;
const BOX_Y: usize = 36;
const STEP_X: usize = 215;
const STEP_Y: usize = 62;
const MARGIN: usize = 14;
/// The length of an arrow's head.
const HEAD: usize = 8;
