//! After a process died: leases, keys, references that are accepted once.

use std::time::Duration;

use payments_core::gateway::Recovery;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::{Decision, Review, State, Ticket};

use super::provider::{Answer, LOOKUP, World, journal, order, settings};

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
        world.pass(MINUTE * 5).await;
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
    let state = world.journal.decide(id, Decision::NotDone, "asha").await.expect("decide");
    assert_eq!(state, State::Refused);
    // Nothing is sent for it, by whomever.
    world.journal.execute(Ticket::of(id)).await.expect("execute");
    world.pass(DAY).await;
    assert_eq!(world.provider.requests().len(), 1);
    let report = world.report(id).await;
    assert!(report.evidence.iter().any(|entry| entry.source.ends_with(":asha")), "{report:?}");
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
