//! The inspector's overview.

use payments_browser_tests::{Browser, Screen};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn the_overview_shows_the_run_and_what_a_program_needs_for_it() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let mut browser = Browser::start(screen).await;
        browser.allow_clipboard(world.sandbox.control_url()).await;
        browser.open(&world.inspector("/")).await;
        browser.shows("Seed\n1").await;
        for (provider, values) in world.sandbox.credentials() {
            browser.shows(provider).await;
            for (_, value) in values {
                browser.shows(value).await;
            }
        }
        browser.press("Copy API key of turbopay").await;
        browser.shows("Copied.").await;
        assert_eq!(browser.clipboard().await, world.sandbox.turbopay().api_key());
        browser.press("Environment variables").await;
        browser.press("Copy turratech: Environment variables").await;
        let (url, key) = (world.sandbox.turratech().base_url(), world.sandbox.turratech().api_key());
        let variables = browser.clipboard().await;
        assert!(
            variables.starts_with(&format!("export TURRATECH_BASE_URL='{url}'\nexport TURRATECH_API_KEY='{key}'\n"))
        );
        browser.look("overview").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn the_overview_is_live_and_advances_the_clock() {
    let world = World::recording().await;
    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&world.inspector("/")).await;
    browser.shows("2026-01-01 12:00:00 UTC").await;
    browser.shows("Requests\n0").await;
    browser.shows("live").await;
    world.deposit("order-1").await;
    browser.shows("Requests\n1").await;
    browser.fill("Advance by", "90").await;
    browser.press("Advance the clock").await;
    browser.shows("2026-01-01 12:01:30 UTC").await;
    browser.finish().await;
    world.sandbox.finish();
}

#[tokio::test]
async fn every_page_has_a_banner_while_something_was_paid_twice() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/faults")).await;
        browser.shows("live").await;
        browser.does_not_show("Executed or paid twice").await;
        for reference in ["order-1", "order-1b"] {
            world.deposit(reference).await;
            world.sandbox.turbopay().order(reference).succeed();
        }
        browser.does_not_show("Executed or paid twice").await;
        let same = json!({"references": ["order-1", "order-1b"]});
        world.control("POST", "/same-orders", &same).await;
        browser.shows("Executed or paid twice").await;
        browser.shows("one order was paid under \"order-1\" and \"order-1b\"").await;
        browser.look("banner").await;
        browser.finish().await;
        world.sandbox.abandon();
    }
}
