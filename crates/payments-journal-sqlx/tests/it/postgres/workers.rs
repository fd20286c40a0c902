//! Several workers at once.

use std::collections::HashMap;

use payments_journal::{Account, Store as _};

use crate::backend::{Backend as _, OnPostgres};
use crate::support::account;

async fn record_many(database: &OnPostgres, count: u32) {
    let many = format!(
        "INSERT INTO payments_intents (tenant, provider, account, operation, reference, version, key_id, mac, parameters, \
            by_ticket, recorded_at, due_at) \
         SELECT 'tenant', 'turbopay', 'main', 'pay_out', n::text, 1, '1', 'm', 'p', 0, 1767322245000, 1767322245000 + n \
         FROM generate_series(1, {count}) AS n"
    );
    database.sql(&many).await.unwrap();
}

#[tokio::test]
async fn workers_do_not_all_list_the_same_intents() {
    let Some(database) = OnPostgres::new().await else { return };
    record_many(&database, 1_000).await;
    let mut listed = HashMap::new();
    for _ in 0..8 {
        let agenda = database.store.agenda(&[account()], 32).await.unwrap();
        assert_eq!(agenda.due.len(), 32);
        assert!(agenda.due.is_sorted());
        for id in agenda.due {
            *listed.entry(id.number()).or_insert(0) += 1;
        }
    }

    // Each is a sample of the 512 that are overdue for the longest time. In the mean, 206 of them are listed.
    assert!(listed.len() > 170, "{}", listed.len());
    assert!(listed.keys().all(|id| *id <= 512));
}

#[tokio::test]
async fn a_worker_lists_all_if_it_can_take_all() {
    let Some(database) = OnPostgres::new().await else { return };
    record_many(&database, 20).await;

    let agenda = database.store.agenda(&[Account::at("other"), account()], 32).await.unwrap();

    assert_eq!(agenda.due, database.store.due(&[account()], 32).await.unwrap());
    assert_eq!(agenda.due.len(), 20);
}
