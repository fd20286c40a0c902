//! Runs that compare the journal with statements, and what they find.

use payments_core::time::OffsetDateTime;
use payments_journal::settlement::store::{
    MatchedLine, NewFinding, NewRun, Run, Same, SettlementStore, StagedLine, Unlisted,
};
use payments_journal::settlement::{Finding, FindingId, Movement};
use payments_journal::{IntentId, State, StoreError};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};

use super::SqliteStore;
use super::error::store_error;
use super::guarded::Guarded;
use crate::columns::Columns as _;
use crate::settlement::{
    FindingColumns, add_candidates, candidate_columns, finding, finding_columns, line_columns, movements,
    no_candidates, staged_line, status_text, update_finding,
};
use crate::values::{json, millis};

// The indexes are named: without statistics, SQLite would read all lines of a run.

pub(super) const END_EARLIER: &str = "\
    UPDATE payments_settlements SET ended_at = ?5 \
    WHERE tenant = ?1 AND provider = ?2 AND account = ?3 AND source = ?4 AND ended_at IS NULL";

pub(super) const BEGIN: &str = "\
    INSERT INTO payments_settlements (tenant, provider, account, source, began_at, covers_from, covers_to, movements) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id";

pub(super) const CLEAR: &str = "\
    DELETE FROM payments_settlement_lines WHERE (run, number) IN ( \
        SELECT l.run, l.number FROM payments_settlements AS s CROSS JOIN payments_settlement_lines AS l ON l.run = s.id \
        WHERE s.ended_at IS NOT NULL LIMIT ?1)";

/// Nothing is staged for a run that has ended: its lines may be removed at the same time.
pub(super) const STAGE: &str = "\
    INSERT INTO payments_settlement_lines \
        (run, number, movement, object_id, reference, amount, currency, status, is_final, moves_money, at, problem) \
    SELECT s.id, l.value ->> 0, l.value ->> 1, l.value ->> 2, l.value ->> 3, l.value ->> 4, l.value ->> 5, l.value ->> 6, \
        l.value ->> 7, l.value ->> 8, l.value ->> 9, l.value ->> 10 \
    FROM payments_settlements AS s CROSS JOIN json_each(?2) AS l WHERE s.id = ?1 AND s.ended_at IS NULL";

pub(super) const LINES: &str = concat!(
    "SELECT ",
    line_columns!(),
    ", EXISTS (SELECT 1 FROM payments_settlement_lines AS o INDEXED BY payments_settlement_lines_by_object \
            WHERE o.run = l.run AND o.object_id = l.object_id AND o.movement = l.movement AND o.at IS l.at AND o.number > l.number \
        ) AS is_repeated, \
     l.moves_money = 1 AND ( \
        EXISTS (SELECT 1 FROM payments_settlement_lines AS o INDEXED BY payments_settlement_lines_by_object \
            WHERE o.run = l.run AND o.object_id = l.object_id AND o.movement = l.movement AND o.moves_money = 1 \
                AND o.number <> l.number) \
        OR EXISTS (SELECT 1 FROM payments_settlement_lines AS o INDEXED BY payments_settlement_lines_by_reference \
            WHERE o.run = l.run AND o.reference = l.reference AND o.movement = l.movement AND o.moves_money = 1 \
                AND o.number <> l.number)) AS has_others \
     FROM payments_settlement_lines AS l WHERE l.run = ?1 AND l.number > ?2 ORDER BY l.number LIMIT ?3"
);

/// The lines come first: each has few intents.
pub(super) const BY_ID: &str = concat!(
    "SELECT ",
    candidate_columns!(),
    " FROM payments_settlement_lines AS l CROSS JOIN payments_intents AS i \
        ON i.provider_id = l.object_id AND i.tenant = ?4 AND i.provider = ?5 AND i.account = ?6 \
     WHERE l.run = ?1 AND l.number > ?2 AND l.number <= ?3 ORDER BY l.number, i.id"
);

pub(super) const BY_REFERENCE: &str = concat!(
    "SELECT ",
    candidate_columns!(),
    " FROM payments_settlement_lines AS l CROSS JOIN json_each(?7) AS o ON o.value ->> 0 = l.movement \
     CROSS JOIN payments_intents AS i ON i.tenant = ?4 AND i.provider = ?5 AND i.account = ?6 \
        AND i.operation = o.value ->> 1 AND i.reference = l.reference \
     WHERE l.run = ?1 AND l.number > ?2 AND l.number <= ?3 ORDER BY l.number, i.id"
);

pub(super) const FIRST_BY_ID: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_object \
     WHERE l.run = ?1 AND l.object_id = ?3 AND l.movement = ?2 AND l.moves_money = 1 \
     ORDER BY l.at, l.object_id, l.number LIMIT 1"
);

pub(super) const FIRST_BY_REFERENCE: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_reference \
     WHERE l.run = ?1 AND l.reference = ?3 AND l.movement = ?2 AND l.moves_money = 1 \
     ORDER BY l.at, l.object_id, l.number LIMIT 1"
);

pub(super) const IS_OPEN: &str =
    "SELECT EXISTS (SELECT 1 FROM payments_settlements WHERE id = ?1 AND ended_at IS NULL)";

pub(super) const NEXT_INTENTS: &str = "\
    SELECT max(id) AS last, count(*) AS seen FROM (SELECT id FROM payments_intents WHERE id > ?1 ORDER BY id LIMIT ?2)";

/// One statement, so that it sees all lines of a run that goes on, or none.
///
/// A line is about an intent if it has the intent's id, or the intent's reference where one of the two has no id. A line that cannot be
/// read may be about every intent that it does not exclude.
pub(super) const UNLISTED: &str = "\
    SELECT i.id FROM payments_settlements AS s CROSS JOIN payments_intents AS i NOT INDEXED CROSS JOIN json_each(?2) AS o \
    WHERE s.id = ?1 AND s.ended_at IS NULL AND i.id > ?4 AND i.id <= ?5 \
        AND i.tenant = s.tenant AND i.provider = s.provider AND i.account = s.account AND i.operation = o.value ->> 1 \
        AND i.state IN (SELECT value FROM json_each(?3)) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_object \
            WHERE l.run = s.id AND l.object_id = i.provider_id AND l.movement = o.value ->> 0) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_reference \
            WHERE l.run = s.id AND l.reference = i.reference AND l.movement = o.value ->> 0 \
                AND (l.object_id IS NULL OR i.provider_id IS NULL)) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_unreadable \
            WHERE l.run = s.id AND l.problem IS NOT NULL AND l.movement = o.value ->> 0 AND l.reference IS NULL \
                AND (l.object_id IS NULL OR i.provider_id IS NULL)) \
        AND (SELECT min(at) FROM payments_evidence AS e WHERE e.intent = i.id) BETWEEN s.covers_from AND s.covers_to \
    ORDER BY i.id";

pub(super) const MARK_OPEN: &str = "\
    UPDATE payments_settlement_lines SET is_open = 1 WHERE run = ?1 AND number IN (SELECT value FROM json_each(?2))";

/// An orphan whose id is not known yet may be the order of an intent whose call has not ended.
pub(super) const ADD: &str = concat!(
    "INSERT INTO payments_findings (tenant, provider, account, source, kind, subject, intent, movement, object_id, reference, \
        expected_amount, expected_currency, reported_amount, reported_currency, state, status, at, problem, first_seen_at, \
        last_seen_at, last_run) \
     SELECT s.tenant, s.provider, s.account, s.source, ?2, ?3, ?4, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17, s.id \
     FROM payments_settlements AS s WHERE s.id = ?1 AND s.ended_at IS NULL \
        AND (?4 IS NULL OR ?5 = (SELECT coalesce(max(sequence), 0) FROM payments_evidence WHERE intent = ?4)) \
        AND (?2 <> 'orphan' OR ?7 IS NULL OR ( \
            NOT EXISTS (SELECT 1 FROM payments_intents AS i \
                WHERE i.provider_id = ?7 AND i.tenant = s.tenant AND i.provider = s.provider AND i.account = s.account) \
            AND NOT EXISTS (SELECT 1 FROM payments_intents AS i \
                WHERE i.due_at IS NOT NULL AND i.state IN ('sending', 'unknown') AND i.provider_id IS NULL \
                    AND i.tenant = s.tenant AND i.provider = s.provider AND i.account = s.account \
                    AND (?11 IS NULL OR i.amount = ?11 AND i.currency = ?12)))) ",
    update_finding!("IS NOT", "max"),
    " RETURNING ",
    finding_columns!()
);

/// What the run looked for and did not find: its line was compared, or the period has no such line any more, or the intent is no
/// longer one that must have a line.
pub(super) const RESOLVE: &str = "\
    UPDATE payments_findings AS f SET resolved_at = ?2 \
    FROM payments_settlements AS s \
    WHERE s.id = ?1 AND s.ended_at IS NULL AND f.tenant = s.tenant AND f.provider = s.provider AND f.account = s.account \
        AND f.source = s.source AND f.resolved_at IS NULL AND f.last_run < s.id \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_object \
            WHERE l.run = s.id AND l.object_id = f.object_id AND l.movement = f.movement AND l.is_open = 1) \
        AND NOT EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_reference \
            WHERE l.run = s.id AND l.reference = f.reference AND l.movement = f.movement AND l.is_open = 1 \
                AND (l.object_id IS NULL OR f.object_id IS NULL)) \
        AND ( \
            EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_object \
                WHERE l.run = s.id AND l.object_id = f.object_id AND l.movement = f.movement) \
            OR EXISTS (SELECT 1 FROM payments_settlement_lines AS l INDEXED BY payments_settlement_lines_by_reference \
                WHERE l.run = s.id AND l.reference = f.reference AND l.movement = f.movement \
                    AND (l.object_id IS NULL OR f.object_id IS NULL)) \
            OR f.kind <> 'missing' AND f.at >= s.covers_from AND f.at < s.covers_to \
                AND f.movement IN (SELECT value FROM json_each(s.movements)) \
            OR f.kind = 'missing' AND (SELECT i.state FROM payments_intents AS i WHERE i.id = f.intent) \
                NOT IN ('succeeded', 'reversed', 'pending'))";

pub(super) const FINISH: &str =
    "UPDATE payments_settlements SET ended_at = ?2, is_complete = 1 WHERE id = ?1 AND ended_at IS NULL";

pub(super) const LIST: &str = concat!(
    "SELECT ",
    finding_columns!(),
    " FROM payments_findings WHERE resolved_at IS NULL AND accepted_at IS NULL AND id > ?1 ORDER BY id LIMIT ?2"
);

pub(super) const ACCEPT: &str = "\
    UPDATE payments_findings SET accepted_at = ?2, accepted_by = ?3 \
    WHERE id = ?1 AND resolved_at IS NULL AND accepted_at IS NULL";

/// How many lines are removed at once.
const CLEARED: i64 = 5_000;

impl SettlementStore for SqliteStore {
    async fn begin_run(&self, new: &NewRun) -> Result<Run, StoreError> {
        let _turn = self.turn().await;
        let mut connection = Guarded::new(self.connection().await?);
        let mut transaction = connection.begin().await?;
        let began_at = self.now();
        for_run(sqlx::query(END_EARLIER), new, began_at).execute(&mut *transaction).await.map_err(store_error)?;
        let query = for_run(sqlx::query(BEGIN), new, began_at);
        let query = query.bind(millis(new.from)).bind(millis(new.to)).bind(movements(&new.movements)?);
        let rows = query.fetch_all(&mut *transaction).await.map_err(store_error)?;
        let id = rows.first().map_or(Ok(0), |row| row.integer("id"))?;
        transaction.commit().await.map_err(store_error)?;
        connection.release();
        Ok(Run { id, new: new.clone(), began_at })
    }

    async fn clear_lines(&self) -> Result<u64, StoreError> {
        self.write_alone(sqlx::query(CLEAR).bind(CLEARED)).await
    }

    async fn stage_lines(&self, run: &Run, lines: &[StagedLine]) -> Result<(), StoreError> {
        let staged = self.write_alone(sqlx::query(STAGE).bind(run.id).bind(lines_json(lines)?)).await?;
        if staged == lines.len() as u64 { Ok(()) } else { Err(StoreError::RunEnded) }
    }

    async fn matched_lines(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        after: i64,
        limit: u32,
    ) -> Result<Vec<MatchedLine>, StoreError> {
        let mut connection = self.connection().await?;
        let query = sqlx::query(LINES).bind(run.id).bind(after).bind(i64::from(limit));
        let rows = query.fetch_all(&mut *connection).await.map_err(store_error)?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            lines.push(no_candidates(staged_line(row)?, row.flag("is_repeated")?, row.flag("has_others")?));
        }
        drop(rows);
        let Some(last) = lines.last().map(|line| line.line.number) else {
            is_open(&mut connection, run).await?;
            return Ok(lines);
        };
        let account = &run.new.account;
        let of_page = |statement: &'static str| {
            let query = sqlx::query(statement).bind(run.id).bind(after).bind(last);
            query.bind(&account.tenant).bind(&account.provider).bind(&account.name)
        };
        let by_id = of_page(BY_ID).fetch_all(&mut *connection).await.map_err(store_error)?;
        add_candidates(&mut lines, &by_id, |line| &mut line.by_id)?;
        let by_reference = of_page(BY_REFERENCE).bind(operations_json(operations)?);
        let by_reference = by_reference.fetch_all(&mut *connection).await.map_err(store_error)?;
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
        let query = sqlx::query(statement).bind(run.id).bind(movement.as_str()).bind(text);
        let row = query.fetch_optional(&mut *self.connection().await?).await.map_err(store_error)?;
        row.as_ref().map(staged_line).transpose()
    }

    async fn unlisted(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        states: &[State],
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Unlisted, StoreError> {
        let mut connection = self.connection().await?;
        let after = after.map_or(i64::MIN, IntentId::number);
        let query = sqlx::query(NEXT_INTENTS).bind(after).bind(i64::from(limit));
        let row = query.fetch_one(&mut *connection).await.map_err(store_error)?;
        let (last, seen) = (row.optional_integer("last")?, row.number("seen")?);
        let Some(last) = last else { return Ok(Unlisted { last: None, seen, intents: Vec::new() }) };
        let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
        let query = sqlx::query(UNLISTED).bind(run.id).bind(operations_json(operations)?).bind(json("state", &states)?);
        let rows = query.bind(after).bind(last).fetch_all(&mut *connection).await.map_err(store_error)?;
        let intents = rows.iter().map(|row| row.intent("id")).collect::<Result<_, _>>()?;
        is_open(&mut connection, run).await?;
        Ok(Unlisted { last: Some(IntentId::new(last)), seen, intents })
    }

    async fn mark_open(&self, run: &Run, numbers: &[i64]) -> Result<(), StoreError> {
        if !numbers.is_empty() {
            self.write_alone(sqlx::query(MARK_OPEN).bind(run.id).bind(json("number", numbers)?)).await?;
        }
        Ok(())
    }

    async fn add_findings(&self, run: &Run, findings: &[NewFinding]) -> Result<Vec<Finding>, StoreError> {
        let mut stored = Vec::new();
        if findings.is_empty() {
            return Ok(stored);
        }
        let _turn = self.turn().await;
        let mut connection = Guarded::new(self.connection().await?);
        let mut transaction = connection.begin().await?;
        for new in findings {
            let rows = add(run, new, self.now())?.fetch_all(&mut *transaction).await.map_err(store_error)?;
            stored.extend(rows.first().map(finding).transpose()?);
        }
        transaction.commit().await.map_err(store_error)?;
        connection.release();
        Ok(stored)
    }

    async fn finish_run(&self, run: &Run) -> Result<u64, StoreError> {
        let _turn = self.turn().await;
        let mut connection = Guarded::new(self.connection().await?);
        let mut transaction = connection.begin().await?;
        let now = millis(self.now());
        let resolve = sqlx::query(RESOLVE).bind(run.id).bind(now);
        let resolved = resolve.execute(&mut *transaction).await.map_err(store_error)?.rows_affected();
        let finish = sqlx::query(FINISH).bind(run.id).bind(now);
        let finished = finish.execute(&mut *transaction).await.map_err(store_error)?.rows_affected();
        transaction.commit().await.map_err(store_error)?;
        connection.release();
        if finished == 1 { Ok(resolved) } else { Err(StoreError::RunEnded) }
    }

    async fn findings(&self, after: Option<FindingId>, limit: u32) -> Result<Vec<Finding>, StoreError> {
        let after = after.map_or(i64::MIN, FindingId::number);
        let query = sqlx::query(LIST).bind(after).bind(i64::from(limit));
        let rows = query.fetch_all(&mut *self.connection().await?).await.map_err(store_error)?;
        rows.iter().map(finding).collect()
    }

    async fn accept_finding(&self, id: FindingId, by: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(ACCEPT).bind(id.number()).bind(millis(self.now())).bind(by);
        Ok(self.write_alone(query).await? == 1)
    }
}

type Statement<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

impl SqliteStore {
    /// Runs one statement that writes, and returns how many rows it changed.
    async fn write_alone(&self, statement: Statement<'_>) -> Result<u64, StoreError> {
        let _turn = self.turn().await;
        let result = statement.execute(&mut *self.connection().await?).await.map_err(store_error)?;
        Ok(result.rows_affected())
    }
}

fn for_run<'q>(query: Statement<'q>, run: &'q NewRun, now: OffsetDateTime) -> Statement<'q> {
    let query = query.bind(&run.account.tenant).bind(&run.account.provider).bind(&run.account.name);
    query.bind(&run.source).bind(millis(now))
}

/// Fails if the run has ended: what was read of it may be incomplete.
async fn is_open(connection: &mut SqliteConnection, run: &Run) -> Result<(), StoreError> {
    let row: SqliteRow = sqlx::query(IS_OPEN).bind(run.id).fetch_one(connection).await.map_err(store_error)?;
    if row.try_get::<bool, _>(0).map_err(store_error)? { Ok(()) } else { Err(StoreError::RunEnded) }
}

fn add<'q>(run: &Run, new: &'q NewFinding, now: OffsetDateTime) -> Result<Statement<'q>, StoreError> {
    let FindingColumns { sequence, status, at } = FindingColumns::of(new)?;
    Ok(sqlx::query(ADD)
        .bind(run.id)
        .bind(new.kind.as_str())
        .bind(&new.subject)
        .bind(new.intent.map(|(id, _)| id.number()))
        .bind(sequence)
        .bind(new.movement.as_str())
        .bind(&new.object_id)
        .bind(&new.reference)
        .bind(new.expected.map(|amount| amount.minor()))
        .bind(new.expected.map(|amount| amount.currency().to_string()))
        .bind(new.reported.map(|amount| amount.minor()))
        .bind(new.reported.map(|amount| amount.currency().to_string()))
        .bind(new.state.map(State::as_str))
        .bind(status)
        .bind(at)
        .bind(&new.problem)
        .bind(millis(now)))
}

/// The lines as a JSON array of arrays, in the order of the columns.
fn lines_json(lines: &[StagedLine]) -> Result<String, StoreError> {
    let mut rows = Vec::with_capacity(lines.len());
    for staged in lines {
        let line = &staged.line;
        rows.push((
            staged.number,
            line.movement.as_str(),
            &line.id,
            &line.reference,
            line.amount.map(|amount| amount.minor()),
            line.amount.map(|amount| amount.currency().to_string()),
            status_text(&line.status)?,
            i64::from(line.is_final),
            i64::from(staged.moves_money()),
            line.time.map(millis),
            &staged.problem,
        ));
    }
    json("line", &rows)
}

/// The operations as a JSON array of arrays: movement, operation.
fn operations_json(operations: &[(Movement, String)]) -> Result<String, StoreError> {
    let names: Vec<_> = operations.iter().map(|(movement, operation)| (movement.as_str(), operation)).collect();
    json("operation", &names)
}
