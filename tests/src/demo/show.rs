//! How the demo is shown: for people in a hundred columns, for machines as one object.

use std::fmt;

use serde_json::json;

use super::{Report, Side};

impl Report {
    /// The same for machines.
    #[must_use]
    pub fn json(&self) -> String {
        let side = |side: &Side| json!({"steps": side.steps, "payouts": side.payouts, "ledger": side.ledger});
        let flows =
            self.flows.iter().map(|flow| json!({"title": flow.title, "steps": flow.steps, "works": flow.works}));
        json!({
            "seed": self.seed,
            "holds": self.holds(),
            "turbopay": {
                "flows": flows.collect::<Vec<_>>(),
                "lost_answer": {"naive": side(&self.naive), "sdk": side(&self.sdk)},
            },
        })
        .to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "TurboPay, played on this machine. No network, no account, no real money.\n")?;
        for (number, flow) in self.flows.iter().enumerate() {
            writeln!(f, "{}. {}{}", number + 1, flow.title, if flow.works { "" } else { ": DID NOT WORK" })?;
            for step in &flow.steps {
                writeln!(f, "   {}", cut(step, WIDTH - 3))?;
            }
            writeln!(f)?;
        }
        writeln!(f, "{}. The answer that is lost", self.flows.len() + 1)?;
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
                        entry.what,
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
