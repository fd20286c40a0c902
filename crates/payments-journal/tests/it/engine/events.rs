//! Events before the response, before the intent, twice, and out of order.

use std::time::Duration;

use payments_core::gateway::{EventReport, Hint, PayoutRequest, Recovery, RefundRequest, WriteOperation};
use payments_core::webhook::Verified;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::{Account, Decided, Decision, Intent, JournalError, Receipt, Review, State};

use super::provider::{Answer, Event, World, order, rupees, settings};

fn event(id: &str, reference: &str, status: PaymentStatus, is_final: bool, amount: &str) -> Verified<Event> {
    event_of("po_1", id, reference, status, is_final, amount)
}

fn event_of(
    object_id: &str,
    id: &str,
    reference: &str,
    status: PaymentStatus,
    is_final: bool,
    amount: &str,
) -> Verified<Event> {
    let mut report = report(id, reference, status, is_final);
    report.object_id = Some(object_id.to_owned());
    report.amount = Ok(amount.parse().expect("an amount"));
    Event::signed(report)
}

fn report(id: &str, reference: &str, status: PaymentStatus, is_final: bool) -> EventReport {
    let mut report = EventReport::new(&[WriteOperation::PayOut], status, is_final);
    report.event_id = Some(id.to_owned());
    report.reference = Some(reference.to_owned());
    report.object_id = Some("po_1".to_owned());
    report.amount = Ok("2500.00".parse().expect("an amount"));
    report
}

pub(super) fn succeeded(id: &str) -> Verified<Event> {
    event(id, "W_1", PaymentStatus::Succeeded, true, "2500.00")
}

#[tokio::test]
async fn an_event_before_the_response_counts_and_the_older_response_does_not_undo_it() {
    let world = World::new();
    // The webhook says success after 10 seconds, the response says "in progress" after 40.
    let late = Answer::After(Duration::from_secs(40), Box::new(Answer::Accept(PaymentStatus::Processing)));
    world.provider.answers([late]);
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    let execute = tokio::spawn({
        let journal = world.journal.clone();
        async move { journal.execute(ticket).await.expect("execute") }
    });
    world.provider.is_asked().await;
    let receipt = world.journal.receive(&Account::at("acme"), &succeeded("evt_1")).await.expect("receive");
    assert_eq!(receipt, Receipt::Applied(vec![id]));
    assert_eq!(execute.await.expect("the call").state, State::Succeeded);
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_event_before_its_intent_is_kept_and_a_repeated_one_changes_nothing() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let account = Account::at("acme");
    assert_eq!(world.journal.receive(&account, &succeeded("evt_1")).await.expect("receive"), Receipt::Kept);
    assert_eq!(world.journal.receive(&account, &succeeded("evt_1")).await.expect("receive"), Receipt::Repeated);
    let (id, executed) = world.pay("W_1").await;
    assert_eq!(executed.state, State::Pending);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
    let evidence = world.report(id).await.evidence.len();
    assert_eq!(world.journal.receive(&account, &succeeded("evt_1")).await.expect("receive"), Receipt::Repeated);
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.evidence.len(), evidence);
}

#[tokio::test]
async fn an_event_with_another_amount_needs_a_review() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let (id, _) = world.pay("W_1").await;
    let other = event("evt_1", "W_1", PaymentStatus::Succeeded, true, "250.00");
    world.journal.receive(&Account::at("acme"), &other).await.expect("receive");
    assert_eq!(world.report(id).await.review, Some(Review::Contradiction));
}

#[tokio::test]
async fn an_event_about_an_intent_that_was_not_sent_is_unexplained() {
    let world = World::new();
    let id = world.record("W_1").await.intent();
    world.journal.receive(&Account::at("acme"), &succeeded("evt_1")).await.expect("receive");
    assert_eq!(world.report(id).await.review, Some(Review::Unexplained));
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(world.provider.requests().len(), 0);
}

#[tokio::test]
async fn a_success_that_is_reported_again_after_not_done_needs_a_review_again() {
    let world = World::with(&[Recovery::Nothing], settings(|_| {}));
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    let (id, _) = world.pay("W_1").await;
    world.pass(Duration::ZERO).await;
    let account = Account::at("acme");
    world.journal.receive(&account, &succeeded("evt_1")).await.expect("receive");
    assert_eq!(world.report(id).await.state, State::Succeeded);
    let contradiction = event("evt_2", "W_1", PaymentStatus::Succeeded, true, "1.00");
    world.journal.receive(&account, &contradiction).await.expect("receive");
    assert_eq!(world.report(id).await.state, State::NeedsReview);
    let decided = world.journal.decide(id, Decision::NotDone, "asha").await.expect("decide");
    assert_eq!(decided, Decided::Stored(State::Refused));

    for number in 3..6 {
        world.journal.receive(&account, &succeeded(&format!("evt_{number}"))).await.expect("receive");
        let report = world.report(id).await;
        assert_eq!((report.state, report.review), (State::NeedsReview, Some(Review::AgainstDecision)));
    }
    let evidence = world.report(id).await.evidence.len();
    world.journal.receive(&account, &succeeded("evt_7")).await.expect("receive");
    assert_eq!(world.report(id).await.evidence.len(), evidence, "the person sees it already");
}

#[tokio::test]
async fn an_event_of_another_account_changes_nothing() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let (id, _) = world.pay("W_1").await;
    let other = Account::at("acme").tenant("another");
    assert_eq!(world.journal.receive(&other, &succeeded("evt_1")).await.expect("receive"), Receipt::Kept);
    assert_eq!(world.report(id).await.state, State::Pending);
}

#[tokio::test]
async fn events_of_another_account_do_not_hold_up_those_of_an_account() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let other = Account::at("acme").tenant("another");
    // A process without clients of the other account keeps its events for another process.
    let mut transaction = world.store.begin();
    let others = Intent::new(other.clone(), PayoutRequest::new("W_1", rupees(250_000), "C_1", "1", "2"));
    world.journal.record(&mut transaction, &others).await.expect("record");
    transaction.commit().expect("commit");
    for number in 0..100 {
        let receipt = world.journal.receive(&other, &succeeded(&format!("evt_{number}"))).await.expect("receive");
        assert_eq!(receipt, Receipt::Kept);
    }
    // The event arrives before its intent.
    assert_eq!(world.journal.receive(&Account::at("acme"), &succeeded("evt_1")).await.expect("receive"), Receipt::Kept);
    let (id, _) = world.pay("W_1").await;
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn a_hint_makes_a_lookup_due_and_proves_nothing() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.provider.finds([order(PaymentStatus::Processing, false), order(PaymentStatus::Succeeded, true)]);
    let (id, _) = world.pay("W_1").await;
    for (state, lookups) in [(State::Pending, 1), (State::Succeeded, 2)] {
        let hint = Hint::by_reference("W_1");
        world.journal.receive_hint(&Account::at("acme"), &hint).await.expect("receive");
        assert_eq!(world.report(id).await.state, State::Pending);
        world.pass(Duration::from_secs(3)).await;
        assert_eq!((world.report(id).await.state, world.provider.lookups()), (state, lookups));
    }
}

#[tokio::test]
async fn a_hint_about_an_order_that_was_never_found_has_it_looked_up_again() {
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    world.provider.finds(std::iter::repeat_n(None, 30));
    let (id, _) = world.pay("W_1").await;
    let hour = Duration::from_secs(3600);
    while world.report(id).await.state != State::NeedsReview {
        world.pass(hour / 60).await;
    }
    let hint = async || {
        let made = world.provider.lookups();
        world.journal.receive_hint(&Account::at("acme"), &Hint::by_reference("W_1")).await.expect("receive");
        for _ in 0..3 {
            world.pass(hour).await;
        }
        (world.provider.lookups() - made, world.report(id).await)
    };

    let (lookups, report) = hint().await;
    assert_eq!((lookups, report.state, report.review), (1, State::NeedsReview, Some(Review::NotFound)));

    world.provider.loses_a_lookup();
    world.provider.finds_next(order(PaymentStatus::Succeeded, true));
    let (lookups, report) = hint().await;
    assert_eq!((lookups, report.state, report.review), (2, State::Succeeded, None));
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn a_webhook_for_each_lookup_adds_no_evidence() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.provider.finds(std::iter::repeat_n(order(PaymentStatus::Processing, false), 20));
    let (id, _) = world.pay("W_1").await;
    for number in 0..20 {
        let event = event(&format!("evt_{number}"), "W_1", PaymentStatus::Processing, false, "2500.00");
        world.journal.receive(&Account::at("acme"), &event).await.expect("receive");
        world.pass(Duration::from_secs(60)).await;
    }
    assert_eq!(world.report(id).await.evidence.len(), 2);
    world.journal.receive(&Account::at("acme"), &succeeded("evt_20")).await.expect("receive");
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_event_of_another_order_with_the_same_reference_proves_nothing() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.provider.finds([order(PaymentStatus::Processing, false)]);
    let (id, _) = world.pay("W_1").await;
    let other = event_of("po_2", "evt_1", "W_1", PaymentStatus::Failed, true, "2500.00");
    world.journal.receive(&Account::at("acme"), &other).await.expect("receive");
    assert_eq!(world.report(id).await.state, State::Pending);
    world.journal.receive(&Account::at("acme"), &succeeded("evt_2")).await.expect("receive");
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_event_for_an_intent_without_a_client_is_left_to_another_process_and_holds_up_nothing() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing), Answer::Accept(PaymentStatus::Processing)]);
    let (id, _) = world.pay("W_1").await;
    let mut transaction = world.store.begin();
    let refund = Intent::new("acme", RefundRequest::new("W_1", "pay_1", rupees(250_000)));
    world.journal.record(&mut transaction, &refund).await.expect("record");
    transaction.commit().expect("commit");
    // The provider does not say which of the two it is about.
    for number in 0..150 {
        let mut report = report(&format!("evt_{number}"), "W_1", PaymentStatus::Processing, false);
        (report.object_id, report.operations) = (None, vec![WriteOperation::PayOut, WriteOperation::Refund]);
        world.journal.receive(&Account::at("acme"), &Event::signed(report)).await.expect("receive");
    }
    // More than one page of them, and the event of an intent that is recorded later comes last.
    let mut later = report("evt_last", "W_2", PaymentStatus::Succeeded, true);
    later.object_id = None;
    world.journal.receive(&Account::at("acme"), &Event::signed(later)).await.expect("receive");
    let (second, _) = world.pay("W_2").await;
    let due = tokio::time::timeout(Duration::from_secs(60), world.journal.worker().run_due()).await.expect("it ends");
    assert!(matches!(due, Err(JournalError::NoClient { .. })), "{due:?}");
    assert_eq!((world.report(id).await.state, world.report(second).await.state), (State::Pending, State::Succeeded));
}
