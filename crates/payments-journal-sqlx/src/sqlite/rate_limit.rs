//! A limit that all processes with the same database share.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use payments_core::clock::Clock;
use payments_core::time::OffsetDateTime;
use payments_core::{AccountKey, RateLimit, RateLimitPermit, RateLimitRequest, RateLimited};
use payments_journal::StoreError;
use sqlx::Row as _;

use super::SqliteStore;
use super::error::store_error;
use super::guarded::Guarded;
use super::rows::millis;

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
        let start = request.clock.monotonic();
        loop {
            let waited = request.clock.monotonic().saturating_sub(start);
            let left = request.max_wait.saturating_sub(waited);
            // Another writer may hold the database's lock for longer than the call has.
            let wait = match tokio::time::timeout(left, self.try_enter(&request, left)).await {
                Ok(Ok(Place::Entered(id))) => return Ok(Box::new(self.permit(request, id))),
                Ok(Ok(Place::Full(wait))) => wait,
                Ok(Err(_)) | Err(_) => AFTER_ERROR,
            };
            let waited = request.clock.monotonic().saturating_sub(start);
            if waited.saturating_add(wait) >= request.max_wait {
                return Err(RateLimited::new(wait));
            }
            request.timer.sleep(wait).await;
        }
    }
}

/// How long a call waits before it asks a database again that has failed.
const AFTER_ERROR: Duration = Duration::from_millis(500);

enum Place {
    Entered(i64),
    /// There is no place for at least this long.
    Full(Duration),
}

impl SqliteRateLimit {
    /// `left` is the time that the call has: it ends before.
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
            let query = sqlx::query(FREE_AT).bind(account).bind(millis(now)).bind(self.end(now)).bind(counted - limit);
            let row = query.fetch_one(&mut *transaction).await;
            let free_at: i64 = row.and_then(|row| row.try_get(0)).map_err(store_error)?;
            transaction.rollback().await.map_err(store_error)?;
            connection.release();
            let wait = u64::try_from(free_at - millis(now)).unwrap_or(0).max(1);
            return Ok(Place::Full(Duration::from_millis(wait)));
        }
        sqlx::query(FORGET).bind(account).bind(millis(now)).execute(&mut *transaction).await.map_err(store_error)?;
        let worst_case = self.end(now + left);
        let entered = sqlx::query(ENTER).bind(account).bind(worst_case).execute(&mut *transaction).await;
        let id = entered.map_err(store_error)?.last_insert_rowid();
        transaction.commit().await.map_err(store_error)?;
        connection.release();
        Ok(Place::Entered(id))
    }

    /// Until when a call counts that ended at this time, rounded up.
    fn end(&self, ended: OffsetDateTime) -> i64 {
        millis(ended + self.window + Duration::from_nanos(999_999))
    }

    fn permit(&self, request: RateLimitRequest, id: i64) -> Permit {
        Permit { limit: self.clone(), account: request.account, clock: request.clock, id }
    }
}

#[derive(Debug)]
struct Permit {
    limit: SqliteRateLimit,
    account: AccountKey,
    clock: Arc<dyn Clock>,
    id: i64,
}

impl RateLimitPermit for Permit {
    fn observe(&mut self, _: Option<usize>, remaining: Option<usize>) {
        let limit = i64::from(self.limit.limit);
        let Some(remaining) = remaining.and_then(|remaining| i64::try_from(remaining).ok()) else { return };
        let (account, now) = (self.account.clone(), self.clock.now());
        let (from, until) = (millis(now), self.limit.end(now));
        let store = self.limit.store.clone();
        in_background(async move {
            let _turn = store.turn().await;
            let mut connection = store.connection().await?;
            let query = sqlx::query(OBSERVE).bind(account.as_str()).bind(from).bind(until).bind(limit - remaining);
            query.execute(&mut *connection).await.map_err(store_error)?;
            Ok(())
        });
    }
}

impl Drop for Permit {
    /// Stores the end of the call. If that fails, the worst case stays.
    fn drop(&mut self) {
        let (store, id) = (self.limit.store.clone(), self.id);
        let expires_at = self.limit.end(self.clock.now());
        in_background(async move {
            let _turn = store.turn().await;
            let mut connection = store.connection().await?;
            sqlx::query(END).bind(id).bind(expires_at).execute(&mut *connection).await.map_err(store_error)?;
            Ok(())
        });
    }
}

/// Runs a statement that is only an improvement: without a runtime, or after an error, the worst case counts.
fn in_background(work: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(work);
    }
}
