//! Rows of settlement runs and findings, which have the same columns in both databases.

use payments_core::PaymentStatus;
use payments_journal::settlement::store::{Candidate, MatchedLine, NewFinding, StagedLine};
use payments_journal::settlement::{Acceptance, Finding, FindingId, FindingKind, Line, Movement};
use payments_journal::{State, StoreError};

use crate::columns::Columns;
use crate::values::{json, millis, unreadable};

/// The columns of a line.
macro_rules! line_columns {
    () => {
        "l.number, l.movement, l.object_id, l.reference, l.amount, l.currency, l.status, l.is_final, l.at, l.problem"
    };
}
pub(crate) use line_columns;

/// The columns of an intent that is compared, beside the number of its line.
macro_rules! candidate_columns {
    () => {
        "l.number, i.id, i.operation, i.amount, i.currency, i.order_amount, i.order_currency, i.state, i.provider_id, i.due_at"
    };
}
pub(crate) use candidate_columns;

/// The columns of a finding.
macro_rules! finding_columns {
    () => {
        "id, tenant, provider, account, source, kind, intent, movement, object_id, reference, expected_amount, expected_currency, \
         reported_amount, reported_currency, state, status, at, problem, first_seen_at, last_seen_at, resolved_at, accepted_at, \
         accepted_by"
    };
}
pub(crate) use finding_columns;

/// How a finding that is known is updated. An acceptance ends if what was accepted has changed. `IS DISTINCT FROM` is PostgreSQL's
/// word, and `IS NOT` is SQLite's.
macro_rules! update_finding {
    ($differs:literal, $greatest:literal) => {
        concat!(
            "ON CONFLICT (tenant, provider, account, source, kind, subject) DO UPDATE SET intent = excluded.intent, \
                object_id = excluded.object_id, reference = excluded.reference, \
                expected_amount = excluded.expected_amount, expected_currency = excluded.expected_currency, \
                reported_amount = excluded.reported_amount, reported_currency = excluded.reported_currency, \
                state = excluded.state, status = excluded.status, at = excluded.at, problem = excluded.problem, \
                last_seen_at = excluded.last_seen_at, resolved_at = NULL, last_run = ",
            $greatest,
            "(payments_findings.last_run, excluded.last_run), accepted_at = ",
            $crate::settlement::unless_changed!("accepted_at", $differs),
            ", accepted_by = ",
            $crate::settlement::unless_changed!("accepted_by", $differs),
        )
    };
}
pub(crate) use update_finding;

macro_rules! unless_changed {
    ($column:literal, $differs:literal) => {
        concat!(
            "CASE WHEN payments_findings.expected_amount ",
            $differs,
            " excluded.expected_amount OR payments_findings.expected_currency ",
            $differs,
            " excluded.expected_currency OR payments_findings.reported_amount ",
            $differs,
            " excluded.reported_amount OR payments_findings.reported_currency ",
            $differs,
            " excluded.reported_currency OR payments_findings.state ",
            $differs,
            " excluded.state OR payments_findings.status ",
            $differs,
            " excluded.status THEN NULL ELSE payments_findings.",
            $column,
            " END"
        )
    };
}
pub(crate) use unless_changed;

fn movement(row: &impl Columns) -> Result<Movement, StoreError> {
    let name = row.text("movement")?;
    Movement::from_name(name).ok_or_else(|| unreadable("movement", name))
}

pub(crate) fn status_text(status: &PaymentStatus) -> Result<String, StoreError> {
    json("status", status)
}

pub(crate) fn staged_line(row: &impl Columns) -> Result<StagedLine, StoreError> {
    let line = Line {
        movement: movement(row)?,
        id: row.optional_string("object_id")?,
        reference: row.optional_string("reference")?,
        amount: row.money("amount", "currency")?,
        status: row.json("status")?,
        is_final: row.flag("is_final")?,
        time: row.optional_time("at")?,
    };
    Ok(StagedLine { number: row.integer("number")?, line, problem: row.optional_string("problem")? })
}

fn candidate(row: &impl Columns) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        id: row.intent("id")?,
        operation: row.string("operation")?,
        amount: row.money("amount", "currency")?,
        order_amount: row.money("order_amount", "order_currency")?,
        state: row.state("state")?,
        provider_id: row.optional_string("provider_id")?,
        is_due: row.optional_integer("due_at")?.is_some(),
    })
}

/// Adds the intents of a page to its lines. Both are in the order of the lines' numbers.
pub(crate) fn add_candidates<R: Columns>(
    lines: &mut [MatchedLine],
    rows: &[R],
    intents: impl Fn(&mut MatchedLine) -> &mut Vec<Candidate>,
) -> Result<(), StoreError> {
    for row in rows {
        let number = row.integer("number")?;
        if let Ok(position) = lines.binary_search_by_key(&number, |line| line.line.number)
            && let Some(line) = lines.get_mut(position)
        {
            intents(line).push(candidate(row)?);
        }
    }
    Ok(())
}

pub(crate) fn finding(row: &impl Columns) -> Result<Finding, StoreError> {
    let kind = row.text("kind")?;
    let state = row.optional_text("state")?;
    let accepted = match row.optional_time("accepted_at")? {
        Some(at) => Some(Acceptance { at, by: row.string("accepted_by")? }),
        None => None,
    };
    Ok(Finding {
        id: FindingId::new(row.integer("id")?),
        account: row.account()?,
        source: row.string("source")?,
        kind: FindingKind::from_name(kind).ok_or_else(|| unreadable("kind", kind))?,
        intent: row.optional_integer("intent")?.map(payments_journal::IntentId::new),
        movement: movement(row)?,
        object_id: row.optional_string("object_id")?,
        reference: row.optional_string("reference")?,
        expected: row.money("expected_amount", "expected_currency")?,
        reported: row.money("reported_amount", "reported_currency")?,
        state: state.map(|name| State::from_name(name).ok_or_else(|| unreadable("state", name))).transpose()?,
        status: row.status()?,
        time: row.optional_time("at")?,
        problem: row.optional_string("problem")?,
        first_seen: row.time("first_seen_at")?,
        last_seen: row.time("last_seen_at")?,
        resolved_at: row.optional_time("resolved_at")?,
        accepted,
    })
}

/// The columns of new findings, one after the other.
pub(crate) struct FindingColumns {
    pub(crate) sequence: Option<i64>,
    pub(crate) status: Option<String>,
    pub(crate) at: Option<i64>,
}

impl FindingColumns {
    pub(crate) fn of(finding: &NewFinding) -> Result<Self, StoreError> {
        let sequence = finding.intent.map(|(_, sequence)| crate::values::signed("sequence", sequence)).transpose()?;
        let status = finding.status.as_ref().map(status_text).transpose()?;
        Ok(Self { sequence, status, at: finding.time.map(millis) })
    }
}

/// The movements as a JSON array of their stored names.
pub(crate) fn movements(movements: &[Movement]) -> Result<String, StoreError> {
    json("movements", &movements.iter().map(|movement| movement.as_str()).collect::<Vec<_>>())
}

pub(crate) fn no_candidates(line: StagedLine, is_repeated: bool, has_others: bool) -> MatchedLine {
    MatchedLine { line, is_repeated, has_others, by_id: Vec::new(), by_reference: Vec::new() }
}
