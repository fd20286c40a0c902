//! What a sandbox complains of when it ends, and how it can be set up.

use payments_sandbox::turbopay::{Settings, Settle};
use payments_sandbox::{EntryKind, Sandbox};
use std::time::Duration;

use crate::support::{authority, deposit, get, post, withdrawal};

async fn with_a_withdrawal() -> Sandbox {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    sandbox
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is pending, and was believed to be success")]
async fn a_belief_that_is_not_so_is_told() {
    let sandbox = with_a_withdrawal().await;
    sandbox.believes("order-1", "success");
    sandbox.finish();
}

#[tokio::test]
async fn a_belief_is_held_against_the_end() {
    let sandbox = with_a_withdrawal().await;
    sandbox.believes("order-1", "new");
    sandbox.believes("order-1", "success");
    sandbox.clock().advance(Duration::from_secs(2));
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "1 requests followed a redirect away from their provider")]
async fn a_redirect_that_was_followed_is_told() {
    let sandbox = Sandbox::builder().fault("turbopay.balance @query redirect=307").start().await;
    let redirect = get(&sandbox, "balance").await;
    let there = redirect.header("location").unwrap();
    assert_eq!(authority(there), authority(sandbox.control_url()));

    crate::support::control(&sandbox, "GET", "/astray", "").await.expect(200);

    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "turbopay.withdraw was executed twice for \"order-1\"")]
async fn a_provider_that_does_not_protect_shows_what_a_client_sent_twice() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().without_unique_references()).start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn faults_that_were_cleared_are_not_missed() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw @after-commit fin").start().await;
    sandbox.clear_faults();
    sandbox.finish();
}

#[tokio::test]
async fn a_bank_does_what_it_was_set_up_to_do() {
    for (settle, status) in [
        (Settle::Never, "pending"),
        (Settle::AtOnce, "success"),
        (Settle::After(Duration::from_secs(5)), "success"),
        (Settle::FailsAfter(Duration::from_secs(5)), "failed"),
    ] {
        let sandbox =
            Sandbox::builder().turbopay(Settings::default().withdrawals(settle).deposits(settle)).start().await;
        post(&sandbox, "withdraw/new", &withdrawal("payout")).await.expect(201);
        post(&sandbox, "deposit/new", &deposit("deposit")).await.expect(201);
        sandbox.turbopay().order("deposit").pay();

        sandbox.clock().advance(Duration::from_secs(5));

        for order in ["payout", "deposit"] {
            assert_eq!(sandbox.turbopay().order(order).status(), Some(status), "{settle:?} {order}");
        }
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_merchant_without_wallets_or_with_other_limits_is_refused() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().no_wallets()).start().await;
    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(422);
    assert_eq!(response["errors"]["method"][0], "No available wallets found for method: bank_transfer");
    sandbox.finish();

    let sandbox = Sandbox::builder().turbopay(Settings::default().amounts(1000, 2000)).start().await;
    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(422);
    assert_eq!(response["message"], "The amount field must be at least 1000.");
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_can_change_before_the_money_comes() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    let order = sandbox.turbopay().order("order-1");

    order.change_amount("250.00");
    order.succeed();

    let ledger = sandbox.ledger();
    let credited = ledger.entries().iter().find(|entry| entry.kind == EntryKind::Credited).unwrap();
    assert_eq!(credited.amount, 25_000);
    assert_eq!(get(&sandbox, "balance").await.expect(200)["total_balance"], "250.0000");
    sandbox.finish();
}
