//! Every statement, prepared on a migrated database, and how SQLite runs it.

use sqlx::{AssertSqlSafe, Row as _};

use super::{SqliteStore, agenda, changes, history, inbox, intents, pauses, rate_limit, settlement, stats};

/// The statements that run for one intent, message or change: none may read a table from one end to the other.
const SELECTIVE: &[&str] = &[
    intents::INSERT_INTENT,
    intents::FIND,
    intents::LOAD,
    intents::BEGIN_AND_LOAD,
    intents::AMEND_AND_COMMIT,
    intents::DUE,
    agenda::READ,
    intents::IN_REVIEW,
    stats::READ,
    changes::NEXT,
    changes::DELIVERED,
    changes::FAILED,
    inbox::FORGET,
    inbox::RECEIVE,
    inbox::FIND,
    inbox::MATCHES,
    inbox::MATCHES_OF,
    inbox::APPLIED,
    history::BEGIN,
    history::BEGUN,
    history::MAY_BE_LOST,
    history::ACCEPT,
    pauses::BEGIN,
    pauses::END,
    pauses::WAKE,
    rate_limit::FORGET,
    rate_limit::COUNT,
    rate_limit::FREE_AT,
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
    settlement::FINISH,
    settlement::ACCEPT,
];

/// The statements that list something for a person.
const LISTS: &[&str] = &[changes::STUCK, pauses::ALL, settlement::LIST, settlement::RESOLVE];

/// The indexes that contain only what is open, so that a scan reads nothing that is settled.
const OPEN: &[&str] = &[
    "payments_intents_due",
    "payments_intents_in_review",
    "payments_intents_waiting",
    "payments_changes_due",
    "payments_inbox_open",
];

#[tokio::test]
async fn no_statement_reads_what_is_settled() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("journal.db")).await.unwrap();
    store.migrate().await.unwrap();
    let triggers = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'payments_%'";
    let triggers: Vec<String> = sqlx::query_scalar(triggers).fetch_all(store.pool()).await.unwrap();
    assert_eq!(triggers.len(), 2);
    // The statement between `BEGIN` and `END`, with parameters in place of the new row's columns.
    let is_name = |character: char| character.is_ascii_lowercase() || character == '_';
    let statement = |sql: &String| {
        let mut parts = sql.split_once("BEGIN")?.1.rsplit_once(';')?.0.split("new.");
        let first = parts.next()?.to_owned();
        Some(parts.fold(first, |statement, part| statement + "?" + part.trim_start_matches(is_name)))
    };
    let triggers: Vec<String> = triggers.iter().filter_map(statement).collect();
    let triggers = triggers.iter().map(String::as_str);
    for statement in SELECTIVE.iter().chain(LISTS).flat_map(|text| text.split("; ")).chain(triggers) {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(explain).fetch_all(store.pool()).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let is_scan = |step: &&String| {
            let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let is_table = table.starts_with("payments_") || ["i", "c", "m", "e", "p", "earlier"].contains(&table);
            // They have one row per account, and one per restore.
            let is_small = ["payments_pauses", "p", "payments_history"].contains(&table);
            // All lines of a run.
            let is_run = step.contains("PRIMARY KEY (run=?)") && statement != settlement::CLEAR;
            is_run || is_table && !is_small && !OPEN.iter().any(|index| step.contains(index))
        };
        let scan = steps.iter().find(is_scan).filter(|step| !LISTS.contains(&statement) || step.contains("(run=?)"));
        assert_eq!(scan, None, "{statement}\n{}", steps.join("\n"));
    }
}
