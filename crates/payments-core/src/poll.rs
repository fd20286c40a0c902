use std::fmt;
use std::time::Duration;

use crate::connection::Connection;
use crate::{Call, Error, ErrorKind};

/// Asks again and again until an order is final, or time is up.
///
/// It keeps to the provider's limit, waits longer each time, and outlasts failures that pass.
#[must_use = "nothing is asked until it is sent"]
pub struct Poller<T> {
    connection: Connection,
    ask: Box<dyn Fn() -> Call<T> + Send + Sync>,
    is_final: fn(&T) -> bool,
    timeout: Duration,
}

impl<T: fmt::Debug + Send> Poller<T> {
    /// Asks with `ask` until `is_final` says so.
    pub fn new(
        connection: &Connection,
        ask: impl Fn() -> Call<T> + Send + Sync + 'static,
        is_final: fn(&T) -> bool,
    ) -> Self {
        Self { connection: connection.clone(), ask: Box::new(ask), is_final, timeout: TIMEOUT }
    }

    /// How long to wait at most. Standard: one minute.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Waits, and gives the last status when time is up: check whether it is final.
    ///
    /// # Errors
    ///
    /// When no answer came in all that time, or when asking again cannot help (a wrong key, say).
    pub async fn send(self) -> Result<T, Error> {
        let (clock, timer) = (&self.connection.shared.clock, &self.connection.shared.timer);
        let deadline = clock.monotonic().saturating_add(self.timeout);
        let mut pause = FIRST_PAUSE;
        let mut last = None;
        loop {
            let call = (self.ask)();
            let left = deadline.saturating_sub(clock.monotonic());
            let limit = call.total_timeout().min(left.max(FIRST_PAUSE));
            match call.timeout(limit).send().await {
                Ok(value) if (self.is_final)(&value) => return Ok(value),
                Ok(value) => last = Some(Ok(value)),
                Err(error) if !passes(&error) => return Err(error),
                // A failure does not take back the status that came before it.
                Err(error) => last = last.filter(Result::is_ok).or(Some(Err(error))),
            }
            let left = deadline.saturating_sub(clock.monotonic());
            match last.take() {
                Some(result) if left.is_zero() => return result,
                other => last = other,
            }
            timer.sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl<T> fmt::Debug for Poller<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Whether asking again may end otherwise. "Not found" may: the request that made the order may still be on its way.
fn passes(error: &Error) -> bool {
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

const TIMEOUT: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Within a limit of 60 a minute, four orders waited for at once take a quarter of it.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);
