//! The page with the measurements.

use super::plot::PLOTS;
use super::reasons::MISS_REASONS;
use super::rows::{ROWS, Row};
use super::{Measured, Sides};

/// A measured row, with its whole figure: rows can name that of an earlier one as "the same".
pub(super) struct Entry {
    pub(super) row: &'static Row,
    pub(super) sides: Sides,
    figure: String,
}

impl Entry {
    /// Returns the figure, and what it is compared with.
    pub(super) fn name(&self) -> String {
        match self.row.against {
            "" => self.figure.clone(),
            against => format!("{}, compared with {against}", self.figure),
        }
    }
}

/// Returns the measured rows in the order of the table.
pub(super) fn entries(measured: &Measured) -> Vec<Entry> {
    let mut previous = "";
    let mut entries = Vec::new();
    for row in ROWS {
        let figure = match row.figure.strip_prefix("the same") {
            Some(rest) => format!("{previous}{rest}"),
            None => {
                previous = row.figure;
                previous.to_owned()
            }
        };
        entries.extend(measured.get(row.name).map(|sides| Entry { row, sides: *sides, figure }));
    }
    entries
}

pub(super) fn write(machine: &str, rounds: Option<usize>, measured: &Measured) -> String {
    let entries = entries(measured);
    let mut page = format!(
        "# Performance\n\n\
         This page compares the crates with alternatives. Where time is measured, both sides take turns within one run, and \
         the medians are compared. Look at the ratio, because the other values depend on the machine. \
         `cargo xtask bench` writes this page. `cargo xtask bench --quick` prints the rows that need no clean build.\n\n\
         Measured on {machine}{}.\n\n\
         {}\n\
         | measurement | compared with | ours | theirs | ratio | limit |\n|---|---|---|---|---|---|\n",
        rounds.map_or_else(String::new, times),
        PLOTS.iter().map(|plot| plot.link(&entries) + "\n\n").collect::<String>().trim_end().to_owned() + "\n",
    );
    let (mut missed, mut methods, mut reasons) = (0, String::new(), String::new());
    for entry in &entries {
        let (sides, Row { figure, against, limit, unit, how, .. }) = (entry.sides, entry.row);
        let theirs = if sides.theirs == 0 { String::new() } else { unit.format(sides.theirs) };
        let mark = if limit.is_met(sides) { "" } else { " **missed**" };
        page += &format!(
            "| {figure} | {against} | {} | {theirs} | {} | {}{mark} |\n",
            unit.format(sides.ours),
            limit.ratio_text(sides),
            limit.text(*unit)
        );
        methods += &format!("* *{}*: {how}.\n", entry.name());
        if !limit.is_met(sides) {
            missed += 1;
            let reason = MISS_REASONS.iter().find(|(name, _)| *name == entry.row.name);
            let reason = reason.map_or("Not yet investigated", |(_, reason)| reason);
            reasons += &format!("* *{}*: {reason}.\n", entry.name());
        }
    }
    page += &match missed {
        0 => "\nAll limits are met.\n".to_owned(),
        1 => "\nOne limit is missed.\n".to_owned(),
        _ => format!("\n{missed} limits are missed.\n"),
    };
    if !reasons.is_empty() {
        page += &format!("\n## Why limits are missed\n\n{reasons}");
    }
    page += &format!("\n## How each row is measured\n\n{methods}");
    page
}

fn times(rounds: usize) -> String {
    if rounds == 1 { "; each build ran once".to_owned() } else { format!("; each build ran {rounds} times") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::stored;
    use crate::workspace;

    #[test]
    fn every_reason_belongs_to_a_row() {
        for (name, _) in MISS_REASONS {
            assert!(ROWS.iter().any(|row| row.name == *name), "{name}");
        }
    }

    /// What a run stored, and what the repository shows.
    #[test]
    fn the_page_and_its_plots_show_the_stored_values() {
        let stored = stored::read().unwrap();
        let shown = |file: &str| std::fs::read_to_string(workspace::root().join("docs").join(file)).unwrap();

        assert_eq!(write(&stored.machine, Some(stored.rounds), &stored.measured), shown("performance.md"));
        for plot in PLOTS {
            assert_eq!(plot.draw(&entries(&stored.measured)), shown(plot.file), "{}", plot.file);
        }
    }

    #[test]
    fn missed_limits_are_marked_and_unmeasured_rows_are_left_out() {
        let measured = Measured::from([
            ("flight".to_owned(), Sides { ours: 40, theirs: 50 }),
            ("sandbox-ready".to_owned(), Sides { ours: 1_759, theirs: 0 }),
        ]);

        let page = write("2 cores", Some(3), &measured);

        assert!(page.contains("| 40 calls/s | 50 calls/s | 0.80 | at least 0.93 **missed** |"), "{page}");
        assert!(page.contains("| 1.7 ms |  |  | 150.0 ms |"), "{page}");
        assert!(page.contains("One limit is missed."), "{page}");
        assert!(page.contains("## Why limits are missed\n\n* *256 calls in flight, compared with reqwest"), "{page}");
        assert!(!page.contains("callback"), "{page}");
    }
}
