//! Every statement, prepared on a migrated database, and how PostgreSQL runs it.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use super::{PostgresStore, agenda, amend, changes, history, inbox, intents, pauses, rate_limit, settlement, stats};

#[path = "../../tests/it/server.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod server;

const STATEMENTS: &[&str] = &[
    intents::INSERT_INTENT,
    intents::FIND,
    intents::LOAD,
    amend::LOAD_AND_COMPARE,
    amend::AMEND,
    intents::DUE,
    intents::IN_REVIEW,
    stats::READ,
    agenda::READ,
    changes::NEXT,
    changes::FAILED,
    changes::STUCK,
    history::BEGIN,
    history::MAY_BE_LOST,
    history::ACCEPT,
    inbox::FORGET,
    inbox::LOCK,
    inbox::RECEIVE,
    inbox::FIND,
    inbox::MATCHES,
    inbox::MATCHES_OF,
    inbox::APPLIED,
    pauses::ALL,
    pauses::END,
    pauses::WAKE,
    rate_limit::ENTER,
    rate_limit::END,
    rate_limit::OBSERVE,
    settlement::END_EARLIER,
    settlement::BEGIN,
    settlement::CLEAR,
    settlement::STAGE,
    settlement::LINES,
    settlement::BY_ID,
    settlement::BY_REFERENCE,
    settlement::FIRST_BY_ID,
    settlement::FIRST_BY_REFERENCE,
    settlement::IS_OPEN,
    settlement::NEXT_INTENTS,
    settlement::UNLISTED,
    settlement::MARK_OPEN,
    settlement::ADD,
    settlement::RESOLVE,
    settlement::FINISH,
    settlement::LIST,
    settlement::ACCEPT,
];

/// Of the triggers.
const OTHERS: &[&str] = &[
    "UPDATE payments_inbox AS m SET matched = 1 WHERE m.matched = 0 AND m.reference = $1 AND m.account = $2 AND m.provider = $3 \
        AND m.tenant = $4 AND m.operations::jsonb ? $5",
    "UPDATE payments_inbox AS m SET matched = 1 WHERE m.matched = 0 AND m.object_id = $1 AND m.account = $2 AND m.provider = $3 \
        AND m.tenant = $4",
];

#[tokio::test]
async fn every_statement_can_use_an_index() {
    let Some(options) = server::shared() else { return };
    let store = PostgresStore::connect(options.clone()).await.unwrap();
    store.migrate().await.unwrap();
    let mut connection = options.connect().await.unwrap();
    // With sequential scans as the last resort, one shows that there is no index.
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(settings).execute(&mut connection).await.unwrap();
    for statement in STATEMENTS.iter().chain(OTHERS) {
        let parameters = (1..=30).filter(|number| statement.contains(&format!("${number}"))).count();
        let nulls = vec!["NULL"; parameters].join(", ");
        let explain = format!("DEALLOCATE ALL; PREPARE s AS {statement}; EXPLAIN EXECUTE s({nulls})");
        let explain = explain.replace("s()", "s");
        let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();

        let steps: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let scan = steps.iter().find(|step| step.contains("Seq Scan on payments_"));
        // It has one row per account.
        let scan = scan.filter(|step| !step.contains("payments_pauses"));
        assert_eq!(scan, None, "{statement}\n{}", steps.join("\n"));
    }
}
