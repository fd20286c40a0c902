//! How a call ends, and what becomes of the intent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::{Account, Review, State};

use super::provider::{Answer, World, order, payout};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_request_that_was_not_sent_is_sent_later_until_it_expires() {
    let world = World::new();
    let not_sent = || Answer::Fail(ErrorKind::Connection, Outcome::NotSent);
    world.provider.answers([not_sent(), not_sent(), Answer::Accept(PaymentStatus::Succeeded)]);
    let (id, executed) = world.pay("W_1").await;
    assert_eq!(executed.state, State::Intended);
    assert_eq!(executed.error.expect("the error").outcome(), Outcome::NotSent);
    world.pass(Duration::from_millis(500)).await;
    assert_eq!(world.provider.requests().len(), 1, "the backoff is not over");
    world.pass(Duration::from_secs(1)).await;
    world.pass(Duration::from_secs(3)).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);

    world.provider.answers([not_sent()]);
    let mut transaction = world.store.begin();
    let expires_at = payments_core::clock::Clock::now(&world.clock) + MINUTE;
    let intent = payout("W_2").expires_at(expires_at);
    let ticket = world.journal.record(&mut transaction, &intent).await.expect("record").ticket();
    transaction.commit().expect("commit");
    let id = ticket.intent();
    world.journal.execute(ticket).await.expect("execute");
    world.clock.advance(MINUTE);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Abandoned);
}

#[tokio::test]
async fn a_refusal_is_final() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Declined, Outcome::Refused)]);
    let (id, executed) = world.pay("W_1").await;
    assert_eq!(executed.state, State::Refused);
    world.pass(MINUTE * 60).await;
    assert_eq!(world.provider.requests().len(), 1);
    assert_eq!(world.report(id).await.problem.as_deref(), Some("declined"));
}

#[tokio::test]
async fn a_wrong_setting_of_a_client_is_stored_in_words() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Configuration, Outcome::NotSent)]);
    let (id, _) = world.pay("W_1").await;
    assert_eq!(world.report(id).await.problem.as_deref(), Some("configuration: an error of `test_util`"));
}

#[tokio::test]
async fn a_request_that_no_client_can_send_is_abandoned() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::InvalidRequest, Outcome::NotSent)]);
    let (id, executed) = world.pay("W_1").await;
    assert_eq!(executed.state, State::Abandoned);
    world.pass(MINUTE * 60).await;
    assert_eq!(world.report(id).await.state, State::Abandoned);
}

#[tokio::test]
async fn refused_credentials_pause_the_account_with_an_alarm_and_refuse_nothing() {
    for (kind, outcome) in [
        (ErrorKind::Authentication, Outcome::Refused),
        (ErrorKind::Permission, Outcome::Refused),
        (ErrorKind::Configuration, Outcome::NotSent),
    ] {
        let world = World::new();
        world.provider.answers([Answer::Fail(kind, outcome), Answer::Accept(PaymentStatus::Succeeded)]);
        let (first, executed) = world.pay("W_1").await;
        assert_eq!(executed.state, State::Intended);
        assert_eq!(executed.pause.expect("the pause").account, Account::at("acme"));
        let (second, executed) = world.pay("W_2").await;
        assert_eq!(executed.state, State::Intended);
        assert!(executed.pause.is_some(), "it says why nothing was sent");
        assert_eq!(world.provider.requests().len(), 1, "the account is paused");
        assert_eq!(world.journal.pauses().await.expect("pauses")[0].account, Account::at("acme"));

        let alarms = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&alarms);
        let worker = world.journal.worker().on_pause(move |pause| seen.lock().expect("lock").push(pause.clone()));
        worker.run(tokio::task::yield_now()).await;
        assert_eq!(alarms.lock().expect("lock").len(), 1);

        world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
        world.journal.resume(&Account::at("acme")).await.expect("resume");
        world.pass(MINUTE).await;
        for id in [first, second] {
            assert_eq!(world.report(id).await.state, State::Succeeded, "{kind:?}");
        }
        assert_eq!(world.provider.requests().len(), 3);
    }
}

#[tokio::test]
async fn an_intent_expires_in_time_although_its_account_is_paused() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Authentication, Outcome::Refused)]);
    let mut transaction = world.store.begin();
    let expires_at = payments_core::clock::Clock::now(&world.clock) + MINUTE;
    let intent = payout("W_2").expires_at(expires_at);
    let id = world.journal.record(&mut transaction, &intent).await.expect("record").ticket().intent();
    transaction.commit().expect("commit");
    world.pay("W_1").await;
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.due_at, Some(expires_at), "the pause is longer");
    world.pass(MINUTE).await;
    assert_eq!(world.report(id).await.state, State::Abandoned);
}

#[tokio::test]
async fn an_intent_that_alone_is_refused_lets_the_others_go_first() {
    let world = World::new();
    let refused = || Answer::Fail(ErrorKind::Permission, Outcome::Refused);
    world.provider.answers([refused(), Answer::Accept(PaymentStatus::Succeeded), refused()]);
    let (refused_one, _) = world.pay("W_1").await;
    let (second, _) = world.pay("W_2").await;
    world.pass(MINUTE * 5).await;
    assert_eq!(world.report(second).await.state, State::Succeeded);
    assert_eq!(world.report(refused_one).await.state, State::Intended);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.provider.requests().len(), 3, "it pauses the account again");

    // After that, the account is open for the longest backoff.
    world.pass(MINUTE * 5).await;
    for number in 3..12 {
        world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
        let (_, executed) = world.pay(&format!("W_{number}")).await;
        assert_eq!(executed.state, State::Succeeded);
        world.pass(MINUTE).await;
    }
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    world.pass(MINUTE).await;
    assert_eq!(world.report(refused_one).await.state, State::Succeeded);
}

#[tokio::test]
async fn a_pause_ends_by_itself() {
    let world = World::new();
    world
        .provider
        .answers([Answer::Fail(ErrorKind::Authentication, Outcome::Refused), Answer::Accept(PaymentStatus::Succeeded)]);
    let (id, _) = world.pay("W_1").await;
    world.pass(MINUTE * 4).await;
    assert_eq!(world.provider.requests().len(), 1);
    world.pass(MINUTE * 2).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_unknown_outcome_is_looked_up_and_never_sent_again() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    world.provider.finds([None, order(PaymentStatus::Processing, false), order(PaymentStatus::Succeeded, true)]);
    let (id, executed) = world.pay("W_1").await;
    assert_eq!(executed.state, State::Unknown);
    world.pass(MINUTE).await;
    world.pass(MINUTE).await;
    assert_eq!(world.report(id).await.state, State::Pending);
    world.pass(MINUTE * 60).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
    assert_eq!((world.provider.requests().len(), world.provider.lookups()), (1, 3));
}

#[tokio::test]
async fn an_order_that_is_never_found_needs_a_review_and_never_becomes_refused() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    world.provider.finds(std::iter::repeat_n(None, 30));
    let (id, _) = world.pay("W_1").await;
    for _ in 0..14 {
        world.pass(MINUTE).await;
        assert_eq!(world.report(id).await.state, State::Unknown);
    }
    // Only the lookups of a request that is no longer in flight count.
    let too_early = world.provider.lookups();
    for _ in 0..5 {
        assert_eq!(world.report(id).await.state, State::Unknown);
        world.pass(MINUTE * 10).await;
    }
    assert_eq!(world.provider.lookups(), too_early + 5);
    let report = world.report(id).await;
    assert_eq!((report.state, report.review), (State::NeedsReview, Some(Review::NotFound)));
    assert_eq!(world.journal.reviews(None, 10).await.expect("reviews"), [report]);
    world.pass(MINUTE * 600).await;
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn an_order_with_another_amount_needs_a_review() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    let mut other = order(PaymentStatus::Succeeded, true).expect("an order");
    other.mismatch = Some(payments_core::Mismatch::AmountDiffers {
        expected: super::provider::rupees(250_000),
        actual: super::provider::rupees(25_000),
    });
    world.provider.finds([Some(other)]);
    let (id, _) = world.pay("W_1").await;
    world.pass(MINUTE).await;
    assert_eq!(world.report(id).await.review, Some(Review::Contradiction));
}
