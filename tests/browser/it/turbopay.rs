//! TurboPay's deposit page.

use payments_browser_tests::{Browser, Screen};

use crate::support::{World, expect_conflict};

#[tokio::test]
async fn a_customer_pays_and_goes_back_and_cannot_pay_again() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let page = world.deposit("order-1").await;
        let mut browser = Browser::start(screen).await;
        browser.open(&page).await;
        browser.shows("2000.00 INR").await;
        browser.look("turbopay-deposit").await;
        browser.reload().await;
        browser.press("I have paid").await;
        browser.shows("Welcome back").await;
        assert_eq!(world.sandbox.turbopay().order("order-1").status(), Some("pending"));

        browser.back().await;
        expect_conflict(&mut browser);
        browser.press("I have paid").await;
        browser.shows("This payment is pending.").await;
        browser.look("turbopay-ended").await;
        browser.press("Back to the shop").await;
        browser.shows("Welcome back").await;
        browser.finish().await;
        world.sandbox.clock().advance(std::time::Duration::from_secs(2));
        world.sandbox.ledger().order("order-1").executed_once();
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_customer_cancels_or_lets_the_payment_expire() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let browser = Browser::start(screen).await;
        for (button, status) in [("Cancel", "cancelled"), ("Let the payment expire", "expired")] {
            let page = world.deposit(button).await;
            browser.open(&page).await;
            browser.press(button).await;
            browser.shows("Welcome back").await;
            assert_eq!(world.sandbox.turbopay().order(button).status(), Some(status));
            browser.open(&page).await;
            browser.shows(&format!("This payment is {status}.")).await;
        }
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn the_page_can_be_framed_by_a_shop_and_closed() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let page = world.deposit("order-1").await;
        world.shop.page(
            "/pay",
            &format!(
                "<iframe id=\"turbopay\" title=\"Payment\" width=\"100%\" height=\"500\" src=\"{page}\"></iframe><p id=\"state\"></p>\
                 <script>addEventListener('message', (event) => {{\
                 if (event.data === 'close') document.getElementById('state').textContent = 'The customer has closed the payment';\
                 }})</script>"
            ),
        );
        let mut browser = Browser::start(screen).await;
        browser.open(&world.shop.url("/pay")).await;
        browser.enter_frame("turbopay").await;
        browser.shows("2000.00 INR").await;
        browser.look("turbopay-frame").await;
        browser.press("Close").await;
        browser.leave_frames().await;
        browser.shows("The customer has closed the payment").await;
        browser.enter_frame("turbopay").await;
        browser.press("I have paid").await;
        browser.shows("Welcome back").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}
