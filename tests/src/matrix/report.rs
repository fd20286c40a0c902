//! How it is shown: a table for people, one object for machines.

use std::fmt;

use serde_json::{Map, Value, json};

use super::figures::Figures;
use super::{Report, Tally};

impl Report {
    /// The same for machines.
    #[must_use]
    pub fn json(&self) -> String {
        let told = self.sdk.told.iter().map(|run| {
            json!({
                "cell": run.cell.to_string(),
                "seed": run.seed,
                "wrong": run.wrong.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "replay": run.replay(),
                "story": run.story,
            })
        });
        json!({
            "seed": self.seed,
            "holds": self.holds(),
            "sdk": tally(&self.sdk),
            "controls": self.controls.iter().map(tally).collect::<Vec<_>>(),
            "told": told.collect::<Vec<_>>(),
        })
        .to_string()
    }
}

fn tally(tally: &Tally) -> Value {
    let faults = tally.faults.iter().map(|(fault, figures)| (fault.to_string(), of(figures)));
    let providers = tally.providers.iter().map(|(provider, figures)| (provider.name().to_owned(), of(figures)));
    json!({
        "client": tally.rig.to_string(),
        "total": of(&tally.total),
        "providers": providers.collect::<Map<String, Value>>(),
        "faults": faults.collect::<Map<String, Value>>(),
    })
}

fn of(figures: &Figures) -> Value {
    json!({
        "runs": figures.runs,
        "outcomes": {
            "success": figures.succeeded,
            "not_sent": figures.not_sent,
            "refused": figures.refused,
            "unknown": figures.unknown,
        },
        "executions_per_order": {"0": figures.executed[0], "1": figures.executed[1], "more": figures.executed[2]},
        "double_executions": figures.doubles,
        "false_not_sent": figures.false_not_sent,
        "provably_not_sent": figures.provable,
        "recognised": figures.recognised,
        "astray": figures.astray,
        "closed_at_once_and_brought_nothing": figures.brought_nothing,
        "handed_back": figures.handed_back,
        "resolvable": figures.resolvable,
        "resolved": figures.resolved,
        "to_reuse": figures.to_reuse,
        "reused": figures.reused,
        "wrong": figures.wrong,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.single {
            table(f, &self.sdk)?;
            figures(f, &self.sdk)?;
            for control in &self.controls {
                controlled(f, control)?;
            }
        }
        for run in &self.sdk.told {
            writeln!(f, "\n{} seed {}", run.cell, run.seed)?;
            for wrong in &run.wrong {
                writeln!(f, "  WRONG: {wrong}")?;
            }
            writeln!(f, "  {}\n{}", run.replay(), run.story)?;
        }
        if self.sdk.total.wrong > self.sdk.told.len() {
            writeln!(f, "... and {} more.", self.sdk.total.wrong - self.sdk.told.len())?;
        }
        let (runs, seed) = (self.sdk.total.runs, self.seed);
        let verdict = if self.holds() { "everything came out as it must" } else { "SOMETHING IS WRONG" };
        writeln!(f, "\n{runs} runs, seed {seed}: {verdict}.")
    }
}

/// A row a fault, and one a provider.
fn table(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    writeln!(
        f,
        "Outcomes are the client's word. Executions are the ledger's count for each order, once nothing is under way.\n"
    )?;
    writeln!(f, "{:<37} | {:^30} | {:^15} | {:^29} |", "", "outcomes", "executions", "must be 0, 0, all and 0")?;
    writeln!(
        f,
        "{:<31}{:>6} |{:>8}{:>8}{:>8}{:>8}|{:>6}{:>6}{:>4} |{:>7}{:>7}{:>10}{:>7}|{:>5}",
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
        "proved",
        "astray",
        "wrong"
    )?;
    for (fault, figures) in &tally.faults {
        row(f, &fault.to_string(), figures)?;
    }
    row(f, "all", &tally.total)?;
    writeln!(f)?;
    for (provider, figures) in &tally.providers {
        row(f, provider.name(), figures)?;
    }
    Ok(())
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, figures: &Figures) -> fmt::Result {
    let Figures { runs, succeeded, not_sent, refused, unknown, executed: [none, one, more], .. } = figures;
    let Figures { doubles, false_not_sent, provable, recognised, astray, wrong, .. } = figures;
    let proved = format!("{recognised}/{provable}");
    writeln!(
        f,
        "{name:<31}{runs:>6} |{succeeded:>8}{not_sent:>8}{refused:>8}{unknown:>8}|{none:>6}{one:>6}{more:>4} |\
         {doubles:>7}{false_not_sent:>7}{proved:>10}{astray:>7}|{wrong:>5}"
    )
}

/// The four figures, and three that say what was tried.
fn figures(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let total = &tally.total;
    writeln!(f, "\ndouble executions                  {:>6}", total.doubles)?;
    writeln!(f, "false \"not sent\"                   {:>6}", total.false_not_sent)?;
    writeln!(f, "provably not sent, recognised      {:>6} of {}", total.recognised, total.provable)?;
    writeln!(f, "requests to another host or path   {:>6}", total.astray)?;
    writeln!(f, "closed at once, handed back unsent {:>6} of {}", total.handed_back, total.brought_nothing)?;
    writeln!(f, "unknown, resolved as the ledger is {:>6} of {}", total.resolved, total.resolvable)?;
    writeln!(f, "connections really used again      {:>6} of {}", total.reused, total.to_reuse)
}

/// What a client of others' making comes to, in the same matrix.
fn controlled(f: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let caught = if tally.is_caught() { "caught, as it must be" } else { "NOT CAUGHT: the matrix proves nothing" };
    writeln!(f, "\nControl: a client without keys that {}: {caught}.", tally.rig)?;
    writeln!(f, "  {:<14}{:>6}{:>8}{:>17}{:>8}", "provider", "runs", "double", "false not sent", "astray")?;
    for (provider, figures) in &tally.providers {
        let Figures { runs, doubles, false_not_sent, astray, .. } = figures;
        writeln!(f, "  {:<14}{runs:>6}{doubles:>8}{false_not_sent:>17}{astray:>8}", provider.name())?;
    }
    Ok(())
}
