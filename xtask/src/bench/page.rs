//! The page with the measurements.

use super::Measured;
use super::rows::{MISS_REASONS, ROWS, Row};

pub(super) fn write(machine: &str, rounds: Option<usize>, measured: &Measured) -> String {
    let mut page = format!(
        "# Performance\n\n\
         This page compares the crates with alternatives. Where time is measured, both sides take turns within one run, and \
         the medians are compared. Look at the ratio, because the other values depend on the machine. \
         `cargo xtask bench` writes this page. `cargo xtask bench --quick` prints the rows that need no clean build.\n\n\
         Measured on {machine}{}.\n\n\
         | measurement | compared with | ours | theirs | ratio | limit |\n|---|---|---|---|---|---|\n",
        rounds.map_or_else(String::new, times)
    );
    let rows = || ROWS.iter().filter_map(|row| measured.get(row.name).map(|sides| (row, *sides)));
    let mut missed = 0;
    for (row, sides) in rows() {
        let Row { figure, against, limit, unit, .. } = row;
        let theirs = if sides.theirs == 0 { String::new() } else { unit.format(sides.theirs) };
        let mark = if limit.is_met(sides) { "" } else { " **missed**" };
        missed += usize::from(!limit.is_met(sides));
        page += &format!(
            "| {figure} | {against} | {} | {theirs} | {} | {}{mark} |\n",
            unit.format(sides.ours),
            limit.ratio_text(sides),
            limit.text(*unit)
        );
    }
    page += &match missed {
        0 => "\nAll limits are met.\n".to_owned(),
        1 => "\nOne limit is missed.\n".to_owned(),
        _ => format!("\n{missed} limits are missed.\n"),
    };
    let (mut methods, mut reasons, mut previous) = (String::new(), String::new(), "");
    for (row, sides) in rows() {
        let figure = match row.figure.strip_prefix("the same") {
            Some(rest) => format!("{previous}{rest}"),
            None => {
                previous = row.figure;
                previous.to_owned()
            }
        };
        let against = if row.against.is_empty() { String::new() } else { format!(", compared with {}", row.against) };
        methods += &format!("* *{figure}{against}*: {}.\n", row.how);
        if !row.limit.is_met(sides) {
            let reason = MISS_REASONS.iter().find(|(name, _)| *name == row.name);
            reasons +=
                &format!("* *{figure}{against}*: {}.\n", reason.map_or("Not yet investigated", |(_, reason)| reason));
        }
    }
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
    use crate::bench::Sides;

    #[test]
    fn every_reason_belongs_to_a_row() {
        for (name, _) in MISS_REASONS {
            assert!(ROWS.iter().any(|row| row.name == *name), "{name}");
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
