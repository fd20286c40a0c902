//! The inspector's list of orders, and its page of one order.

use payments_browser_tests::{Browser, Screen};
use serde_json::{Value, json};

use crate::support::World;

/// The drawing of the states, in words.
async fn spoken(browser: &Browser) -> Value {
    browser.run("return document.querySelector('svg').getAttribute('aria-label')").await
}

#[tokio::test]
async fn an_order_is_listed_live_with_what_its_client_could_not_know() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        world.sandbox.fault("turbopay.deposit#2 @after-commit fin");
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/orders?provider=turbopay")).await;
        browser.shows("No order matches.").await;
        browser.shows("live").await;
        world.deposit("order-1").await;
        browser.shows("turbopay.deposit · 2000.00 INR · created; no money has moved").await;
        world.try_deposit("order-2").await;
        browser.shows("executed; the client was sent no response").await;
        let newest = browser.run("return document.querySelector('article h2').innerText").await;
        assert!(newest.as_str().unwrap().starts_with("order-2"), "{newest}");

        browser.press("pay: order-1").await;
        browser.shows("new → pending").await;
        browser.press("fail: order-1").await;
        browser.shows("new → pending → failed").await;
        browser.look("orders").await;

        browser.fill("Reference", "order-2").await;
        browser.press("Filter").await;
        browser.stops_showing("new → pending → failed").await;
        browser.shows("executed; the client was sent no response").await;
        browser.press("order-2").await;
        browser.shows("What the client was sent").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn an_order_is_drawn_over_the_documented_changes_and_every_action_has_a_button() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let page = world.deposit("order-1").await;
        let mut browser = Browser::start(screen).await;
        browser.allow_clipboard(world.sandbox.control_url()).await;
        browser.open(&page).await;
        browser.press("Let the payment expire").await;
        browser.shows("Welcome back").await;

        browser.open(&world.inspector("/inspector/orders/turbopay/order-1")).await;
        browser.shows("The documented status changes.").await;
        browser.shows("live").await;
        assert_eq!(spoken(&browser).await, "new, then expired; documented next: failed, success");
        browser.look("order-documented").await;

        // With an amount, in the form.
        browser.run("document.querySelector('details[id^=more-success]').open = true").await;
        browser.fill("amount", "1999.50").await;
        let send = "document.querySelector('button[id^=send-success]').click()";
        browser.run(send).await;
        browser.shows("credited 1999.50 INR").await;
        assert_eq!(spoken(&browser).await, "new, then expired, then success; documented next: chargeback (rare)");
        browser.press("chargeback: order-1").await;
        browser.shows("charged back 1999.50 INR").await;
        browser.press("resend: order-1").await;

        browser.fill("Note for the timeline", "the customer has called").await;
        browser.press("Add the note").await;
        browser.press("Treat as one order").await;
        browser.shows("must have at least two references").await;
        browser.fill("References that your application", "order-1\norder-1b").await;
        browser.press("Treat as one order").await;
        browser.press("Show it, with marked places for your code").await;
        browser.shows("sandbox.same_order(&[").await;

        browser.press("Copy as a Rust test").await;
        browser.shows("Copied.").await;
        let copied = browser.clipboard().await;
        for line in [
            "async fn recorded_order_1() {",
            "// Your code: turbopay.deposit of \"order-1\" (executed; the client was sent 201)",
            "sandbox.turbopay().order(\"order-1\").expire();",
            "sandbox.turbopay().order(\"order-1\").succeed_with(\"1999.50\");",
            "sandbox.turbopay().order(\"order-1\").charge_back(\"\");",
            "sandbox.turbopay().order(\"order-1\").resend();",
            "sandbox.note(\"the customer has called\");",
            "sandbox.same_order(&[\"order-1\", \"order-1b\"]);",
            "sandbox.expect_status(\"order-1\", \"chargeback\");",
        ] {
            assert!(copied.contains(line), "{line} is not in {copied}");
        }
        browser.look("order-actions").await;
        browser.expect_error("422 (Unprocessable", "Chromium logs each refused request");
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn an_order_of_a_provider_without_a_table_is_drawn_as_observed() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let (id, _) = world.checkout("order-1").await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector(&format!("/inspector/orders/card3ds/{id}"))).await;
        browser.shows("Observed: the provider does not document status changes").await;
        browser.choose("card", "visa").await;
        browser.fill("installmentCount", "7").await;
        browser.run("document.querySelector('button[id^=send-pay]').click()").await;
        browser.shows("this card does not offer this number of installments here").await;
        browser.fill("installmentCount", "1").await;
        browser.run("document.querySelector('button[id^=send-pay]').click()").await;
        browser.shows("executed 100.50 TRY").await;
        assert_eq!(spoken(&browser).await, "ENROLLED, then SUCCESS");
        browser.look("order-observed").await;
        browser.expect_error("422 (Unprocessable Entity)", "Chromium logs each refused request");
        browser.finish().await;
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_hostile_reference_is_a_text_on_every_pane() {
    let world = World::recording().await;
    let hostile = "<img src=x onerror=alert(1)>\"'&/../%";
    world.deposit(hostile).await;
    world.control("POST", "/notes", &json!({"text": "</pre><script>alert(2)</script>", "reference": hostile})).await;
    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&world.inspector("/inspector/orders")).await;
    browser.shows(hostile).await;
    browser.run("document.querySelector('article h2 a').click()").await;
    browser.shows("What the provider did").await;
    browser.press("Show it, with marked places for your code").await;
    browser.shows("</pre><script>alert(2)</script>").await;
    browser.press("Timeline of this order").await;
    browser.shows(hostile).await;
    browser.open(&world.inspector("/inspector/ledger")).await;
    browser.run("document.querySelector('tbody th a[href*=reference]').click()").await;
    browser.shows("turbopay.deposit · 2000.00 INR").await;
    browser.shows(hostile).await;
    browser.finish().await;
    world.sandbox.finish();
}
