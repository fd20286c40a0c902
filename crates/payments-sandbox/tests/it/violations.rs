//! Violations that `finish` reports, and TurboPay's settings.

use payments_sandbox::turbopay::{Settings, Settle};
use payments_sandbox::{EntryKind, Sandbox};
use std::time::Duration;

use crate::support::{authority, deposit, get, post, withdrawal};

async fn start_with_withdrawal() -> Sandbox {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is pending, expected success")]
async fn finish_reports_an_order_whose_status_is_not_the_expected_one() {
    let sandbox = start_with_withdrawal().await;
    sandbox.expect_status("order-1", "success");
    sandbox.finish();
}

#[tokio::test]
async fn the_last_expected_status_is_compared_with_the_final_status() {
    let sandbox = start_with_withdrawal().await;
    sandbox.expect_status("order-1", "new");
    sandbox.expect_status("order-1", "success");
    sandbox.clock().advance(Duration::from_secs(2));
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "requests that followed a redirect away from their provider: 1")]
async fn finish_reports_a_followed_redirect() {
    let sandbox = Sandbox::builder().fault("turbopay.balance @query redirect=307").start().await;
    let redirect = get(&sandbox, "balance").await;
    let location = redirect.header("location").unwrap();
    assert_eq!(authority(location), authority(sandbox.control_url()));

    crate::support::control(&sandbox, "GET", "/misdirected", "").await.expect_status(200);

    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "turbopay.withdraw was executed twice for \"order-1\"")]
async fn finish_reports_a_double_execution_without_unique_references() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().without_unique_references()).start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.finish();
}

/// Pays out under two references, which the merchant uses for one order.
async fn pay_out_under_two_references() -> Sandbox {
    let sandbox = start_with_withdrawal().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1b")).await.expect_status(201);
    sandbox.same_order(&["order-1", "order-1b"]);
    sandbox
}

fn doubles(sandbox: &Sandbox) -> Vec<String> {
    sandbox.ledger().doubles().iter().map(ToString::to_string).collect()
}

#[tokio::test]
#[should_panic(expected = "one order was paid under \"order-1\" and \"order-1b\"")]
async fn finish_reports_an_order_that_was_paid_under_two_references() {
    pay_out_under_two_references().await.finish();
}

#[tokio::test]
async fn an_order_may_have_a_second_reference_if_the_money_of_the_first_one_came_back() {
    let sandbox = pay_out_under_two_references().await;
    sandbox.turbopay().order("order-1").fail("no such account");
    sandbox.finish();
}

#[tokio::test]
async fn an_order_at_two_providers_is_judged_by_the_money_that_arrived() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("deposit")).await.expect_status(201);
    crate::turbo_txn::initiate(&sandbox, "transaction", 300).await.expect_status(200);
    sandbox.same_order(&["deposit", "transaction", "unused"]);
    sandbox.turbopay().order("deposit").succeed();
    assert_eq!(doubles(&sandbox), [] as [String; 0], "only one of two was paid");

    sandbox.turbo_txn().order("transaction").approve();
    assert_eq!(doubles(&sandbox), ["one order was paid under \"deposit\" and \"transaction\""]);

    sandbox.turbopay().order("deposit").charge_back("fraud");
    sandbox.finish();
}

#[tokio::test]
async fn money_that_arrives_or_is_captured_twice_is_a_double() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().without_unique_references()).start().await;
    for _ in 0..2 {
        post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
        sandbox.turbopay().order("order-1").succeed();
        let mut payment = crate::turratech_support::payment("order-2");
        payment["capture_method"] = "manual".into();
        let payment = crate::turratech_support::post(&sandbox, "payments", &payment).await.expect_status(201);
        let capture = format!("payments/{}/capture", payment["id"].as_str().unwrap());
        crate::turratech_support::post(&sandbox, &capture, &serde_json::json!({})).await.expect_status(200);
    }
    assert_eq!(
        doubles(&sandbox),
        [
            "turbopay.deposit was executed twice for \"order-1\"",
            "turratech.create-payment was executed twice for \"order-2\"",
            "turbopay.deposit was credited twice for \"order-1\"",
            "turratech.capture-payment was captured twice for \"order-2\"",
        ]
    );
    sandbox.abandon();
}

#[tokio::test]
async fn the_ledger_says_which_entries_move_money() {
    let sandbox = start_with_withdrawal().await;
    post(&sandbox, "deposit/new", &deposit("deposit")).await.expect_status(201);
    sandbox.turbopay().order("deposit").succeed();
    let entries: Vec<(String, bool)> =
        sandbox.ledger().entries().iter().map(|entry| (entry.kind.to_string(), entry.moves_money)).collect();
    let expected = [("executed", true), ("executed", false), ("credited", true)];
    assert_eq!(entries, expected.map(|(kind, moves_money)| (kind.to_owned(), moves_money)));
    sandbox.finish();
}

#[tokio::test]
async fn references_of_one_order_and_doubles_have_addresses() {
    let sandbox = start_with_withdrawal().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1b")).await.expect_status(201);
    let control =
        async |method: &str, path: &str, body: &str| crate::support::control(&sandbox, method, path, body).await;
    let body = serde_json::json!({"references": ["order-1", "order-1b"]});
    assert_eq!(control("POST", "/same-orders", &body.to_string()).await.expect_status(200), body);
    control("POST", "/same-orders", "{\"references\": [\"order-1\"]}").await.expect_status(422);
    let doubles = control("GET", "/doubles", "").await.expect_status(200);
    assert_eq!(doubles, serde_json::json!(["one order was paid under \"order-1\" and \"order-1b\""]));
    let notes = control("GET", "/records?kind=note", "").await.expect_status(200);
    assert_eq!(notes["records"][0]["text"], "order-1 and order-1b are one order");
    sandbox.abandon();
}

#[tokio::test]
async fn finish_does_not_report_cleared_faults() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw @after-commit fin").start().await;
    sandbox.clear_faults();
    sandbox.finish();
}

#[tokio::test]
async fn orders_settle_as_configured() {
    for (settle, status) in [
        (Settle::Never, "pending"),
        (Settle::AtOnce, "success"),
        (Settle::After(Duration::from_secs(5)), "success"),
        (Settle::FailsAfter(Duration::from_secs(5)), "failed"),
    ] {
        let sandbox =
            Sandbox::builder().turbopay(Settings::default().withdrawals(settle).deposits(settle)).start().await;
        post(&sandbox, "withdraw/new", &withdrawal("payout")).await.expect_status(201);
        post(&sandbox, "deposit/new", &deposit("deposit")).await.expect_status(201);
        sandbox.turbopay().order("deposit").pay();

        sandbox.clock().advance(Duration::from_secs(5));

        for order in ["payout", "deposit"] {
            assert_eq!(sandbox.turbopay().order(order).status(), Some(status), "{settle:?} {order}");
        }
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_withdrawal_without_wallets_or_outside_the_limits_is_refused() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().no_wallets()).start().await;
    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(422);
    assert_eq!(response["errors"]["method"][0], "No available wallets found for method: bank_transfer");
    sandbox.finish();

    let sandbox = Sandbox::builder().turbopay(Settings::default().amounts(1000, 2000)).start().await;
    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(422);
    assert_eq!(response["message"], "The amount field must be at least 1000.");
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_can_change_before_the_deposit_is_credited() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    let order = sandbox.turbopay().order("order-1");

    order.change_amount("250.00");
    order.succeed();

    let ledger = sandbox.ledger();
    let credited = ledger.entries().iter().find(|entry| entry.kind == EntryKind::Credited).unwrap();
    assert_eq!(credited.amount, 25_000);
    assert_eq!(get(&sandbox, "balance").await.expect_status(200)["total_balance"], "250.0000");
    sandbox.finish();
}
