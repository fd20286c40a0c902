//! Transactions that do not see each other: a message that arrives while its intent is committed, claimed, or given the provider's id.

use payments_journal::store::{Amendment, Head, Inserted, Loaded, Received};
use payments_journal::{IntentId, Message, Store as _};
use payments_journal_sqlx::PostgresStore;
use sqlx::postgres::{PgConnection, PgTransaction};

use super::{connect, run, wait_for_waiting, waiting};
use crate::backend::{Backend as _, OnPostgres};
use crate::support::{account, append, claimed, now, row};

fn message(reference: Option<&str>, object_id: Option<&str>) -> Message {
    Message {
        account: account(),
        source: "event-1".to_owned(),
        reference: reference.map(str::to_owned),
        object_id: object_id.map(str::to_owned),
        operations: vec!["pay_out".to_owned()],
        report: "{}".to_owned(),
        received_at: now(),
    }
}

/// Claims an intent, and learns this id of the provider.
async fn claim(store: &PostgresStore, id: IntentId, provider_id: Option<&str>) {
    let head = |loaded: &Loaded| Head {
        epoch: loaded.head.epoch + 1,
        provider_id: provider_id.map(str::to_owned),
        ..loaded.head.clone()
    };
    let amend = |loaded: &Loaded| {
        let number = u128::from(loaded.head.epoch) + 1;
        (Some(Amendment { head: head(loaded), ..append(loaded, [claimed(number)]) }), ())
    };
    store.amend(id, amend).await.unwrap();
}

async fn matched(store: &PostgresStore) -> Vec<IntentId> {
    let matched = store.matches(&[account()], None, 10).await.unwrap();
    matched.into_iter().flat_map(|matched| matched.intents).collect()
}

const WITHOUT_LOCKS: &str = "CREATE OR REPLACE FUNCTION \
    payments_lock(kind INTEGER, tenant TEXT, provider TEXT, account TEXT, name TEXT) RETURNS VOID LANGUAGE sql AS 'SELECT'";

#[tokio::test]
async fn a_message_that_arrives_before_its_intent_is_committed_is_matched_by_the_claim() {
    let Some(database) = OnPostgres::new().await else { return };
    let store = &database.store;
    let mut transaction = database.begin().await;
    let Inserted::New(id) = store.record(&mut transaction, &row("order-1")).await.unwrap() else { panic!() };

    assert!(matches!(store.receive(&message(Some("order-1"), None)).await.unwrap(), Received::New(_)));
    transaction.commit().await.unwrap();
    assert_eq!(matched(store).await, [], "otherwise the test shows nothing");
    claim(store, id, None).await;

    assert_eq!(matched(store).await, [id]);
}

/// The order in which a receiver and a change of the intent commit. Each begins before the first one commits.
#[derive(Debug, Clone, Copy)]
enum First {
    Receiver,
    Change,
}

/// Lets the commit of the first one wait for a lock, which the returned connection has.
async fn hold(database: &OnPostgres, first: First) -> PgConnection {
    let mut holder = connect(database).await;
    run(&mut holder, "SELECT pg_advisory_lock(42)").await;
    let table = match first {
        First::Receiver => "INSERT ON payments_inbox",
        First::Change => "UPDATE ON payments_intents",
    };
    let hold = format!(
        "CREATE FUNCTION hold() RETURNS TRIGGER LANGUAGE plpgsql AS \
            'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END'; \
         CREATE CONSTRAINT TRIGGER hold AFTER {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()"
    );
    database.sql(&hold).await.unwrap();
    holder
}

/// Runs a receiver and a change that overlap, and returns the intents that match the message afterwards.
async fn overlap(
    database: &OnPostgres,
    (first, mut holder): (First, PgConnection),
    id: Uncommitted,
    message: Message,
    provider_id: Option<&'static str>,
) -> Vec<IntentId> {
    let store = database.store.clone();
    let receive = async move {
        store.receive(&message).await.unwrap();
    };
    let (store, intent) = (database.store.clone(), id.id);
    let change = async move { claim(&store, intent, provider_id).await };
    let (first, second) = match first {
        First::Receiver => (tokio::spawn(receive), Second::Change(change)),
        First::Change => (tokio::spawn(change), Second::Receiver(receive)),
    };
    wait_for_waiting(database, 1).await;
    if let Some(transaction) = id.transaction {
        transaction.commit().await.unwrap();
    }
    let second = match second {
        Second::Change(change) => tokio::spawn(change),
        Second::Receiver(receive) => tokio::spawn(receive),
    };
    // Without the locks, the second one is over before the first one is committed.
    while !second.is_finished() && waiting(database).await < 2 {
        tokio::task::yield_now().await;
    }
    run(&mut holder, "SELECT pg_advisory_unlock(42)").await;
    first.await.unwrap();
    second.await.unwrap();
    matched(&database.store).await
}

enum Second<C, R> {
    Change(C),
    Receiver(R),
}

/// An intent whose transaction may still be open.
struct Uncommitted {
    id: IntentId,
    transaction: Option<PgTransaction<'static>>,
}

async fn open(database: &OnPostgres) -> Uncommitted {
    let mut transaction = database.begin().await;
    let Inserted::New(id) = database.store.record(&mut transaction, &row("order-1")).await.unwrap() else { panic!() };
    Uncommitted { id, transaction: Some(transaction) }
}

async fn committed(database: &OnPostgres) -> Uncommitted {
    Uncommitted { id: database.record("order-1").await, transaction: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_received_across_the_commit_and_the_claim_of_its_intent_is_matched() {
    for has_locks in [true, false] {
        let Some(database) = OnPostgres::new().await else { return };
        if !has_locks {
            database.sql(WITHOUT_LOCKS).await.unwrap();
        }
        let first = (First::Receiver, hold(&database, First::Receiver).await);
        let open = open(&database).await;
        let id = open.id;

        let matched = overlap(&database, first, open, message(Some("order-1"), None), None).await;

        assert_eq!(matched, if has_locks { vec![id] } else { vec![] }, "locks: {has_locks}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_received_while_its_providers_id_becomes_known_is_matched() {
    for (has_locks, first) in
        [(true, First::Receiver), (false, First::Receiver), (true, First::Change), (false, First::Change)]
    {
        let Some(database) = OnPostgres::new().await else { return };
        if !has_locks {
            database.sql(WITHOUT_LOCKS).await.unwrap();
        }
        let committed = committed(&database).await;
        let id = committed.id;
        // The claim was made before: this change only learns the provider's id.
        claim(&database.store, id, None).await;

        let overlapping = (first, hold(&database, first).await);
        let matched = overlap(&database, overlapping, committed, message(None, Some("p-1")), Some("p-1")).await;

        assert_eq!(matched, if has_locks { vec![id] } else { vec![] }, "locks: {has_locks}, first: {first:?}");
    }
}

#[tokio::test]
async fn an_open_transaction_of_the_application_delays_no_receiver() {
    let Some(database) = OnPostgres::new().await else { return };
    database
        .store
        .receive(&Message { source: "early".to_owned(), ..message(Some("order-1"), Some("p-1")) })
        .await
        .unwrap();
    let open = open(&database).await;
    let store = database.store.clone().lock_timeout(std::time::Duration::from_secs(1));

    assert!(matches!(store.receive(&message(Some("order-1"), Some("p-1"))).await.unwrap(), Received::New(_)));

    open.transaction.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn many_intents_are_recorded_and_resumed_in_one_transaction_without_a_lock_for_each() {
    let Some(database) = OnPostgres::new().await else { return };
    let mut transaction = database.begin().await;
    let many = "INSERT INTO payments_intents \
        (tenant, provider, account, operation, reference, version, key_id, mac, parameters, by_ticket, recorded_at, due_at) \
        SELECT 'tenant', 'turbopay', 'main', 'pay_out', n::text, 1, '1', 'm', 'p', 0, 1767322245000, 90000000000000 \
        FROM generate_series(1, 20000) AS n";
    OnPostgres::run(&mut transaction, many).await.unwrap();
    transaction.commit().await.unwrap();

    database.store.resume(&account()).await.unwrap();

    assert_eq!(database.store.due(&[account()], 100).await.unwrap().len(), 100);
}
