//! A database that was restored: what was stored last is missing, and may have been a claim.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::clock::Clock as _;
use payments_core::gateway::Recovery;
use payments_core::time::OffsetDateTime;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::{
    Cancelled, Fact, IntentId, Journal, JournalError, JournalKey, JournalKeys, Review, State, Store as _, StoreError,
    Ticket,
};
use tokio::sync::Notify;

use super::provider::{Answer, LOOKUP, World, journal, order, payout, settings};
use super::store::FailingStore;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
const NOTHING: &[Recovery] = &[Recovery::Nothing];
const SAME_KEY: &[Recovery] = &[Recovery::SameKey { lifetime: DAY }];
const TAKEN_ONCE: &[Recovery] = &[Recovery::LookupByReference, Recovery::TakenOnce];

/// Pays out, and restores a backup from before the request was sent, five minutes later.
async fn restored(strategies: &'static [Recovery]) -> (World, IntentId, OffsetDateTime) {
    let world = World::with(strategies, settings(|settings| settings.resend_taken_once = true));
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    let (backup, backed_up_at) = (world.store.back_up(), world.clock.now());
    world.clock.advance(MINUTE);
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    assert_eq!(world.journal.execute(ticket).await.expect("execute").state, State::Succeeded);
    world.clock.advance(MINUTE * 5);
    world.store.restore(&backup);
    (world, id, backed_up_at)
}

#[tokio::test]
async fn nothing_is_sent_after_a_restore_before_it_is_acknowledged() {
    let (world, id, lost_since) = restored(LOOKUP).await;

    let error = world.journal.execute(Ticket::of(id)).await.expect_err("it was sent");
    assert!(matches!(error, JournalError::OtherHistory { .. }), "{error}");
    assert!(error.to_string().ends_with("call `Journal::acknowledge_history`"), "{error}");
    world.clock.advance(MINUTE);
    let error = world.journal.worker().run_due().await.expect_err("it was sent");
    assert!(matches!(error, JournalError::OtherHistory { .. }), "{error}");
    let error = world.journal.cancel(id).await.expect_err("nobody knows whether it was sent");
    assert!(matches!(error, JournalError::OtherHistory { .. }), "{error}");
    let new = world.record("W_2").await.intent();
    assert_eq!(world.report(id).await.state, State::Intended);

    assert_eq!(world.journal.acknowledge_history(lost_since).await.expect("acknowledge"), 2);

    let report = world.report(id).await;
    assert_eq!((report.state, report.evidence.len()), (State::Unknown, 1));
    assert_eq!(report.evidence[0].evidence.fact, Fact::Restored { lost_since });
    assert_eq!(world.report(new).await.state, State::Unknown, "the lost time may have had this reference, too");
    assert_eq!(world.journal.cancel(id).await.expect("cancel"), Cancelled::TooLate(State::Unknown));
    world.provider.finds([order(PaymentStatus::Succeeded, true), None]);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    let (_, later) = world.pay("W_3").await;
    assert_eq!((later.state, world.provider.requests().len()), (State::Succeeded, 2));
}

#[tokio::test]
async fn an_intent_is_not_abandoned_in_a_history_that_is_not_acknowledged() {
    let world = World::new();
    let expires_at = world.clock.now() + MINUTE;
    let mut transaction = world.store.begin();
    let recorded = world.journal.record(&mut transaction, &payout("W_1").expires_at(expires_at)).await;
    transaction.commit().expect("commit");
    let id = recorded.expect("record").ticket().intent();
    let (backup, lost_since) = (world.store.back_up(), world.clock.now());
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.journal.execute(Ticket::of(id)).await.expect("execute");
    world.clock.advance(MINUTE * 5);
    world.store.restore(&backup);

    world.journal.worker().run_due().await.expect_err("another history");
    assert_eq!(world.report(id).await.state, State::Intended);
    let due_at = world.report(id).await.due_at.expect("it is due again");
    assert!(due_at > world.clock.now(), "a worker must not spin");

    world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
    world.provider.finds([order(PaymentStatus::Succeeded, true)]);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn the_age_of_an_idempotency_key_counts_from_the_lost_time() {
    for (lost_for, review) in [(MINUTE * 10, None), (DAY - MINUTE * 5, Some(Review::KeyExpired))] {
        let (world, id, _) = restored(SAME_KEY).await;
        world.clock.advance(DAY);
        let lost_since = world.clock.now() - lost_for;
        world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);

        world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
        world.pass(Duration::ZERO).await;

        let (report, requests) = (world.report(id).await, world.provider.requests());
        assert_eq!((report.review, requests.len()), (review, if review.is_some() { 1 } else { 2 }));
        if let [_, request] = &requests[..] {
            let key = request.options.idempotency_key.as_ref().expect("a key");
            assert!(key.created_at() == lost_since && key.may_have_been_used());
            assert_eq!(key.value(), requests[0].options.idempotency_key.as_ref().expect("a key").value());
        }
    }
}

#[tokio::test]
async fn an_attempt_that_was_known_makes_the_key_older_than_the_lost_time() {
    let world = World::with(SAME_KEY, settings(|_| {}));
    let claimed_at = world.clock.now();
    let unknown = || Answer::Fail(ErrorKind::Timeout, Outcome::Unknown);
    world.provider.answers([unknown(), unknown()]);
    let (id, _) = world.pay("W_1").await;
    world.clock.advance(MINUTE);
    world.store.restore(&world.store.back_up());

    world.journal.acknowledge_history(world.clock.now()).await.expect("acknowledge");
    world.pass(Duration::ZERO).await;

    let key = world.provider.requests()[1].options.idempotency_key.clone().expect("a key");
    assert_eq!((key.created_at(), world.report(id).await.state), (claimed_at, State::Unknown));
}

#[tokio::test]
async fn a_lost_request_may_be_in_flight_until_some_time_after_the_acknowledgement() {
    let (world, id, lost_since) = restored(TAKEN_ONCE).await;
    world.clock.advance(DAY);
    world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
    world.provider.finds(std::iter::repeat_n(None, 100));
    for _ in 0..14 {
        world.pass(MINUTE).await;
    }
    let too_early = world.provider.lookups();
    assert_eq!(world.report(id).await.state, State::Unknown);
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    for _ in 0..60 {
        world.pass(MINUTE).await;
    }
    assert_eq!(world.provider.lookups(), too_early + 5);
    assert_eq!((world.provider.requests().len(), world.report(id).await.state), (2, State::Succeeded));
}

#[tokio::test]
async fn where_nothing_can_be_asked_a_person_must_look_at_it() {
    let (world, id, lost_since) = restored(NOTHING).await;
    world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
    world.pass(DAY).await;
    assert_eq!(world.report(id).await.review, Some(Review::NothingToAsk));
    assert_eq!(world.provider.requests().len(), 1);
}

/// Restores a backup from before the claim while its request is on its way, and returns the state once it has ended.
async fn restored_during_a_call(
    strategies: &'static [Recovery],
    answer: Answer,
    acknowledges_before: bool,
) -> (World, IntentId) {
    let world = World::with(strategies, settings(|_| {}));
    let resume = Arc::new(Notify::new());
    world.provider.answers([Answer::Until(Arc::clone(&resume), Box::new(answer))]);
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    let (backup, lost_since) = (world.store.back_up(), world.clock.now());
    let execute = tokio::spawn({
        let journal = world.journal.clone();
        async move { journal.execute(ticket).await.expect("execute").state }
    });
    world.provider.is_asked().await;
    world.clock.advance(MINUTE);
    world.store.restore(&backup);
    if acknowledges_before {
        world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
    }
    resume.notify_one();
    execute.await.expect("the call");
    if !acknowledges_before {
        world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
    }
    (world, id)
}

#[tokio::test]
async fn a_success_counts_although_its_claim_is_lost() {
    for acknowledges_before in [false, true] {
        let accept = Answer::Accept(PaymentStatus::Succeeded);
        let (world, id) = restored_during_a_call(LOOKUP, accept, acknowledges_before).await;
        assert_eq!(world.report(id).await.state, State::Succeeded, "{:?}", world.report(id).await);
    }
}

#[tokio::test]
async fn the_end_of_a_lost_attempt_says_nothing_about_other_lost_attempts() {
    for acknowledges_before in [false, true] {
        for outcome in [Outcome::NotSent, Outcome::Refused, Outcome::Unknown] {
            let fail = Answer::Fail(ErrorKind::Declined, outcome);
            let (world, id) = restored_during_a_call(LOOKUP, fail, acknowledges_before).await;
            assert_eq!(world.report(id).await.state, State::Unknown, "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_under_the_key_is_about_what_was_lost_too() {
    let refuse = || Answer::Fail(ErrorKind::Declined, Outcome::Refused);
    let (world, id) = restored_during_a_call(SAME_KEY, refuse(), true).await;
    assert_eq!(world.report(id).await.state, State::Refused, "{:?}", world.report(id).await);
    // Before the acknowledgement, a refusal is no end, so it is sent again under the key.
    let (world, id) = restored_during_a_call(SAME_KEY, refuse(), false).await;
    assert_eq!(world.report(id).await.state, State::Unknown);
    world.provider.answers([refuse()]);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Refused, "{:?}", world.report(id).await);
}

#[tokio::test]
async fn what_had_ended_before_the_lost_time_stays_as_it_is() {
    let world = World::with(NOTHING, settings(|_| {}));
    world.provider.answers([
        Answer::Fail(ErrorKind::Declined, Outcome::Refused),
        Answer::Fail(ErrorKind::Timeout, Outcome::Unknown),
        Answer::Accept(PaymentStatus::Processing),
        Answer::Accept(PaymentStatus::Succeeded),
    ]);
    let mut ids = Vec::new();
    for reference in ["refused", "review", "pending", "succeeded"] {
        ids.push(world.pay(reference).await.0);
    }
    let cancelled = world.record("abandoned").await.intent();
    world.journal.cancel(cancelled).await.expect("cancel");
    ids.push(cancelled);
    world.pass(Duration::ZERO).await;
    world.clock.advance(MINUTE);
    let lost_since = world.clock.now();
    world.store.restore(&world.store.back_up());

    assert_eq!(world.journal.acknowledge_history(lost_since).await.expect("acknowledge"), 0);

    let expected = [State::Refused, State::NeedsReview, State::Pending, State::Succeeded, State::Abandoned];
    for (id, expected) in ids.into_iter().zip(expected) {
        assert_eq!(world.report(id).await.state, expected);
    }
}

/// As after a copy of a file, where nobody notices the restore in time.
#[tokio::test]
async fn what_ended_without_the_providers_report_in_the_lost_time_may_have_been_sent() {
    let world = World::new();
    let lost_since = world.clock.now();
    let cancelled = world.record("abandoned").await.intent();
    world.journal.cancel(cancelled).await.expect("cancel");
    world.provider.answers([Answer::Fail(ErrorKind::Declined, Outcome::Refused)]);
    let (refused, _) = world.pay("refused").await;

    assert_eq!(world.journal.acknowledge_history(lost_since).await.expect("acknowledge"), 2);

    for id in [cancelled, refused] {
        assert_eq!(world.report(id).await.state, State::Unknown);
    }
}

#[tokio::test]
async fn an_order_that_is_reported_before_the_acknowledgement_is_explained_by_it() {
    let (world, id, lost_since) = restored(LOOKUP).await;
    let account = payments_journal::Account::at("acme");
    world.journal.receive(&account, &super::events::succeeded("evt_1")).await.expect("receive");
    assert_eq!(world.report(id).await.review, Some(Review::Unexplained));

    world.journal.acknowledge_history(lost_since).await.expect("acknowledge");

    assert_eq!((world.report(id).await.state, world.report(id).await.review), (State::Succeeded, None));
}

#[tokio::test]
async fn an_acknowledgement_that_is_interrupted_accepts_nothing_and_can_be_repeated() {
    let world = World::new();
    let store = FailingStore::new(world.store.clone(), || StoreError::Unavailable("the disk is full".into()));
    let journal = journal(&store, &world.provider, &world.clock, LOOKUP, settings(|settings| settings.concurrency = 1));
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(world.record(&format!("W_{number}")).await.intent());
    }
    world.store.restore(&world.store.back_up());
    let lost_since = world.clock.now();
    world.clock.advance(MINUTE);
    for succeed in [0, 3, u32::MAX] {
        store.fail_amends_after(succeed);
        let result = journal.acknowledge_history(lost_since).await;
        assert_eq!(result.is_ok(), succeed == u32::MAX, "{result:?}");
        let is_blocked = world.store.load(ids[0]).await.expect("load").other_history.is_some();
        assert_eq!(is_blocked, result.is_err());
    }
    for id in ids {
        assert_eq!(world.report(id).await.evidence.len(), 1, "each is marked once");
    }
    assert_eq!(journal.acknowledge_history(lost_since).await.expect("again"), 10, "never less than the first time");
}

#[tokio::test]
async fn a_restore_during_the_acknowledgement_is_noticed() {
    let (world, _, lost_since) = restored(LOOKUP).await;
    let begun = world.store.begin_acknowledgement(lost_since).await.expect("begin");
    world.store.restore(&world.store.back_up());

    let error = world.store.accept_history(&begun).await.expect_err("another history");

    assert!(error.to_string().contains("again"), "{error}");
    world.journal.acknowledge_history(lost_since).await.expect("acknowledge");
}

#[tokio::test]
async fn an_intent_without_a_client_is_unknown_until_a_process_with_one_looks_at_it() {
    let (world, id, lost_since) = restored(LOOKUP).await;
    let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
    let tool = Journal::builder(world.store.clone(), JournalKeys::new("1", key).expect("keys"));
    let tool = tool.clock(world.clock.clone()).build().expect("a journal without clients");

    assert_eq!(tool.acknowledge_history(lost_since).await.expect("acknowledge"), 1);

    assert_eq!(world.report(id).await.state, State::Unknown);
    world.provider.finds([order(PaymentStatus::Succeeded, true)]);
    world.pass(Duration::ZERO).await;
    assert_eq!((world.report(id).await.state, world.provider.requests().len()), (State::Succeeded, 1));
}

#[tokio::test]
async fn a_time_in_the_future_is_refused() {
    let world = World::new();
    let error = world.journal.acknowledge_history(world.clock.now() + MINUTE).await.expect_err("the future");
    assert!(error.to_string().contains("lost_since"), "{error}");
}

#[tokio::test]
async fn a_worker_reports_another_history_once_per_interval_and_goes_on_with_everything_else() {
    let (world, id, _) = restored(LOOKUP).await;
    world.provider.finds([order(PaymentStatus::Succeeded, true)]);
    let mut looked_up = None;
    for number in 0..50 {
        let ticket = world.record(&format!("W_{}", number + 2)).await;
        looked_up = Some(ticket.intent());
    }
    // One of them was sent before the backup.
    let unknown = looked_up.expect("an intent");
    world
        .store
        .amend(unknown, |loaded| {
            let attempt = payments_journal::AttemptId::new(7);
            let protection = payments_journal::Protection::None;
            let fact = Fact::Claimed { attempt, protection };
            let head = loaded.head.clone();
            let facts = vec![(fact, format!("claim:{attempt}"))];
            (Some(payments_journal::store::Amendment { facts, head, pause: None }), ())
        })
        .await
        .expect("amend");
    let (failures, problems) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
    let worker = world
        .journal
        .worker()
        .on_failure({
            let (failures, clock) = (Arc::clone(&failures), world.clock.clone());
            move |error| failures.lock().expect("lock").push((clock.now(), error.to_string()))
        })
        .on_problem({
            let problems = Arc::clone(&problems);
            move |_, _| *problems.lock().expect("lock") += 1
        });
    let start = world.clock.now();
    let done = async {
        while world.report(unknown).await.state != State::Succeeded || world.clock.now() < start + MINUTE {
            tokio::task::yield_now().await;
        }
    };

    tokio::time::timeout(Duration::from_secs(10), worker.run(done)).await.expect("the lookup is held up");

    let failures = failures.lock().expect("lock").clone();
    assert!(failures.iter().all(|(_, error)| error.contains("acknowledge_history")), "{failures:?}");
    assert!((2..100).contains(&failures.len()), "{}", failures.len());
    assert!(failures.windows(2).all(|pair| pair[1].0 - pair[0].0 >= Duration::from_secs(1)), "{failures:?}");
    assert_eq!(*problems.lock().expect("lock"), 0);
    assert_eq!((world.report(id).await.state, world.provider.requests().len()), (State::Intended, 1));
}
