//! Turbo Transactions: no idempotency keys, no guarantee that order ids are unique, and a status check.

use payments_sandbox::Sandbox;
use payments_tests::turbo_txn_at;
use turbo_txn::{ErrorKind, MerchantOrderId, NewTransaction, Outcome, TxnStatus};

use super::{EFFECTS, request_count};
use crate::support::rupees;

fn transaction(order: &str) -> NewTransaction {
    NewTransaction::new(order_id(order), rupees(300), "https://shop.example/thanks")
}

fn order_id(order: &str) -> MerchantOrderId {
    order.parse().unwrap()
}

#[tokio::test]
async fn a_thousand_initiations_with_lost_responses_are_unknown_executed_once_and_can_be_looked_up() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.fault("turbo-txn.initiate#* @after-commit fin");
    let client = turbo_txn_at(&sandbox).unwrap();

    let mut unknown = 0;
    for number in 0..1000 {
        let order = format!("order-{number}");
        let err = client.initiate(transaction(&order)).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err}");
        unknown += 1;
        let details = client.lookup(&order_id(&order)).send().await.unwrap();
        assert_eq!(details.status, TxnStatus::Initiated);
    }

    let ledger = sandbox.ledger();
    assert_eq!((unknown, ledger.executions("turbo-txn.initiate"), request_count(&sandbox)), (1000, 1000, 2000));
    assert_eq!(ledger.double_executions(), []);
}

#[tokio::test]
async fn every_lost_response_leaves_the_outcome_unknown_and_the_status_check_agrees_with_the_ledger() {
    // Any JSON object under a refusing status is the provider's error response, so `EFFECTS` has no `json=` effect with one.
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            let sandbox = Sandbox::builder().start().await;
            sandbox.fault(&format!("turbo-txn.initiate#1 @{phase} {effect}"));
            let client = turbo_txn_at(&sandbox).unwrap();

            let err = client.initiate(transaction("order-1")).send().await.unwrap_err();

            if *effect == "json=409" {
                // Without idempotency keys, a 409 proves nothing either.
                assert_eq!(err.kind(), ErrorKind::Conflict);
            }
            assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
            let executions = usize::from(phase == "after-commit");
            sandbox.ledger().order("order-1").executed_times(executions);
            let result = client.lookup(&order_id("order-1")).send().await;
            assert_eq!(result.is_ok(), executions == 1, "{phase} {effect}");
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn initiating_again_by_hand_creates_a_second_transaction() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 @after-commit fin");
    let client = turbo_txn_at(&sandbox).unwrap();

    client.initiate(transaction("order-1")).send().await.unwrap_err();
    client.initiate(transaction("order-1")).send().await.unwrap();

    // For this reason the SDK never sends an initiation again by itself.
    sandbox.ledger().order("order-1").executed_times(2);
    sandbox.abandon();
}
