//! Changes of an intent, each in one transaction.

use payments_core::time::ext::NumericalDuration as _;
use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::store::{Amendment, Head, Lease, Pause};
use payments_journal::{CallResult, Fact, Observation, Review, State, Store as _, StoreError};

use crate::backend::{Backend, on_both};
use crate::support::{account, append, claimed, now};

on_both! {
    an_amendment_is_loaded_as_it_was_written,
    a_source_counts_once_per_intent,
    nothing_is_written_without_an_amendment,
    evidence_of_a_newer_version_is_an_error_that_names_the_column,
    amendments_of_many_tasks_and_processes_are_in_one_order,
}

async fn an_amendment_is_loaded_as_it_was_written(database: impl Backend) {
    let id = database.record("order-1").await;
    let head = Head {
        state: State::NeedsReview,
        reported: State::NeedsReview,
        status: Some(PaymentStatus::Unknown("odd".to_owned())),
        order_amount: Some(Money::from_minor(30_001, Currency::INR)),
        review: Some(Review::NotFound),
        provider_id: Some("p-1".to_owned()),
        epoch: 7,
        lease: Some(Lease { owner: u128::MAX - 1, until: now() + 30.seconds() }),
        due_at: Some(now() + 60.seconds()),
        tries: 3,
        problem: Some("no response".to_owned()),
    };
    let seen = Observation::Status { status: PaymentStatus::Processing, is_final: false };
    let (claim, source) = claimed(5);
    let facts = vec![(claim.clone(), source), (Fact::Found { began: 1, seen: seen.clone() }, "lookup:1".to_owned())];
    let pause = Pause { account: account(), since: now(), until: now() + 60.seconds(), problem: "401".to_owned() };
    let amendment = Amendment { facts, head: head.clone(), pause: Some(pause.clone()) };

    let value = database.store().amend(id, |_| (Some(amendment.clone()), 42)).await.unwrap();
    let later = (Fact::Event(seen), "event:1".to_owned());
    database.store().amend(id, |loaded| (Some(append(loaded, [later.clone()])), ())).await.unwrap();

    let loaded = database.store().load(id).await.unwrap();
    assert_eq!(value, 42);
    assert_eq!(loaded.head, head);
    assert_eq!(loaded.pause, Some(pause.clone()));
    let sequences: Vec<_> = loaded.evidence.iter().map(|entry| entry.evidence.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!((&loaded.evidence[0].evidence.fact, &loaded.evidence[2].source), (&claim, &"event:1".to_owned()));
    assert_eq!(database.store().pauses().await.unwrap(), [pause]);
}

async fn a_source_counts_once_per_intent<B: Backend>(database: B) {
    let (first, second) = (database.record("order-1").await, database.record("order-2").await);
    let fact = || (Fact::NotFound, "lookup:1".to_owned());
    for id in [first, second] {
        database.store().amend(id, |loaded| (Some(append(loaded, [fact()])), ())).await.unwrap();
    }

    let other = (Fact::Abandoned, "other".to_owned());
    let result = database.store().amend(first, |loaded| (Some(append(loaded, [other.clone(), fact()])), ())).await;

    let error = result.unwrap_err().to_string();
    assert!(error.contains(B::SOURCE_IS_TAKEN), "{error}");
    assert_eq!(database.store().load(first).await.unwrap().evidence.len(), 1);
}

async fn nothing_is_written_without_an_amendment(database: impl Backend) {
    let id = database.record("order-1").await;

    assert_eq!(database.store().amend(id, |loaded| (None, loaded.id)).await.unwrap(), id);

    assert!(database.store().load(id).await.unwrap().evidence.is_empty());
}

async fn evidence_of_a_newer_version_is_an_error_that_names_the_column(database: impl Backend) {
    let id = database.record("order-1").await;
    database.store().amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
    for (statement, column) in [
        ("UPDATE payments_intents SET review = 'later'", "review"),
        ("UPDATE payments_intents SET state = 'settled'", "state"),
        ("UPDATE payments_evidence SET fact = '\"settled\"'", "fact"),
    ] {
        database.sql(statement).await.unwrap();

        let result = database.store().amend(id, |_| (None, ())).await;

        assert!(matches!(result, Err(StoreError::Unreadable { what, .. }) if what == column), "{column}: {result:?}");
    }
}

async fn amendments_of_many_tasks_and_processes_are_in_one_order(database: impl Backend) {
    let other = database.another().await;
    let id = database.record("order-1").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let store = if number % 2 == 0 { database.store().clone() } else { other.clone() };
        tasks.spawn(async move {
            let result = (
                Fact::Ended { attempt: payments_journal::AttemptId::new(number), result: CallResult::Unknown },
                format!("{number}"),
            );
            let next = |loaded: &payments_journal::store::Loaded| {
                let mut amendment = append(loaded, [result.clone()]);
                amendment.head.epoch += 1;
                (Some(amendment), ())
            };
            store.amend(id, next).await
        });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }

    let loaded = database.store().load(id).await.unwrap();
    assert_eq!((loaded.head.epoch, loaded.last_sequence()), (40, 40));
}
