//! The report: text of at most 100 columns for people, and one JSON object for programs.

use std::fmt;

use payments_sandbox::Entry;
use serde_json::{Map, Value, json};

use super::turbopay::PayoutScene;
use super::{Flow, Report, Tour};

impl Report {
    /// Returns the report as a JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let scene =
            |scene: &PayoutScene| json!({"steps": scene.steps, "payouts": scene.payouts, "ledger": scene.ledger});
        let flow = |flow: &Flow| json!({"title": flow.title, "steps": flow.steps, "as_expected": flow.as_expected});
        let tour = |tour: &Tour| (tour.provider.to_owned(), tour.flows.iter().map(flow).collect());
        json!({
            "seed": self.seed,
            "as_expected": self.is_as_expected(),
            "providers": self.tours.iter().map(tour).collect::<Map<String, Value>>(),
            "lost_payout": {"naive": scene(&self.naive), "sdk": scene(&self.sdk)},
            "killed_payout": {"naive": scene(&self.killed_naive), "journaled": scene(&self.killed_journaled)},
        })
        .to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} payment providers, simulated on this machine: no network, no account, no real money.",
            self.tours.len()
        )?;
        writeln!(
            f,
            "Each step shows an SDK call or an event, and its result. In \"A lost response\", the provider executes"
        )?;
        writeln!(f, "the request and closes the connection. Outcome::Unknown: the request may have been executed.")?;
        for tour in &self.tours {
            writeln!(f, "\n{}: {}", tour.provider.to_uppercase(), tour.about)?;
            for flow in &tour.flows {
                writeln!(f, "\n   {}{}", flow.title, if flow.as_expected { "" } else { ": NOT AS EXPECTED" })?;
                for step in &flow.steps {
                    writeln!(f, "     {}", truncated(step, WIDTH - 5))?;
                }
            }
        }
        self.lost_response().write(f)?;
        self.killed_process().write(f)?;
        let verdict = if self.is_as_expected() { "Everything is as expected" } else { "SOMETHING IS NOT AS EXPECTED" };
        writeln!(f, "\n{verdict} (seed {}).\n\nNext:", self.seed)?;
        for (command, description) in [
            (format!("cargo xtask demo --seed {} --json", self.seed).as_str(), "prints this demo as JSON"),
            ("cargo run -p payments-sandbox -- serve", "starts the sandbox for clients in any language"),
            ("cargo run -p turbopay --example withdrawal", "runs a payout with a lost response, in code"),
            ("cargo xtask test", "runs every test"),
        ] {
            writeln!(f, "  {command:<45} {description}")?;
        }
        Ok(())
    }
}

impl Report {
    fn lost_response(&self) -> Comparison<'_> {
        Comparison {
            title: "A LOST RESPONSE TO A PAYOUT, WITH AND WITHOUT THE SDK",
            about: "TurboPay pays out 500.00 INR, but the connection closes before the response arrives.",
            left: (["An application that treats", "a closed connection as a failure"], &self.naive),
            right: (["An application with this SDK,", "which looks the payout up"], &self.sdk),
        }
    }

    fn killed_process(&self) -> Comparison<'_> {
        Comparison {
            title: "A PROCESS THAT IS KILLED AFTER ITS PAYOUT, WITH AND WITHOUT THE JOURNAL",
            about: "TurboPay pays out 500.00 INR. SIGKILL ends the process before the response arrives.",
            left: (["An application that restarts", "from its order table"], &self.killed_naive),
            right: (["An application with the journal", "in the same SQLite file"], &self.killed_journaled),
        }
    }
}

/// Two applications in the same situation, side by side.
struct Comparison<'a> {
    title: &'static str,
    about: &'static str,
    left: ([&'static str; 2], &'a PayoutScene),
    right: ([&'static str; 2], &'a PayoutScene),
}

impl Comparison<'_> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = (self.left.1, self.right.1);
        writeln!(f, "\n{}\n\n   {}\n", self.title, self.about)?;
        for (left, right) in self.left.0.iter().zip(&self.right.0) {
            row(f, left, right)?;
        }
        row(f, &"-".repeat(COLUMN), &"-".repeat(COLUMN))?;
        for index in 0..left.steps.len().max(right.steps.len()) {
            let step = |scene: &PayoutScene| scene.steps.get(index).cloned().unwrap_or_default();
            row(f, &step(left), &step(right))?;
        }
        row(f, &"-".repeat(COLUMN), &"-".repeat(COLUMN))?;
        row(f, "TurboPay's ledger:", "TurboPay's ledger:")?;
        for index in 0..left.ledger.len().max(right.ledger.len()) {
            row(f, &entry(left, index), &entry(right, index))?;
        }
        row(f, &payouts(left), &payouts(right))
    }
}

/// Returns an entry of the scene's ledger; empty if there is none.
fn entry(scene: &PayoutScene, index: usize) -> String {
    let Some(Entry { reference, kind, amount, currency, .. }) = scene.ledger.get(index) else { return String::new() };
    format!("{reference} {kind} {}.{:02} {currency}", amount / 100, amount % 100)
}

fn payouts(scene: &PayoutScene) -> String {
    match scene.payouts {
        1 => "= 1 payout for 1 order".to_owned(),
        payouts => format!("= {payouts} PAYOUTS FOR 1 ORDER"),
    }
}

fn row(f: &mut fmt::Formatter<'_>, left: &str, right: &str) -> fmt::Result {
    let line = format!("   {:<COLUMN$}   {}", truncated(left, COLUMN), truncated(right, COLUMN));
    writeln!(f, "{}", line.trim_end())
}

fn truncated(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width - 3).collect();
    format!("{start}...")
}

const WIDTH: usize = 100;
const COLUMN: usize = 46;
