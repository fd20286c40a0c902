//! Someone can write to the database, and does not have the key.

use std::sync::{Arc, Mutex};

use payments::journaled;
use payments_core::gateway::PayoutRequest;
use payments_core::{Currency, Money};
use payments_journal::{Intent, IntentId, JournalError, KeyError, State};
use payments_tests::turbopay_at;
use sqlx::{AssertSqlSafe, Row as _};

use super::{World, journal, payout, sandbox};

#[tokio::test]
async fn what_was_changed_or_moved_is_never_sent_and_says_why() {
    let sandbox = sandbox().await;
    let mut world = World::new([journaled::turbopay("turbopay", turbopay_at(&sandbox).unwrap())]).await;
    let mut ids = Vec::new();
    for reference in ["changed", "first", "second", "renamed", "cut-off", "untouched"] {
        ids.push(world.record(&payout(reference)).await.intent());
    }
    let [changed, first, second, renamed, cut_off, untouched] = ids.try_into().unwrap();
    let sql = |text: String| {
        let pool = world.journal.store().pool().clone();
        async move { sqlx::raw_sql(AssertSqlSafe(text)).execute(&pool).await.map(drop).unwrap() }
    };
    let mut parameters: Vec<u8> = column(&world, changed).await;
    let middle = parameters.len() / 2;
    parameters[middle] ^= 1;
    sql(format!("UPDATE payments_intents SET parameters = x'{}' WHERE id = {changed}", hex(&parameters))).await;
    let (of_first, of_second) = (column(&world, first).await, column(&world, second).await);
    for (id, parameters) in [(first, of_second), (second, of_first)] {
        sql(format!("UPDATE payments_intents SET parameters = x'{}' WHERE id = {id}", hex(&parameters))).await;
    }
    sql(format!("UPDATE payments_intents SET reference = 'renamed-by-someone' WHERE id = {renamed}")).await;
    sql(format!("UPDATE payments_intents SET parameters = x'00' WHERE id = {cut_off}")).await;

    let error = world.journal.worker().run_due().await.unwrap_err();

    assert!(matches!(error, JournalError::Key(KeyError::Changed { .. })), "{error}");
    for id in [changed, first, second, renamed, cut_off] {
        let report = world.journal.report(id).await.unwrap();
        assert_eq!((report.state, report.evidence.len()), (State::Intended, 0));
        let problem = report.problem.unwrap();
        assert!(problem.contains("was changed, belongs to another row, or was sealed with another key"), "{problem}");
        // It is tried again, less and less often.
        assert!(report.due_at.unwrap() > report.recorded_at);
        let executed = world.journal.execute(payments_journal::Ticket::of(id)).await;
        assert!(matches!(executed.unwrap_err(), JournalError::Key(KeyError::Changed { .. })));
    }
    // They held up nothing.
    assert_eq!(world.journal.report(untouched).await.unwrap().state, State::Pending);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_changed_amount_is_never_sent() {
    let sandbox = sandbox().await;
    let mut world = World::new([journaled::turbopay("turbopay", turbopay_at(&sandbox).unwrap())]).await;
    let id = world.record(&payout("order-1")).await.intent();
    let text = "UPDATE payments_intents SET amount = 999999";
    sqlx::raw_sql(text).execute(world.journal.store().pool()).await.unwrap();

    let error = world.journal.worker().run_due().await.unwrap_err();

    assert!(matches!(error, JournalError::Key(KeyError::Changed { .. })), "{error}");
    assert_eq!(world.journal.report(id).await.unwrap().state, State::Intended);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn without_the_key_nothing_is_read_and_a_worker_raises_the_alarm() {
    let sandbox = sandbox().await;
    let mut world = World::new([journaled::turbopay("turbopay", turbopay_at(&sandbox).unwrap())]).await;
    let id = world.record(&payout("order-1")).await.intent();
    let other = journal(
        &world.directory,
        "another-key-0123456789-0123456789",
        [journaled::turbopay("turbopay", turbopay_at(&sandbox).unwrap())],
    );
    let other = other.await;
    let (alarms, seen) = (Arc::new(Mutex::new(Vec::<(IntentId, String)>::new())), Arc::new(tokio::sync::Notify::new()));
    let worker = other.worker().on_problem({
        let (alarms, seen) = (Arc::clone(&alarms), Arc::clone(&seen));
        move |id, error| {
            alarms.lock().unwrap().push((id, error.to_string()));
            seen.notify_one();
        }
    });

    worker.run(async { seen.notified().await }).await;

    let alarms = alarms.lock().unwrap().clone();
    assert_eq!(alarms[0].0, id);
    assert!(alarms[0].1.contains("was sealed with another key"), "{alarms:?}");
    // The same request cannot be compared without the key either.
    let again = Money::from_minor(200_000, Currency::INR);
    let again = PayoutRequest::new("order-1", again, "customer-of-the-canary", super::BANK_ACCOUNT, "HDFC0000053");
    let mut connection = other.store().pool().acquire().await.unwrap();
    let recorded = other.record(&mut connection, &Intent::new("turbopay", again)).await;
    assert!(matches!(recorded.unwrap_err(), JournalError::Different { .. }));
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 0);

    // With its key, it is sent once.
    assert_eq!(world.journal.execute(payments_journal::Ticket::of(id)).await.unwrap().state, State::Pending);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

async fn column(world: &World, id: IntentId) -> Vec<u8> {
    let query = sqlx::query("SELECT parameters FROM payments_intents WHERE id = ?1").bind(id.number());
    query.fetch_one(world.journal.store().pool()).await.unwrap().get(0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
