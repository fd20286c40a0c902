//! How the demo is shown: for people in a hundred columns, for machines as one object.

use std::fmt;

use serde_json::{Map, Value, json};

use super::turbopay::Side;
use super::{Flow, Report, Tour};

impl Report {
    /// The same for machines.
    #[must_use]
    pub fn json(&self) -> String {
        let side = |side: &Side| json!({"steps": side.steps, "payouts": side.payouts, "ledger": side.ledger});
        let flow = |flow: &Flow| json!({"title": flow.title, "steps": flow.steps, "works": flow.works});
        let tour = |tour: &Tour| (tour.provider.to_owned(), tour.flows.iter().map(flow).collect());
        json!({
            "seed": self.seed,
            "holds": self.holds(),
            "providers": self.tours.iter().map(tour).collect::<Map<String, Value>>(),
            "lost_payout": {"naive": side(&self.naive), "sdk": side(&self.sdk)},
        })
        .to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.tours.len();
        writeln!(f, "{count} payment providers, played on this machine. No network, no account, no real money.")?;
        for tour in &self.tours {
            writeln!(f, "\n{}: {}", tour.provider.to_uppercase(), tour.about)?;
            for flow in &tour.flows {
                writeln!(f, "\n   {}{}", flow.title, if flow.works { "" } else { ": DID NOT WORK" })?;
                for step in &flow.steps {
                    writeln!(f, "     {}", cut(step, WIDTH - 5))?;
                }
            }
        }
        writeln!(f, "\nTHE PAYOUT WHOSE ANSWER IS LOST, WITH AND WITHOUT")?;
        writeln!(f, "   TurboPay pays 500.00 INR out, and the connection closes before it can say so.\n")?;
        row(f, "An application that takes", "The same with this SDK,")?;
        row(f, "a closed connection for a failure", "which asks")?;
        row(f, &"-".repeat(COLUMN), &"-".repeat(COLUMN))?;
        for at in 0..self.naive.steps.len().max(self.sdk.steps.len()) {
            let step = |side: &Side| side.steps.get(at).cloned().unwrap_or_default();
            row(f, &step(&self.naive), &step(&self.sdk))?;
        }
        row(f, &"-".repeat(COLUMN), &"-".repeat(COLUMN))?;
        row(f, "TurboPay's ledger:", "TurboPay's ledger:")?;
        for at in 0..self.naive.ledger.len().max(self.sdk.ledger.len()) {
            let entry = |side: &Side| {
                let entry = side.ledger.get(at);
                entry.map_or(String::new(), |entry| {
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
        row(f, &payouts(&self.naive), &payouts(&self.sdk))?;
        let verdict =
            if self.holds() { "Everything came out as it should." } else { "SOMETHING DID NOT COME OUT AS IT SHOULD." };
        writeln!(f, "\n{verdict} Seed {}.\n\nNext:", self.seed)?;
        for (command, what) in [
            (format!("cargo xtask demo --seed {} --json", self.seed).as_str(), "the same for machines"),
            ("cargo run -p payments-sandbox -- serve", "the sandbox, for a client in any language"),
            ("cargo run -p turbopay --example withdrawal", "a withdrawal whose answer is lost, in code"),
            ("cargo xtask test", "every test"),
        ] {
            writeln!(f, "  {command:<45} {what}")?;
        }
        Ok(())
    }
}

fn payouts(side: &Side) -> String {
    match side.payouts {
        1 => "= 1 payout, as was asked for".to_owned(),
        payouts => format!("= {payouts} PAYOUTS, one was asked for"),
    }
}

fn row(f: &mut fmt::Formatter<'_>, left: &str, right: &str) -> fmt::Result {
    let line = format!("   {:<COLUMN$}   {}", cut(left, COLUMN), cut(right, COLUMN));
    writeln!(f, "{}", line.trim_end())
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 3).collect();
    format!("{kept}...")
}

const WIDTH: usize = 100;
const COLUMN: usize = 46;
