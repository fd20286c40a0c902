//! Settings of the server and of sessions.

use std::error::Error as _;

use payments_journal::{Store as _, StoreError};
use payments_journal_sqlx::PostgresStore;
use payments_journal_sqlx::postgres::{PostgresError, WeakSetting};
use sqlx::postgres::PgConnectOptions;

use crate::backend::{Backend as _, OnPostgres};
use crate::server;
use crate::support::{append, claimed, key, row};

/// The error below a [`StoreError::Rejected`] in words.
#[track_caller]
fn problem(result: Result<impl std::fmt::Debug, StoreError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Rejected(_)), "{error:?}");
    error.source().and_then(|error| error.downcast_ref::<PostgresError>()).unwrap().to_string()
}

#[tokio::test]
async fn a_server_that_loses_commits_is_refused_by_name() {
    for (setting, name, accepted) in [
        ("fsync=off", "fsync", WeakSetting::Fsync),
        ("full_page_writes=off", "full_page_writes", WeakSetting::FullPageWrites),
    ] {
        let Some(server) = server::start(&[setting]) else { return };
        let store = OnPostgres::store_of(&server.options(), 2).await;
        store.migrate().await.unwrap();
        let accepting = store.clone().accept(accepted);
        let mut transaction = store.pool().begin().await.unwrap();

        let recorded = problem(store.record(&mut transaction, &row("order-1")).await);
        transaction.rollback().await.unwrap();
        let mut transaction = store.pool().begin().await.unwrap();
        accepting.record(&mut transaction, &row("order-1")).await.unwrap();
        transaction.commit().await.unwrap();
        let id = store.find(&key("order-1")).await.unwrap().unwrap();
        let amended = problem(store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await);

        let expected = format!("the setting `{name}` is off, and the journal requires on");
        assert!(recorded.contains(&expected) && amended.contains(&expected), "{recorded}, {amended}");
        assert_eq!(store.load(id).await.unwrap().evidence, []);
        accepting.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_of_the_application_that_commits_asynchronously_is_refused() {
    let Some(database) = OnPostgres::new().await else { return };
    for value in ["off", "local"] {
        let accepting = database.store.clone().accept(WeakSetting::SynchronousCommit);
        for (store, is_accepted) in [(&database.store, false), (&accepting, true)] {
            let mut transaction = database.begin().await;
            OnPostgres::run(&mut transaction, &format!("SET LOCAL synchronous_commit = {value}")).await.unwrap();

            let recorded = store.record(&mut transaction, &row("order-1")).await;

            if is_accepted {
                recorded.unwrap();
            } else {
                let problem = problem(recorded);
                assert!(problem.contains(&format!("`synchronous_commit` is {value}")), "{problem}");
            }
            transaction.rollback().await.unwrap();
        }
    }
}

/// A session with the worst settings.
fn careless(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([
        ("synchronous_commit", "off"),
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_read_only", "on"),
        ("lock_timeout", "0"),
        ("statement_timeout", "1000"),
    ])
}

/// Stores the terms of each transaction that changes an intent.
const WATCH: &str = "CREATE TABLE terms (terms TEXT); \
    CREATE FUNCTION watch() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO terms SELECT string_agg(current_setting(name), ' ') FROM unnest(ARRAY['synchronous_commit', \
            'transaction_isolation', 'transaction_read_only', 'lock_timeout', 'statement_timeout', \
            'idle_in_transaction_session_timeout']) AS name; \
        RETURN NULL; \
    END $$; \
    CREATE TRIGGER watch AFTER INSERT ON payments_evidence EXECUTE FUNCTION watch()";

#[tokio::test]
async fn a_transaction_sets_its_own_terms_whatever_the_session_has() {
    let Some(database) = OnPostgres::new().await else { return };
    database.sql(WATCH).await.unwrap();
    let id = database.record("order-1").await;
    let careless = careless(&database.options);
    let careful = careless.clone().options([("synchronous_commit", "remote_apply")]);
    for (number, (options, accepted)) in
        [(&careless, None), (&careful, None), (&careless, Some(WeakSetting::SynchronousCommit))].into_iter().enumerate()
    {
        let mut store = OnPostgres::store_of(options, 1).await;
        if let Some(setting) = accepted {
            store = store.accept(setting);
        }
        let fact = claimed(number as u128);
        store.amend(id, |loaded| (Some(append(loaded, [fact.clone()])), ())).await.unwrap();
    }

    let terms = database.texts("SELECT terms FROM terms").await;

    let rest = "read committed off 10s 0 10s";
    assert_eq!(terms, [format!("on {rest}"), format!("remote_apply {rest}"), format!("off {rest}")]);
}

#[tokio::test]
async fn nothing_of_a_transaction_is_left_in_the_session() {
    let Some(database) = OnPostgres::new().await else { return };
    crate::deliver::create_effects(&database).await;
    let id = database.record("order-1").await;
    database.report(id, payments_journal::State::Pending).await;
    let store = database.another().await;
    let settings = "SELECT name || '=' || setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%' ORDER BY name";
    let before: Vec<String> = sqlx::query_scalar(settings).fetch_all(store.pool()).await.unwrap();

    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
    let delivery = store.deliver(&crate::deliver::effect(&database), &|_| std::time::Duration::ZERO).await.unwrap();
    assert!(matches!(delivery, payments_journal::store::Delivery::Delivered(_)));

    let after: Vec<String> = sqlx::query_scalar(settings).fetch_all(store.pool()).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn tables_of_another_version_are_refused() {
    let Some(options) = OnPostgres::empty().await else { return };
    let open = || PostgresStore::connect(options.clone());
    let store = open().await.unwrap();
    let missing = problem(store.find(&key("order-1")).await);
    assert!(missing.contains("is at version 0 of the journal's tables, and 2 is required"), "{missing}");

    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    store.find(&key("order-1")).await.unwrap();
    sqlx::raw_sql("INSERT INTO payments_schema VALUES (99, 0)").execute(store.pool()).await.unwrap();

    let newer = open().await.unwrap();
    let expected = "is at version 99 of the journal's tables, and this code knows 2 only";
    assert!(newer.migrate().await.unwrap_err().to_string().contains(expected));
    assert!(problem(newer.find(&key("order-1")).await).contains(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_at_once_migrate_once() {
    let Some(options) = OnPostgres::empty().await else { return };
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let options = options.clone();
        tasks.spawn(async move { OnPostgres::store_of(&options, 1).await.migrate().await });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }

    let store = OnPostgres::store_of(&options, 1).await;
    let versions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM payments_schema").fetch_one(store.pool()).await.unwrap();
    assert_eq!(versions, 2);
}
