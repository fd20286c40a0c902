//! What becomes of an order: its statuses, its amount, the balance, and how often it may be asked about.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turbopay::{Settings, Settle};
use payments_sandbox::{OrderHandle, Sandbox, What};
use serde_json::{Value, json};

use crate::support::{deposit, get, post, with, withdrawal};

/// Brings an order from one status to another, as whoever can.
fn change(order: &OrderHandle, to: &str) {
    match to {
        "pending" => order.pending(),
        "success" => order.succeed(),
        "failed" => order.fail("some reason"),
        "cancelled" => order.cancel(),
        "expired" => order.expire(),
        "refunded" => order.refund(),
        "chargeback" => order.charge_back("some reason"),
        other => panic!("nobody brings an order to {other}"),
    }
}

/// Every status, and how an order gets there by documented changes.
fn ways(withdrawal: bool) -> Vec<(&'static str, &'static [&'static str])> {
    let mut ways: Vec<(&str, &[&str])> = vec![("success", &["success"]), ("failed", &["failed"])];
    if withdrawal {
        // It is with the bank as soon as anybody looks: only its answer says that it is new.
        ways.extend([("pending", &[][..]), ("refunded", &["success", "refunded"][..])]);
    } else {
        ways.extend([
            ("new", &[][..]),
            ("pending", &["pending"][..]),
            ("cancelled", &["cancelled"][..]),
            ("expired", &["expired"][..]),
            ("chargeback", &["success", "chargeback"][..]),
        ]);
    }
    ways
}

const DEPOSIT_CHANGES: &[(&str, &str)] = &[
    ("new", "pending"),
    ("new", "cancelled"),
    ("new", "expired"),
    ("new", "success"),
    ("new", "failed"),
    ("pending", "success"),
    ("pending", "failed"),
    ("expired", "failed"),
    ("expired", "success"),
    ("cancelled", "failed"),
    ("cancelled", "success"),
    ("failed", "success"),
    ("success", "chargeback"),
];

const WITHDRAWAL_CHANGES: &[(&str, &str)] = &[
    ("new", "pending"),
    ("new", "success"),
    ("new", "failed"),
    ("pending", "success"),
    ("pending", "failed"),
    ("success", "failed"),
    ("success", "refunded"),
];

async fn check_changes(path: &str, body: Value, documented: &[(&str, &str)]) {
    let mut allowed = 0;
    for (from, way) in ways(path == "withdraw/new") {
        for to in ["pending", "success", "failed", "cancelled", "expired", "refunded", "chargeback"] {
            let sandbox = Sandbox::builder().start().await;
            post(&sandbox, path, &body).await.expect(201);
            let handle = sandbox.turbopay().order("order-1");
            for step in way {
                change(&handle, step);
            }
            assert_eq!(handle.status(), Some(from), "on the way to {from}");

            let changed = catch_unwind(AssertUnwindSafe(|| change(&handle, to)));

            let expected = documented.contains(&(from, to));
            assert_eq!(changed.is_ok(), expected, "{path}: {from} -> {to}");
            assert_eq!(handle.status(), Some(if expected { to } else { from }));
            allowed += usize::from(expected);
            sandbox.finish();
        }
    }
    let seen = documented.iter().filter(|(from, _)| path != "withdraw/new" || *from != "new").count();
    assert_eq!(allowed, seen, "every documented change was made");
}

#[tokio::test]
async fn a_deposit_changes_as_documented_and_in_no_other_way() {
    check_changes("deposit/new", deposit("order-1"), DEPOSIT_CHANGES).await;
    check_changes("s2s/deposit/new", deposit("order-1"), DEPOSIT_CHANGES).await;
}

#[tokio::test]
async fn a_withdrawal_changes_as_documented_and_in_no_other_way() {
    check_changes("withdraw/new", withdrawal("order-1"), WITHDRAWAL_CHANGES).await;
}

#[tokio::test]
#[should_panic(expected = "order \"nobody\": there is no order \"nobody\"")]
async fn an_order_that_there_is_not_cannot_be_changed() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(sandbox.turbopay().order("nobody").status(), None);
    sandbox.turbopay().order("nobody").succeed();
}

#[tokio::test]
#[should_panic(expected = "no document knows a change from success to success")]
async fn a_change_that_no_document_knows_says_so() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    sandbox.turbopay().order("order-1").succeed();
    sandbox.turbopay().order("order-1").succeed();
}

#[tokio::test]
async fn a_deposit_expires_after_600_seconds_exactly() {
    for path in ["deposit/new", "s2s/deposit/new"] {
        let sandbox = Sandbox::builder().start().await;
        let id = post(&sandbox, path, &deposit("order-1")).await.expect(201)["order_id"].clone();

        sandbox.clock().advance(Duration::from_millis(599_999));
        assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
        sandbox.clock().advance(Duration::from_millis(1));
        assert_eq!(sandbox.turbopay().order("order-1").status(), Some("expired"));

        let body = json!({"order_id": id, "customer_transaction_id": "409876543210"});
        let found = post(&sandbox, "s2s/deposit/confirm", &body).await.expect(422);
        assert_eq!(found["message"], "The selected order id is invalid.");
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_deposit_that_was_confirmed_in_the_last_moment_does_not_expire() {
    let sandbox = Sandbox::builder().start().await;
    let id = post(&sandbox, "s2s/deposit/new", &deposit("order-1")).await.expect(201)["order_id"].clone();
    sandbox.clock().advance(Duration::from_millis(599_999));
    let body = json!({"order_id": id, "customer_transaction_id": "409876543210"});
    post(&sandbox, "s2s/deposit/confirm", &body).await.expect(200);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("pending"));
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_is_with_the_bank_at_once_and_paid_out_when_the_bank_is_done() {
    let sandbox =
        Sandbox::builder().turbopay(Settings::default().settles_after(Duration::from_secs(86_400))).start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    let order = sandbox.turbopay().order("order-1");
    assert_eq!(order.status(), Some("pending"));
    sandbox.clock().advance(Duration::from_secs(86_399));
    assert_eq!(order.status(), Some("pending"));
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(order.status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_deposit_that_was_failed_while_the_bank_had_it_stays_failed() {
    let sandbox = Sandbox::builder().start().await;
    let id = post(&sandbox, "s2s/deposit/new", &deposit("order-1")).await.expect(201)["order_id"].clone();
    let body = json!({"order_id": id, "customer_transaction_id": "409876543210"});
    post(&sandbox, "s2s/deposit/confirm", &body).await.expect(200);

    sandbox.turbopay().order("order-1").fail("no such payment");
    sandbox.clock().advance(Duration::from_secs(3600));

    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("failed"));
    assert!(sandbox.ledger().entries().iter().all(|entry| entry.what != What::Credited));
    sandbox.finish();
}

async fn balance(sandbox: &Sandbox, currency: &str) -> Value {
    let found = get(sandbox, &format!("balance?currency={currency}")).await.expect(200);
    assert_eq!(found["available_balance"], found["total_balance"]);
    found["available_balance"].clone()
}

#[tokio::test]
async fn a_deposit_can_come_in_with_another_amount() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);

    sandbox.turbopay().order("order-1").succeed_with("1500.00");

    let found = get(&sandbox, "merchantorder/status/order-1").await.expect(200);
    assert_eq!((&found["amount"], &found["status"]), (&json!("1500.00"), &json!("success")));
    assert_eq!(balance(&sandbox, "INR").await, "1500.0000");
    sandbox.turbopay().order("order-1").charge_back("");
    assert_eq!(balance(&sandbox, "INR").await, "0.0000", "the amount that was credited is the one charged back");
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_that_is_none_is_refused() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    for amount in ["", "0", "-5", "1.234", "1e3", "five"] {
        let order = sandbox.turbopay().order("order-1");
        assert!(catch_unwind(AssertUnwindSafe(|| order.succeed_with(amount))).is_err(), "{amount:?}");
    }
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
    sandbox.finish();
}

#[tokio::test]
async fn the_balance_follows_the_ledger_with_four_decimals() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().opening_balance(1000)).start().await;
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000");

    post(&sandbox, "withdraw/new", &withdrawal("out")).await.expect(201);
    assert_eq!(balance(&sandbox, "INR").await, "500.0000", "the money leaves as the order is taken in");
    sandbox.turbopay().order("out").fail("");
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000", "it comes back");

    post(&sandbox, "deposit/new", &deposit("in")).await.expect(201);
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000", "an order alone moves no money");
    sandbox.turbopay().order("in").succeed();
    assert_eq!(balance(&sandbox, "INR").await, "3000.0000");
    sandbox.turbopay().order("in").charge_back("fraud");
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000");

    post(&sandbox, "withdraw/new", &with(withdrawal("more"), "amount", 5000)).await.expect(201);
    assert_eq!(balance(&sandbox, "INR").await, "-4000.0000", "it can be owed (recorded)");
    sandbox.turbopay().order("more").succeed();
    sandbox.turbopay().order("more").refund();
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000");

    let ledger = sandbox.ledger();
    let steps: Vec<(What, i64)> = ledger.entries().iter().map(|entry| (entry.what, entry.amount)).collect();
    assert_eq!(
        steps,
        [
            (What::Executed, 50_000),
            (What::Returned, 50_000),
            (What::Executed, 200_000),
            (What::Credited, 200_000),
            (What::ChargedBack, 200_000),
            (What::Executed, 500_000),
            (What::Returned, 500_000),
        ]
    );
    sandbox.finish();
}

#[tokio::test]
async fn every_currency_has_its_own_balance() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().opening_balance(100)).start().await;
    let euros = with(with(deposit("euros"), "currency", "EUR"), "amount", "12.34");
    post(&sandbox, "deposit/new", &euros).await.expect(201);
    sandbox.turbopay().order("euros").succeed();
    assert_eq!(balance(&sandbox, "INR").await, "100.0000");
    assert_eq!(balance(&sandbox, "EUR").await, "12.3400");
    assert_eq!(balance(&sandbox, "USD").await, "0.0000");
    sandbox.finish();
}

#[tokio::test]
async fn sixty_look_ups_a_minute_are_answered_and_no_more() {
    let sandbox = Sandbox::builder().start().await;
    let id = post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201)["order_id"].clone();
    let by_id = format!("order/status/{}", id.as_str().unwrap());
    for call in 0..60_u32 {
        let path = if call % 2 == 0 { by_id.as_str() } else { "merchantorder/status/order-1" };
        let answer = get(&sandbox, path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("60"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some((59 - call).to_string().as_str()));
        if call == 29 {
            sandbox.clock().advance(Duration::from_millis(10_500));
        }
    }

    let answer = get(&sandbox, &by_id).await;
    assert_eq!(answer.expect(429)["message"], "Too Many Attempts.");
    assert_eq!(answer.header("retry-after"), Some("50"), "49.5 seconds, and no less");
    assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
    get(&sandbox, "balance").await.expect(200);

    sandbox.clock().advance(Duration::from_millis(49_499));
    let answer = get(&sandbox, "merchantorder/status/order-1").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));

    sandbox.clock().advance(Duration::from_millis(1));
    let answer = get(&sandbox, &by_id).await;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, Some("29")));
    sandbox.finish();
}

#[tokio::test]
async fn a_client_that_waits_as_long_as_it_is_told_is_answered() {
    let sandbox = Sandbox::builder().start().await;
    for _ in 0..60 {
        get(&sandbox, "merchantorder/status/nobody").await.expect(404);
    }
    let wait = get(&sandbox, "merchantorder/status/nobody").await;
    assert_eq!((wait.status, wait.header("retry-after")), (429, Some("60")));
    sandbox.clock().advance(Duration::from_secs(60));
    get(&sandbox, "merchantorder/status/nobody").await.expect(404);
    sandbox.finish();
}

#[tokio::test]
async fn a_confirmation_is_answered_pending_or_success_as_deposits_settle() {
    for (settle, status) in
        [(Settle::Never, "pending"), (Settle::After(Duration::from_secs(2)), "pending"), (Settle::AtOnce, "success")]
    {
        let sandbox = Sandbox::builder().turbopay(Settings::default().deposits(settle)).start().await;
        let order = post(&sandbox, "s2s/deposit/new", &deposit("order-1")).await.expect(201);
        let body = json!({"order_id": order["order_id"], "customer_transaction_id": "409876543210"});
        let confirmed = post(&sandbox, "s2s/deposit/confirm", &body).await.expect(200);
        assert_eq!(confirmed, json!({"status": status}), "{settle:?}");
        sandbox.finish();
    }
    let told: Vec<_> = payments_sandbox::turbopay::BEHAVIOURS.iter().map(|behaviour| behaviour.what).collect();
    assert!(told.iter().all(|what| !what.contains("always answered pending")), "{told:?}");
    assert!(told.iter().any(|what| what.contains("success") && what.contains("Settle::AtOnce")), "{told:?}");
}
