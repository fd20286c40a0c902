//! Accounts that are paused.

use payments_journal::store::Pause;
use payments_journal::{Account, StoreError};

use super::PostgresStore;
use super::error::store_error;
use super::rows::now;
use super::transaction::{Transaction, repeated};
use crate::columns::Columns as _;

pub(super) const ALL: &str = concat!(
    "SELECT tenant, provider, account, since AS paused_since, until AS paused_until, problem AS pause_problem \
     FROM payments_pauses WHERE until > ",
    now!(),
    " ORDER BY since"
);

pub(super) const END: &str = "DELETE FROM payments_pauses WHERE tenant = $1 AND provider = $2 AND account = $3";

/// What waited for the end of the pause is due now. A pending intent waited for it if it is due at that very time; else its time is
/// that of the next lookup. What somebody works on is due when the lease is over.
///
/// The rows are locked in one order, so that two processes that end a pause do not wait for each other.
pub(super) const WAKE: &str = concat!(
    "WITH clock AS MATERIALIZED (SELECT ",
    now!(),
    " AS now), waiting AS MATERIALIZED ( \
        SELECT i.id FROM payments_intents AS i \
        WHERE i.due_at > (SELECT now FROM clock) AND i.tenant = $1 AND i.provider = $2 AND i.account = $3 \
            AND (i.lease_until IS NULL OR i.lease_until <= (SELECT now FROM clock)) \
            AND (i.state IN ('intended', 'unknown') OR i.state = 'pending' AND i.due_at = ( \
                SELECT until FROM payments_pauses WHERE tenant = $1 AND provider = $2 AND account = $3)) \
        ORDER BY i.id FOR NO KEY UPDATE) \
     UPDATE payments_intents SET due_at = (SELECT now FROM clock) WHERE id IN (SELECT id FROM waiting)"
);

pub(super) async fn all(store: &PostgresStore) -> Result<Vec<Pause>, StoreError> {
    let rows = store.fetch(|| store.query(ALL)).await?;
    rows.iter().filter_map(|row| row.pause().transpose()).collect()
}

pub(super) async fn end(store: &PostgresStore, account: &Account) -> Result<(), StoreError> {
    repeated(|| async {
        let mut transaction = Transaction::begin(store, "").await?;
        let result = wake_and_end(store, &mut transaction, account).await;
        transaction.end(result).await
    })
    .await
}

async fn wake_and_end(
    store: &PostgresStore,
    transaction: &mut Transaction,
    account: &Account,
) -> Result<(), StoreError> {
    for statement in [WAKE, END] {
        let query = store.query(statement).bind(&account.tenant).bind(&account.provider).bind(&account.name);
        query.execute(transaction.connection()?).await.map_err(store_error)?;
    }
    Ok(())
}
