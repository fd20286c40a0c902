//! The inspector's page of faults.

use payments_browser_tests::{Browser, Screen};

use crate::support::World;

#[tokio::test]
async fn a_fault_is_composed_from_lists_and_shows_that_it_occurred() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/faults")).await;
        browser.shows("No faults. Add one above.").await;
        browser.choose("Operation", "turbopay.deposit").await;
        browser.fill("Call number", "1").await;
        browser.choose("Phase", "@webhook").await;
        browser.choose("Effect", "delay").await;
        assert_eq!(browser.value("As text").await, "turbopay.deposit#1 @webhook delay=2s");
        browser.choose("Phase", "@after-commit").await;
        browser.choose("Effect", "html").await;
        browser.fill("Value of the effect", "503").await;
        browser.fill("Order", "order-1").await;
        browser.press("Add").await;
        browser.shows("turbopay.deposit#1 order=order-1 @after-commit html=503").await;
        browser.shows("not yet").await;
        browser.look("faults").await;

        world.try_deposit("order-1").await;
        browser.shows("once").await;
        browser.press("Remove turbopay.deposit#1 order=order-1 @after-commit html=503").await;
        browser.shows("No faults. Add one above.").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_fault_is_typed_and_a_mistake_is_explained() {
    let world = World::recording().await;
    let mut browser = Browser::start(Screen::Desktop).await;
    browser.expect_error("422 (Unprocessable Entity)", "Chromium logs each response whose status is an error");
    browser.open(&world.inspector("/inspector/faults")).await;
    browser.fill("As text", "turbopay.withdraw @after-lunch fin").await;
    browser.press("Add").await;
    browser.shows("is not a phase; expected one of @accept").await;
    assert_eq!(browser.value("As text").await, "turbopay.withdraw @after-lunch fin", "what was typed stays");
    browser.fill("As text", "turbopay.withdraw @after-commit fin x*").await;
    browser.press("Add").await;
    browser.shows("Sent: POST /faults").await;
    browser.press("Remove all faults").await;
    browser.shows("No faults. Add one above.").await;
    browser.finish().await;
    world.sandbox.finish();
}
