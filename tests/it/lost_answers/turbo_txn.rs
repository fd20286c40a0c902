//! Turbo Transactions: no keys, no promise that an order id is taken once, and a status check.

use payments_sandbox::Sandbox;
use payments_tests::turbo_txn_at;
use turbo_txn::{ErrorKind, MerchantOrderId, NewTransaction, Outcome, TxnStatus};

use super::{EFFECTS, requests};
use crate::support::rupees;

fn transaction(order: &str) -> NewTransaction {
    NewTransaction::new(order_id(order), rupees(300), "https://shop.example/thanks")
}

fn order_id(order: &str) -> MerchantOrderId {
    order.parse().unwrap()
}

#[tokio::test]
async fn a_thousand_initiations_whose_answers_were_lost_are_unknown_executed_once_and_found_again() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.fault("turbo-txn.initiate#* @after-commit fin");
    let client = turbo_txn_at(&sandbox).unwrap();

    let mut unknown = 0;
    for number in 0..1000 {
        let order = format!("order-{number}");
        let err = client.initiate(transaction(&order)).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err}");
        unknown += 1;
        let found = client.lookup(&order_id(&order)).send().await.unwrap();
        assert_eq!(found.status, TxnStatus::Initiated);
    }

    let ledger = sandbox.ledger();
    assert_eq!((unknown, ledger.executions("turbo-txn.initiate"), requests(&sandbox)), (1000, 1000, 2000));
    assert_eq!(ledger.double_executions(), []);
}

#[tokio::test]
async fn every_way_of_losing_an_answer_leaves_it_unknown_and_the_status_check_agrees_with_the_ledger() {
    // Any JSON object under a refusing status is the provider's own word, so `json=` ones that refuse are none of these.
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            let sandbox = Sandbox::builder().start().await;
            sandbox.fault(&format!("turbo-txn.initiate#1 @{phase} {effect}"));
            let client = turbo_txn_at(&sandbox).unwrap();

            let err = client.initiate(transaction("order-1")).send().await.unwrap_err();

            if *effect == "json=409" {
                // It has no keys, so 409 is no promise of anything either.
                assert_eq!(err.kind(), ErrorKind::Conflict);
            }
            assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
            let executions = usize::from(phase == "after-commit");
            sandbox.ledger().order("order-1").executed_times(executions);
            let found = client.lookup(&order_id("order-1")).send().await;
            assert_eq!(found.is_ok(), executions == 1, "{phase} {effect}");
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn initiating_again_by_hand_makes_a_second_transaction_which_only_the_ledger_knows() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 @after-commit fin");
    let client = turbo_txn_at(&sandbox).unwrap();

    client.initiate(transaction("order-1")).send().await.unwrap_err();
    client.initiate(transaction("order-1")).send().await.unwrap();

    // So it is what the SDK never does by itself.
    sandbox.ledger().order("order-1").executed_times(2);
    sandbox.abandon();
}
