//! A limit that all processes with the same database share.

use std::time::Duration;

use async_trait::async_trait;
use payments_core::time::OffsetDateTime;
use payments_core::{AccountKey, RateLimit, RateLimitPermit, RateLimitRequest, RateLimited};
use payments_journal::StoreError;

use super::PostgresStore;
use super::error::store_error;
use super::rows::now;
use super::transaction::Transaction;
use crate::columns::Columns as _;
use crate::limit::{Calls, Place, enter};
use crate::values::unreadable;

/// At most `limit` calls in any window of this length, per account, in all processes that use the database.
///
/// A call counts from when it is sent until one window after it ended, with or without a response. The worst case is stored before
/// the call: if the process is killed, the call counts until one window after it would have timed out. So the limit is never exceeded.
///
/// All times are the database's, so the clocks of the machines do not have to agree. Waiting calls are not served in the order of their
/// arrival.
///
/// If the database fails, a call waits up to its timeout, and then fails as throttled. It is not sent.
#[derive(Debug, Clone)]
pub struct PostgresRateLimit {
    store: PostgresStore,
    limit: u32,
    window: Duration,
}

impl PostgresRateLimit {
    /// Creates a limit of `limit` calls in any `window`. A limit of 0 counts as 1.
    #[must_use]
    pub fn new(store: PostgresStore, limit: u32, window: Duration) -> Self {
        Self { store, limit: limit.max(1), window }
    }

    /// A transaction in which no other call of the account enters.
    ///
    /// The lock comes first, in a statement of its own: a statement sees what was committed before it began.
    async fn begin(&self, account: &AccountKey) -> Result<Transaction, StoreError> {
        Transaction::begin(&self.store, &format!("SELECT pg_advisory_xact_lock(1885434483, {})", lock_of(account)))
            .await
    }
}

/// A number for the lock of an account. Two accounts with the same number only wait for each other.
fn lock_of(account: &AccountKey) -> i32 {
    let digits = account.as_str().get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).map_or(0, u32::cast_signed)
}

macro_rules! clock {
    () => {
        concat!("WITH clock AS MATERIALIZED (SELECT ", now!(), " AS now)")
    };
}

/// Inserts a call if fewer than `$2` count now, and returns its id. Otherwise returns the time until there is a place. A call in progress
/// counts for at least one more window, which has `$4` milliseconds.
pub(super) const ENTER: &str = concat!(
    clock!(),
    ", counted AS MATERIALIZED ( \
        SELECT count(*) AS calls FROM payments_rate_limits WHERE credentials = $1 AND expires_at > (SELECT now FROM clock) \
    ), forgotten AS ( \
        DELETE FROM payments_rate_limits WHERE credentials = $1 AND expires_at <= (SELECT now FROM clock) \
    ), entered AS ( \
        INSERT INTO payments_rate_limits (credentials, expires_at) \
        SELECT $1, clock.now + $3 FROM clock, counted WHERE counted.calls < $2 RETURNING id \
    ) SELECT (SELECT id FROM entered) AS id, ( \
        SELECT CASE r.ended WHEN 1 THEN r.expires_at ELSE least(r.expires_at, clock.now + $4) END - clock.now AS wait \
        FROM payments_rate_limits AS r CROSS JOIN clock WHERE r.credentials = $1 AND r.expires_at > clock.now \
        ORDER BY wait LIMIT 1 OFFSET greatest((SELECT calls FROM counted) - $2, 0) \
    ) AS wait"
);

pub(super) const END: &str = concat!(
    "UPDATE payments_rate_limits SET ended = 1, expires_at = least(expires_at, ",
    now!(),
    " + $2) WHERE id = $1"
);

/// Adds calls of others, so that no more remain than the provider reports.
pub(super) const OBSERVE: &str = concat!(
    clock!(),
    " INSERT INTO payments_rate_limits (credentials, ended, expires_at) \
     SELECT $1, 1, clock.now + $3 FROM clock, generate_series(1, $2 - ( \
        SELECT count(*) FROM payments_rate_limits WHERE credentials = $1 AND expires_at > (SELECT now FROM clock)))"
);

#[async_trait]
impl RateLimit for PostgresRateLimit {
    async fn enter(&self, request: RateLimitRequest) -> Result<Box<dyn RateLimitPermit>, RateLimited> {
        enter(self, request).await
    }
}

impl Calls for PostgresRateLimit {
    async fn try_enter(&self, request: &RateLimitRequest, left: Duration) -> Result<Place, StoreError> {
        let mut transaction = self.begin(&request.account).await?;
        let query = self.store.query(ENTER).bind(request.account.as_str().to_owned()).bind(i64::from(self.limit));
        let query = query.bind(millis(left.saturating_add(self.window))).bind(millis(self.window));
        let rows = query.fetch_all(transaction.connection()?).await.map_err(store_error);
        let row = rows.and_then(|mut rows| rows.pop().ok_or_else(|| unreadable("id", "no row")));
        let place = row.and_then(|row| match row.optional_integer("id")? {
            Some(id) => Ok(Place::Entered(id)),
            None => {
                let wait = u64::try_from(row.integer("wait")?).unwrap_or(0).max(1);
                Ok(Place::Full(Duration::from_millis(wait)))
            }
        });
        match place {
            Ok(Place::Full(wait)) => {
                transaction.roll_back().await;
                Ok(Place::Full(wait))
            }
            place => transaction.end(place).await,
        }
    }

    async fn end(&self, id: i64, _: OffsetDateTime) -> Result<(), StoreError> {
        let mut transaction = Transaction::begin(&self.store, "").await?;
        let query = self.store.query(END).bind(id).bind(millis(self.window));
        let ended = query.execute(transaction.connection()?).await;
        transaction.end(ended.map(drop).map_err(store_error)).await
    }

    async fn observe(&self, account: &AccountKey, remaining: i64, _: OffsetDateTime) -> Result<(), StoreError> {
        let mut transaction = self.begin(account).await?;
        let query = self.store.query(OBSERVE).bind(account.as_str().to_owned());
        let query = query.bind(i64::from(self.limit) - remaining).bind(millis(self.window));
        let added = query.execute(transaction.connection()?).await;
        transaction.end(added.map(drop).map_err(store_error)).await
    }
}

/// Milliseconds, rounded up, and one more: the database's time is rounded down.
fn millis(duration: Duration) -> i64 {
    let millis = duration.saturating_add(Duration::from_nanos(1_999_999)).as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX / 4)
}
