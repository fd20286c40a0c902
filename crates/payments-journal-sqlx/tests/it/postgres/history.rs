//! Another history of the database: after a restore, and when another server takes over.

use std::time::Duration;

use payments_core::clock::{Clock as _, SystemClock};
use payments_journal::{JournalError, State, Store as _, StoreError, Ticket};
use payments_journal_sqlx::PostgresStore;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::judged::{Judge, record, store};
use super::{connect, run};
use crate::backend::{Backend as _, OnPostgres};
use crate::server;
use crate::support::{append, claimed};

const COUNT: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payment_is_made_twice_after_a_backup_is_restored() {
    let archive = ["archive_mode=on", "archive_command=cp %p ../%f"];
    let Some(mut server) = server::start(&archive) else { return };
    let (judge, options) = (Judge::new().await, server.options());
    store(&options).await.migrate().await.unwrap();
    record(&judge, &options, 0..COUNT / 4).await;
    let workers = judge.start(&options, 3).await;
    judge.wait_for_executions(COUNT / 4).await;
    server.back_up().unwrap();
    let mut admin = options.connect().await.unwrap();
    record(&judge, &options, COUNT / 4..COUNT).await;
    judge.wait_for_executions(COUNT / 3).await;
    // Everything up to here is restored, also claims whose requests are on their way.
    let lost_since = SystemClock::new().now();
    let restore_point = "SELECT pg_walfile_name(pg_create_restore_point('loss'))";
    let segment: String = sqlx::query_scalar(restore_point).fetch_one(&mut admin).await.unwrap();
    run(&mut admin, "SELECT pg_switch_wal()").await;
    let kept = judge.executed();
    judge.wait_for_executions(COUNT * 9 / 10).await;
    wait_for_archive(&options, &segment).await;
    workers.kill().await;
    server.stop().unwrap();
    server
        .restore(&[
            "restore_command = 'cp ../%f %p'",
            "recovery_target_name = 'loss'",
            "recovery_target_action = 'promote'",
        ])
        .unwrap();
    server.start_again().unwrap();
    wait_for_promotion(&options).await;

    let executed = judge.executed();
    let workers = judge.start(&options, 3).await;
    record(&judge, &options, COUNT..COUNT + 10).await;
    let journal = judge.journal(store(&options).await);
    let id = intended(&options).await.expect("a claim was lost");
    let error = journal.execute(Ticket::of(id)).await.unwrap_err();
    assert!(matches!(error, JournalError::OtherHistory { .. }), "{error}");
    assert!(error.to_string().contains("timeline 00000002) than the journal knows (system"), "{error}");
    let failures = judge.failures();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(judge.executed(), executed, "a payment was made before the acknowledgement");
    let reports = judge.failures() - failures;
    assert!(
        (3..=120).contains(&reports),
        "{reports} in a second and a half, from three workers with intervals of 50 ms"
    );

    let marked = journal.acknowledge_history(lost_since).await.unwrap();

    let lost = executed - kept;
    assert!(lost > COUNT / 5 && marked >= lost && marked < COUNT, "{marked} of {lost} lost ones");
    let reviews = judge.judge(&options, COUNT).await;
    assert!(reviews <= COUNT / 10, "{reviews}");
    // New payments are made again.
    record(&judge, &options, COUNT + 10..COUNT + 20).await;
    judge.wait_for_executions(executed + 10).await;
    workers.stop().await;
    assert_eq!(judge.sandbox.ledger().double_executions(), []);
}

/// Waits until a segment is archived.
async fn wait_for_archive(options: &PgConnectOptions, segment: &str) {
    let mut connection = options.connect().await.unwrap();
    let archived = "SELECT COALESCE(last_archived_wal >= $1, FALSE) FROM pg_stat_archiver";
    while !sqlx::query_scalar::<_, bool>(archived).bind(segment).fetch_one(&mut connection).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn wait_for_promotion(options: &PgConnectOptions) {
    loop {
        if let Ok(mut connection) = options.connect().await
            && let Ok(false) =
                sqlx::query_scalar::<_, bool>("SELECT pg_is_in_recovery()").fetch_one(&mut connection).await
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn intended(options: &PgConnectOptions) -> Option<payments_journal::IntentId> {
    let mut connection = options.connect().await.unwrap();
    let query = "SELECT id FROM payments_intents WHERE state = 'intended' ORDER BY id LIMIT 1";
    let id: Option<i64> = sqlx::query_scalar(query).fetch_optional(&mut connection).await.unwrap();
    id.map(payments_journal::IntentId::new)
}

#[tokio::test]
async fn migrating_a_database_accepts_its_present_history() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let seen = database.store.amend(id, |loaded| (None, loaded.other_history.clone())).await.unwrap();
    assert_eq!(seen, None);

    // As after a logical dump that was loaded into another cluster.
    database.sql("UPDATE payments_history SET system_identifier = '1'").await.unwrap();
    let seen = database.store.amend(id, |loaded| (None, loaded.other_history.clone())).await.unwrap().unwrap();
    assert!(seen.known.starts_with("system 1, timeline 0000000"), "{seen:?}");
    assert_eq!(database.store.agenda(&[], 1).await.unwrap().other_history, Some(seen));

    // Nothing was ever accepted.
    database.sql("DELETE FROM payments_history").await.unwrap();
    let seen = database.store.amend(id, |loaded| (None, loaded.other_history.clone())).await.unwrap().unwrap();
    assert_eq!(seen.known, "none");
}

#[tokio::test]
async fn a_role_that_may_not_read_the_history_gets_the_grant_to_ask_for() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let mut admin = connect(&database).await;
    let role = format!("payments_role_{}", std::process::id());
    run(
        &mut admin,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; \
             REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"
        ),
    )
    .await;
    let store = OnPostgres::store_of(&database.options.clone().username(&role), 1).await;
    for error in [
        store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap_err(),
        store.agenda(&[], 1).await.unwrap_err(),
    ] {
        assert!(matches!(&error, StoreError::Rejected(_)), "{error:?}");
        assert!(error.to_string().contains("GRANT EXECUTE ON FUNCTION pg_control_system()"), "{error}");
    }
    store.load(id).await.unwrap();

    run(&mut admin, &format!("GRANT EXECUTE ON FUNCTION pg_control_system() TO {role}")).await;
    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
    run(&mut admin, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn a_standby_server_is_refused_and_read() {
    let archive = ["archive_mode=on", "archive_command=cp %p ../%f"];
    let Some(mut server) = server::start(&archive) else { return };
    let options = server.options();
    let primary = PostgresStore::connect(options.clone()).await.unwrap();
    primary.migrate().await.unwrap();
    let mut admin = options.connect().await.unwrap();
    server.back_up().unwrap();
    let segment: String =
        sqlx::query_scalar("SELECT pg_walfile_name(pg_switch_wal())").fetch_one(&mut admin).await.unwrap();
    wait_for_archive(&options, &segment).await;
    server.stop().unwrap();
    server.restore(&["restore_command = 'cp ../%f %p'"]).unwrap();
    server.become_standby().unwrap();
    server.start_again().unwrap();

    let standby = PostgresStore::connect(options.clone()).await.unwrap();
    let id = payments_journal::IntentId::new(1);
    for error in [
        standby.amend(id, |_| (None, ())).await.unwrap_err(),
        standby.agenda(&[], 1).await.unwrap_err(),
        standby.begin_acknowledgement(SystemClock::new().now()).await.unwrap_err(),
    ] {
        assert!(matches!(&error, StoreError::Unavailable(_)), "{error:?}");
        assert!(error.to_string().contains("connect to the primary server"), "{error}");
    }
    assert_eq!(standby.in_review(None, 1).await.unwrap(), []);

    let mut connection = options.connect().await.unwrap();
    run(&mut connection, "SELECT pg_promote()").await;
    wait_for_promotion(&options).await;
    assert!(standby.agenda(&[], 1).await.unwrap().other_history.is_some());
}

#[tokio::test]
async fn an_acknowledgement_goes_on_where_it_was_interrupted() {
    let Some(database) = OnPostgres::new().await else { return };
    let first = database.record("order-1").await;
    let lost_since = SystemClock::new().now() - Duration::from_secs(60);
    let begun = database.store.begin_acknowledgement(lost_since).await.unwrap();
    let second = database.record("order-2").await;
    let again = database.another().await.begin_acknowledgement(lost_since).await.unwrap();
    assert_eq!((begun.id, begun.last, again.id, again.last), (again.id, first, begun.id, second));
    assert_eq!(database.store.may_be_lost(&again, Some(first), 10).await.unwrap(), [second]);

    database.store.accept_history(&again).await.unwrap();
    assert_ne!(database.store.begin_acknowledgement(lost_since).await.unwrap().id, begun.id);
    assert_eq!(database.store.load(first).await.unwrap().head.state, State::Intended, "a store has no rules");

    // Another server took over meanwhile.
    database.sql("UPDATE payments_history SET timeline_id = '0000000F' WHERE acknowledged_at IS NULL").await.unwrap();
    let lost = database.store.begin_acknowledgement(lost_since).await.unwrap();
    assert!(lost.id > begun.id + 1, "it is for another history");
    database.sql("UPDATE payments_history SET timeline_id = '0000000F' WHERE acknowledged_at IS NULL").await.unwrap();
    let error = database.store.accept_history(&lost).await.unwrap_err();
    assert!(error.to_string().contains("call `Journal::acknowledge_history` again"), "{error}");
}
