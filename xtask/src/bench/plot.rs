//! The plots of the page: our value divided by the other side's, with the limit as a line.
//!
//! Everything is computed in integers, so that the same values give the same file on every machine.

use super::page::Entry;
use super::rows::Limit;

/// One plot: the rows whose ratio should be low, or those whose ratio should be high.
pub(super) struct Plot {
    /// The name of the file beside the page.
    pub(super) file: &'static str,
    title: &'static str,
    /// What the bars are.
    alt: &'static str,
    has: fn(Limit) -> bool,
}

pub(super) const PLOTS: [Plot; 2] = [
    Plot {
        file: "performance-cost.svg",
        title: "Our cost divided by theirs: shorter is better",
        alt: "Bars: our time, size or count divided by the other side's. Shorter is better. A line marks each limit",
        has: |limit| matches!(limit, Limit::AtMost(_)),
    },
    Plot {
        file: "performance-rate.svg",
        title: "Our rate divided by theirs: longer is better",
        alt: "Bars: our rate divided by the other side's. Longer is better. A line marks each limit",
        has: |limit| matches!(limit, Limit::AtLeast(_)),
    },
];

impl Plot {
    /// Returns the image for the page. Its text says what a reader of the page cannot see.
    pub(super) fn link(&self, entries: &[Entry]) -> String {
        let all = self.bars(entries).len();
        let missed = self.bars(entries).iter().filter(|bar| !bar.is_met).count();
        format!("![{}. {} of {all} limits are met; the table has the values.]({})", self.alt, all - missed, self.file)
    }

    /// Returns the file's content.
    pub(super) fn draw(&self, entries: &[Entry]) -> String {
        let bars = self.bars(entries);
        let longest = bars.iter().map(|bar| bar.ratio.max(bar.limit)).max().unwrap_or(0).max(1_000);
        // The scale ends at a tick, with room for the value beside the bar.
        let scale = Scale { last_tick: longest.div_ceil(TICK) * TICK };
        let height = TOP + bars.len() * ROW + BOTTOM;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n{STYLE}\
             <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"28\">{title}</text>\n",
            title = self.title,
        );
        let bottom = TOP + bars.len() * ROW;
        for tick in (0..=scale.last_tick).step_by(TICK) {
            let (x, class) = (scale.x(tick), if tick == 1_000 { "equal" } else { "grid" });
            svg += &format!("<line class=\"{class}\" x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{bottom}\"/>\n");
            let (y, text) = (bottom + 18, tenths(tick));
            svg += &format!("<text class=\"tick\" x=\"{x}\" y=\"{y}\">{text}</text>\n");
        }
        for (number, bar) in bars.iter().enumerate() {
            svg += &bar.draw(TOP + number * ROW, &scale);
        }
        svg + "</svg>\n"
    }

    fn bars(&self, entries: &[Entry]) -> Vec<Bar> {
        let shown = entries.iter().filter(|entry| (self.has)(entry.row.limit));
        shown.filter_map(Bar::of).collect()
    }
}

/// A row of a plot. Ratio and limit are in thousandths.
struct Bar {
    label: String,
    ratio: usize,
    limit: usize,
    text: String,
    is_met: bool,
}

impl Bar {
    fn of(entry: &Entry) -> Option<Self> {
        let (Limit::AtMost(limit) | Limit::AtLeast(limit)) = entry.row.limit else { return None };
        let ratio = entry.sides.ours.saturating_mul(1_000).checked_div(entry.sides.theirs)?;
        let is_met = entry.row.limit.is_met(entry.sides);
        let text = format!("{}{}", entry.row.limit.ratio_text(entry.sides), if is_met { "" } else { ", limit missed" });
        let label = entry.name();
        Some(Self { label, ratio: ratio.try_into().ok()?, limit: limit.try_into().ok()?, text, is_met })
    }

    fn draw(&self, top: usize, scale: &Scale) -> String {
        let (x, limit) = (scale.x(self.ratio), scale.x(self.limit));
        let (label, bar, value) = (top + 18, top + 26, top + 39);
        let class = if self.is_met { "ours" } else { "ours missed" };
        // The limit must not cross the value.
        let after = if limit >= x && limit < x + 140 { limit + 8 } else { x + 8 };
        format!(
            "<text class=\"label\" x=\"{LEFT}\" y=\"{label}\">{}</text>\n\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{bar}\" width=\"{}\" height=\"16\"/>\n\
             <line class=\"limit\" x1=\"{limit}\" y1=\"{}\" x2=\"{limit}\" y2=\"{}\"/>\n\
             <text class=\"value\" x=\"{after}\" y=\"{value}\">{}</text>\n",
            escaped(&self.label),
            x - LEFT,
            bar - 4,
            bar + 20,
            escaped(&self.text),
        )
    }
}

struct Scale {
    last_tick: usize,
}

impl Scale {
    fn x(&self, thousandths: usize) -> usize {
        LEFT + thousandths * LENGTH / self.last_tick
    }
}

fn tenths(thousandths: usize) -> String {
    format!("{}.{}", thousandths / 1_000, thousandths % 1_000 / 100)
}

fn escaped(text: &str) -> String {
    text.replace('`', "").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const WIDTH: usize = 1_100;
const LEFT: usize = 20;
/// The length of the longest bar. The rest is for its value.
const LENGTH: usize = 760;
const TOP: usize = 44;
const ROW: usize = 52;
const BOTTOM: usize = 30;
const TICK: usize = 500;

/// The paper has a colour of its own: a page's own switch does not change the reader's preferred scheme.
const STYLE: &str = "<style>\n\
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }\n\
    .title { font-weight: 600; font-size: 15px }\n\
    .tick { text-anchor: middle; fill: #59636e; font-size: 12px }\n\
    .paper { fill: #ffffff }\n\
    .grid { stroke: #d1d9e0 }\n\
    .equal { stroke: #59636e; stroke-dasharray: 4 3 }\n\
    .ours { fill: #2da44e }\n\
    .missed { fill: #bf8700 }\n\
    .limit { stroke: #cf222e; stroke-width: 3 }\n\
    @media (prefers-color-scheme: dark) {\n\
    text { fill: #f0f6fc }\n\
    .tick { fill: #9198a1 }\n\
    .paper { fill: #0d1117 }\n\
    .grid { stroke: #3d444d }\n\
    .equal { stroke: #9198a1 }\n\
    .ours { fill: #238636 }\n\
    .missed { fill: #9e6a03 }\n\
    .limit { stroke: #f85149 }\n\
    }\n\
    </style>\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::page::entries;
    use crate::bench::{Measured, Sides};

    #[test]
    fn a_plot_has_a_bar_for_each_ratio_and_a_line_for_each_limit() {
        let measured = Measured::from([
            ("flight".to_owned(), Sides { ours: 40, theirs: 50 }),
            ("journal-worker-apalis".to_owned(), Sides { ours: 3_000, theirs: 2_000 }),
            ("post-bare".to_owned(), Sides { ours: 70_976, theirs: 68_463 }),
            ("sandbox-ready".to_owned(), Sides { ours: 1_759, theirs: 0 }),
        ]);
        let [costs, rates] = PLOTS;

        let entries = entries(&measured);
        let (cost, rate) = (costs.draw(&entries), rates.draw(&entries));

        assert_eq!(rate, include_str!("plot/expected.svg"));
        assert_eq!((cost.matches("class=\"ours").count(), rate.matches("class=\"ours").count()), (1, 2));
        assert_eq!((cost.matches("class=\"limit\"").count(), rate.matches("class=\"limit\"").count()), (1, 2));
        assert!(rates.link(&entries).contains("1 of 2 limits are met"), "{}", rates.link(&entries));
    }
}
