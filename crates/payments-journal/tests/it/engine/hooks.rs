//! Changes and their hooks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::PaymentStatus;
use payments_journal::{Change, State};

use super::provider::{Answer, World, order};

type Log = Arc<Mutex<Vec<(State, State)>>>;

#[tokio::test]
async fn each_change_is_delivered_once_and_in_order() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.provider.finds([order(PaymentStatus::Succeeded, true)]);
    world.pay("W_1").await;
    world.pass(Duration::from_secs(60)).await;
    let log = Log::default();
    for _ in 0..3 {
        let log = Arc::clone(&log);
        let worker = world.journal.worker().on_change(move |_: &mut _, change: &Change| {
            log.lock().expect("lock").push((change.from, change.to));
            Box::pin(async { Ok(()) })
        });
        worker.run_due().await.expect("the worker");
    }
    assert_eq!(*log.lock().expect("lock"), [(State::Intended, State::Pending), (State::Pending, State::Succeeded)]);
}

#[tokio::test]
async fn a_hook_that_fails_or_panics_is_called_again_and_holds_up_its_intent_alone() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded), Answer::Accept(PaymentStatus::Succeeded)]);
    let (first, _) = world.pay("W_1").await;
    let (second, _) = world.pay("W_2").await;
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let worker = world.journal.worker().on_change(move |_: &mut _, change: &Change| {
        let calls = Arc::clone(&seen);
        Box::pin(async move {
            let mut calls = calls.lock().expect("lock");
            calls.push(change.intent);
            let of_first = calls.iter().filter(|intent| **intent == first).count();
            drop(calls);
            match of_first {
                1 if change.intent == first => Err("the ledger is closed".into()),
                2 if change.intent == first => panic!("at the second call"),
                _ => Ok(()),
            }
        })
    });
    worker.run_due().await.expect("the worker");
    assert_eq!(*calls.lock().expect("lock"), [first, second]);
    let stuck = world.journal.stuck_changes(10).await.expect("stuck changes");
    assert_eq!((stuck.len(), stuck[0].problem.as_str()), (1, "the ledger is closed"));

    world.clock.advance(Duration::from_secs(1));
    worker.run_due().await.expect("the worker");
    let stuck = world.journal.stuck_changes(10).await.expect("stuck changes");
    assert_eq!((stuck[0].failures, stuck[0].problem.as_str()), (2, "the hook panicked: at the second call"));

    world.clock.advance(Duration::from_secs(2));
    worker.run_due().await.expect("the worker");
    assert_eq!(world.journal.stuck_changes(10).await.expect("stuck changes"), []);
    worker.run_due().await.expect("the worker");
    assert_eq!(*calls.lock().expect("lock"), [first, second, first, first]);
}
