//! TurboPay orders: status changes, amounts, balances, and the rate limit of lookups.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turbopay::{Settings, Settle};
use payments_sandbox::{EntryKind, OrderHandle, Sandbox};
use serde_json::{Value, json};

use crate::support::{deposit, get, post, with, withdrawal};

/// Changes an order to this status through its handle.
fn change(order: &OrderHandle, to: &str) {
    match to {
        "pending" => order.pending(),
        "success" => order.succeed(),
        "failed" => order.fail("some reason"),
        "cancelled" => order.cancel(),
        "expired" => order.expire(),
        "refunded" => order.refund(),
        "chargeback" => order.charge_back("some reason"),
        other => panic!("no handle method leads to {other}"),
    }
}

/// Returns each status with the documented changes that lead to it.
fn steps_to_each_status(withdrawal: bool) -> Vec<(&'static str, &'static [&'static str])> {
    let mut steps_to_each_status: Vec<(&str, &[&str])> = vec![("success", &["success"]), ("failed", &["failed"])];
    if withdrawal {
        // A withdrawal is pending at once: only the response to its creation says `new`.
        steps_to_each_status.extend([("pending", &[][..]), ("refunded", &["success", "refunded"][..])]);
    } else {
        steps_to_each_status.extend([
            ("new", &[][..]),
            ("pending", &["pending"][..]),
            ("cancelled", &["cancelled"][..]),
            ("expired", &["expired"][..]),
            ("chargeback", &["success", "chargeback"][..]),
        ]);
    }
    steps_to_each_status
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
    for (from, steps) in steps_to_each_status(path == "withdraw/new") {
        for to in ["pending", "success", "failed", "cancelled", "expired", "refunded", "chargeback"] {
            let sandbox = Sandbox::builder().start().await;
            post(&sandbox, path, &body).await.expect_status(201);
            let handle = sandbox.turbopay().order("order-1");
            for step in steps {
                change(&handle, step);
            }
            assert_eq!(handle.status(), Some(from), "after the steps to {from}");

            let changed = catch_unwind(AssertUnwindSafe(|| change(&handle, to)));

            let expected = documented.contains(&(from, to));
            assert_eq!(changed.is_ok(), expected, "{path}: {from} -> {to}");
            assert_eq!(handle.status(), Some(if expected { to } else { from }));
            allowed += usize::from(expected);
            sandbox.finish();
        }
    }
    let reachable = documented.iter().filter(|(from, _)| path != "withdraw/new" || *from != "new").count();
    assert_eq!(allowed, reachable, "every documented change was made");
}

#[tokio::test]
async fn a_deposit_allows_only_the_documented_status_changes() {
    check_changes("deposit/new", deposit("order-1"), DEPOSIT_CHANGES).await;
    check_changes("s2s/deposit/new", deposit("order-1"), DEPOSIT_CHANGES).await;
}

#[tokio::test]
async fn a_withdrawal_allows_only_the_documented_status_changes() {
    check_changes("withdraw/new", withdrawal("order-1"), WITHDRAWAL_CHANGES).await;
}

#[tokio::test]
#[should_panic(expected = "order \"nobody\": no such order: \"nobody\"")]
async fn an_unknown_order_cannot_be_changed() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(sandbox.turbopay().order("nobody").status(), None);
    sandbox.turbopay().order("nobody").succeed();
}

#[tokio::test]
#[should_panic(expected = "the documentation has no change from success to success")]
async fn an_undocumented_status_change_panics() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    sandbox.turbopay().order("order-1").succeed();
}

#[tokio::test]
async fn a_deposit_expires_after_exactly_600_seconds() {
    for path in ["deposit/new", "s2s/deposit/new"] {
        let sandbox = Sandbox::builder().start().await;
        let id = post(&sandbox, path, &deposit("order-1")).await.expect_status(201)["order_id"].clone();

        sandbox.clock().advance(Duration::from_millis(599_999));
        assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
        sandbox.clock().advance(Duration::from_millis(1));
        assert_eq!(sandbox.turbopay().order("order-1").status(), Some("expired"));

        let body = json!({"order_id": id, "customer_transaction_id": "409876543210"});
        let response = post(&sandbox, "s2s/deposit/confirm", &body).await.expect_status(422);
        assert_eq!(response["message"], "The selected order id is invalid.");
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_deposit_confirmed_just_before_its_expiry_does_not_expire() {
    let sandbox = Sandbox::builder().start().await;
    let id = post(&sandbox, "s2s/deposit/new", &deposit("order-1")).await.expect_status(201)["order_id"].clone();
    sandbox.clock().advance(Duration::from_millis(599_999));
    let body = json!({"order_id": id, "customer_transaction_id": "409876543210"});
    post(&sandbox, "s2s/deposit/confirm", &body).await.expect_status(200);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("pending"));
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_is_pending_at_once_and_succeeds_after_the_settlement_time() {
    let sandbox =
        Sandbox::builder().turbopay(Settings::default().settles_after(Duration::from_secs(86_400))).start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    let order = sandbox.turbopay().order("order-1");
    assert_eq!(order.status(), Some("pending"));
    sandbox.clock().advance(Duration::from_secs(86_399));
    assert_eq!(order.status(), Some("pending"));
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(order.status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_deposit_that_fails_while_pending_stays_failed() {
    let sandbox = Sandbox::builder().start().await;
    let id = post(&sandbox, "s2s/deposit/new", &deposit("order-1")).await.expect_status(201)["order_id"].clone();
    let body = json!({"order_id": id, "customer_transaction_id": "409876543210"});
    post(&sandbox, "s2s/deposit/confirm", &body).await.expect_status(200);

    sandbox.turbopay().order("order-1").fail("no such payment");
    sandbox.clock().advance(Duration::from_secs(3600));

    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("failed"));
    assert!(sandbox.ledger().entries().iter().all(|entry| entry.kind != EntryKind::Credited));
    sandbox.finish();
}

async fn balance(sandbox: &Sandbox, currency: &str) -> Value {
    let response = get(sandbox, &format!("balance?currency={currency}")).await.expect_status(200);
    assert_eq!(response["available_balance"], response["total_balance"]);
    response["available_balance"].clone()
}

#[tokio::test]
async fn a_deposit_can_be_credited_with_another_amount() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);

    sandbox.turbopay().order("order-1").succeed_with("1500.00");

    let response = get(&sandbox, "merchantorder/status/order-1").await.expect_status(200);
    assert_eq!((&response["amount"], &response["status"]), (&json!("1500.00"), &json!("success")));
    assert_eq!(balance(&sandbox, "INR").await, "1500.0000");
    sandbox.turbopay().order("order-1").charge_back("");
    assert_eq!(balance(&sandbox, "INR").await, "0.0000", "the credited amount is charged back");
    sandbox.finish();
}

#[tokio::test]
async fn an_invalid_amount_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
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

    post(&sandbox, "withdraw/new", &withdrawal("out")).await.expect_status(201);
    assert_eq!(balance(&sandbox, "INR").await, "500.0000", "the money leaves when the order is accepted");
    sandbox.turbopay().order("out").fail("");
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000", "the money returns");

    post(&sandbox, "deposit/new", &deposit("in")).await.expect_status(201);
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000", "creating an order moves no money");
    sandbox.turbopay().order("in").succeed();
    assert_eq!(balance(&sandbox, "INR").await, "3000.0000");
    sandbox.turbopay().order("in").charge_back("fraud");
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000");

    post(&sandbox, "withdraw/new", &with(withdrawal("more"), "amount", 5000)).await.expect_status(201);
    assert_eq!(balance(&sandbox, "INR").await, "-4000.0000", "the balance can be negative (recorded)");
    sandbox.turbopay().order("more").succeed();
    sandbox.turbopay().order("more").refund();
    assert_eq!(balance(&sandbox, "INR").await, "1000.0000");

    let ledger = sandbox.ledger();
    let steps: Vec<(EntryKind, i64)> = ledger.entries().iter().map(|entry| (entry.kind, entry.amount)).collect();
    assert_eq!(
        steps,
        [
            (EntryKind::Executed, 50_000),
            (EntryKind::Returned, 50_000),
            (EntryKind::Executed, 200_000),
            (EntryKind::Credited, 200_000),
            (EntryKind::ChargedBack, 200_000),
            (EntryKind::Executed, 500_000),
            (EntryKind::Returned, 500_000),
        ]
    );
    sandbox.finish();
}

#[tokio::test]
async fn every_currency_has_its_own_balance() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().opening_balance(100)).start().await;
    let euros = with(with(deposit("euros"), "currency", "EUR"), "amount", "12.34");
    post(&sandbox, "deposit/new", &euros).await.expect_status(201);
    sandbox.turbopay().order("euros").succeed();
    assert_eq!(balance(&sandbox, "INR").await, "100.0000");
    assert_eq!(balance(&sandbox, "EUR").await, "12.3400");
    assert_eq!(balance(&sandbox, "USD").await, "0.0000");
    sandbox.finish();
}

#[tokio::test]
async fn at_most_sixty_lookups_per_minute_are_allowed() {
    let sandbox = Sandbox::builder().start().await;
    let id = post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201)["order_id"].clone();
    let by_id = format!("order/status/{}", id.as_str().unwrap());
    for call in 0..60_u32 {
        let path = if call % 2 == 0 { by_id.as_str() } else { "merchantorder/status/order-1" };
        let response = get(&sandbox, path).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("x-ratelimit-limit"), Some("60"));
        assert_eq!(response.header("x-ratelimit-remaining"), Some((59 - call).to_string().as_str()));
        if call == 29 {
            sandbox.clock().advance(Duration::from_millis(10_500));
        }
    }

    let response = get(&sandbox, &by_id).await;
    assert_eq!(response.expect_status(429)["message"], "Too Many Attempts.");
    assert_eq!(response.header("retry-after"), Some("50"), "49.5 seconds, rounded up");
    assert_eq!(response.header("x-ratelimit-remaining"), Some("0"));
    get(&sandbox, "balance").await.expect_status(200);

    sandbox.clock().advance(Duration::from_millis(49_499));
    let response = get(&sandbox, "merchantorder/status/order-1").await;
    assert_eq!((response.status, response.header("retry-after")), (429, Some("1")));

    sandbox.clock().advance(Duration::from_millis(1));
    let response = get(&sandbox, &by_id).await;
    assert_eq!((response.status, response.header("x-ratelimit-remaining")), (200, Some("29")));
    sandbox.finish();
}

#[tokio::test]
async fn a_client_that_waits_for_retry_after_is_not_throttled() {
    let sandbox = Sandbox::builder().start().await;
    for _ in 0..60 {
        get(&sandbox, "merchantorder/status/nobody").await.expect_status(404);
    }
    let wait = get(&sandbox, "merchantorder/status/nobody").await;
    assert_eq!((wait.status, wait.header("retry-after")), (429, Some("60")));
    sandbox.clock().advance(Duration::from_secs(60));
    get(&sandbox, "merchantorder/status/nobody").await.expect_status(404);
    sandbox.finish();
}

#[tokio::test]
async fn a_confirmation_returns_pending_or_success_depending_on_the_settlement() {
    for (settle, status) in
        [(Settle::Never, "pending"), (Settle::After(Duration::from_secs(2)), "pending"), (Settle::AtOnce, "success")]
    {
        let sandbox = Sandbox::builder().turbopay(Settings::default().deposits(settle)).start().await;
        let order = post(&sandbox, "s2s/deposit/new", &deposit("order-1")).await.expect_status(201);
        let body = json!({"order_id": order["order_id"], "customer_transaction_id": "409876543210"});
        let confirmed = post(&sandbox, "s2s/deposit/confirm", &body).await.expect_status(200);
        assert_eq!(confirmed, json!({"status": status}), "{settle:?}");
        sandbox.finish();
    }
    let behaviours: Vec<_> = payments_sandbox::turbopay::BEHAVIOURS.iter().map(|behaviour| behaviour.text).collect();
    assert!(behaviours.iter().all(|what| !what.contains("always answered pending")), "{behaviours:?}");
    assert!(
        behaviours.iter().any(|what| what.contains("success") && what.contains("Settle::AtOnce")),
        "{behaviours:?}"
    );
}
