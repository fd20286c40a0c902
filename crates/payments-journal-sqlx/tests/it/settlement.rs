//! The journal beside statements that are fed in.

mod lifecycle;
mod memory;
mod planted;
mod races;
mod turratech;

use std::sync::LazyLock;
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::settlement::{
    Coverage, Finding, FindingKind, Item, Line, Lines, Movement, SettlementStore, StatementError,
};
use payments_journal::{CallResult, Fact, Journal, JournalKey, JournalKeys, Observation, Progress, State};

use crate::backend::Backend;
use crate::support::{account, claimed, row};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn journal<S: SettlementStore + Clone>(store: &S) -> Journal<S> {
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    Journal::builder(store.clone(), JournalKeys::new("1", key).unwrap()).build().unwrap()
}

fn rupees(minor: i64) -> Money {
    Money::from_minor(minor, Currency::INR)
}

/// The same time in all tests, so that two statements cover the same period.
fn now() -> OffsetDateTime {
    static NOW: LazyLock<OffsetDateTime> = LazyLock::new(crate::support::now);
    *NOW
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

/// Moves intents to a state that they have had since this time, and gives those that the provider accepted its id.
async fn settle<B: Backend>(database: &B, condition: &str, state: State, since: OffsetDateTime) {
    let status = if state == State::Failed { PaymentStatus::Failed } else { PaymentStatus::Succeeded };
    let (claim, _) = claimed(1);
    let Fact::Claimed { attempt, .. } = claim else { return };
    let is_accepted = matches!(state, State::Succeeded | State::Failed | State::Reversed | State::Pending);
    let seen = CallResult::Accepted(Observation::Status { status, is_final: state != State::Pending });
    let result = match state {
        State::Refused => CallResult::Refused,
        _ if is_accepted => seen,
        _ => CallResult::Unknown,
    };
    let claim = serde_json::to_string(&claim).unwrap();
    let ended = serde_json::to_string(&Fact::Ended { attempt, result }).unwrap();
    let id = if is_accepted { "'id-' || reference" } else { "NULL" };
    let at = since.unix_timestamp() * 1000;
    let evidence = |sequence: u32, at: i64, fact: &str| {
        format!(
            "INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
             SELECT id, {sequence}, {at}, '{fact}', 'test:{sequence}' FROM payments_intents WHERE {condition};"
        )
    };
    let statements = [
        evidence(1, at - 1000, &claim),
        evidence(2, at, &ended),
        format!(
            "UPDATE payments_intents SET state = '{state}', reported = '{state}', provider_id = {id}, due_at = NULL, epoch = 1 \
             WHERE {condition}"
        ),
    ];
    database.sql(&statements.concat()).await.unwrap();
}

async fn is_empty<B: Backend>(database: &B, table: &str) -> bool {
    database.texts(&format!("SELECT 'row' FROM {table} LIMIT 1")).await.is_empty()
}
