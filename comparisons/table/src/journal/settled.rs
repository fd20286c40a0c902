//! Compares a claim beside 1,000,000 settled intents with one in an empty database.

use async_trait::async_trait;
use payments_core::gateway::{AcceptedPayout, PayOut, PayoutRequest};
use payments_core::{Error, PaymentStatus};
use payments_journal::{Settings, State};

use super::{SqliteJournal, gateway, open, record, runtime};
use crate::report;
use crate::side_by_side::medians;

/// A provider that pays out at once, without a request. So only the journal is measured.
pub struct AtOnce;

#[async_trait]
impl PayOut for AtOnce {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        Ok(AcceptedPayout::new(Some(request.reference.clone()), PaymentStatus::Succeeded, request.amount))
    }
}

pub fn measure() {
    let runtime = runtime();
    let directory = tempfile::tempdir().unwrap();
    let journal =
        |name: &str| runtime.block_on(open(&directory.path().join(name), gateway(AtOnce), Settings::default()));
    let (full, empty) = (journal("full.db"), journal("empty.db"));
    runtime.block_on(fill(&full));
    let step = |journal: &SqliteJournal, number: &mut usize| {
        *number += 1;
        runtime.block_on(async {
            record(journal, &format!("measured-{number}")).await;
            // Finds it, claims it, sends it and stores the result.
            assert_eq!(journal.worker().run_due().await.unwrap(), 1);
        });
    };
    let (mut our_number, mut their_number) = (0, 0);
    let mut ours = || step(&full, &mut our_number);
    let mut theirs = || step(&empty, &mut their_number);

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    runtime.block_on(async {
        assert_eq!(count_settled(&full).await, SETTLED + our_number);
        assert_eq!(count_settled(&empty).await, their_number);
    });
    report("journal-settled", "ns", our_time, their_time);
}

/// Executes one payout, and copies it with its evidence and its delivered changes.
async fn fill(journal: &SqliteJournal) {
    let ticket = record(journal, "settled-0").await;
    assert_eq!(journal.execute(ticket).await.unwrap().state, State::Succeeded);
    sqlx::raw_sql(COPY).execute(journal.store().pool()).await.unwrap();
    assert_eq!(count_settled(journal).await, SETTLED);
}

async fn count_settled(journal: &SqliteJournal) -> usize {
    let settled = "SELECT count(*) FROM payments_intents WHERE state = 'succeeded' AND due_at IS NULL";
    let settled: i64 = sqlx::query_scalar(settled).fetch_one(journal.store().pool()).await.unwrap();
    usize::try_from(settled).unwrap()
}

const COPY: &str = "\
    BEGIN IMMEDIATE; \
    UPDATE payments_changes SET delivered_at = at; \
    CREATE TEMP TABLE numbers AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 999999) \
        SELECT n FROM n; \
    INSERT INTO payments_intents (id, tenant, provider, account, operation, reference, amount, currency, version, key_id, \
        mac, parameters, by_ticket, recorded_at, expires_at, due_at, supersedes, state, reported, status, provider_id, epoch) \
    SELECT id + n, tenant, provider, account, operation, 'settled-' || n, amount, currency, version, key_id, \
        mac, parameters, by_ticket, recorded_at, expires_at, due_at, supersedes, state, reported, status, \
        'settled-' || n, epoch \
    FROM numbers, payments_intents WHERE reference = 'settled-0'; \
    INSERT INTO payments_evidence SELECT intent + n, sequence, at, fact, source FROM numbers, payments_evidence \
        WHERE intent = (SELECT id FROM payments_intents WHERE reference = 'settled-0'); \
    INSERT INTO payments_changes (intent, from_state, to_state, status, at, delivered_at, next_try) \
    SELECT intent + n, from_state, to_state, status, at, delivered_at, next_try FROM numbers, payments_changes \
        WHERE intent = (SELECT id FROM payments_intents WHERE reference = 'settled-0'); \
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)";

const SETTLED: usize = 1_000_000;
const ROUNDS: usize = 41;
const CALLS: u32 = 20;
