//! Impatient customers: double clicks, the back button, and two tabs. Money moves once, whatever they do.

use super::visit::{Method, Visit};

#[tokio::test]
async fn clicks_on_order_that_repeat_create_one_order() {
    let visit = Visit::start().await;
    visit.open("/").await;
    visit.browser.press_twice("Order Teapot").await;
    let order = visit.order_on_page().await;
    visit.browser.back().await;
    visit.browser.press("Order Teapot").await;
    assert_eq!(visit.order_on_page().await, order, "the page before creates the same order");

    visit.open("/").await;
    visit.browser.run(&click_twice("buy-tea")).await;
    visit.order_on_page().await;
    visit.open("/").await;
    visit.browser.run(&post_twice("buy-samovar")).await;
    visit.open("/orders").await;
    visit.browser.shows("Samovar").await;
    let orders = visit.browser.run("return document.querySelectorAll('tbody tr').length").await;
    assert_eq!(orders, 3, "one order of each");
    visit.finish().await;
}

#[tokio::test]
async fn a_double_click_on_pay_charges_a_saved_card_once() {
    let visit = Visit::start().await;
    visit.save_card().await;
    for way in ["two clicks", "two clicks in one task", "two forms at once"] {
        let order = visit.order().await;
        visit.choose(Method::SavedCard).await;
        match way {
            "two clicks" => visit.browser.press_twice("Pay").await,
            "two clicks in one task" => drop(visit.browser.run(&click_twice("pay")).await),
            _ => drop(visit.browser.run(&post_twice("pay")).await),
        }
        visit.is_bought_once(&order).await;
    }
    visit.finish().await;
}

#[tokio::test]
async fn the_back_button_leads_to_the_payment_that_is_in_progress() {
    let visit = Visit::start().await;
    // From the provider's page.
    let order = visit.order().await;
    visit.pay(Method::UpiPage).await;
    visit.browser.shows("Let the payment expire").await;
    visit.browser.back().await;
    visit.browser.press("Pay").await;
    assert_eq!(visit.order_on_page().await, order);
    visit.browser.press("Continue on the payment page").await;
    visit.browser.press("I have paid").await;
    assert_eq!(visit.order_on_page().await, order);
    visit.let_the_bank_decide();
    visit.is_bought_once(&order).await;

    // From the challenge.
    let order = visit.order().await;
    visit.pay(Method::Card).await;
    visit.bank_asks().await;
    visit.browser.back().await;
    visit.fill_in(Method::Card).await;
    visit.browser.press("Pay").await;
    visit.browser.press("Continue with 3-D Secure").await;
    visit.decide_in_frame("Approve").await;
    visit.is("paid").await;

    // A form that was left open, once the order is paid.
    visit.open(&format!("/orders/{order}/pay/card")).await;
    visit.fill_in(Method::Card).await;
    visit.browser.press("Pay").await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn two_tabs_that_pay_at_the_same_moment_pay_once() {
    let visit = Visit::start().await;
    visit.save_card().await;
    for (first, second) in [
        (Method::SavedCard, Method::SavedCard),
        (Method::UpiPage, Method::UpiPage),
        (Method::SavedCard, Method::UpiApp),
        (Method::UpiPage, Method::UpiApp),
    ] {
        let order = visit.order().await;
        visit.browser.open_tab(&visit.url(&format!("/orders/{order}"))).await;
        visit.choose(second).await;
        visit.browser.becomes("document.getElementById('pay')").await;
        visit.browser.run(CLICK_WITH_THE_OTHER_TAB).await;
        visit.browser.enter_tab(0).await;
        visit.choose(first).await;
        visit.browser.becomes("document.getElementById('pay')").await;
        visit
            .browser
            .run("new BroadcastChannel('pay').postMessage('now'); document.getElementById('pay').click()")
            .await;

        // Each tab shows the one payment.
        let mut paid = false;
        for tab in [1, 0] {
            visit.browser.enter_tab(tab).await;
            visit.open_order(&order).await;
            if !paid {
                visit
                    .browser
                    .becomes("document.querySelector('#continue') || document.body.dataset.state === 'paid'")
                    .await;
                if visit.browser.run("return document.body.dataset.state").await != "paid" {
                    visit.browser.press("Continue on the payment page").await;
                    visit.browser.press("I have paid").await;
                    visit.let_the_bank_decide();
                }
                paid = true;
            }
            visit.is_bought_once(&order).await;
        }
    }
    visit.finish().await;
}

/// Clicks twice before the browser can follow the first click.
fn click_twice(button: &str) -> String {
    format!("const button = document.getElementById({button:?}); button.click(); button.click()")
}

/// Sends the button's form twice at once, and waits for both responses.
fn post_twice(button: &str) -> String {
    format!(
        "const form = document.getElementById({button:?}).form;
         const send = () => fetch(form.action, {{method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual'}});
         return Promise.all([send(), send()]).then(() => true)"
    )
}

/// Timers of a tab in the background are late, messages are not.
const CLICK_WITH_THE_OTHER_TAB: &str =
    "new BroadcastChannel('pay').onmessage = () => document.getElementById('pay').click()";
