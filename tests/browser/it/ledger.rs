//! The inspector's page of the ledger.

use payments_browser_tests::{Browser, Screen};

use crate::support::World;

#[tokio::test]
async fn the_ledger_is_live_and_shows_what_was_paid_twice_first() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/ledger")).await;
        browser.shows("No entries yet.").await;
        browser.shows("live").await;
        world.deposit("order-1").await;
        world.sandbox.turbopay().order("order-1").succeed();
        browser.shows("Nothing was executed, credited, captured or paid twice.").await;
        browser.shows("200000").await;
        browser.shows("2000.00 INR").await;

        world.transaction("order-2").await;
        world.transaction("order-2").await;
        browser.shows("turbo-txn.initiate was executed twice for \"order-2\"").await;
        browser.look("ledger").await;
        let order = browser.run("return document.querySelector('.doubles a').getAttribute('href')").await;
        assert_eq!(order, "/inspector/orders?reference=order-2");
        let csv = browser
            .run("const request = new XMLHttpRequest(); request.open('GET', document.querySelector('a[href=\"/ledger.csv\"]').href, false); request.send(); return request.responseText")
            .await;
        assert!(csv.as_str().unwrap().contains("turbopay.deposit,order-1,credited,200000,INR,true,"), "{csv}");
        browser.press("order-1").await;
        browser.shows("turbopay.deposit · 2000.00 INR · credited once").await;
        browser.finish().await;
        world.sandbox.abandon();
    }
}
