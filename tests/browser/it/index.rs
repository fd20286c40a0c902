//! The control API's index page.

use payments_browser_tests::{Browser, Screen, Site};

use crate::support::World;

#[tokio::test]
async fn the_index_lists_every_address_and_behaviour() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let mut browser = Browser::start(screen).await;
        browser.open(world.sandbox.control_url()).await;
        browser.shows("POST /clock/advance").await;
        for provider in ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"] {
            browser.shows(&format!("Behaviour of {provider}")).await;
        }
        browser.look("index").await;
        browser.reload().await;
        browser.shows("POST /clock/advance").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn another_site_cannot_frame_the_index() {
    let world = World::start().await;
    let site = Site::start().await;
    let control = world.sandbox.control_url();
    site.page("/", &format!("<iframe id=\"index\" title=\"Index\" src=\"{control}\"></iframe>"));
    let mut browser = Browser::start(Screen::Desktop).await;
    browser.expect_error("frame-ancestors 'none'", "the frame is what this test forbids");
    browser.open(&site.url("/")).await;
    browser.enter_frame("index").await;
    browser.does_not_show("POST /clock/advance").await;
    browser.finish().await;
    world.sandbox.finish();
}
