//! Lost and late responses: the shop finds out, or asks a person.

use std::time::Duration;

use payments_browser_tests::until;
use payments_sandbox::DeliveryState;

use super::visit::{Method, Visit};

#[tokio::test]
async fn a_person_decides_about_a_completion_whose_response_was_lost() {
    let visit = Visit::start().await;
    for (fault, decision, state) in [
        ("card3ds.complete-3ds @after-commit fin", "done", "paid"),
        ("card3ds.complete-3ds @before-commit fin", "not_done", "open"),
    ] {
        visit.stage.arm(fault);
        let order = visit.order().await;
        visit.pay(Method::Card).await;
        visit.decide_in_frame("Approve").await;
        visit.is("review").await;
        visit.browser.shows("Please do not pay again").await;
        visit.browser.does_not_show("Choose how to pay").await;

        if decision == "done" {
            visit.log_in().await;
        }
        visit.open("/office").await;
        visit.browser.shows("Needs review\n1").await;
        visit.decide_review(&order, decision, "Ask card3ds").await;
        visit.open_order(&order).await;
        visit.is(state).await;
        visit.books_are_equal().await;
        visit.money_moved(&order, usize::from(state == "paid"));
    }
    visit.finish().await;
}

#[tokio::test]
async fn a_payment_whose_page_was_lost_can_be_cancelled_and_paid_another_way() {
    let visit = Visit::start().await;
    visit.stage.arm("turbopay.deposit @after-commit fin");
    let order = visit.order().await;
    visit.pay(Method::UpiPage).await;
    visit.is("paying").await;
    // Until no response can arrive any more.
    visit.browser.does_not_show("Cancel this payment").await;
    visit.stage.sandbox().clock().advance(Duration::from_secs(70));
    visit.browser.press("Cancel this payment and choose another way").await;
    visit.is("open").await;
    visit.pay(Method::UpiApp).await;
    visit.browser.press("I have paid").await;
    visit.let_the_bank_decide();
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_charge_whose_response_was_lost_is_resolved_under_the_same_key() {
    let visit = Visit::start().await;
    visit.stage.arm("turratech.create-payment @after-commit fin");
    let order = visit.buy().await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_webhook_that_arrives_before_the_response_is_applied_once() {
    let visit = Visit::start().await;
    visit.save_card().await;
    visit.stage.arm("turratech.create-payment @after-commit delay=15s");
    let order = visit.order().await;
    visit.choose(Method::SavedCard).await;
    let is_delivered = async || {
        let messages = visit.stage.sandbox().deliveries();
        let mut of_order = messages.iter().filter(|message| message.reference.starts_with(&order));
        of_order.any(|message| message.state == DeliveryState::Delivered).then_some(())
    };
    // The click returns when the response has arrived.
    tokio::join!(visit.browser.press("Pay"), async {
        until("the webhook is delivered", is_delivered).await;
        assert_eq!(visit.responses("create-payment"), 0, "the webhook is first");
        visit.stage.sandbox().clock().advance(Duration::from_secs(15));
    });
    visit.is("paid").await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}
