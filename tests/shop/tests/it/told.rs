//! What customers and the back office are told while something is open.

use crate::customer::{CARD_FORM, Customer, hidden, stage};

#[tokio::test]
async fn a_card_that_may_have_been_charged_is_not_to_be_charged_again() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let saved_card = customer.save_card().await;
    // More often than a call is repeated under its idempotency key.
    for fault in ["turratech.create-payment @after-commit fin x20", "turratech @webhook delay=3600s"] {
        stage.sandbox().fault(fault);
    }
    let order = customer.order().await;
    customer.pay(&order, "saved-card", &[("saved_card", &saved_card)]).await;

    let page = customer.wait_for_page(&format!("/orders/{order}"), "Please do not pay again").await;

    assert!(page.contains("data-state=\"paying\"") && !page.contains(&format!("/orders/{order}/pay/")), "{page}");
    assert!(page.contains("http-equiv=\"refresh\""), "it shows the result once it is known: {page}");
    customer.pay(&order, "upi-page", &[]).await;
    stage.sandbox().clear_faults();
    customer.wait_for(&order, "paid").await;
    stage.sandbox().ledger().order(&format!("{order}-1")).executed_once();
    assert_eq!(stage.sandbox().turbopay().order(&format!("{order}-2")).status(), None);
    stage.abandon();
}

#[tokio::test]
async fn a_utr_that_was_refused_is_refused_when_it_is_sent_again() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let order = customer.order().await;
    customer.pay(&order, "upi", &[]).await;
    let (page, path) = (format!("/orders/{order}"), format!("/orders/{order}/utr"));
    stage.sandbox().fault("turbopay.confirm @before-commit json=422");

    for _ in 0..2 {
        let csrf = hidden(&customer.get(&page).await, "csrf");
        assert_eq!(customer.post(&path, &[("csrf", &csrf), ("utr", "402012345678")]).await, 422);
    }

    stage.abandon();
}

#[tokio::test]
async fn the_back_office_lists_orders_that_began_to_pay() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    customer.log_in().await;
    let (begun, left) = (customer.order().await, customer.order().await);
    customer.pay(&begun, "card", &CARD_FORM).await;

    let office = customer.get("/office").await;

    assert!(office.contains(&begun) && !office.contains(&left), "{office}");
    stage.abandon();
}
