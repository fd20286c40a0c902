//! Every page of the shop, on a phone and on a desktop, in light and dark colours.

use payments_browser_tests::Screen;

use super::visit::{Method, Visit};

#[tokio::test]
async fn everybody_can_use_every_page_on_a_phone() {
    look_at_every_page(Screen::Phone).await;
}

#[tokio::test]
async fn everybody_can_use_every_page_on_a_desktop() {
    look_at_every_page(Screen::Desktop).await;
}

async fn look_at_every_page(screen: Screen) {
    let mut visit = Visit::start_on(screen).await;
    visit.open("/").await;
    visit.look("catalogue").await;
    visit.open("/orders").await;
    visit.look("orders-none").await;
    visit.open("/orders/ORD-0").await;
    visit.look("message").await;
    visit.browser.expect_error("404 (Not Found)", "Chromium logs each page whose status is an error");

    // Each way to pay, and what the order's page shows then.
    let order = visit.order().await;
    visit.look("order-open").await;
    for (method, name) in
        [(Method::SavedCard, "pay-saved-card-none"), (Method::BankPage, "pay-bank-page"), (Method::Upi, "pay-upi")]
    {
        visit.open_order(&order).await;
        visit.choose(method).await;
        visit.look(name).await;
    }
    visit.browser.press("Pay").await;
    visit.browser.becomes("document.getElementById('qr')?.naturalWidth > 0").await;
    visit.look("order-upi").await;
    visit.order().await;
    visit.pay(Method::UpiApp).await;
    visit.browser.press("Decline").await;
    visit.is("open").await;
    visit.look("order-failed").await;
    let order = visit.order().await;
    visit.pay(Method::UpiPage).await;
    visit.browser.shows("Let the payment expire").await;
    visit.open_order(&order).await;
    visit.browser.becomes("document.getElementById('continue')").await;
    visit.look("order-redirect").await;

    visit.stage.arm("card3ds.complete-3ds @after-commit fin");
    let in_review = visit.order().await;
    visit.choose(Method::Card).await;
    visit.look("pay-card").await;
    visit.browser.press("Pay").await;
    visit.bank_asks().await;
    visit.look("challenge").await;
    visit.open_order(&in_review).await;
    visit.look("order-challenge").await;
    visit.browser.press("Continue with 3-D Secure").await;
    visit.decide_in_frame("Approve").await;
    visit.is("review").await;
    visit.look("order-review").await;

    visit.open("/cards").await;
    visit.look("cards-none").await;
    let paid = visit.buy().await;
    visit.open_order(&paid).await;
    visit.look("order-paid").await;
    visit.open("/cards").await;
    visit.look("cards").await;
    visit.order().await;
    visit.choose(Method::SavedCard).await;
    visit.look("pay-saved-card").await;
    visit.open("/orders").await;
    visit.look("orders").await;

    visit.open("/office").await;
    visit.look("office-login").await;
    visit.log_in().await;
    visit.look("office").await;
    visit.fill_payout().await;
    visit.browser.press("Pay out").await;
    visit.browser.shows("750.00 INR").await;
    visit.look("office-payouts").await;
    visit.browser.press("Webhooks").await;
    visit.look("office-webhooks").await;
    visit.browser.press("Payment links").await;
    visit.look("office-links").await;
    visit.browser.press("Needs review").await;
    visit.look("office-reviews").await;
    visit.browser.run(&format!("[...document.links].find((link) => link.text.includes({in_review:?})).click()")).await;
    visit.browser.shows("Evidence").await;
    visit.look("office-review").await;
    visit.finish().await;
}

impl Visit {
    async fn look(&mut self, name: &str) {
        self.browser.look(&format!("shop-{name}")).await;
    }
}
