//! Runs that compare the journal with statements, and what they find.

use payments_journal::settlement::store::{
    MatchedLine, NewFinding, NewRun, Run, Same, SettlementStore, StagedLine, Unlisted,
};
use payments_journal::settlement::{Finding, FindingId, Movement};
use payments_journal::{IntentId, State, StoreError};

use super::PostgresStore;
use super::error::store_error;
use super::rows::{Statement, boolean, now, storable};
use super::transaction::{Transaction, repeated};
use crate::columns::Columns as _;
use crate::settlement::{
    FindingColumns, add_candidates, candidate_columns, finding, finding_columns, line_columns, movements,
    no_candidates, staged_line, status_text, update_finding,
};
use crate::values::millis;

pub(super) const END_EARLIER: &str = concat!(
    "UPDATE payments_settlements SET ended_at = ",
    now!(),
    " WHERE tenant = $1 AND provider = $2 AND account = $3 AND source = $4 AND ended_at IS NULL"
);

pub(super) const BEGIN: &str = concat!(
    "INSERT INTO payments_settlements (tenant, provider, account, source, covers_from, covers_to, movements, began_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, ",
    now!(),
    ") RETURNING id, began_at"
);

pub(super) const CLEAR: &str = "\
    DELETE FROM payments_settlement_lines WHERE (run, number) IN ( \
        SELECT l.run, l.number FROM payments_settlements AS s JOIN payments_settlement_lines AS l ON l.run = s.id \
        WHERE s.ended_at IS NOT NULL LIMIT $1)";

/// Nothing is staged for a run that has ended. What is staged at the same time is removed by the next run.
pub(super) const STAGE: &str = "\
    INSERT INTO payments_settlement_lines \
        (run, number, movement, object_id, reference, amount, currency, status, is_final, moves_money, at, problem) \
    SELECT s.id, l.* FROM payments_settlements AS s CROSS JOIN unnest($2::bigint[], $3::text[], $4::text[], $5::text[], \
        $6::bigint[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[]) AS l \
    WHERE s.id = $1 AND s.ended_at IS NULL";

pub(super) const LINES: &str = concat!(
    "SELECT ",
    line_columns!(),
    ", EXISTS (SELECT 1 FROM payments_settlement_lines AS o \
            WHERE o.run = $1 AND o.object_id = l.object_id AND o.movement = l.movement AND o.at IS NOT DISTINCT FROM l.at \
                AND o.number > l.number) AS is_repeated, \
     l.moves_money = 1 AND ( \
        EXISTS (SELECT 1 FROM payments_settlement_lines AS o \
            WHERE o.run = $1 AND o.object_id = l.object_id AND o.movement = l.movement AND o.moves_money = 1 \
                AND o.number <> l.number) \
        OR EXISTS (SELECT 1 FROM payments_settlement_lines AS o \
            WHERE o.run = $1 AND o.reference = l.reference AND o.movement = l.movement AND o.moves_money = 1 \
                AND o.number <> l.number)) AS has_others \
     FROM payments_settlement_lines AS l WHERE l.run = $1 AND l.number > $2 ORDER BY l.number LIMIT $3"
);

/// `OFFSET 0` has PostgreSQL look each line's intents up. Without statistics, it would read all intents of the account for each line.
pub(super) const BY_ID: &str = concat!(
    "SELECT ",
    candidate_columns!(),
    " FROM payments_settlement_lines AS l CROSS JOIN LATERAL ( \
        SELECT * FROM payments_intents AS i WHERE i.provider_id = l.object_id OFFSET 0) AS i \
     WHERE l.run = $1 AND l.number > $2 AND l.number <= $3 AND i.tenant = $4 AND i.provider = $5 AND i.account = $6 \
     ORDER BY l.number, i.id"
);

pub(super) const BY_REFERENCE: &str = concat!(
    "SELECT ",
    candidate_columns!(),
    " FROM payments_settlement_lines AS l JOIN unnest($7::text[], $8::text[]) AS o (movement, operation) \
        ON o.movement = l.movement \
     CROSS JOIN LATERAL (SELECT * FROM payments_intents AS i WHERE i.tenant = $4 AND i.provider = $5 AND i.account = $6 \
        AND i.operation = o.operation AND i.reference = l.reference OFFSET 0) AS i \
     WHERE l.run = $1 AND l.number > $2 AND l.number <= $3 ORDER BY l.number, i.id"
);

pub(super) const FIRST_BY_ID: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM payments_settlement_lines AS l WHERE l.run = $1 AND l.object_id = $3 AND l.movement = $2 AND l.moves_money = 1 \
     ORDER BY l.at NULLS FIRST, l.object_id NULLS FIRST, l.number LIMIT 1"
);

pub(super) const FIRST_BY_REFERENCE: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM payments_settlement_lines AS l WHERE l.run = $1 AND l.reference = $3 AND l.movement = $2 AND l.moves_money = 1 \
     ORDER BY l.at NULLS FIRST, l.object_id NULLS FIRST, l.number LIMIT 1"
);

pub(super) const IS_OPEN: &str =
    "SELECT EXISTS (SELECT 1 FROM payments_settlements WHERE id = $1 AND ended_at IS NULL) AS is_open";

pub(super) const NEXT_INTENTS: &str = "\
    SELECT max(id) AS last, count(*) AS seen FROM (SELECT id FROM payments_intents WHERE id > $1 ORDER BY id LIMIT $2) AS page";

/// One statement, so that it sees all lines of a run that goes on, or none.
///
/// A line is about an intent if it has the intent's id, or the intent's reference where one of the two has no id. A line that cannot be
/// read may be about every intent that it does not exclude.
pub(super) const UNLISTED: &str = "\
    SELECT i.id FROM payments_settlements AS s \
    JOIN payments_intents AS i ON i.tenant = s.tenant AND i.provider = s.provider AND i.account = s.account \
    JOIN unnest($2::text[], $3::text[]) AS o (movement, operation) ON o.operation = i.operation \
    WHERE s.id = $1 AND s.ended_at IS NULL AND i.id > $5 AND i.id <= $6 AND i.state = ANY ($4::text[]) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
            WHERE l.run = $1 AND l.object_id = i.provider_id AND l.movement = o.movement) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
            WHERE l.run = $1 AND l.reference = i.reference AND l.movement = o.movement \
                AND (l.object_id IS NULL OR i.provider_id IS NULL)) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
            WHERE l.run = $1 AND l.problem IS NOT NULL AND l.movement = o.movement AND l.reference IS NULL \
                AND (l.object_id IS NULL OR i.provider_id IS NULL)) \
        AND (SELECT min(at) FROM payments_evidence AS e WHERE e.intent = i.id) BETWEEN s.covers_from AND s.covers_to \
    ORDER BY i.id";

pub(super) const MARK_OPEN: &str =
    "UPDATE payments_settlement_lines SET is_open = 1 WHERE run = $1 AND number = ANY ($2::bigint[])";

/// An orphan whose id is not known yet may be the order of an intent whose call has not ended.
pub(super) const ADD: &str = concat!(
    "INSERT INTO payments_findings (tenant, provider, account, source, kind, subject, intent, movement, object_id, reference, \
        expected_amount, expected_currency, reported_amount, reported_currency, state, status, at, problem, first_seen_at, \
        last_seen_at, last_run) \
     SELECT s.tenant, s.provider, s.account, s.source, $2::text, $3::text, $4::bigint, $6::text, $7::text, $8::text, $9::bigint, \
        $10::text, $11::bigint, $12::text, $13::text, $14::text, $15::bigint, $16::text, clock.now, clock.now, s.id \
     FROM payments_settlements AS s CROSS JOIN (SELECT ",
    now!(),
    " AS now) AS clock WHERE s.id = $1 AND s.ended_at IS NULL \
        AND ($4::bigint IS NULL OR $5::bigint = (SELECT coalesce(max(sequence), 0) FROM payments_evidence WHERE intent = $4)) \
        AND ($2::text <> 'orphan' OR $7::text IS NULL OR ( \
            NOT EXISTS (SELECT 1 FROM payments_intents AS i \
                WHERE i.provider_id = $7 AND i.tenant = s.tenant AND i.provider = s.provider AND i.account = s.account) \
            AND NOT EXISTS (SELECT 1 FROM payments_intents AS i \
                WHERE i.due_at IS NOT NULL AND i.state IN ('sending', 'unknown') AND i.provider_id IS NULL \
                    AND i.tenant = s.tenant AND i.provider = s.provider AND i.account = s.account \
                    AND ($11::bigint IS NULL OR i.amount = $11 AND i.currency = $12)))) ",
    update_finding!("IS DISTINCT FROM", "greatest"),
    " RETURNING ",
    finding_columns!()
);

/// What the run looked for and did not find: its line was compared, or the period has no such line any more, or the intent is no
/// longer one that must have a line.
pub(super) const RESOLVE: &str = concat!(
    "UPDATE payments_findings AS f SET resolved_at = ",
    now!(),
    " FROM payments_settlements AS s \
     WHERE s.id = $1 AND s.ended_at IS NULL AND f.tenant = s.tenant AND f.provider = s.provider AND f.account = s.account \
        AND f.source = s.source AND f.resolved_at IS NULL AND f.last_run < s.id \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
            WHERE l.run = $1 AND l.object_id = f.object_id AND l.movement = f.movement AND l.is_open = 1) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
            WHERE l.run = $1 AND l.reference = f.reference AND l.movement = f.movement AND l.is_open = 1 \
                AND (l.object_id IS NULL OR f.object_id IS NULL)) \
        AND ( \
            EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
                WHERE l.run = $1 AND l.object_id = f.object_id AND l.movement = f.movement) \
            OR EXISTS (SELECT 1 FROM payments_settlement_lines AS l \
                WHERE l.run = $1 AND l.reference = f.reference AND l.movement = f.movement \
                    AND (l.object_id IS NULL OR f.object_id IS NULL)) \
            OR f.kind <> 'missing' AND f.at >= s.covers_from AND f.at < s.covers_to AND s.movements::jsonb ? f.movement \
            OR f.kind = 'missing' AND (SELECT i.state FROM payments_intents AS i WHERE i.id = f.intent) \
                NOT IN ('succeeded', 'reversed', 'pending'))"
);

pub(super) const FINISH: &str = concat!(
    "UPDATE payments_settlements SET ended_at = ",
    now!(),
    ", is_complete = 1 WHERE id = $1 AND ended_at IS NULL"
);

pub(super) const LIST: &str = concat!(
    "SELECT ",
    finding_columns!(),
    " FROM payments_findings WHERE resolved_at IS NULL AND accepted_at IS NULL AND id > $1 ORDER BY id LIMIT $2"
);

pub(super) const ACCEPT: &str = concat!(
    "UPDATE payments_findings SET accepted_at = ",
    now!(),
    ", accepted_by = $2 WHERE id = $1 AND resolved_at IS NULL AND accepted_at IS NULL"
);

/// How many lines are removed at once.
const CLEARED: i64 = 5_000;

impl SettlementStore for PostgresStore {
    async fn begin_run(&self, new: &NewRun) -> Result<Run, StoreError> {
        repeated(|| async {
            let mut transaction = Transaction::begin(self, "").await?;
            let begun = begin(self, &mut transaction, new).await;
            transaction.end(begun).await
        })
        .await
    }

    async fn clear_lines(&self) -> Result<u64, StoreError> {
        self.write_alone(|| self.query(CLEAR).bind(CLEARED)).await
    }

    async fn stage_lines(&self, run: &Run, lines: &[StagedLine]) -> Result<(), StoreError> {
        let columns = LineColumns::of(lines)?;
        let staged = self.write_alone(|| columns.bind(self.query(STAGE).bind(run.id))).await?;
        if staged == lines.len() as u64 { Ok(()) } else { Err(StoreError::RunEnded) }
    }

    async fn matched_lines(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        after: i64,
        limit: u32,
    ) -> Result<Vec<MatchedLine>, StoreError> {
        let rows = self.fetch(|| self.query(LINES).bind(run.id).bind(after).bind(i64::from(limit))).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            lines.push(no_candidates(staged_line(row)?, boolean(row, "is_repeated")?, boolean(row, "has_others")?));
        }
        drop(rows);
        let Some(last) = lines.last().map(|line| line.line.number) else {
            self.is_open(run).await?;
            return Ok(lines);
        };
        let account = &run.new.account;
        let of_page = |statement: &'static str| {
            let query = self.query(statement).bind(run.id).bind(after).bind(last);
            query.bind(account.tenant.clone()).bind(account.provider.clone()).bind(account.name.clone())
        };
        let by_id = self.fetch(|| of_page(BY_ID)).await?;
        add_candidates(&mut lines, &by_id, |line| &mut line.by_id)?;
        let by_reference = self.fetch(|| bind_operations(of_page(BY_REFERENCE), operations)).await?;
        add_candidates(&mut lines, &by_reference, |line| &mut line.by_reference)?;
        Ok(lines)
    }

    async fn first_line(
        &self,
        run: &Run,
        movement: Movement,
        same: Same<'_>,
    ) -> Result<Option<StagedLine>, StoreError> {
        let (statement, text) = match same {
            Same::Id(id) => (FIRST_BY_ID, id),
            Same::Reference(reference) => (FIRST_BY_REFERENCE, reference),
        };
        let query = || self.query(statement).bind(run.id).bind(movement.as_str()).bind(text.to_owned());
        self.fetch(query).await?.first().map(staged_line).transpose()
    }

    async fn unlisted(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        states: &[State],
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Unlisted, StoreError> {
        let after = after.map_or(i64::MIN, IntentId::number);
        let rows = self.fetch(|| self.query(NEXT_INTENTS).bind(after).bind(i64::from(limit))).await?;
        let page = rows.first().map(|row| Ok::<_, StoreError>((row.optional_integer("last")?, row.number("seen")?)));
        let (last, seen) = page.transpose()?.unwrap_or((None, 0));
        let Some(last) = last else { return Ok(Unlisted { last: None, seen, intents: Vec::new() }) };
        let states: Vec<&'static str> = states.iter().map(|state| state.as_str()).collect();
        let query = || {
            let query = bind_operations(self.query(UNLISTED).bind(run.id), operations);
            query.bind(states.clone()).bind(after).bind(last)
        };
        let rows = self.fetch(query).await?;
        let intents = rows.iter().map(|row| row.intent("id")).collect::<Result<_, _>>()?;
        self.is_open(run).await?;
        Ok(Unlisted { last: Some(IntentId::new(last)), seen, intents })
    }

    async fn mark_open(&self, run: &Run, numbers: &[i64]) -> Result<(), StoreError> {
        if !numbers.is_empty() {
            self.write_alone(|| self.query(MARK_OPEN).bind(run.id).bind(numbers.to_vec())).await?;
        }
        Ok(())
    }

    async fn add_findings(&self, run: &Run, findings: &[NewFinding]) -> Result<Vec<Finding>, StoreError> {
        if findings.is_empty() {
            return Ok(Vec::new());
        }
        repeated(|| async {
            let mut transaction = Transaction::begin(self, "").await?;
            let stored = add_all(self, &mut transaction, run, findings).await;
            transaction.end(stored).await
        })
        .await
    }

    async fn finish_run(&self, run: &Run) -> Result<u64, StoreError> {
        repeated(|| async {
            let mut transaction = Transaction::begin(self, "").await?;
            let finished = finish(self, &mut transaction, run).await;
            transaction.end(finished).await
        })
        .await
    }

    async fn findings(&self, after: Option<FindingId>, limit: u32) -> Result<Vec<Finding>, StoreError> {
        let after = after.map_or(i64::MIN, FindingId::number);
        let rows = self.fetch(|| self.query(LIST).bind(after).bind(i64::from(limit))).await?;
        rows.iter().map(finding).collect()
    }

    async fn accept_finding(&self, id: FindingId, by: &str) -> Result<bool, StoreError> {
        Ok(self.write_alone(|| self.query(ACCEPT).bind(id.number()).bind(storable(by))).await? == 1)
    }
}

impl PostgresStore {
    /// Runs one statement in a transaction, and returns how many rows it changed.
    async fn write_alone<'q>(&self, statement: impl Fn() -> Statement<'q> + Sync) -> Result<u64, StoreError> {
        let statement = &statement;
        repeated(|| async move {
            let mut transaction = Transaction::begin(self, "").await?;
            let query = statement();
            let result = query.execute(transaction.connection()?).await.map_err(store_error);
            transaction.end(result.map(|result| result.rows_affected())).await
        })
        .await
    }

    /// Fails if the run has ended: what was read of it may be incomplete.
    async fn is_open(&self, run: &Run) -> Result<(), StoreError> {
        let rows = self.fetch(|| self.query(IS_OPEN).bind(run.id)).await?;
        let is_open = rows.first().map_or(Ok(false), |row| boolean(row, "is_open"))?;
        if is_open { Ok(()) } else { Err(StoreError::RunEnded) }
    }
}

async fn begin(store: &PostgresStore, transaction: &mut Transaction, new: &NewRun) -> Result<Run, StoreError> {
    let of_run = |statement: &'static str| {
        let account = &new.account;
        let query = store.query(statement).bind(account.tenant.clone()).bind(account.provider.clone());
        query.bind(account.name.clone()).bind(new.source.clone())
    };
    of_run(END_EARLIER).execute(transaction.connection()?).await.map_err(store_error)?;
    let query = of_run(BEGIN).bind(millis(new.from)).bind(millis(new.to)).bind(movements(&new.movements)?);
    let row = query.fetch_one(transaction.connection()?).await.map_err(store_error)?;
    Ok(Run { id: row.integer("id")?, new: new.clone(), began_at: row.time("began_at")? })
}

async fn add_all(
    store: &PostgresStore,
    transaction: &mut Transaction,
    run: &Run,
    findings: &[NewFinding],
) -> Result<Vec<Finding>, StoreError> {
    let mut stored = Vec::new();
    for new in findings {
        let rows = add(store, run, new)?.fetch_all(transaction.connection()?).await.map_err(store_error)?;
        stored.extend(rows.first().map(finding).transpose()?);
    }
    Ok(stored)
}

async fn finish(store: &PostgresStore, transaction: &mut Transaction, run: &Run) -> Result<u64, StoreError> {
    let resolve = store.query(RESOLVE).bind(run.id).execute(transaction.connection()?).await;
    let resolved = resolve.map_err(store_error)?.rows_affected();
    let finish = store.query(FINISH).bind(run.id).execute(transaction.connection()?).await;
    match finish.map_err(store_error)?.rows_affected() {
        1 => Ok(resolved),
        _ => Err(StoreError::RunEnded),
    }
}

fn add(store: &PostgresStore, run: &Run, new: &NewFinding) -> Result<Statement<'static>, StoreError> {
    let FindingColumns { sequence, status, at } = FindingColumns::of(new)?;
    Ok(store
        .query(ADD)
        .bind(run.id)
        .bind(new.kind.as_str())
        .bind(new.subject.clone())
        .bind(new.intent.map(|(id, _)| id.number()))
        .bind(sequence)
        .bind(new.movement.as_str())
        .bind(new.object_id.clone())
        .bind(new.reference.clone())
        .bind(new.expected.map(|amount| amount.minor()))
        .bind(new.expected.map(|amount| amount.currency().to_string()))
        .bind(new.reported.map(|amount| amount.minor()))
        .bind(new.reported.map(|amount| amount.currency().to_string()))
        .bind(new.state.map(State::as_str))
        .bind(status)
        .bind(at)
        .bind(new.problem.clone()))
}

/// Binds the movements and the names of operations as two arrays.
fn bind_operations<'q>(query: Statement<'q>, operations: &[(Movement, String)]) -> Statement<'q> {
    let movements: Vec<&'static str> = operations.iter().map(|(movement, _)| movement.as_str()).collect();
    let names: Vec<String> = operations.iter().map(|(_, operation)| operation.clone()).collect();
    query.bind(movements).bind(names)
}

/// Lines, as one array per column.
#[derive(Default)]
struct LineColumns {
    numbers: Vec<i64>,
    movements: Vec<&'static str>,
    ids: Vec<Option<String>>,
    references: Vec<Option<String>>,
    amounts: Vec<Option<i64>>,
    currencies: Vec<Option<String>>,
    statuses: Vec<String>,
    finals: Vec<i64>,
    moving: Vec<i64>,
    times: Vec<Option<i64>>,
    problems: Vec<Option<String>>,
}

impl LineColumns {
    fn of(lines: &[StagedLine]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for staged in lines {
            let line = &staged.line;
            columns.numbers.push(staged.number);
            columns.movements.push(line.movement.as_str());
            columns.ids.push(line.id.clone());
            columns.references.push(line.reference.clone());
            columns.amounts.push(line.amount.map(|amount| amount.minor()));
            columns.currencies.push(line.amount.map(|amount| amount.currency().to_string()));
            columns.statuses.push(status_text(&line.status)?);
            columns.finals.push(i64::from(line.is_final));
            columns.moving.push(i64::from(staged.moves_money()));
            columns.times.push(line.time.map(millis));
            columns.problems.push(staged.problem.clone());
        }
        Ok(columns)
    }

    fn bind<'q>(&self, query: Statement<'q>) -> Statement<'q> {
        query
            .bind(self.numbers.clone())
            .bind(self.movements.clone())
            .bind(self.ids.clone())
            .bind(self.references.clone())
            .bind(self.amounts.clone())
            .bind(self.currencies.clone())
            .bind(self.statuses.clone())
            .bind(self.finals.clone())
            .bind(self.moving.clone())
            .bind(self.times.clone())
            .bind(self.problems.clone())
    }
}
