//! A limit that all processes with one database share: the part that is the same for every database.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::time::OffsetDateTime;
use payments_core::{AccountKey, RateLimitPermit, RateLimitRequest, RateLimited};
use payments_journal::StoreError;

/// The calls that count against a limit, in a database.
pub(crate) trait Calls: Clone + Debug + Send + Sync + 'static {
    /// Stores a call if there is a place for it. `left` is the time that the call has: it ends before.
    fn try_enter(
        &self,
        request: &RateLimitRequest,
        left: Duration,
    ) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// Stores that a call has ended.
    fn end(&self, id: i64, ended_at: OffsetDateTime) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Adds calls of others, so that no more remain than the provider reports.
    fn observe(
        &self,
        account: &AccountKey,
        remaining: i64,
        now: OffsetDateTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

pub(crate) enum Place {
    Entered(i64),
    /// There is no place for at least this long.
    Full(Duration),
}

/// Waits for a place, as long as the call has time.
pub(crate) async fn enter(
    calls: &impl Calls,
    request: RateLimitRequest,
) -> Result<Box<dyn RateLimitPermit>, RateLimited> {
    let start = request.clock.monotonic();
    loop {
        let waited = request.clock.monotonic().saturating_sub(start);
        let left = request.max_wait.saturating_sub(waited);
        // Somebody else may hold a lock of the database for longer than the call has.
        let wait = match tokio::time::timeout(left, calls.try_enter(&request, left)).await {
            Ok(Ok(Place::Entered(id))) => {
                let (account, clock) = (request.account, request.clock);
                return Ok(Box::new(Permit { calls: calls.clone(), account, clock, id }));
            }
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

/// How long a call waits before it asks a database again that has failed.
const AFTER_ERROR: Duration = Duration::from_millis(500);

#[derive(Debug)]
struct Permit<C: Calls> {
    calls: C,
    account: AccountKey,
    clock: Arc<dyn Clock>,
    id: i64,
}

impl<C: Calls> RateLimitPermit for Permit<C> {
    fn observe(&mut self, _: Option<usize>, remaining: Option<usize>) {
        let Some(remaining) = remaining.and_then(|remaining| i64::try_from(remaining).ok()) else { return };
        let (calls, account, now) = (self.calls.clone(), self.account.clone(), self.clock.now());
        in_background(async move { calls.observe(&account, remaining, now).await });
    }
}

impl<C: Calls> Drop for Permit<C> {
    /// Stores the end of the call. If that fails, the worst case stays.
    fn drop(&mut self) {
        let (calls, id, ended_at) = (self.calls.clone(), self.id, self.clock.now());
        in_background(async move { calls.end(id, ended_at).await });
    }
}

/// Runs a statement that is only an improvement: without a runtime, or after an error, the worst case counts.
fn in_background(work: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(work);
    }
}
