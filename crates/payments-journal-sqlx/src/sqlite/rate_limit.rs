//! A limit that all processes with the same database share.

use std::time::Duration;

use async_trait::async_trait;
use payments_core::time::OffsetDateTime;
use payments_core::{AccountKey, RateLimit, RateLimitPermit, RateLimitRequest, RateLimited};
use payments_journal::StoreError;
use sqlx::Row as _;

use super::SqliteStore;
use super::error::store_error;
use super::guarded::Guarded;
use crate::limit::{Calls, Place, enter};
use crate::values::millis;

/// At most `limit` calls in any window of this length, per account, in all processes that use the database.
///
/// A call counts from when it is sent until one window after it ended, with or without a response. The worst case is stored before
/// the call: if the process is killed, the call counts until one window after it would have timed out. So the limit is never exceeded.
///
/// Processes compare their clocks, so the clocks must agree. Waiting calls are not served in the order of their arrival.
///
/// If the database fails, a call waits up to its timeout, and then fails as throttled. It is not sent.
#[derive(Debug, Clone)]
pub struct SqliteRateLimit {
    store: SqliteStore,
    limit: u32,
    window: Duration,
}

impl SqliteRateLimit {
    /// Creates a limit of `limit` calls in any `window`. A limit of 0 counts as 1.
    #[must_use]
    pub fn new(store: SqliteStore, limit: u32, window: Duration) -> Self {
        Self { store, limit: limit.max(1), window }
    }

    /// Until when a call counts that ended at this time, rounded up.
    fn counts_until(&self, ended_at: OffsetDateTime) -> i64 {
        millis(ended_at + self.window + Duration::from_nanos(999_999))
    }
}

pub(super) const FORGET: &str = "DELETE FROM payments_rate_limits WHERE credentials = ?1 AND expires_at <= ?2";

pub(super) const COUNT: &str = "SELECT count(*) FROM payments_rate_limits WHERE credentials = ?1 AND expires_at > ?2";

/// The earliest time of a place for one more call. A call in progress counts for at least one more window.
pub(super) const FREE_AT: &str = "\
    SELECT iif(ended, expires_at, min(expires_at, ?3)) FROM payments_rate_limits \
    WHERE credentials = ?1 AND expires_at > ?2 ORDER BY 1 LIMIT 1 OFFSET ?4";

pub(super) const ENTER: &str = "INSERT INTO payments_rate_limits (credentials, expires_at) VALUES (?1, ?2)";

pub(super) const END: &str =
    "UPDATE payments_rate_limits SET ended = 1, expires_at = min(expires_at, ?2) WHERE id = ?1";

/// Adds calls of others, so that no more remain than the provider reports.
pub(super) const OBSERVE: &str = "\
    WITH RECURSIVE missing (n) AS ( \
        SELECT ?4 - count(*) FROM payments_rate_limits WHERE credentials = ?1 AND expires_at > ?2 \
        UNION ALL SELECT n - 1 FROM missing WHERE n > 1 \
    ) INSERT INTO payments_rate_limits (credentials, ended, expires_at) SELECT ?1, 1, ?3 FROM missing WHERE n > 0";

#[async_trait]
impl RateLimit for SqliteRateLimit {
    async fn enter(&self, request: RateLimitRequest) -> Result<Box<dyn RateLimitPermit>, RateLimited> {
        enter(self, request).await
    }
}

impl Calls for SqliteRateLimit {
    async fn try_enter(&self, request: &RateLimitRequest, left: Duration) -> Result<Place, StoreError> {
        let account = request.account.as_str();
        let limit = i64::from(self.limit);
        let _turn = self.store.turn().await;
        let mut connection = Guarded::new(self.store.connection().await?);
        let mut transaction = connection.begin().await?;
        let now = request.clock.now();
        let counted = sqlx::query(COUNT).bind(account).bind(millis(now)).fetch_one(&mut *transaction).await;
        let counted: i64 = counted.and_then(|row| row.try_get(0)).map_err(store_error)?;
        if counted >= limit {
            let query = sqlx::query(FREE_AT).bind(account).bind(millis(now));
            let row = query.bind(self.counts_until(now)).bind(counted - limit).fetch_one(&mut *transaction).await;
            let free_at: i64 = row.and_then(|row| row.try_get(0)).map_err(store_error)?;
            transaction.rollback().await.map_err(store_error)?;
            connection.release();
            let wait = u64::try_from(free_at - millis(now)).unwrap_or(0).max(1);
            return Ok(Place::Full(Duration::from_millis(wait)));
        }
        sqlx::query(FORGET).bind(account).bind(millis(now)).execute(&mut *transaction).await.map_err(store_error)?;
        let worst_case = self.counts_until(now + left);
        let entered = sqlx::query(ENTER).bind(account).bind(worst_case).execute(&mut *transaction).await;
        let id = entered.map_err(store_error)?.last_insert_rowid();
        transaction.commit().await.map_err(store_error)?;
        connection.release();
        Ok(Place::Entered(id))
    }

    async fn end(&self, id: i64, ended_at: OffsetDateTime) -> Result<(), StoreError> {
        let _turn = self.store.turn().await;
        let mut connection = self.store.connection().await?;
        let query = sqlx::query(END).bind(id).bind(self.counts_until(ended_at));
        query.execute(&mut *connection).await.map_err(store_error)?;
        Ok(())
    }

    async fn observe(&self, account: &AccountKey, remaining: i64, now: OffsetDateTime) -> Result<(), StoreError> {
        let _turn = self.store.turn().await;
        let mut connection = self.store.connection().await?;
        let query = sqlx::query(OBSERVE).bind(account.as_str()).bind(millis(now)).bind(self.counts_until(now));
        query.bind(i64::from(self.limit) - remaining).execute(&mut *connection).await.map_err(store_error)?;
        Ok(())
    }
}
