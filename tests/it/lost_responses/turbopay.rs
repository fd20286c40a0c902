//! TurboPay: no idempotency keys, unique references, and a lookup.

use payments_sandbox::Sandbox;
use payments_tests::{turbopay_at, turbopay_builder};
use turbopay::{ErrorKind, OrderStatus, Outcome, RetryPolicy};

use super::{EFFECTS, request_count};
use crate::support::{deposit, reference, withdrawal};

#[tokio::test]
async fn a_thousand_withdrawals_with_lost_responses_are_executed_once_and_can_be_looked_up() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.fault("turbopay.withdraw#* @after-commit fin");
    let client = turbopay_at(&sandbox).unwrap();

    let mut unknown = 0;
    for number in 0..1000 {
        let order = format!("payout-{number}");
        let err = client.create_withdrawal(withdrawal(&order)).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err}");
        unknown += 1;

        // The client waits on the shared clock to stay under 60 lookups per minute.
        let details = client.lookup(&reference(&order)).timeout(LOOKUP_TIMEOUT).send().await.unwrap();
        assert!(matches!(details.status, OrderStatus::Pending | OrderStatus::Success), "{details:?}");
    }

    let ledger = sandbox.ledger();
    assert_eq!((unknown, ledger.executions("turbopay.withdraw")), (1000, 1000));
    assert_eq!(ledger.double_executions(), []);
    for number in 0..1000 {
        ledger.order(&format!("payout-{number}")).executed_once();
    }
}

#[tokio::test]
async fn every_lost_response_leaves_a_withdrawal_unknown_before_and_after_the_commit() {
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            // Each effect occurs before and after the commit, so that a client that guesses fails the test.
            let sandbox = Sandbox::builder().start().await;
            sandbox.fault(&format!("turbopay.withdraw#1 @{phase} {effect}"));
            let client = turbopay_at(&sandbox).unwrap();

            let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();

            assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
            let executions = usize::from(phase == "after-commit");
            sandbox.ledger().order("payout-1").executed_times(executions);
            let result = client.lookup(&reference("payout-1")).send().await;
            assert_eq!(result.is_ok(), executions == 1, "{phase} {effect}: the lookup must agree with the ledger");
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn a_request_that_was_cut_off_leaves_the_outcome_unknown() {
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
async fn a_request_on_a_connection_that_ends_after_accept_is_never_reported_as_not_sent() {
    for effect in ["fin", "rst"] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("turbopay @accept {effect}"));
        let client = turbopay_at(&sandbox).unwrap();

        let result = client.create_withdrawal(withdrawal("payout-1")).send().await;

        // The request is retried if the HTTP stack returns it unwritten. Otherwise the outcome is unknown.
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
async fn a_late_withdrawal_is_not_found_before_its_execution_and_is_executed_once() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @before-commit late-commit=3s");
    let client = turbopay_at(&sandbox).unwrap();

    let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::Unknown);
    let err = client.lookup(&reference("payout-1")).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound, "the order does not exist yet, which proves nothing");

    let order = client.wait_until_final(&reference("payout-1")).send().await.unwrap();

    assert_eq!(order.status, OrderStatus::Success);
    sandbox.ledger().order("payout-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_that_stalls_times_out_as_unknown() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit stall");
    let client = turbopay_at(&sandbox).unwrap();
    let clock = sandbox.clock();

    let sending = tokio::spawn(client.create_withdrawal(withdrawal("payout-1")).send());
    // Advances the clock only after the request has arrived, so that the timeout does not expire first.
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
async fn the_order_status_shows_a_confirmation_with_a_lost_response() {
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
async fn lookups_are_retried() {
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
async fn no_retry_policy_sends_a_withdrawal_twice() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#* @before-commit fin");
    let client = turbopay_builder(&sandbox).unwrap().retry(RetryPolicy::default().max_retries(50)).build().unwrap();

    let err = client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap_err();

    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1));
    assert_eq!(request_count(&sandbox), 1);
    sandbox.finish();
}

const LOOKUP_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(300);
