//! The books against the real shop and the real ledger.

use ::stage::Stage;
use ::stage::books::{Books, Kind};
use payments_sandbox::EntryKind;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tokio::time::timeout;

use crate::customer::{CARD, CARD_FORM, Customer, LONGEST, card3ds_id, stage};

/// Waits until the books satisfy a condition.
async fn books_when(stage: &Stage, what: &str, is_met: impl FnMut(&Books) -> bool) -> Books {
    match timeout(LONGEST, stage.books_when(is_met)).await {
        Ok(books) => books.unwrap(),
        Err(_) => panic!("never {what}:\n{}\n{}", stage.books().await.unwrap(), stage.shop().last_lines()),
    }
}

#[tokio::test]
async fn every_movement_of_money_is_booked_as_the_ledger_has_it() {
    let stage = stage().await;
    let (sandbox, customer) = (stage.sandbox(), Customer::of(&stage));
    customer.log_in().await;

    let upi = customer.order().await;
    customer.pay(&upi, "upi", &[]).await;
    let page = format!("/orders/{upi}");
    customer.send(&page, &format!("{page}/utr"), &[("utr", "402012345678")]).await;

    let upi_page = customer.order().await;
    customer.pay(&upi_page, "upi-page", &[]).await;
    sandbox.turbopay().order(&format!("{upi_page}-1")).pay();

    let upi_app = customer.order().await;
    customer.pay(&upi_app, "upi-app", &[]).await;
    sandbox.turbo_txn().order(&format!("{upi_app}-1")).approve();

    let bank_page = customer.order().await;
    customer.pay(&bank_page, "bank-page", &[]).await;
    sandbox.card3ds().checkout(&card3ds_id(&stage, &format!("{bank_page}-1"))).pay(CARD);

    let card = customer.order().await;
    customer.pay(&card, "card", &CARD_FORM).await;
    sandbox.card3ds().challenge(&card3ds_id(&stage, &format!("{card}-1"))).approve();

    let saved_card = customer.save_card().await;
    let saved = customer.order().await;
    customer.pay(&saved, "saved-card", &[("saved_card", &saved_card)]).await;

    let (csrf, payout) = customer.payout_form().await;
    customer.pay_out(&csrf, &payout).await.unwrap();

    let books = books_when(&stage, "equal", |books| books.count("equal") == 7).await;
    books.all_equal();
    for (order, kind) in [&upi, &upi_page, &upi_app, &bank_page, &card, &saved].map(|order| (order, Kind::Payment)) {
        let row = books.of(order).next().unwrap();
        assert_eq!((row.kind, row.ledger > 0), (kind, true), "{row}");
    }
    let row = books.of(&payout).next().unwrap();
    assert_eq!((row.kind, row.ledger), (Kind::Payout, -50_000), "{row}");

    // What comes back.
    customer.send("/office", &format!("/office/payments/{saved}-1/refund"), &[]).await;
    sandbox.turbopay().order(&payout).refund();
    sandbox.turbopay().order(&format!("{upi}-1")).charge_back("claimed");
    let kinds = |kind| sandbox.ledger().entries().iter().any(|entry| entry.kind == kind);
    assert!(kinds(EntryKind::Refunded) && kinds(EntryKind::Returned) && kinds(EntryKind::ChargedBack));
    // TurraTech reports no final status of a refund, so its intent stays open.
    let is_booked = |books: &Books| books.rows().len() == 8 && books.unequal().next().is_none();
    let books = books_when(&stage, "booked back", is_booked).await;
    books.nothing_is_wrong();
    let refund = books.rows().iter().find(|row| row.kind == Kind::Refund).unwrap();
    assert_eq!((refund.order.as_deref(), refund.ledger < 0), (Some(saved.as_str()), true), "{refund}");
    let amounts = [&payout, &upi].map(|order| books.of(order).map(|row| row.ledger).sum::<i64>());
    assert_eq!(amounts, [0, 0], "{books}");
    stage.finish();
}

#[tokio::test]
async fn a_shop_that_was_killed_in_the_middle_of_a_payout_knows_that_it_does_not_know() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    customer.log_in().await;
    let (csrf, payout) = customer.payout_form().await;

    let (sent, ()) = timeout(LONGEST, async {
        tokio::join!(customer.pay_out(&csrf, &payout), stage.kill_when_executed("turbopay.withdraw"))
    })
    .await
    .unwrap();
    assert!(sent.is_err(), "the shop responded: {sent:?}");

    // The database is read while the shop is dead.
    let books = stage.books().await.unwrap();
    let row = books.of(&payout).next().unwrap();
    assert_eq!((row.ledger, row.booked, row.verdict.name()), (-50_000, 0, "open"), "{row}");
    stage.sandbox().ledger().order(&payout).executed_once();
    stage.abandon();
}

#[tokio::test]
async fn a_mistake_in_the_shops_database_is_found() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let saved_card = customer.save_card().await;
    let order = customer.order().await;
    customer.pay(&order, "saved-card", &[("saved_card", &saved_card)]).await;
    books_when(&stage, "equal", |books| books.count("equal") == 1).await.nothing_is_wrong();
    stage.kill();

    for (mistake, undo, expected) in [
        (
            "UPDATE bookings SET amount = amount + 1",
            "UPDATE bookings SET amount = amount - 1",
            "booked with another amount than moved",
        ),
        (
            "UPDATE bookings SET reference = reference || '-x'",
            "UPDATE bookings SET reference = replace(reference, '-x', '')",
            "money moved, and the shop has neither booked it nor is it open",
        ),
        (
            "UPDATE orders SET shipped_at = NULL WHERE shipped_at = (SELECT max(shipped_at) FROM orders)",
            "UPDATE orders SET shipped_at = 1 WHERE id IN (SELECT order_id FROM payments)",
            "the payment is booked, and the order is not shipped",
        ),
        (
            "UPDATE orders SET shipped_at = 1 WHERE id NOT IN (SELECT order_id FROM payments)",
            "UPDATE orders SET shipped_at = NULL WHERE id NOT IN (SELECT order_id FROM payments)",
            "the order is shipped, and not paid",
        ),
    ] {
        change(&stage, mistake).await;
        let books = stage.books().await.unwrap();
        let reasons: Vec<&str> = books.wrong().map(|row| row.verdict.reason()).collect();
        assert!(reasons.contains(&expected), "{mistake}: {books}");
        change(&stage, undo).await;
        stage.books().await.unwrap().nothing_is_wrong();
    }
    stage.finish();
}

async fn change(stage: &Stage, statement: &'static str) {
    let file = stage.folder().join("shop.db");
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let changed = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert_ne!(changed.rows_affected(), 0, "{statement}");
}
