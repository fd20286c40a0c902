//! After a process died: leases, keys, references that are accepted once.

use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::Clock as _;
use payments_core::gateway::Recovery;
use payments_core::time::OffsetDateTime;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::store::{Amendment, Head};
use payments_journal::{Account, Decided, Decision, Review, State, Store as _, StoreError, Ticket};
use tokio::sync::Notify;

use super::events::succeeded;
use super::provider::{Answer, LOOKUP, World, journal, order, settings};
use super::store::FailingStore;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
const SAME_KEY: &[Recovery] = &[Recovery::SameKey { lifetime: DAY }];
const TAKEN_ONCE: &[Recovery] = &[Recovery::LookupByReference, Recovery::TakenOnce];

#[tokio::test]
async fn a_call_whose_lease_expired_is_unknown_and_its_late_result_counts() {
    let world = World::new();
    let late = Answer::After(MINUTE * 2, Box::new(Answer::Accept(PaymentStatus::Succeeded)));
    world.provider.answers([late]);
    world.provider.finds([None]);
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    // The provider's answer takes longer than the lease. Meanwhile another process looks.
    let other = journal(&world.store, &world.provider, &world.clock, LOOKUP, settings(|_| {}));
    let execute = tokio::spawn({
        let journal = world.journal.clone();
        async move { journal.execute(ticket).await.expect("execute") }
    });
    world.provider.is_asked().await;
    other.worker().run_due().await.expect("the other worker");
    assert!(matches!(world.report(id).await.state, State::Unknown | State::Succeeded));
    assert_eq!(execute.await.expect("the call").state, State::Succeeded);
    assert_eq!(world.report(id).await.state, State::Succeeded);
    assert_eq!(world.provider.requests().len(), 1);
}

/// Pays out, lets the next changes of the intent fail, and shuts down.
async fn shut_down_while_the_store_fails(failures: u32, error: fn() -> StoreError) -> (State, u32) {
    let world = World::new();
    let store = FailingStore::new(world.store.clone(), error);
    let journal = journal(&store, &world.provider, &world.clock, LOOKUP, settings(|_| {}));
    let answer = Arc::new(Notify::new());
    world.provider.answers([Answer::Until(Arc::clone(&answer), Box::new(Answer::Accept(PaymentStatus::Succeeded)))]);
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    let execute = tokio::spawn({
        let journal = journal.clone();
        async move { journal.execute(ticket).await.map(|executed| executed.state) }
    });
    while world.provider.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    store.fail_amends(failures);
    answer.notify_one();
    {
        let mut shut_down = std::pin::pin!(journal.shut_down());
        // Whoever shuts down waits for some time only.
        for _ in 0..100 {
            tokio::select! {
                biased;
                () = &mut shut_down => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    drop(execute.await.expect("the call"));
    // Nobody waits, so the call is soon over.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let left = store.amends_left();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.amends_left(), left);
    (world.report(id).await.state, left)
}

#[tokio::test]
async fn a_result_is_saved_while_somebody_waits_for_the_shutdown() {
    let unavailable = || StoreError::Unavailable("the disk is full".into());
    let unreadable = || StoreError::Unreadable { what: "state", problem: "`asleep`".to_owned() };
    assert_eq!(shut_down_while_the_store_fails(5, unavailable).await, (State::Succeeded, 0));
    assert_eq!(shut_down_while_the_store_fails(5, unreadable).await, (State::Succeeded, 0));
    let (state, left) = shut_down_while_the_store_fails(1000, unavailable).await;
    assert!(state == State::Sending && left > 0, "{left}");
}

#[tokio::test]
async fn a_late_end_of_an_earlier_call_does_not_hide_that_the_next_call_died() {
    let world = World::with(SAME_KEY, settings(|_| {}));
    let unknown = || Box::new(Answer::Fail(ErrorKind::Timeout, Outcome::Unknown));
    world.provider.answers([
        Answer::After(MINUTE * 2, unknown()),
        Answer::After(MINUTE * 2, unknown()),
        Answer::Accept(PaymentStatus::Succeeded),
    ]);
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    let execute = tokio::spawn({
        let journal = world.journal.clone();
        async move { journal.execute(ticket).await.expect("execute") }
    });
    world.provider.is_asked().await;
    // The lease is over, so another process sends the request again, and dies before its lease is over as well.
    let other = journal(&world.store, &world.provider, &world.clock, SAME_KEY, settings(|_| {}));
    let worker = other.worker();
    tokio::select! {
        biased;
        _ = worker.run_due() => unreachable!("the second call ends"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(world.provider.requests().len(), 2);
    assert_eq!(execute.await.expect("the first call").state, State::Sending);
    world.pass(MINUTE).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_unknown_outcome_is_sent_again_under_the_same_key_whose_age_counts_from_the_first_request() {
    let world = World::with(SAME_KEY, settings(|_| {}));
    let unknown = || Answer::Fail(ErrorKind::Timeout, Outcome::Unknown);
    world.provider.answers([
        Answer::Fail(ErrorKind::Connection, Outcome::NotSent),
        unknown(),
        unknown(),
        Answer::Accept(PaymentStatus::Succeeded),
    ]);
    let (id, _) = world.pay("W_1").await;
    for _ in 0..3 {
        world.pass(MINUTE).await;
    }
    assert_eq!(world.report(id).await.state, State::Succeeded);
    let keys: Vec<_> = world.provider.requests().into_iter().filter_map(|sent| sent.options.idempotency_key).collect();
    let same = |key: &payments_core::IdempotencyKey| key.value() == keys[0].value();
    assert!(keys.len() == 4 && keys.iter().all(same), "{keys:?}");
    assert!(!keys[0].may_have_been_used() && !keys[1].may_have_been_used(), "no request was sent under it");
    assert!(keys[2].may_have_been_used() && keys[3].may_have_been_used());
    assert!(keys[1].created_at() > keys[0].created_at());
    assert_eq!([keys[2].created_at(), keys[3].created_at()], [keys[1].created_at(); 2]);
}

#[tokio::test]
async fn nothing_is_sent_once_the_key_may_be_forgotten() {
    let world = World::with(SAME_KEY, settings(|_| {}));
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    let (id, _) = world.pay("W_1").await;
    world.pass(DAY - MINUTE * 10).await;
    assert_eq!(world.report(id).await.review, Some(Review::KeyExpired));
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn a_reference_that_is_accepted_once_is_sent_again_only_if_the_merchant_wants_it() {
    for (wanted, requests, state) in [(false, 1, State::NeedsReview), (true, 2, State::Succeeded)] {
        let world = World::with(TAKEN_ONCE, settings(|settings| settings.resend_taken_once = wanted));
        world
            .provider
            .answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown), Answer::Accept(PaymentStatus::Succeeded)]);
        world.provider.finds(std::iter::repeat_n(None, 60));
        let (id, _) = world.pay("W_1").await;
        for _ in 0..14 {
            world.pass(MINUTE).await;
        }
        assert_eq!(world.provider.requests().len(), 1, "the first request may still be in flight");
        let too_early = world.provider.lookups();
        for _ in 0..5 {
            world.pass(MINUTE * 5).await;
            assert_eq!(world.provider.requests().len(), 1, "it may have arrived after the earlier lookups");
        }
        assert_eq!(world.provider.lookups(), too_early + 5);
        world.pass(MINUTE * 5).await;
        assert_eq!((world.provider.requests().len(), world.report(id).await.state), (requests, state));
    }
}

#[tokio::test]
async fn a_review_is_decided_by_a_person_and_a_later_proof_contradicts_it() {
    let world = World::with(&[Recovery::Nothing], settings(|_| {}));
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    let (id, _) = world.pay("W_1").await;
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.review, Some(Review::NothingToAsk));
    for nobody in ["", " \n"] {
        let error = world.journal.decide(id, Decision::Done, nobody).await.unwrap_err();
        assert!(error.to_string().contains("`by` must say who decides"), "{error}");
    }
    let decided = world.journal.decide(id, Decision::NotDone, "asha").await.expect("decide");
    assert_eq!(decided, Decided::Stored(State::Refused));
    let again = world.journal.decide(id, Decision::Done, "ravi").await.expect("decide");
    assert_eq!(again, Decided::NotInReview(State::Refused), "the first decision stands");
    // Nothing is sent for it, by whomever.
    world.journal.execute(Ticket::of(id)).await.expect("execute");
    world.pass(DAY).await;
    assert_eq!(world.provider.requests().len(), 1);
    let report = world.report(id).await;
    assert!(report.evidence.iter().any(|entry| entry.source.ends_with(":asha")), "{report:?}");
    assert!(!report.evidence.iter().any(|entry| entry.source.ends_with(":ravi")), "{report:?}");
}

#[tokio::test]
async fn an_intent_that_is_not_in_review_is_not_decided() {
    let world = World::new();
    let id = world.record("W_1").await.intent();
    for decision in [Decision::Done, Decision::NotDone] {
        let decided = world.journal.decide(id, decision, "asha").await.expect("decide");
        assert_eq!(decided, Decided::NotInReview(State::Intended));
    }
    let report = world.report(id).await;
    assert_eq!((report.state, report.evidence.len()), (State::Intended, 0));
}

#[tokio::test]
async fn an_order_of_a_request_that_was_sent_after_the_review_began_is_found() {
    for is_found in [true, false] {
        let world = World::new();
        // The process is stopped. Meanwhile, another one does not find the order and asks a person.
        let unknown = Box::new(Answer::Fail(ErrorKind::Timeout, Outcome::Unknown));
        let resume = Arc::new(Notify::new());
        world.provider.answers([Answer::Until(Arc::clone(&resume), unknown)]);
        world.provider.finds(std::iter::repeat_n(None, 200));
        let ticket = world.record("W_1").await;
        let id = ticket.intent();
        let other = journal(&world.store, &world.provider, &world.clock, LOOKUP, settings(|_| {}));
        let execute = tokio::spawn({
            let journal = world.journal.clone();
            async move { journal.execute(ticket).await.expect("execute") }
        });
        while world.provider.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        while world.report(id).await.state != State::NeedsReview {
            other.worker().run_due().await.expect("the other worker");
            world.clock.advance(MINUTE);
            tokio::task::yield_now().await;
        }
        let lookups = world.provider.lookups();
        resume.notify_one();
        assert_eq!(execute.await.expect("the call").state, State::NeedsReview);

        if is_found {
            world.provider.finds_next(order(PaymentStatus::Succeeded, true));
        }
        for _ in 0..80 {
            world.pass(MINUTE).await;
        }

        let report = world.report(id).await;
        let expected = if is_found { (State::Succeeded, None) } else { (State::NeedsReview, Some(Review::NotFound)) };
        assert_eq!((report.state, report.review, report.due_at), (expected.0, expected.1, None), "{report:?}");
        assert!(world.provider.lookups() > lookups && world.provider.requests().len() == 1);
    }
}

#[tokio::test]
async fn a_pending_order_is_polled_with_backoff_and_repeated_lookups_add_no_evidence() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.provider.finds(std::iter::repeat_n(order(PaymentStatus::Processing, false), 100));
    let (id, _) = world.pay("W_1").await;
    for _ in 0..60 {
        world.pass(MINUTE).await;
    }
    let made = world.provider.lookups();
    assert!((4..=9).contains(&made), "{made} lookups in an hour");
    assert!(world.report(id).await.evidence.len() <= 3, "{:?}", world.report(id).await.evidence);
}

#[tokio::test]
async fn absurd_stored_numbers_and_times_stop_no_worker() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.provider.finds([order(PaymentStatus::Processing, false)]);
    let (id, _) = world.pay("W_1").await;
    let amended = world.store.amend(id, |loaded| {
        let head = Head { tries: u32::MAX, ..loaded.head.clone() };
        (Some(Amendment { facts: vec![], head, pause: None }), ())
    });
    amended.await.expect("amend");
    world.pass(MINUTE).await;
    let report = world.report(id).await;
    assert_eq!((report.state, world.provider.lookups()), (State::Pending, 1));
    assert!(report.due_at.is_some());

    // The clock of the database's machine was wrong.
    for strategies in [LOOKUP, TAKEN_ONCE, SAME_KEY] {
        let world = World::with(strategies, settings(|_| {}));
        let last_minute = OffsetDateTime::from_unix_timestamp(253_402_300_740).expect("the year 9999");
        world.clock.advance((last_minute - world.clock.now()).try_into().expect("a wait"));
        world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
        let (_, executed) = world.pay("W_1").await;
        assert_eq!(executed.state, State::Unknown);
    }
}

#[tokio::test]
async fn an_order_that_was_reported_and_is_not_found_adds_one_piece_of_evidence() {
    for unordered in [false, true] {
        let world = World::new();
        let accepted = if unordered { PaymentStatus::Failed } else { PaymentStatus::Processing };
        world.provider.answers([Answer::Accept(accepted)]);
        world.provider.finds(std::iter::repeat_n(None, 100));
        let (id, _) = world.pay("W_1").await;
        if unordered {
            // No documented change leads from a failure to a success, so the journal asks again.
            world.journal.receive(&Account::at("acme"), &succeeded("evt_1")).await.expect("receive");
        }
        let evidence = world.report(id).await.evidence.len();
        for _ in 0..60 {
            world.pass(MINUTE).await;
        }
        assert!(world.provider.lookups() >= 4);
        assert_eq!(world.report(id).await.evidence.len(), evidence + 1, "{:?}", world.report(id).await);
    }
}

#[tokio::test]
async fn a_lookup_that_does_not_end_ends_with_the_timeout_of_a_call() {
    let world = World::with(LOOKUP, settings(|_| {}));
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    let (id, _) = world.pay("W-1").await;
    world.provider.holds_a_lookup();
    world.clock.advance(MINUTE);
    let working = tokio::spawn({
        let journal = world.journal.clone();
        async move { journal.worker().run_due().await }
    });
    while world.report(id).await.due_at.is_none_or(|due| due < world.clock.now() + MINUTE) {
        tokio::task::yield_now().await;
    }

    world.clock.advance(settings(|_| {}).call_timeout);
    working.await.expect("the task").expect("the worker");

    let report = world.report(id).await;
    assert_eq!(report.state, State::Unknown);
    assert_eq!(report.problem.as_deref(), Some("the lookup took longer than a call may take"));
    world.provider.finds_next(order(PaymentStatus::Succeeded, true));
    world.pass(MINUTE).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}
