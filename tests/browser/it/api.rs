//! The list of endpoints and behaviours.

use payments_browser_tests::{Browser, Screen, Site};

use crate::support::World;

#[tokio::test]
async fn the_page_lists_every_address_and_behaviour() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/api")).await;
        browser.shows("POST /clock/advance").await;
        for provider in ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"] {
            browser.shows(&format!("Behaviour of {provider}")).await;
        }
        browser.look("api").await;
        browser.reload().await;
        browser.shows("POST /clock/advance").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn another_site_cannot_frame_the_page() {
    let world = World::start().await;
    let site = Site::start().await;
    let control = world.inspector("/api");
    site.page("/", &format!("<iframe id=\"index\" title=\"Index\" src=\"{control}\"></iframe>"));
    let mut browser = Browser::start(Screen::Desktop).await;
    browser.expect_error("frame-ancestors 'none'", "the frame is what this test forbids");
    browser.open(&site.url("/")).await;
    browser.enter_frame("index").await;
    browser.does_not_show("POST /clock/advance").await;
    browser.finish().await;
    world.sandbox.finish();
}
