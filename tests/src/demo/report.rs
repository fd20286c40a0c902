//! The report: text of at most 100 columns for people, and one JSON object for programs.

use std::fmt;

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
        self.write_payout_scenes(f)?;
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
    fn write_payout_scenes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nA LOST RESPONSE TO A PAYOUT, WITH AND WITHOUT THE SDK")?;
        writeln!(f, "\n   TurboPay pays out 500.00 INR, but the connection closes before the response arrives.\n")?;
        row(f, "An application that treats", "An application with this SDK,")?;
        row(f, "a closed connection as a failure", "which looks the payout up")?;
        row(f, &"-".repeat(COLUMN), &"-".repeat(COLUMN))?;
        for index in 0..self.naive.steps.len().max(self.sdk.steps.len()) {
            let step = |scene: &PayoutScene| scene.steps.get(index).cloned().unwrap_or_default();
            row(f, &step(&self.naive), &step(&self.sdk))?;
        }
        row(f, &"-".repeat(COLUMN), &"-".repeat(COLUMN))?;
        row(f, "TurboPay's ledger:", "TurboPay's ledger:")?;
        for index in 0..self.naive.ledger.len().max(self.sdk.ledger.len()) {
            let entry = |scene: &PayoutScene| {
                scene.ledger.get(index).map_or(String::new(), |entry| {
                    format!(
                        "{} {} {}.{:02} {}",
                        entry.reference,
                        entry.kind,
                        entry.amount / 100,
                        entry.amount % 100,
                        entry.currency
                    )
                })
            };
            row(f, &entry(&self.naive), &entry(&self.sdk))?;
        }
        row(f, &payouts(&self.naive), &payouts(&self.sdk))
    }
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
