//! The journal beside statements that are fed in.

mod lifecycle;
mod memory;
mod planted;
mod races;
mod rows;

use std::time::Duration;

use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::settlement::{
    Coverage, Finding, FindingKind, Item, Line, Lines, Movement, SettlementStore, StatementError,
};
use payments_journal::{Journal, JournalKey, JournalKeys, Progress};

use rows::{HOUR, is_empty, now, settle};

use crate::backend::Backend;
use crate::support::{account, row};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn journal<S: SettlementStore + Clone>(store: &S) -> Journal<S> {
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    Journal::builder(store.clone(), JournalKeys::new("1", key).unwrap()).build().unwrap()
}

fn rupees(minor: i64) -> Money {
    Money::from_minor(minor, Currency::INR)
}

/// The two days before this one, with statuses of now.
fn coverage() -> Coverage {
    let now = now();
    Coverage::new([Movement::Payout], now - 2 * DAY..now - HOUR).as_of(now)
}

fn statement(lines: impl IntoIterator<Item = impl Into<Item>>) -> Lines {
    let lines: Vec<Result<Item, StatementError>> = lines.into_iter().map(|line| Ok(line.into())).collect();
    Lines::new("bank", coverage(), lines)
}

/// The line of an executed payout of this test.
fn line(reference: &str) -> Line {
    Line::payout(PaymentStatus::Succeeded)
        .id(format!("id-{reference}"))
        .reference(reference)
        .amount(rupees(30_010))
        .time(now() - DAY)
}

/// Runs to the end, and returns the findings in the order of kind and reference.
async fn reconcile<S: SettlementStore + Clone>(store: &S, statement: Lines) -> (Vec<Finding>, Progress) {
    let mut run = journal(store).reconcile(account(), statement);
    let mut findings = Vec::new();
    while let Some(finding) = run.try_next().await.unwrap() {
        findings.push(finding);
    }
    findings.sort_by_key(|finding| (finding.kind, finding.reference.clone(), finding.object_id.clone()));
    assert!(run.progress().is_complete);
    (findings, run.progress().clone())
}

fn kinds(findings: &[Finding]) -> Vec<(FindingKind, &str)> {
    findings.iter().map(|finding| (finding.kind, finding.reference.as_deref().unwrap_or_default())).collect()
}

/// Records payouts, in one transaction.
async fn record<B: Backend>(database: &B, references: impl IntoIterator<Item = String>) {
    let mut transaction = database.begin().await;
    for reference in references {
        payments_journal::Store::record(database.store(), &mut transaction, &row(&reference)).await.unwrap();
    }
    transaction.commit().await.unwrap();
}
