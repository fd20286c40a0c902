//! Turbo Transactions' payment page.

use std::time::Duration;

use payments_browser_tests::{Browser, Screen};

use crate::support::{World, expect_conflict};

#[tokio::test]
async fn a_customer_leaves_and_returns_and_pays_once() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let page = world.transaction("order-1").await;
        let mut browser = Browser::start(screen).await;
        browser.open(&page).await;
        browser.shows("300.01 INR").await;
        browser.look("turbo-txn-payment").await;
        browser.press("Leave without a decision").await;
        browser.shows("You left without a decision").await;
        browser.look("turbo-txn-left").await;
        browser.press("Back to the payment").await;
        browser.reload().await;
        browser.press("I have paid").await;
        browser.shows("Welcome back").await;

        browser.back().await;
        expect_conflict(&mut browser);
        browser.press("Decline").await;
        browser.shows("This payment is Pending.").await;
        browser.look("turbo-txn-ended").await;
        browser.press("Back to the shop").await;
        browser.shows("Welcome back").await;
        browser.finish().await;
        world.sandbox.clock().advance(Duration::from_secs(2));
        assert_eq!(world.sandbox.turbo_txn().order("order-1").status().as_deref(), Some("Approved"));
        world.sandbox.ledger().order("order-1").executed_once();
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_customer_declines() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let page = world.transaction("order-1").await;
        let browser = Browser::start(screen).await;
        browser.open(&page).await;
        browser.press("Decline").await;
        browser.shows("Welcome back").await;
        browser.open(&page).await;
        browser.shows("This payment is Rejected.").await;
        browser.finish().await;
        assert_eq!(world.sandbox.turbo_txn().order("order-1").status().as_deref(), Some("Rejected"));
        world.sandbox.finish();
    }
}
