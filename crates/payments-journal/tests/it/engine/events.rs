//! Events before the response, before the intent, twice, and out of order.

use std::time::Duration;

use payments_core::gateway::{EventReport, Hint, ReportEvent, WriteOperation};
use payments_core::json::DecodeError;
use payments_core::webhook::{SigningSecrets, Verified, sign};
use payments_core::{PaymentStatus, Secret};
use payments_journal::{Account, Receipt, Review, State};

use super::provider::{Answer, World, order};

/// An event of the provider, verified by its signature.
struct Event(EventReport);

impl ReportEvent for Event {
    fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        Ok(Some(self.0.clone()))
    }
}

fn event(id: &str, reference: &str, status: PaymentStatus, is_final: bool, amount: &str) -> Verified<Event> {
    let secret = Secret::new("secret", "whsec").expect("a secret");
    let body = format!("{id} {reference} {status} {is_final} {amount}");
    let signature = sign(&secret, &[body.as_bytes()]);
    let verified = SigningSecrets::new(&secret).verify(body.as_bytes(), &[body.as_bytes()], &[signature]);
    let mut report = EventReport::new(&[WriteOperation::PayOut], status, is_final);
    report.event_id = Some(id.to_owned());
    report.reference = Some(reference.to_owned());
    report.object_id = Some("po_1".to_owned());
    report.amount = Ok(amount.parse().expect("an amount"));
    verified.expect("it is signed").decode(|_| Ok(Event(report))).expect("an event")
}

fn succeeded(id: &str) -> Verified<Event> {
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
async fn an_event_of_another_account_changes_nothing() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let (id, _) = world.pay("W_1").await;
    let other = Account::at("acme").tenant("another");
    assert_eq!(world.journal.receive(&other, &succeeded("evt_1")).await.expect("receive"), Receipt::Kept);
    assert_eq!(world.report(id).await.state, State::Pending);
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
