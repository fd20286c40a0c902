//! TurraTech: keys that live for a day, under which a call is sent again until it is answered.

use std::time::Duration;

use payments_sandbox::Sandbox;
use payments_tests::turratech_at;
use turratech::{Client, ErrorKind, IdempotencyExt, IdempotencyReference, NewRefund, Outcome, Payment};

use super::{EFFECTS, requests};
use crate::support::{payment, pounds};

#[tokio::test]
async fn a_thousand_creates_whose_answers_were_lost_are_a_thousand_payments_under_their_keys() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let client = turratech_at(&sandbox).unwrap();

    let mut succeeded = 0;
    for number in 0..1000 {
        // The first attempt of each call; its repetition is answered.
        sandbox.fault("turratech.create-payment @after-commit fin");
        let order = format!("order-{number}");
        let paid = client.create_payment(payment(&order)).send().await.unwrap();
        succeeded += usize::from(paid.is_paid());
    }

    let ledger = sandbox.ledger();
    assert_eq!((succeeded, ledger.executions("turratech.create-payment")), (1000, 1000));
    assert_eq!(ledger.double_executions(), []);
    for number in 0..1000 {
        ledger.order(&format!("order-{number}")).executed_once();
    }
    assert_eq!(requests(&sandbox), 2000);
    sandbox.finish();
}

#[tokio::test]
async fn every_way_of_losing_an_answer_ends_in_one_payment_whether_it_was_done_or_not() {
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            let sandbox = Sandbox::builder().start().await;
            sandbox.fault(&format!("turratech.create-payment#1 @{phase} {effect}"));
            let client = turratech_at(&sandbox).unwrap();

            let result = client.create_payment(payment("order-1")).send().await;

            let executions = sandbox.ledger().order("order-1").executions();
            match result {
                Ok(paid) => assert!(paid.is_paid() && executions == 1, "{phase} {effect}"),
                // A redirect is a set-up that is wrong here: asking again would end the same way.
                Err(err) => {
                    assert!(effect.starts_with("redirect"), "{phase} {effect}: {err}");
                    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
                    assert_eq!(executions, usize::from(phase == "after-commit"), "{phase} {effect}");
                }
            }
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn a_call_that_stays_unknown_is_made_again_tomorrow_under_the_key_it_gave_back() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turratech.create-payment#1-3 @after-commit rst");
    let client = turratech_at(&sandbox).unwrap();

    let err = client.create_payment(payment("order-1")).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 3));
    let key = err.idempotency_key().unwrap().clone();
    sandbox.clock().advance(Duration::from_secs(23 * 60 * 60));

    let paid = client.create_payment(payment("order-1")).idempotency_key(key).send().await.unwrap();

    assert!(paid.is_paid());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_key_older_than_a_day_is_not_sent_again_because_it_protects_nothing() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");
    let client = turratech_at(&sandbox).unwrap();
    let err = client.create_payment(payment("order-1")).send().await.unwrap_err();
    let key = err.idempotency_key().unwrap().clone();
    let before = requests(&sandbox);
    sandbox.clock().advance(Duration::from_secs(24 * 60 * 60));

    let err = client.create_payment(payment("order-1")).idempotency_key(key).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::Unknown, 0));
    assert_eq!(requests(&sandbox), before, "nothing was sent");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn another_process_makes_the_same_key_of_the_order() {
    async fn pay(
        client: &Client,
        since: turratech::payments_core::time::OffsetDateTime,
    ) -> Result<Payment, turratech::Error> {
        let order: IdempotencyReference = "order-1".parse().unwrap();
        client.create_payment(payment("order-1")).idempotency_reference(&order, since).send().await
    }
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");
    let since = sandbox.clock().now();
    let lost = pay(&turratech_at(&sandbox).unwrap(), since).await.unwrap_err();
    assert_eq!(lost.outcome(), Outcome::Unknown);

    // It shares nothing with the first but the merchant's books.
    let paid = pay(&turratech_at(&sandbox).unwrap(), since).await.unwrap();

    assert!(paid.is_paid());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_request_that_is_still_under_way_is_a_conflict_and_no_second_payment() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turratech.create-payment#1 @before-commit late-commit=120s");
    let client = turratech_at(&sandbox).unwrap();

    let err = client.create_payment(payment("order-1")).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
    let key = err.idempotency_key().unwrap().clone();
    sandbox.clock().advance(Duration::from_secs(120));
    let paid = client.create_payment(payment("order-1")).idempotency_key(key).send().await.unwrap();

    assert!(paid.is_paid());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_given_once() {
    let sandbox = Sandbox::builder().start().await;
    let client = turratech_at(&sandbox).unwrap();
    let paid = client.create_payment(payment("order-1")).send().await.unwrap();
    sandbox.fault("turratech.create-refund#1 @after-commit fin");

    let refund = NewRefund::new(paid.id).amount(pounds(500));
    let refund = client.create_refund(refund).send().await.unwrap();

    assert_eq!(refund.amount_in(turratech::Currency::GBP).unwrap(), Some(pounds(500)));
    let refunded = sandbox.ledger();
    let refunded = refunded.entries().iter().filter(|entry| entry.operation == "turratech.create-refund").count();
    assert_eq!(refunded, 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_deletion_has_no_key_and_is_not_sent_again() {
    let sandbox = Sandbox::builder().start().await;
    let client = turratech_at(&sandbox).unwrap();
    let customer = client.create_customer(turratech::CustomerDetails::new()).send().await.unwrap();
    sandbox.fault("turratech.delete-customer#1 @after-commit fin");

    let err = client.delete_customer(&customer.id).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1));
    let gone = client.retrieve_customer(&customer.id).send().await.unwrap_err();

    assert_eq!(gone.kind(), ErrorKind::NotFound, "which means that it was done");
    sandbox.finish();
}
