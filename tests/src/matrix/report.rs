//! The report: tables for people, and one JSON object for programs.

use std::fmt;

use serde_json::{Map, Value, json};

use super::counts::Counts;
use super::{Report, Tally};

impl Report {
    /// Returns the report as a JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let reported = self.sdk.reported.iter().map(|run| {
            json!({
                "cell": run.cell.to_string(),
                "seed": run.seed,
                "violations": run.violations.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "replay": run.replay(),
                "log": run.log,
            })
        });
        json!({
            "seed": self.seed,
            "passed": self.passed(),
            "sdk": tally(&self.sdk),
            "controls": self.controls.iter().map(tally).collect::<Vec<_>>(),
            "reported_runs": reported.collect::<Vec<_>>(),
        })
        .to_string()
    }
}

fn tally(tally: &Tally) -> Value {
    let faults = tally.faults.iter().map(|(fault, counts)| (fault.to_string(), json_counts(counts)));
    let providers = tally.providers.iter().map(|(provider, counts)| (provider.name().to_owned(), json_counts(counts)));
    json!({
        "client": tally.client.to_string(),
        "total": json_counts(&tally.total),
        "providers": providers.collect::<Map<String, Value>>(),
        "faults": faults.collect::<Map<String, Value>>(),
    })
}

fn json_counts(counts: &Counts) -> Value {
    json!({
        "runs": counts.runs,
        "outcomes": {
            "success": counts.succeeded,
            "not_sent": counts.not_sent,
            "refused": counts.refused,
            "unknown": counts.unknown,
        },
        "executions_per_order": {"0": counts.executed[0], "1": counts.executed[1], "more": counts.executed[2]},
        "double_executions": counts.double_executions,
        "false_not_sent": counts.false_not_sent,
        "provably_not_sent": counts.provably_unsent,
        "recognised": counts.recognised,
        "misdirected_requests": counts.misdirected,
        "plain_responses": counts.plain,
        "false_unknown": counts.false_unknown,
        "closed_without_bytes": counts.closed_without_bytes,
        "returned_unsent": counts.returned_unsent,
        "resolvable": counts.resolvable,
        "resolved": counts.resolved,
        "should_reuse": counts.should_reuse,
        "reused": counts.reused,
        "failed_runs": counts.failed,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_single {
            table(f, &self.sdk)?;
            summary(f, &self.sdk)?;
            for control in &self.controls {
                control_table(f, control)?;
            }
        }
        for run in &self.sdk.reported {
            writeln!(f, "\n{}, seed {}", run.cell, run.seed)?;
            for violation in &run.violations {
                writeln!(f, "  VIOLATION: {violation}")?;
            }
            writeln!(f, "  replay: {}\n{}", run.replay(), run.log)?;
        }
        if self.sdk.total.failed > self.sdk.reported.len() {
            writeln!(f, "... and {} more failed runs.", self.sdk.total.failed - self.sdk.reported.len())?;
        }
        let (runs, seed) = (self.sdk.total.runs, self.seed);
        let plural = if runs == 1 { "" } else { "s" };
        let verdict = if self.passed() { "passed" } else { "FAILED" };
        writeln!(f, "\nmatrix {verdict}: {runs} run{plural}, seed {seed}")
    }
}

/// Writes one row per fault and one row per provider.
fn table(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    writeln!(
        f,
        "Outcomes are what the client reports. Executions are what the sandbox's ledger has when no request is in flight.\n"
    )?;
    writeln!(f, "{:<40} | {:^30} | {:^15} | {:^36} |", "", "outcomes", "executions", "required: 0, 0, all, 0, 0")?;
    writeln!(
        f,
        "{:<34}{:>6} |{:>8}{:>8}{:>8}{:>8}|{:>6}{:>6}{:>4} |{:>7}{:>7}{:>10}{:>7}{:>7}|{:>7}",
        "fault",
        "runs",
        "success",
        "notsent",
        "refused",
        "unknown",
        "0",
        "1",
        "2+",
        "double",
        "false",
        "unsent",
        "stray",
        "unread",
        "failed"
    )?;
    for (fault, counts) in &tally.faults {
        row(f, &fault.to_string(), counts)?;
    }
    row(f, "all faults", &tally.total)?;
    writeln!(f)?;
    for (provider, counts) in &tally.providers {
        row(f, provider.name(), counts)?;
    }
    Ok(())
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, counts: &Counts) -> fmt::Result {
    let Counts { runs, succeeded, not_sent, refused, unknown, executed: [zero, one, more], .. } = counts;
    let Counts {
        double_executions,
        false_not_sent,
        provably_unsent,
        recognised,
        misdirected,
        false_unknown,
        failed,
        ..
    } = counts;
    let unsent = format!("{recognised}/{provably_unsent}");
    writeln!(
        f,
        "{name:<34}{runs:>6} |{succeeded:>8}{not_sent:>8}{refused:>8}{unknown:>8}|{zero:>6}{one:>6}{more:>4} |\
         {double_executions:>7}{false_not_sent:>7}{unsent:>10}{misdirected:>7}{false_unknown:>7}|{failed:>7}"
    )
}

/// Writes the five required counts, with their column names, and three counts that show what the runs covered.
fn summary(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let total = &tally.total;
    let rows = [
        ("double", "calls executed more than once", total.double_executions, None),
        ("false", "received requests reported as not sent", total.false_not_sent, None),
        ("unsent", "provably unsent calls recognised", total.recognised, Some(total.provably_unsent)),
        ("stray", "requests to another host or path", total.misdirected, None),
        ("unread", "plain responses reported as something else", total.false_unknown, Some(total.plain)),
        ("", "connections closed without a byte recognised", total.returned_unsent, Some(total.closed_without_bytes)),
        ("", "unknown outcomes resolved as in the ledger", total.resolved, Some(total.resolvable)),
        ("", "connections reused", total.reused, Some(total.should_reuse)),
    ];
    writeln!(f)?;
    for (column, meaning, count, of) in rows {
        let of = of.map_or_else(String::new, |of| format!(" of {of}"));
        writeln!(f, "{column:<7} {meaning:<45}{count:>7}{of}")?;
    }
    Ok(())
}

/// Writes the counts of a control, and whether the matrix detected it.
fn control_table(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let verdict = if tally.is_detected() { "detected, as required" } else { "NOT DETECTED: the matrix proves nothing" };
    writeln!(f, "\nControl without idempotency keys that {}: {verdict}.", tally.client)?;
    writeln!(f, "  {:<14}{:>6}{:>8}{:>8}{:>8}", "provider", "runs", "double", "false", "stray")?;
    for (provider, counts) in &tally.providers {
        let Counts { runs, double_executions, false_not_sent, misdirected, .. } = counts;
        writeln!(f, "  {:<14}{runs:>6}{double_executions:>8}{false_not_sent:>8}{misdirected:>8}", provider.name())?;
    }
    Ok(())
}
