//! The drawing of statuses and changes, as SVG without styles.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Edge;
use crate::html::escape;
use crate::state::Order;

/// Draws the statuses in columns, from left to right.
pub(super) fn svg(order: &Order, edges: &[Edge], label: &str) -> String {
    let layout = Layout::new(order, edges);
    let (width, height) = layout.size();
    let label = escape(label);
    let mut svg = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">"
    );
    // What happened is drawn last, on top.
    for is_done in [false, true] {
        for edge in edges.iter().filter(|edge| edge.is_done == is_done) {
            svg.push_str(&layout.arrow(edge));
        }
    }
    for name in layout.rows.values().flatten() {
        let (x, y) = layout.place(name);
        let is_next = edges.iter().any(|edge| edge.is_next && edge.to == *name);
        let was = order.history.iter().any(|change| change.to == *name || change.from == Some(name));
        let class = match (*name == order.status, was, is_next) {
            (true, ..) => "state now",
            (false, true, _) => "state was",
            (false, false, true) => "state next",
            (false, false, false) => "state",
        };
        let (width, middle, base) = (layout.width, x + layout.width / 2, y + HEIGHT / 2 + 5);
        let _ = write!(
            svg,
            "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"8\"/>\
             <text x=\"{middle}\" y=\"{base}\" text-anchor=\"middle\">{name}</text></g>"
        );
    }
    svg.push_str("</svg>");
    svg
}

struct Layout {
    /// The statuses of each column, in the order in which changes lead to them.
    rows: BTreeMap<usize, Vec<&'static str>>,
    tallest: usize,
    /// The width of a box.
    width: usize,
    /// The space for arrows above and below the boxes.
    around: usize,
}

impl Layout {
    fn new(order: &Order, edges: &[Edge]) -> Self {
        let first = order.history.first().map_or(order.status, |change| change.from.unwrap_or(change.to));
        let first = order.transitions.first().map_or(first, |known| known.from);
        let columns = columns(first, edges);
        let column = |name: &str| columns.get(name).copied().unwrap_or_default();
        let mut rows: BTreeMap<usize, Vec<&'static str>> = BTreeMap::new();
        let names = [first].into_iter().chain(edges.iter().flat_map(|edge| [edge.from, edge.to])).chain([order.status]);
        for name in names {
            let names = rows.entry(column(name)).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let longest = rows.values().flatten().map(|name| name.len()).max().unwrap_or_default();
        let is_around = |edge: &Edge| column(edge.to).abs_diff(column(edge.from)) != 1;
        Self {
            tallest: rows.values().map(Vec::len).max().unwrap_or(1),
            width: longest * LETTER + 20,
            around: if edges.iter().any(is_around) { ARC } else { 0 },
            rows,
        }
    }

    fn size(&self) -> (usize, usize) {
        let last = self.rows.keys().last().copied().unwrap_or_default();
        let height = (self.tallest - 1) * STEP + HEIGHT + 2 * (MARGIN + self.around);
        (last * (self.width + GAP) + self.width + 2 * MARGIN, height)
    }

    fn column(&self, name: &str) -> usize {
        self.rows.iter().find(|(_, names)| names.contains(&name)).map_or(0, |(column, _)| *column)
    }

    /// The upper left corner of a status.
    fn place(&self, name: &str) -> (usize, usize) {
        let column = self.column(name);
        let names = self.rows.get(&column).map_or(&[][..], Vec::as_slice);
        let row = names.iter().position(|known| *known == name).unwrap_or_default();
        // Columns are centred.
        let half_rows = row * 2 + self.tallest - names.len();
        (column * (self.width + GAP) + MARGIN, half_rows * STEP / 2 + MARGIN + self.around)
    }

    /// An arrow to the next column, within a column, or around other columns.
    fn arrow(&self, edge: &Edge) -> String {
        let ((x1, y1), (x2, y2)) = (self.place(edge.from), self.place(edge.to));
        let (half, height) = (self.width / 2, self.size().1);
        let (line, head) = match (self.column(edge.to).checked_sub(self.column(edge.from)), y2 > y1) {
            (Some(1), _) => {
                let (x1, y1, y2, end) = (x1 + self.width, y1 + HEIGHT / 2, y2 + HEIGHT / 2, x2 - HEAD);
                let middle = (x1 + end) / 2;
                (format!("M{x1} {y1} C{middle} {y1} {middle} {y2} {end} {y2}"), format!("M{x2} {y2} l-{HEAD} -4 v8 z"))
            }
            (Some(0), true) => {
                let (x, y1) = (x1 + half, y1 + HEIGHT);
                (format!("M{x} {y1} L{x} {}", y2 - HEAD), format!("M{x} {y2} l-4 -{HEAD} h8 z"))
            }
            (Some(0), false) => {
                let (x, y2) = (x1 + half, y2 + HEIGHT);
                (format!("M{x} {y1} L{x} {}", y2 + HEAD), format!("M{x} {y2} l-4 {HEAD} h8 z"))
            }
            // Above the others, or below them.
            (_, false) => {
                let (x1, x2) = (x1 + half, x2 + half);
                (
                    format!("M{x1} {y1} C{x1} -{OUT} {x2} -{OUT} {x2} {}", y2 - HEAD),
                    format!("M{x2} {y2} l-4 -{HEAD} h8 z"),
                )
            }
            (_, true) => {
                let (x1, y1, x2, y2, low) = (x1 + half, y1 + HEIGHT, x2 + half, y2 + HEIGHT, height + OUT);
                (format!("M{x1} {y1} C{x1} {low} {x2} {low} {x2} {}", y2 + HEAD), format!("M{x2} {y2} l-4 {HEAD} h8 z"))
            }
        };
        let mut class = String::from("change");
        for (is, name) in [(edge.is_done, " done"), (edge.is_rare, " rare"), (edge.is_next && !edge.is_done, " next")] {
            if is {
                class.push_str(name);
            }
        }
        format!("<g class=\"{class}\"><path class=\"line\" d=\"{line}\"/><path class=\"head\" d=\"{head}\"/></g>")
    }
}

/// The column of each status: the longest way to it over changes that are not rare. A rare one only leads to a new status.
fn columns(first: &'static str, edges: &[Edge]) -> BTreeMap<&'static str, usize> {
    let mut columns = BTreeMap::from([(first, 0)]);
    // A cycle ends, because no status is further away than there are changes.
    for _ in 0..edges.len() {
        for edge in edges.iter().filter(|edge| !edge.is_rare && edge.to != first) {
            let Some(column) = columns.get(edge.from).map(|column| column + 1) else { continue };
            let known = columns.entry(edge.to).or_default();
            if column > *known && column <= edges.len() {
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

/// The height of a box.
const HEIGHT: usize = 36;
/// Between two rows.
const STEP: usize = 62;
/// Between two columns.
const GAP: usize = 56;
/// The width of a letter, at most.
const LETTER: usize = 9;
const MARGIN: usize = 12;
/// The length of an arrow's head.
const HEAD: usize = 8;
/// The space for arrows that go around the boxes.
const ARC: usize = 28;
/// How far outside the points are that pull these arrows. The arrows themselves stay inside.
const OUT: usize = 18;
