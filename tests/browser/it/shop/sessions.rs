//! Sessions: what a bank's form does to them, and who sees what.

use payments_browser_tests::{Browser, Screen};

use super::visit::{Method, Visit};

#[tokio::test]
async fn a_customer_whom_the_bank_posts_back_still_has_the_session() {
    let mut visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::BankPage).await;
    // The bank's page posts a form from another site.
    visit.browser.press("mastercard").await;
    assert_eq!(visit.order_on_page().await, order);
    visit.is("paid").await;
    visit.is_bought_once(&order).await;
    visit.open("/orders").await;
    visit.browser.shows(&order).await;

    visit.log_in().await;
    let cookies = visit.browser.cookies().await;
    for (name, same_site) in [("session", "Lax"), ("office", "Strict")] {
        let cookie = cookies.iter().find(|cookie| cookie["name"] == name).unwrap();
        assert_eq!((&cookie["sameSite"], &cookie["httpOnly"]), (&same_site.into(), &true.into()), "{cookie}");
    }

    // Another customer, who has got the address.
    let mut stranger = Browser::start(Screen::Phone).await;
    stranger.open(&visit.url(&format!("/orders/{order}"))).await;
    stranger.shows("There is no such page.").await;
    stranger.open(&visit.url("/orders")).await;
    stranger.does_not_show(&order).await;
    stranger.open(&visit.url("/office")).await;
    stranger.shows("Password").await;
    stranger.expect_error("404 (Not Found)", "Chromium logs each page whose status is an error");
    stranger.finish().await;

    // A form of another session.
    let order = visit.order().await;
    visit.choose(Method::UpiPage).await;
    visit.browser.run("document.querySelector('[name=csrf]').value = 'a'.repeat(64)").await;
    visit.browser.press("Pay").await;
    visit.browser.shows("This form is out of date.").await;
    visit.browser.expect_error("403 (Forbidden)", "Chromium logs each page whose status is an error");
    visit.open_order(&order).await;
    visit.is("open").await;
    visit.finish().await;
}
