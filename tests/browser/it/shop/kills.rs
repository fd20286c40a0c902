//! The shop is killed after the provider has moved the money, and before it has responded.

use super::visit::{Method, Visit};

#[tokio::test]
async fn a_payout_that_a_kill_interrupts_is_found_again() {
    let mut visit = Visit::start().await;
    visit.log_in().await;
    visit.fill_payout().await;
    visit.kill_after("turbopay.withdraw", "pay-out").await;
    visit.restart().await;
    visit.books_are_equal().await;
    assert_eq!(visit.stage.sandbox().ledger().executions("turbopay.withdraw"), 1);
    visit.page_comes_to_show("/office/payouts", "succeeded").await;
    visit.finish().await;
}

#[tokio::test]
async fn a_refund_that_a_kill_interrupts_is_found_again() {
    let mut visit = Visit::start().await;
    let order = visit.buy().await;
    visit.log_in().await;
    visit.kill_after("turratech.create-refund", &format!("refund-{order}-1")).await;
    visit.restart().await;
    visit.books_are_equal().await;
    visit.money_moved(&order, 2);
    // Chromium may send the form again by itself, which the shop refuses.
    visit.browser.findings().await.console.retain(|error| !error.contains("422 (Unprocessable"));
    visit.finish().await;
}

#[tokio::test]
async fn a_completion_that_a_kill_interrupts_needs_review() {
    let mut visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::Card).await;
    visit.bank_asks().await;
    let killed = visit.stage.kill_when_executed("card3ds.complete-3ds");
    visit.decide_in_frame("Approve").await;
    visit.killed(killed).await;
    visit.restart().await;
    visit.books_when("in review", |books| books.count("in review") == 1).await;
    visit.open_order(&order).await;
    visit.is("review").await;
    visit.log_in().await;
    visit.decide_review(&order, "done", "Ask card3ds").await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}
