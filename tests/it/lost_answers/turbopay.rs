//! TurboPay: no keys, references that are taken once, and a look-up.

use payments_sandbox::Sandbox;
use payments_tests::{turbopay_at, turbopay_builder};
use turbopay::{ErrorKind, OrderStatus, Outcome, RetryPolicy};

use super::{EFFECTS, requests};
use crate::support::{deposit, reference, withdrawal};

#[tokio::test]
async fn a_thousand_withdrawals_whose_answers_were_lost_are_each_executed_once_and_found_again() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.fault("turbopay.withdraw#* @after-commit fin");
    let client = turbopay_at(&sandbox).unwrap();

    let mut unknown = 0;
    for number in 0..1000 {
        let order = format!("payout-{number}");
        let err = client.create_withdrawal(withdrawal(&order)).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err}");
        unknown += 1;

        // The limit of 60 look-ups a minute is kept by waiting, on the clock that both share.
        let found = client.lookup(&reference(&order)).timeout(MINUTES).send().await.unwrap();
        assert!(matches!(found.status, OrderStatus::Pending | OrderStatus::Success), "{found:?}");
    }

    let ledger = sandbox.ledger();
    assert_eq!((unknown, ledger.executions("turbopay.withdraw")), (1000, 1000));
    assert_eq!(ledger.double_executions(), []);
    for number in 0..1000 {
        ledger.order(&format!("payout-{number}")).executed_once();
    }
}

#[tokio::test]
async fn every_way_of_losing_an_answer_leaves_a_withdrawal_unknown_whether_it_was_done_or_not() {
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            // Each symptom comes with a commit and without one, so that guessing cannot pass.
            let sandbox = Sandbox::builder().start().await;
            sandbox.fault(&format!("turbopay.withdraw#1 @{phase} {effect}"));
            let client = turbopay_at(&sandbox).unwrap();

            let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();

            assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
            let executions = usize::from(phase == "after-commit");
            sandbox.ledger().order("payout-1").executed_times(executions);
            let found = client.lookup(&reference("payout-1")).send().await;
            assert_eq!(found.is_ok(), executions == 1, "{phase} {effect}: the look-up must agree with the ledger");
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn a_request_that_was_cut_short_may_have_arrived_for_all_the_client_knows() {
    for (phase, effect) in [("head", "fin"), ("head", "rst"), ("body", "fin"), ("body", "rst")] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("turbopay.withdraw#1 @{phase} {effect}"));
        let client = turbopay_at(&sandbox).unwrap();

        let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();

        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
        sandbox.ledger().order("payout-1").never_executed();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_connection_that_was_accepted_and_then_reset_is_not_provably_unsent() {
    for effect in ["fin", "rst"] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("turbopay @accept {effect}"));
        let client = turbopay_at(&sandbox).unwrap();

        let result = client.create_withdrawal(withdrawal("payout-1")).send().await;

        // Where the stack hands the request back unwritten it may be tried again; otherwise nothing is known.
        match result {
            Ok(_) => sandbox.ledger().order("payout-1").executed_once(),
            Err(err) => {
                assert_eq!(err.outcome(), Outcome::Unknown, "{err}");
                sandbox.ledger().order("payout-1").never_executed();
            }
        }
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_withdrawal_that_is_done_late_is_not_found_until_then_and_never_done_twice() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @before-commit late-commit=3s");
    let client = turbopay_at(&sandbox).unwrap();

    let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::Unknown);
    let err = client.lookup(&reference("payout-1")).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound, "an answer about now, and no proof");

    let order = client.wait_until_final(&reference("payout-1")).send().await.unwrap();

    assert_eq!(order.status, OrderStatus::Success);
    sandbox.ledger().order("payout-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_that_stalls_is_given_up_as_unknown() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit stall");
    let client = turbopay_at(&sandbox).unwrap();
    let clock = sandbox.clock();

    let sending = tokio::spawn(client.create_withdrawal(withdrawal("payout-1")).send());
    // The clock moves only once the request has arrived, or the timeout could come before it.
    while sandbox.ledger().order("payout-1").executions() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(std::time::Duration::from_secs(31));
    let err = sending.await.unwrap().unwrap_err();

    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert_eq!(client.lookup(&reference("payout-1")).send().await.unwrap().status, OrderStatus::Success);
    sandbox.finish();
}

#[tokio::test]
async fn sending_a_lost_withdrawal_again_by_hand_is_unknown_too_and_pays_once() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit rst");
    let client = turbopay_at(&sandbox).unwrap();

    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();
    let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
    sandbox.ledger().order("payout-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_confirmation_whose_answer_was_lost_is_told_by_the_orders_status() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.confirm#1 @after-commit fin");
    let client = turbopay_at(&sandbox).unwrap();
    let order = client.create_host_to_host_deposit(deposit("order-1")).send().await.unwrap();

    let utr = "110000000000".parse().unwrap();
    let err = client.confirm_utr(&order.order_id, &utr).send().await.unwrap_err();
    assert!(err.may_have_moved_money());
    let err = client.confirm_utr(&order.order_id, &utr).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));

    let order = client.wait_until_final(&reference("order-1")).send().await.unwrap();
    assert_eq!((order.status, order.utr), (OrderStatus::Success, Some(utr)));
    sandbox.finish();
}

#[tokio::test]
async fn reads_are_tried_again() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    sandbox.fault("turbopay.merchant-order-status#1 @query fin");
    sandbox.fault("turbopay.merchant-order-status#2 @query html=502");

    let order = client.lookup(&reference("payout-1")).send().await.unwrap();

    assert_eq!(order.merchant_order_id.as_str(), "payout-1");
    sandbox.finish();
}

#[tokio::test]
async fn no_policy_makes_a_withdrawal_go_out_twice() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#* @before-commit fin");
    let client = turbopay_builder(&sandbox).unwrap().retry(RetryPolicy::default().extra_attempts(50)).build().unwrap();

    let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();

    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1));
    assert_eq!(requests(&sandbox), 1);
    sandbox.finish();
}

const MINUTES: std::time::Duration = std::time::Duration::from_secs(300);
