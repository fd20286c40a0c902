//! 3-D Secure: a customer rejects, leaves, reloads, and returns twice.

use super::visit::{Method, Visit};

#[tokio::test]
async fn a_customer_rejects_and_leaves_and_reloads_and_pays_once() {
    let visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::Card).await;
    visit.decide_in_frame("Reject").await;
    visit.is("open").await;
    visit.browser.shows("The bank did not confirm the payment.").await;

    visit.pay(Method::Card).await;
    visit.decide_in_frame("Leave without a decision").await;
    visit.browser.press("Back to the order.").await;
    visit.browser.press("Cancel this payment and choose another way").await;
    visit.is("open").await;
    visit.money_moved(&order, 0);

    visit.pay(Method::Card).await;
    visit.bank_asks().await;
    visit.browser.reload().await;
    visit.decide_in_frame("Approve").await;
    visit.is("paid").await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_payment_that_was_cancelled_is_not_charged_when_the_bank_approves_it_later() {
    let visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::Card).await;
    visit.bank_asks().await;

    visit.browser.open_tab(&visit.url(&format!("/orders/{order}"))).await;
    visit.browser.press("Cancel this payment and choose another way").await;
    visit.is("open").await;
    visit.pay(Method::UpiPage).await;
    visit.browser.press("I have paid").await;
    visit.let_the_bank_decide();
    visit.is("paid").await;

    visit.browser.enter_tab(0).await;
    visit.decide_in_frame("Approve").await;
    visit.is("paid").await;
    visit.is_bought_once(&order).await;
    assert_eq!(visit.requests("complete-3ds"), 0, "the card is not charged");
    visit.finish().await;
}

#[tokio::test]
async fn a_return_page_that_is_reloaded_and_posted_again_charges_once() {
    let visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::Card).await;
    visit.browser.enter_frame("three-ds").await;
    visit.browser.shows("200.50 TRY").await;
    let challenge = visit.browser.run("return document.querySelector('[name=challenge]').value").await;
    visit.browser.leave_frames().await;
    // The bank has the whole window, so its return page stays.
    let bank = visit.stage.sandbox().card3ds().base_url().to_owned();
    visit.browser.open(&format!("{bank}/3ds-challenge?challenge={}", challenge.as_str().unwrap())).await;
    visit.browser.press("Approve").await;
    visit.browser.comes_to("/return/3ds/").await;
    visit.browser.reload().await;

    visit.is_bought_once(&order).await;
    assert_eq!(visit.requests("complete-3ds"), 1, "the second form causes no request");
    // Also once it is paid.
    visit.browser.back().await;
    visit.browser.reload().await;
    visit.browser.comes_to("/return/3ds/").await;
    visit.is_bought_once(&order).await;
    assert_eq!(visit.requests("complete-3ds"), 1);
    visit.finish().await;
}
