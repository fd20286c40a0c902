//! What one worker cannot handle holds up nothing else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::gateway::RefundRequest;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::{Change, Intent, JournalError, State, StoreError, Ticket};
use tokio::sync::Notify;

use super::provider::{Answer, LOOKUP, World, journal, order, payout, rupees, settings};
use super::store::FailingStore;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_intent_without_a_client_holds_up_nothing_and_raises_an_alarm() {
    // The worker works on one intent at a time, and the one that it cannot handle is due first.
    let world = World::with(LOOKUP, settings(|settings| settings.concurrency = 1));
    let mut transaction = world.store.begin();
    let refund = Intent::new("acme", RefundRequest::new("R-1", "pay_1", rupees(100)));
    let refund = world.journal.record(&mut transaction, &refund).await.expect("record").ticket().intent();
    transaction.commit().expect("commit");
    let payout = world.record("W-1").await.intent();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    let alarms = Arc::new(Mutex::new(Vec::new()));
    let worker = world.journal.worker().on_problem({
        let alarms = Arc::clone(&alarms);
        move |id, error| alarms.lock().expect("lock").push((id, matches!(error, JournalError::NoClient { .. })))
    });

    let done = async {
        while world.report(payout).await.state != State::Succeeded {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), worker.run(done)).await.expect("the payout is held up");

    assert_eq!(alarms.lock().expect("lock").first(), Some(&(refund, true)));
    assert_eq!(world.report(refund).await.state, State::Intended);
}

#[tokio::test]
async fn everything_due_is_done_before_the_first_error_is_returned() {
    let world = World::new();
    let mut transaction = world.store.begin();
    let refund = Intent::new("acme", RefundRequest::new("R-1", "pay_1", rupees(100)));
    world.journal.record(&mut transaction, &refund).await.expect("record");
    transaction.commit().expect("commit");
    let payout = world.record("W-1").await.intent();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);

    let error = world.journal.worker().run_due().await.expect_err("no client");

    assert!(matches!(error, JournalError::NoClient { .. }), "{error}");
    assert_eq!(world.report(payout).await.state, State::Succeeded);
}

#[tokio::test]
async fn a_worker_takes_every_step_of_an_intent() {
    let world = World::new();
    let id = world.record("W-1").await.intent();
    world.provider.answers([
        Answer::Fail(ErrorKind::Connection, Outcome::NotSent),
        Answer::Fail(ErrorKind::Timeout, Outcome::Unknown),
    ]);
    world.provider.finds([None, order(PaymentStatus::Succeeded, true)]);
    let done = async {
        while world.report(id).await.state != State::Succeeded {
            tokio::task::yield_now().await;
        }
    };
    let worker = world.journal.worker();
    tokio::time::timeout(Duration::from_secs(10), worker.run(done)).await.expect("it is taken up again");
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let world = World::new();
    world.provider.answers(std::iter::repeat_n(Answer::Accept(PaymentStatus::Succeeded), 3));
    for reference in ["W-1", "W-2", "W-3"] {
        world.record(reference).await;
    }
    let worker = world.journal.worker().on_change(|_: &mut _, _| Box::pin(async { Ok(()) }));
    assert_eq!(worker.run_due().await.expect("the worker"), 6, "three intents and three changes");
    assert_eq!(worker.run_due().await.expect("the worker"), 0);
}

#[tokio::test]
async fn a_store_that_fails_raises_an_alarm_until_it_works_again() {
    let world = World::new();
    let store = FailingStore::new(world.store.clone(), || StoreError::Unavailable("the disk is full".into()));
    let journal = journal(&store, &world.provider, &world.clock, LOOKUP, settings(|_| {}));
    let payout = world.record("W-1").await.intent();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    store.fail_agendas(3);
    let alarms = Arc::new(Mutex::new(Vec::new()));
    let worker = journal.worker().on_failure({
        let alarms = Arc::clone(&alarms);
        move |error| alarms.lock().expect("lock").push(error.to_string())
    });

    let done = async {
        while world.report(payout).await.state != State::Succeeded {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), worker.run(done)).await.expect("the payout is sent");

    assert_eq!(*alarms.lock().expect("lock"), ["the journal's database failed: the disk is full"; 3]);
}

/// Executes forty payouts, one at a time, and returns how often the store was asked for what is due. Meanwhile, the clock goes in these steps.
async fn questions_for_forty(step: Duration) -> u32 {
    let world = World::new();
    let store = FailingStore::new(world.store.clone(), || StoreError::Unavailable("the disk is full".into()));
    let one_at_a_time = settings(|settings| settings.concurrency = 1);
    let journal = journal(&store, &world.provider, &world.clock, LOOKUP, one_at_a_time);
    world.provider.answers(std::iter::repeat_n(Answer::Accept(PaymentStatus::Succeeded), 40));
    let mut last = None;
    for number in 0..40 {
        last = Some(world.record(&format!("W-{number}")).await.intent());
    }
    let done = async {
        while world.report(last.expect("forty")).await.state != State::Succeeded {
            world.clock.advance(step);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), journal.worker().run(done)).await.expect("all are sent");
    store.questions()
}

#[tokio::test]
async fn a_worker_with_short_steps_asks_once_for_many() {
    let questions = questions_for_forty(Duration::ZERO).await;
    assert!(questions <= 5, "{questions}");
}

#[tokio::test]
async fn a_worker_asks_again_after_a_short_time() {
    let questions = questions_for_forty(Duration::from_millis(50)).await;
    assert!(questions >= 40, "{questions}");
}

#[tokio::test]
async fn a_slow_hook_holds_up_no_request() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded), Answer::Accept(PaymentStatus::Succeeded)]);
    let (first, _) = world.pay("W-1").await;
    let (begun, delivered) = (Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
    let worker = world.journal.worker().on_change({
        let (begun, delivered) = (Arc::clone(&begun), Arc::clone(&delivered));
        move |_: &mut _, change: &Change| {
            let (begun, delivered, intent) = (Arc::clone(&begun), Arc::clone(&delivered), change.intent);
            Box::pin(async move {
                if intent == first {
                    begun.notify_one();
                    std::future::pending::<()>().await;
                }
                delivered.lock().expect("lock").push(intent);
                Ok(())
            })
        }
    });

    let done = async {
        begun.notified().await;
        let second = world.record("W-2").await.intent();
        while world.report(second).await.state != State::Succeeded {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), worker.run(done)).await.expect("the payout is held up");

    assert_eq!(*delivered.lock().expect("lock"), []);
    // The hook that the shutdown dropped runs again.
    let changes = Arc::new(Mutex::new(Vec::new()));
    let worker = world.journal.worker().on_change({
        let changes = Arc::clone(&changes);
        move |_: &mut _, change: &Change| {
            changes.lock().expect("lock").push(change.intent);
            Box::pin(async { Ok(()) })
        }
    });
    worker.run_due().await.expect("the worker");
    assert_eq!(changes.lock().expect("lock").first(), Some(&first));
}

#[tokio::test]
async fn a_worker_leaves_an_intent_with_a_head_start_to_its_caller() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded), Answer::Accept(PaymentStatus::Succeeded)]);
    let (executed, abandoned) = (record(&world, "W_1").await, record(&world, "W_2").await);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.provider.requests().len(), 0, "a worker has sent it");

    let result = world.journal.execute(executed).await.expect("execute");
    assert!(result.response.is_some(), "the caller gets the response: {result:?}");
    world.pass(MINUTE).await;
    assert_eq!(world.report(abandoned.intent()).await.state, State::Succeeded, "nobody else sends it");
    assert_eq!(world.provider.requests().len(), 2);
}

async fn record(world: &World, reference: &str) -> Ticket {
    let mut transaction = world.store.begin();
    let intent = payout(reference).head_start(MINUTE);
    let recorded = world.journal.record(&mut transaction, &intent).await.expect("record");
    transaction.commit().expect("commit");
    recorded.ticket()
}
