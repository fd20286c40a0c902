//! The optional wake-up of other processes.

use std::sync::Arc;
use std::time::Duration;

use payments_journal::Store as _;
use tokio::sync::Notify;

use super::{connect, run};
use crate::backend::{Backend as _, OnPostgres};
use crate::support::row;

/// Waits for a wake-up.
async fn woken(notify: &Notify) -> bool {
    tokio::time::timeout(Duration::from_secs(10), notify.notified()).await.is_ok()
}

#[tokio::test]
async fn a_committed_notification_wakes_other_processes_also_after_the_connection_was_lost() {
    let Some(database) = OnPostgres::new().await else { return };
    let (store, woken_by) = (database.another().await, Arc::new(Notify::new()));
    let wake = Arc::clone(&woken_by);
    let listener = tokio::spawn(async move { store.listen(|| wake.notify_one()).await });
    assert!(woken(&woken_by).await, "a listener looks for what happened before it listened");

    // Nothing is sent for a transaction that is rolled back: the next wake-up is that of the second one.
    for commits in [false, true] {
        let mut transaction = database.begin().await;
        database.store.record(&mut transaction, &row(&format!("order-{commits}"))).await.unwrap();
        database.store.notify(&mut transaction).await.unwrap();
        if commits {
            transaction.commit().await.unwrap();
            assert!(woken(&woken_by).await);
        } else {
            transaction.rollback().await.unwrap();
            let woken = tokio::time::timeout(Duration::from_millis(100), woken_by.notified()).await;
            assert!(woken.is_err(), "a transaction that was rolled back woke the workers");
        }
    }

    let mut other = connect(&database).await;
    let listening =
        "SELECT pid::text FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    let before = database.texts(listening).await;
    assert_eq!(before.len(), 1, "{before:?}");
    run(&mut other, &format!("SELECT pg_terminate_backend({})", before[0])).await;
    assert!(woken(&woken_by).await, "after the connection was lost, the worker must look");
    while database.texts(listening).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while tokio::time::timeout(Duration::from_millis(100), woken_by.notified()).await.is_ok() {}
    let mut transaction = database.begin().await;
    database.store.notify(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(woken(&woken_by).await);
    listener.abort();
}
