//! TurraTech: idempotency keys that are valid for 24 hours, under which calls are retried.

use std::time::Duration;

use payments_sandbox::Sandbox;
use payments_tests::turratech_at;
use turratech::{Client, ErrorKind, IdempotencyExt, IdempotencyReference, NewRefund, Outcome, Payment};

use super::{EFFECTS, request_count};
use crate::support::{payment, pounds};

#[tokio::test]
async fn a_thousand_payments_with_lost_responses_are_executed_once_under_their_keys() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let client = turratech_at(&sandbox).unwrap();

    let mut succeeded = 0;
    for number in 0..1000 {
        // The first attempt of each call loses its response; the retry gets one.
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
    assert_eq!(request_count(&sandbox), 2000);
    sandbox.finish();
}

#[tokio::test]
async fn every_lost_response_ends_in_one_payment_before_and_after_the_commit() {
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            let sandbox = Sandbox::builder().start().await;
            sandbox.fault(&format!("turratech.create-payment#1 @{phase} {effect}"));
            let client = turratech_at(&sandbox).unwrap();

            let result = client.create_payment(payment("order-1")).send().await;

            let executions = sandbox.ledger().order("order-1").executions();
            match result {
                Ok(paid) => assert!(paid.is_paid() && executions == 1, "{phase} {effect}"),
                // A redirect is a configuration error, and a body is too long again: a retry would end the same way.
                Err(err) => {
                    assert!(effect.starts_with("redirect") || *effect == "endless", "{phase} {effect}: {err}");
                    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
                    assert_eq!(executions, usize::from(phase == "after-commit"), "{phase} {effect}");
                }
            }
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn an_unknown_payment_can_be_retried_23_hours_later_under_the_key_from_its_error() {
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
async fn a_request_under_a_key_older_than_24_hours_is_not_sent() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");
    let client = turratech_at(&sandbox).unwrap();
    let err = client.create_payment(payment("order-1")).send().await.unwrap_err();
    let key = err.idempotency_key().unwrap().clone();
    let before = request_count(&sandbox);
    sandbox.clock().advance(Duration::from_secs(24 * 60 * 60));

    let err = client.create_payment(payment("order-1")).idempotency_key(key).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::Unknown, 0));
    assert_eq!(request_count(&sandbox), before, "nothing was sent");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn another_process_derives_the_same_key_from_the_order() {
    async fn pay(
        client: &Client,
        created_at: turratech::payments_core::time::OffsetDateTime,
    ) -> Result<Payment, turratech::Error> {
        let order: IdempotencyReference = "order-1".parse().unwrap();
        client.create_payment(payment("order-1")).idempotency_reference(&order, created_at).send().await
    }
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");
    let created_at = sandbox.clock().now();
    let lost = pay(&turratech_at(&sandbox).unwrap(), created_at).await.unwrap_err();
    assert_eq!(lost.outcome(), Outcome::Unknown);

    // The second client shares only the merchant's stored order with the first one.
    let paid = pay(&turratech_at(&sandbox).unwrap(), created_at).await.unwrap();

    assert!(paid.is_paid());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_retry_while_the_first_request_is_in_progress_is_a_conflict_and_pays_once() {
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
async fn a_refund_with_a_lost_response_is_executed_once() {
    let sandbox = Sandbox::builder().start().await;
    let client = turratech_at(&sandbox).unwrap();
    let paid = client.create_payment(payment("order-1")).send().await.unwrap();
    sandbox.fault("turratech.create-refund#1 @after-commit fin");

    let refund = NewRefund::new(paid.id).amount(pounds(500));
    let refund = client.create_refund(refund).send().await.unwrap();

    assert_eq!(refund.amount_in(turratech::Currency::GBP).unwrap(), pounds(500));
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

    assert_eq!(gone.kind(), ErrorKind::NotFound, "the deletion was executed");
    sandbox.finish();
}
