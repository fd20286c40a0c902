//! Compares a claim beside 1,000,000 settled intents with one in an empty database.

use payments_journal::{Settings, State};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;

use super::super::settled::AtOnce;
use super::super::{gateway, runtime};
use super::{PostgresJournal, open, record, start};
use crate::report;
use crate::side_by_side::medians;

pub fn measure() {
    let Some(server) = start("postgres-settled", &[]) else { return };
    let runtime = runtime();
    let side = |name: &str| {
        runtime.block_on(async {
            let options = server.create(name).await;
            (options.connect().await.unwrap(), open(options, gateway(AtOnce), Settings::default()).await)
        })
    };
    let (mut full, mut empty) = (side("full_of_intents"), side("empty"));
    runtime.block_on(fill(&mut full));
    let step = |(connection, journal): &mut (PgConnection, PostgresJournal), number: &mut usize| {
        *number += 1;
        runtime.block_on(async {
            record(connection, journal, &format!("measured-{number}")).await;
            // Finds it, claims it, sends it and stores the result.
            assert_eq!(journal.worker().run_due().await.unwrap(), 1);
        });
    };
    let (mut our_number, mut their_number) = (0, 0);
    let mut ours = || step(&mut full, &mut our_number);
    let mut theirs = || step(&mut empty, &mut their_number);

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    runtime.block_on(async {
        assert_eq!(count_settled(&mut full.0).await, SETTLED + our_number);
        assert_eq!(count_settled(&mut empty.0).await, their_number);
    });
    report("postgres-settled", "ns", our_time, their_time);
}

/// Executes one payout, and copies it with its evidence and its delivered changes.
async fn fill((connection, journal): &mut (PgConnection, PostgresJournal)) {
    let ticket = record(connection, journal, "settled-0").await;
    assert_eq!(journal.execute(ticket).await.unwrap().state, State::Succeeded);
    for statement in COPY {
        sqlx::raw_sql(statement).execute(&mut *connection).await.unwrap();
    }
    assert_eq!(count_settled(connection).await, SETTLED);
}

async fn count_settled(connection: &mut PgConnection) -> usize {
    let settled = "SELECT count(*) FROM payments_intents WHERE state = 'succeeded' AND due_at IS NULL";
    let settled: i64 = sqlx::query_scalar(settled).fetch_one(connection).await.unwrap();
    usize::try_from(settled).unwrap()
}

/// One statement each: a vacuum runs in no transaction. The triggers would only find that no message has arrived.
const COPY: [&str; 4] = [
    "BEGIN; SET LOCAL session_replication_role = replica; \
     UPDATE payments_changes SET delivered_at = at; \
     INSERT INTO payments_intents (id, tenant, provider, account, operation, reference, amount, currency, version, key_id, \
        mac, parameters, by_ticket, recorded_at, expires_at, due_at, supersedes, state, reported, status, provider_id, epoch) \
     OVERRIDING SYSTEM VALUE \
     SELECT id + 1000000 + n, tenant, provider, account, operation, 'settled-' || n, amount, currency, version, key_id, \
        mac, parameters, by_ticket, recorded_at, expires_at, due_at, supersedes, state, reported, status, \
        'settled-' || n, epoch \
     FROM generate_series(1, 999999) AS n, payments_intents WHERE reference = 'settled-0'; \
     INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
     SELECT intent + 1000000 + n, sequence, at, fact, source FROM generate_series(1, 999999) AS n, payments_evidence \
        WHERE intent = (SELECT id FROM payments_intents WHERE reference = 'settled-0'); \
     INSERT INTO payments_changes (intent, from_state, to_state, status, at, delivered_at, next_try) \
     SELECT intent + 1000000 + n, from_state, to_state, status, at, delivered_at, next_try \
        FROM generate_series(1, 999999) AS n, payments_changes \
        WHERE intent = (SELECT id FROM payments_intents WHERE reference = 'settled-0'); \
     COMMIT",
    "VACUUM ANALYZE",
    "CHECKPOINT",
    "SELECT setval(pg_get_serial_sequence('payments_intents', 'id'), 3000000)",
];

const SETTLED: usize = 1_000_000;
const ROUNDS: usize = 41;
const CALLS: u32 = 20;
