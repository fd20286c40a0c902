//! Two requests at the same moment, on a database whose readers do not wait for writers.

use std::time::Duration;

use ::stage::Stage;
use ::stage::books::Database;
use payments_test_postgres::Server;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::customer::{CARD_FORM, Customer, LONGEST, card3ds_id, hidden};

#[tokio::test]
async fn a_payment_that_is_being_cancelled_is_not_charged() {
    let Some(server) = Server::of_test() else { return };
    let stage = Stage::builder().seed(7).postgres(server).start().await.unwrap();
    let Database::Postgres(database) = stage.database() else { panic!("another database") };
    let customer = Customer::of(&stage);
    let order = customer.order().await;
    customer.pay(&order, "card", &CARD_FORM).await;
    let (page, cancel) = (format!("/orders/{order}"), format!("/orders/{order}/cancel"));
    let csrf = hidden(&customer.wait_for_page(&page, &cancel).await, "csrf");

    // Who changes the payment waits until this transaction ends. The first to come is the first to go on.
    let mut connection = database.connect().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM payments FOR UPDATE").execute(&mut *transaction).await.unwrap();
    let confirms = async {
        waiting(database, 1).await;
        stage.sandbox().card3ds().challenge(&card3ds_id(&stage, &format!("{order}-1"))).approve();
        waiting(database, 2).await;
        transaction.commit().await.unwrap();
    };
    let (cancelled, ()) = tokio::join!(customer.try_send(&cancel, &csrf, &[]), confirms);
    cancelled.unwrap();
    stage.sandbox().settle().await;

    customer.wait_for(&order, "open").await;
    assert_eq!(stage.sandbox().ledger().executions("card3ds.complete-3ds"), 0);
    stage.finish();
}

/// Waits until this many statements wait for a lock.
async fn waiting(database: &PgConnectOptions, count: i64) {
    let mut connection = database.connect().await.unwrap();
    let until = async {
        loop {
            let (waiting,): (i64,) = sqlx::query_as(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .fetch_one(&mut connection)
            .await
            .unwrap();
            if waiting >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONGEST, until).await.unwrap();
}
