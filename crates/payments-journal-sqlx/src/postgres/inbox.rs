//! Messages of providers.

use payments_journal::store::{KEEP_HINTS, Matched, Received};
use payments_journal::{Account, InboxId, IntentId, Message, StoreError};
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::error::store_error;
use super::rows::{bind_accounts, ids, is_of_accounts, now};
use super::transaction::{Transaction, repeated};
use crate::columns::Columns as _;
use crate::values::{json, millis};

/// Deletes old hints about nothing that is recorded: anyone can send them. Some at a time, so that no call takes long.
pub(super) const FORGET: &str = "\
    DELETE FROM payments_inbox WHERE id IN ( \
        SELECT id FROM payments_inbox WHERE matched = 0 AND report = '' AND received_at <= $1 \
        ORDER BY received_at LIMIT 100 FOR UPDATE SKIP LOCKED)";

/// The locks of the message's reference and of its provider's id, in this order. A change of an intent takes the same ones.
///
/// The statement that follows sees every intent whose claim was committed, and every provider's id. The claims and ids that are
/// committed later see the message.
pub(super) const LOCK: &str = "SELECT payments_lock(1, $1, $2, $3, $4), payments_lock(2, $1, $2, $3, $5)";

/// A message that matches no intent waits: a change of the intent sets `matched`.
pub(super) const RECEIVE: &str = "\
    INSERT INTO payments_inbox \
        (tenant, provider, account, source, reference, object_id, operations, report, received_at, matched) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, \
        (EXISTS (SELECT 1 FROM payments_intents AS i \
            WHERE i.tenant = $1 AND i.provider = $2 AND i.account = $3 \
                AND i.operation = ANY ($10::text[]) AND i.reference = $5) \
        OR EXISTS (SELECT 1 FROM payments_intents AS i \
            WHERE i.provider_id = $6 AND i.provider = $2 AND i.tenant = $1 AND i.account = $3))::int \
    ON CONFLICT (tenant, provider, account, source) DO NOTHING RETURNING id";

pub(super) const FIND: &str =
    "SELECT id FROM payments_inbox WHERE tenant = $1 AND provider = $2 AND account = $3 AND source = $4";

/// Messages of the accounts, with the intents that match now.
macro_rules! matches_of {
    ($messages:literal) => {
        concat!(
            "SELECT * FROM ( \
                SELECT m.id, m.tenant, m.provider, m.account, m.source, m.reference, m.object_id, m.operations, m.report, \
                    m.received_at, ARRAY( \
                        SELECT i.id FROM payments_intents AS i \
                        WHERE i.tenant = m.tenant AND i.provider = m.provider AND i.account = m.account \
                            AND i.operation = ANY (ARRAY(SELECT jsonb_array_elements_text(m.operations::jsonb))) \
                            AND i.reference = m.reference \
                        UNION \
                        SELECT i.id FROM payments_intents AS i \
                        WHERE i.provider_id = m.object_id \
                            AND i.provider = m.provider AND i.tenant = m.tenant AND i.account = m.account \
                        ORDER BY id \
                    ) AS intents \
                FROM payments_inbox AS m WHERE ",
            $messages,
            " AND ",
            is_of_accounts!("m"),
            " ) AS messages WHERE cardinality(intents) > 0"
        )
    };
}

pub(super) const MATCHES: &str = concat!(
    matches_of!("m.matched = 1 AND m.applied_at IS NULL AND m.id > $4"),
    " ORDER BY id LIMIT (SELECT $5::bigint)"
);

/// Also if it was applied: a hint that is received again is applied again.
pub(super) const MATCHES_OF: &str = matches_of!("m.id = $4");

pub(super) const APPLIED: &str =
    concat!("UPDATE payments_inbox SET applied_at = ", now!(), " WHERE id = $1 AND applied_at IS NULL");

pub(super) async fn receive(store: &PostgresStore, message: &Message) -> Result<Received, StoreError> {
    repeated(|| async {
        let mut transaction = Transaction::begin(store, "").await?;
        let result = insert(store, &mut transaction, message).await;
        transaction.end(result).await
    })
    .await
}

async fn insert(
    store: &PostgresStore,
    transaction: &mut Transaction,
    message: &Message,
) -> Result<Received, StoreError> {
    let connection = transaction.connection()?;
    let account = &message.account;
    if message.is_hint() {
        let old = millis(message.received_at - KEEP_HINTS);
        store.query(FORGET).bind(old).execute(&mut *connection).await.map_err(store_error)?;
    }
    let lock = store.query(LOCK).bind(&account.tenant).bind(&account.provider).bind(&account.name);
    let lock = lock.bind(&message.reference).bind(&message.object_id);
    lock.execute(&mut *connection).await.map_err(store_error)?;
    let inserted = store
        .query(RECEIVE)
        .bind(&account.tenant)
        .bind(&account.provider)
        .bind(&account.name)
        .bind(&message.source)
        .bind(&message.reference)
        .bind(&message.object_id)
        .bind(json("operations", &message.operations)?)
        .bind(&message.report)
        .bind(millis(message.received_at))
        .bind(&message.operations)
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
    if let Some(row) = inserted.first() {
        return Ok(Received::New(InboxId::new(row.integer("id")?)));
    }
    let query = store.query(FIND).bind(&account.tenant).bind(&account.provider).bind(&account.name);
    let row = query.bind(&message.source).fetch_one(connection).await.map_err(store_error)?;
    Ok(Received::Repeated(InboxId::new(row.integer("id")?)))
}

pub(super) async fn matches(
    store: &PostgresStore,
    accounts: &[Account],
    after: Option<InboxId>,
    limit: u32,
) -> Result<Vec<Matched>, StoreError> {
    let after = after.map_or(i64::MIN, InboxId::number);
    let query = || bind_accounts(store.query(MATCHES), accounts).bind(after).bind(i64::from(limit));
    store.fetch(query).await?.iter().map(matched).collect()
}

pub(super) async fn matches_of(
    store: &PostgresStore,
    accounts: &[Account],
    id: InboxId,
) -> Result<Option<Matched>, StoreError> {
    let rows = store.fetch(|| bind_accounts(store.query(MATCHES_OF), accounts).bind(id.number())).await?;
    rows.first().map(matched).transpose()
}

fn matched(row: &PgRow) -> Result<Matched, StoreError> {
    let intents = ids(row, "intents")?.into_iter().map(IntentId::new).collect();
    Ok(Matched { id: InboxId::new(row.integer("id")?), message: row.message(), intents })
}

pub(super) async fn applied(store: &PostgresStore, id: InboxId) -> Result<(), StoreError> {
    let mut transaction = Transaction::begin(store, "").await?;
    let applied = store.query(APPLIED).bind(id.number()).execute(transaction.connection()?).await;
    transaction.end(applied.map(drop).map_err(store_error)).await
}
