//! tur.bo's link pages.

use payments_browser_tests::{Browser, Screen};
use payments_sandbox::turbo_link::Fee;

use crate::support::{World, expect_conflict};

#[tokio::test]
async fn a_customer_pays_a_link_once() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let id = world.sandbox.turbo_link().create("1234.50");
        let link = world.sandbox.turbo_link().link(&id);
        link.set_fee(&Fee::percentage("10"));
        let mut browser = Browser::start(screen).await;
        browser.open(&link.url()).await;
        browser.shows("$1,234.50").await;
        browser.shows("plus a convenience fee of $123.45").await;
        let code = browser.run("return document.querySelector('img').naturalWidth").await;
        assert!(code.as_u64() > Some(100), "the QR code is not shown: {code}");
        browser.look("turbo-link-payment").await;
        // A second tab with the same page: a reloaded one would show that the link is paid.
        browser.run("window.open(location.href)").await;
        browser.press("Pay").await;
        browser.shows("This payment is completed.").await;
        browser.look("turbo-link-ended").await;
        browser.reload().await;
        browser.shows("This payment is completed.").await;
        assert!(browser.run("return document.querySelector('button')").await.is_null());

        browser.enter_other_tab().await;
        expect_conflict(&mut browser);
        browser.press("Pay").await;
        browser.shows("This payment is completed.").await;
        browser.finish().await;
        assert_eq!(link.status().as_deref(), Some("completed"));
        assert_eq!(world.sandbox.ledger().entries().len(), 1);
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_refunded_link_and_an_unknown_one_have_pages() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let id = world.sandbox.turbo_link().create("20.00");
        let link = world.sandbox.turbo_link().link(&id);
        let mut browser = Browser::start(screen).await;
        browser.open(&link.url()).await;
        browser.press("Pay").await;
        browser.shows("This payment is completed.").await;
        link.refund();
        browser.reload().await;
        browser.shows("This payment is refunded.").await;

        browser.expect_error("404 (Not Found)", "Chromium logs each page whose status is an error");
        browser.open(&format!("{}/pay/nobody", world.sandbox.turbo_link().base_url())).await;
        browser.shows("There is no payment at this URL.").await;
        browser.look("unknown-payment").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}
