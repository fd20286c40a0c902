//! The page that holds the figures.

use super::Measured;
use super::rows::{IN_THE_WAY, ROWS, Row};

pub(super) fn write(machine: &str, rounds: Option<usize>, measured: &Measured) -> String {
    let mut page = format!(
        "# Performance\n\n\
         What the crates cost, beside what they would be used instead of. What takes time is measured by turns, in one run, \
         and the medians are compared: look at the ratio, for the rest is this machine's. `cargo xtask bench` \
         writes this page; `--quick` prints what needs no clean build.\n\n\
         Measured on {machine}{}.\n\n\
         | figure | against | ours | theirs | ratio | limit |\n|---|---|---|---|---|---|\n",
        rounds.map_or_else(String::new, times)
    );
    let rows = || ROWS.iter().filter_map(|row| measured.get(row.name).map(|sides| (row, *sides)));
    let mut missed = 0;
    for (row, sides) in rows() {
        let Row { figure, against, limit, unit, .. } = row;
        let theirs = if sides.theirs == 0 { String::new() } else { unit.show(sides.theirs) };
        let mark = if limit.holds(sides) { "" } else { " **missed**" };
        missed += usize::from(!limit.holds(sides));
        page += &format!(
            "| {figure} | {against} | {} | {theirs} | {} | {}{mark} |\n",
            unit.show(sides.ours),
            limit.outcome(sides),
            limit.shown(*unit)
        );
    }
    page += &match missed {
        0 => "\nEvery limit is kept.\n".to_owned(),
        1 => "\nOne limit is missed.\n".to_owned(),
        _ => format!("\n{missed} limits are missed.\n"),
    };
    let (mut hows, mut reasons, mut before) = (String::new(), String::new(), "");
    for (row, sides) in rows() {
        let figure = match row.figure.strip_prefix("the same") {
            Some(more) => format!("{before}{more}"),
            None => {
                before = row.figure;
                before.to_owned()
            }
        };
        let against = if row.against.is_empty() { String::new() } else { format!(", against {}", row.against) };
        hows += &format!("* *{figure}{against}*: {}.\n", row.how);
        if !row.limit.holds(sides) {
            let reason = IN_THE_WAY.iter().find(|(name, _)| *name == row.name);
            reasons +=
                &format!("* *{figure}{against}*: {}.\n", reason.map_or("not yet looked into", |(_, reason)| reason));
        }
    }
    if !reasons.is_empty() {
        page += &format!("\n## What stands in the way\n\n{reasons}");
    }
    page += &format!("\n## How\n\n{hows}");
    page
}

fn times(rounds: usize) -> String {
    if rounds == 1 { "; builds once each".to_owned() } else { format!("; builds {rounds} times each") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Sides;

    #[test]
    fn a_reason_is_that_of_a_row() {
        for (name, _) in IN_THE_WAY {
            assert!(ROWS.iter().any(|row| row.name == *name), "{name}");
        }
    }

    #[test]
    fn a_missed_limit_is_marked_and_a_row_that_was_not_measured_is_left_out() {
        let measured = Measured::from([
            ("flight".to_owned(), Sides { ours: 40, theirs: 50 }),
            ("sandbox-ready".to_owned(), Sides { ours: 1_759, theirs: 0 }),
        ]);

        let page = write("2 cores", Some(3), &measured);

        assert!(page.contains("| 40 calls/s | 50 calls/s | 0.80 | at least 0.95 **missed** |"), "{page}");
        assert!(page.contains("| 1.7 ms |  |  | 150.0 ms |"), "{page}");
        assert!(page.contains("One limit is missed."), "{page}");
        assert!(page.contains("## What stands in the way\n\n* *256 calls in flight, against reqwest"), "{page}");
        assert!(!page.contains("callback"), "{page}");
    }
}
