//! The back office.

use super::visit::Visit;

#[tokio::test]
async fn the_back_office_refunds_and_pays_out_and_shows_what_it_knows() {
    let mut visit = Visit::start().await;
    let order = visit.buy().await;
    visit.open("/office").await;
    visit.browser.fill("Password", "not the password").await;
    visit.browser.press("Log in").await;
    visit.browser.shows("The password is wrong.").await;
    visit.browser.expect_error("422 (Unprocessable", "Chromium logs each page whose status is an error");
    visit.log_in().await;

    visit.browser.press("Refund").await;
    visit.books_when("refunded", |books| books.rows().len() == 2 && books.unequal().next().is_none()).await;
    visit.money_moved(&order, 2);
    visit.open_order(&order).await;
    visit.is("refunded").await;

    visit.fill_payout().await;
    visit.browser.press_twice("Pay out").await;
    visit.browser.shows("750.00 INR").await;
    visit.let_the_bank_decide();
    visit.books_are_equal().await;
    assert_eq!(visit.stage.sandbox().ledger().executions("turbopay.withdraw"), 1, "a double click pays once");
    visit.page_comes_to_show("/office/payouts", "succeeded").await;

    visit.browser.press("Needs review").await;
    visit.browser.shows("Nothing needs a person.").await;
    visit.browser.press("Webhooks").await;
    for provider in ["turratech", "turbopay"] {
        visit.browser.shows(provider).await;
    }
    visit.browser.press("Payment links").await;
    for link in visit.stage.links() {
        visit.browser.shows(link).await;
    }
    visit
        .browser
        .becomes("document.images.length >= 2 && [...document.images].every((code) => code.naturalWidth > 0)")
        .await;
    visit.open("/office").await;
    visit.browser.shows("-750.00 INR").await;
    visit.finish().await;
}
