//! The inspector's page of webhooks and callbacks.

use payments_browser_tests::{Browser, Screen};
use payments_sandbox::DeliveryState;

use crate::support::World;

#[tokio::test]
async fn a_message_is_held_released_and_sent_again() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        world.shop.respond("/status", &[], "");
        world.sandbox.fault("turbopay.deposit @webhook hold");
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/deliveries")).await;
        browser.shows("No webhook or callback yet.").await;
        browser.shows("live").await;
        world.deposit_with_status_url("order-1", &world.shop.url("/status")).await;
        world.sandbox.turbopay().order("order-1").succeed();
        browser.shows("held").await;
        browser.look("deliveries-held").await;

        browser.press("Change the body: message 1").await;
        browser.shows("Sent: POST /deliveries/1/tamper").await;
        browser.press("Release: message 1").await;
        browser.shows("delivered").await;
        browser.press("Send again: message 1").await;
        browser.shows("Sent: POST /deliveries/1/resend").await;
        browser.press("Send a copy: message 1").await;
        browser.shows("#2 success").await;
        browser.look("deliveries").await;
        world.sandbox.settle().await;
        let deliveries = world.sandbox.deliveries();
        assert_eq!(deliveries.iter().map(|delivery| delivery.attempts).collect::<Vec<_>>(), [2, 1]);
        assert!(deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered));
        assert_eq!(world.shop.posted().len(), 3);

        browser.fill("Order", "another").await;
        browser.press("Filter").await;
        browser.shows("No webhook or callback yet.").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_message_overtakes_another_one_and_waits_while_it_is_held() {
    let world = World::recording().await;
    world.shop.respond("/status", &[], "");
    let browser = Browser::start(Screen::Desktop).await;
    // The first attempt fails, so that the message waits for its second one.
    world.deposit_with_status_url("order-1", "http://127.0.0.1:9/status").await;
    world.sandbox.turbopay().order("order-1").succeed();
    world.sandbox.settle().await;
    browser.open(&world.inspector("/inspector/deliveries")).await;
    browser.shows("waiting").await;
    browser.press("Send after the next one: message 1").await;
    browser.shows("sent after the next one").await;
    browser.press("Release: message 1").await;
    browser.shows("waiting").await;
    browser.press("Hold: message 1").await;
    browser.shows("held").await;
    browser.press("Release all held messages").await;
    browser.shows("waiting").await;
    browser.finish().await;
    world.sandbox.finish();
}
