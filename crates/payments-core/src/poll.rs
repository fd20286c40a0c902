use std::fmt;
use std::time::Duration;

use crate::connection::Connection;
use crate::{Call, Error, ErrorKind};

/// A repeated lookup that ends when the status is final or the time is up.
///
/// The wait between two lookups doubles from 1 to 16 seconds, and the provider's rate limit is respected. Transient
/// failures, such as a timeout or "not found", do not end the polling.
#[must_use = "a poller does nothing until it is sent"]
pub struct Poller<T> {
    connection: Connection,
    lookup: Box<dyn Fn() -> Call<T> + Send + Sync>,
    is_final: fn(&T) -> bool,
    timeout: Duration,
}

impl<T: fmt::Debug + Send> Poller<T> {
    /// Creates a poller that sends `lookup` until `is_final` returns true.
    pub fn new(
        connection: &Connection,
        lookup: impl Fn() -> Call<T> + Send + Sync + 'static,
        is_final: fn(&T) -> bool,
    ) -> Self {
        Self { connection: connection.clone(), lookup: Box::new(lookup), is_final, timeout: DEFAULT_TIMEOUT }
    }

    /// Sets how long to poll, counted from [`Poller::send`]. Default: one minute.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Polls, and returns the final status, or the last status when the time is up. Check whether it is final.
    ///
    /// # Errors
    ///
    /// Returns an error if no lookup succeeded before the time was up, or if another lookup cannot help, for example
    /// because the API key is wrong.
    pub async fn send(self) -> Result<T, Error> {
        let (clock, timer) = (&self.connection.shared.clock, &self.connection.shared.timer);
        let deadline = clock.monotonic().saturating_add(self.timeout);
        let mut wait = FIRST_WAIT;
        let mut last = None;
        loop {
            let call = (self.lookup)();
            let remaining = deadline.saturating_sub(clock.monotonic());
            let limit = call.total_timeout().min(remaining.max(MIN_LOOKUP_TIMEOUT));
            match call.timeout(limit).send().await {
                Ok(value) if (self.is_final)(&value) => return Ok(value),
                Ok(value) => last = Some(Ok(value)),
                Err(error) if !is_transient(&error) => return Err(error),
                // A status that was already received is worth more than a later failure.
                Err(error) => last = last.filter(Result::is_ok).or(Some(Err(error))),
            }
            let remaining = deadline.saturating_sub(clock.monotonic());
            match last.take() {
                Some(result) if remaining.is_zero() => return result,
                other => last = other,
            }
            timer.sleep(wait.min(remaining)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

impl<T> fmt::Debug for Poller<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Returns true if another lookup may succeed.
///
/// This includes "not found", because the request that creates the order may still be in flight.
fn is_transient(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Timeout
            | ErrorKind::Connection
            | ErrorKind::ProviderFailure
            | ErrorKind::Throttled
            | ErrorKind::NotFound
            | ErrorKind::MalformedResponse
    )
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// With a limit of 60 requests a minute, four pollers at once then use a quarter of it.
const LONGEST_WAIT: Duration = Duration::from_secs(16);
/// A lookup close to the end of the polling still gets this much time.
const MIN_LOOKUP_TIMEOUT: Duration = Duration::from_secs(1);
