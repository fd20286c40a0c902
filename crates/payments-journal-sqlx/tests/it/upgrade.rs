//! A database that the first version filled is brought to the present version, and everything in it is finished.
//!
//! `tests/data` has a dump per database, which the first version wrote. Each reference in it begins with the state of its intent.

mod fill;

use std::collections::BTreeMap;
use std::time::Duration;

use payments_core::{Currency, Money};
use payments_journal::{IntentId, IntentKey, Journal, JournalError, Recorded, State, Store as _};

use crate::backend::{Backend, OnPostgres, OnSqlite};
use crate::deliver::effects;
use fill::{Provider, journal, payout, payout_of};

/// What the first version wrote.
const ON_SQLITE: &str = include_str!("../data/sqlite-0001.sql");
const ON_POSTGRES: &str = include_str!("../data/postgres-0001.sql");

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sqlite_database_of_the_first_version_is_migrated_and_finished() {
    check(OnSqlite::of_dump(ON_SQLITE).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_postgres_database_of_the_first_version_is_migrated_and_finished() {
    if let Some(database) = OnPostgres::of_dump(ON_POSTGRES).await {
        check(database).await;
    }
}

/// The same for what the present version writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sqlite_database_of_this_version_is_finished() {
    let database = OnSqlite::new().await.unwrap();
    fill::fill(&database).await;
    fill::dump(&database, "sqlite").await;
    check(database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_postgres_database_of_this_version_is_finished() {
    let Some(database) = OnPostgres::new().await else { return };
    fill::fill(&database).await;
    fill::dump(&database, "postgres").await;
    check(database).await;
}

/// The state that each intent must come to, by the first word of its reference.
fn expected(reference: &str) -> State {
    match reference {
        // Its account has no client here, so another worker sends it.
        "intended-without-client" => State::Intended,
        // It expired, and only the process with its card could have sent it.
        "intended-card" => State::Abandoned,
        _ => match state_of(reference) {
            State::Intended | State::Sending | State::Pending | State::Unknown => State::Succeeded,
            state => state,
        },
    }
}

fn state_of(reference: &str) -> State {
    let word = reference.split('-').next().unwrap();
    State::from_name(word).unwrap_or_else(|| panic!("{reference} begins with no state"))
}

async fn check<B: Backend>(database: B) {
    let before = snapshot(&database).await;
    database.migrate().await;
    database.migrate().await;

    assert_eq!(snapshot(&database).await, before, "the migration changed a row");
    let provider = Provider::of_the_present();
    let journal = journal(database.store(), &provider);
    let intents = intents(&database).await;
    let states: Vec<State> = intents.values().map(|(_, key)| state_of(&key.reference)).collect();
    assert!(State::ALL.iter().all(|state| states.contains(state)), "every state is in the dump");
    for (id, key) in intents.values() {
        let report = journal.report(*id).await.unwrap();
        assert_eq!((report.state, &report.key), (state_of(&key.reference), key));
        let is_untouched = key.reference.starts_with("intended") || key.reference == "abandoned-1";
        assert!(is_untouched || !report.evidence.is_empty(), "{key}");
    }
    let stats = journal.stats().await.unwrap();
    assert_eq!((stats.changes.stuck, stats.messages.count), (1, 1));
    uniqueness_holds(&database, &journal).await;
    everything_is_finished(&database, &journal, &provider, &intents).await;
}

/// The rows of the tables that the first version has, as the database prints them, but for columns that a migration adds.
async fn snapshot(database: &impl Backend) -> BTreeMap<&'static str, Vec<String>> {
    let rows = [
        ("intents", "reference || ' ' || state || ' ' || reported || ' ' || epoch || ' ' || tries", "reference"),
        ("evidence", "intent || ' ' || sequence || ' ' || at || ' ' || fact || ' ' || source", "intent, sequence"),
        ("changes", "intent || ' ' || from_state || ' ' || to_state || ' ' || failures", "id"),
        ("inbox", "source || ' ' || report || ' ' || matched", "id"),
        ("pauses", "account || ' ' || since || ' ' || problem", "account"),
        ("rate_limits", "credentials || ' ' || expires_at", "id"),
    ];
    let mut tables = BTreeMap::new();
    for (table, columns, order) in rows {
        let rows = database.texts(&format!("SELECT {columns} FROM payments_{table} ORDER BY {order}")).await;
        assert!(!rows.is_empty(), "{table}");
        tables.insert(table, rows);
    }
    tables
}

async fn intents(database: &impl Backend) -> BTreeMap<String, (IntentId, IntentKey)> {
    let mut intents = BTreeMap::new();
    for id in database.texts("SELECT CAST(id AS TEXT) FROM payments_intents").await {
        let id = IntentId::new(id.parse().unwrap());
        let key = database.store().load(id).await.unwrap().row.key;
        intents.insert(key.reference.clone(), (id, key));
    }
    intents
}

/// A repeated intent is found, and its MAC, under the key of the first version, tells it from another one.
async fn uniqueness_holds<B: Backend>(database: &B, journal: &Journal<B::Store>) {
    for reference in ["succeeded-1", "unknown-1", "needs_review-1", "intended-1"] {
        let mut transaction = database.begin().await;
        let recorded = journal.record(&mut transaction, &payout(reference)).await.unwrap();
        let Recorded::Existing(_, state) = recorded else { panic!("{reference} was recorded twice") };
        assert_eq!(state, state_of(reference));
        transaction.rollback().await.unwrap();

        let mut transaction = database.begin().await;
        let other = payout_of(reference, Money::from_minor(1, Currency::INR));
        let error = journal.record(&mut transaction, &other).await.unwrap_err();
        assert!(matches!(error, JournalError::Different { .. }), "{error}");
        transaction.rollback().await.unwrap();

        let mut transaction = database.begin().await;
        let error = journal.record(&mut transaction, &fill::payment(reference)).await.unwrap_err();
        assert!(error.to_string().contains("another order"), "{error}");
        transaction.rollback().await.unwrap();
    }
}

/// Workers send what was recorded, find out what was unknown, apply messages, and deliver every change once.
async fn everything_is_finished<B: Backend>(
    database: &B,
    journal: &Journal<B::Store>,
    provider: &Provider,
    intents: &BTreeMap<String, (IntentId, IntentKey)>,
) {
    for _ in 0..6 {
        // The leases, pauses and waits of the dump are over.
        database.advance(Duration::from_secs(7200)).await;
        let worker = journal.worker().on_change(fill::effect::<B>());
        // No client is registered for one of them.
        let error = worker.run_due().await.unwrap_err();
        assert!(matches!(error, JournalError::NoClient { .. }), "{error}");
    }

    for (reference, (id, _)) in intents {
        let report = journal.report(*id).await.unwrap();
        assert_eq!(report.state, expected(reference), "{reference}: {:?}", report.problem);
    }
    // What may have been sent was looked up, and not sent again. The sealed parameters were those that were recorded.
    assert_eq!(provider.sent(), ["intended-1", "intended-paused", "intended-superseding"]);
    let stats = journal.stats().await.unwrap();
    assert_eq!((stats.changes.count, stats.messages.count), (0, 0));
    let changes = database.texts(
        "SELECT i.reference || ' ' || c.to_state FROM payments_changes AS c JOIN payments_intents AS i ON i.id = c.intent \
            ORDER BY 1",
    );
    let mut effects = effects(database).await;
    effects.sort();
    assert_eq!(effects, changes.await, "each change has one effect");
    // A message that matched nothing matches an intent that is recorded now.
    let mut transaction = database.begin().await;
    let recorded = journal.record(&mut transaction, &payout("later-1")).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(journal.stats().await.unwrap().messages.count, 2, "the event, and the hint");
    drop(journal.worker().run_due().await);
    assert_eq!(journal.report(recorded.ticket().intent()).await.unwrap().state, State::Succeeded);
    assert_eq!(journal.stats().await.unwrap().messages.count, 0);
}
