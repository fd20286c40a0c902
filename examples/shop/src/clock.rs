//! The shop's time: this machine's, or the sandbox's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use payments::payments_core::clock::{Clock, SystemClock};
use payments::payments_core::time::OffsetDateTime;

/// The clock of the shop, its journal and its clients.
///
/// With `SHOP_CLOCK_URL`, it follows the clock of a sandbox, which can be advanced. In production, leave the variable out.
#[derive(Debug, Clone)]
pub(crate) struct ShopClock {
    system: SystemClock,
    /// How far the sandbox's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl ShopClock {
    pub(crate) async fn start(sandbox: Option<&str>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let clock = Self { system: SystemClock::new(), ahead: Arc::default() };
        if let Some(sandbox) = sandbox {
            let url = format!("{}/clock", sandbox.trim_end_matches('/'));
            clock.follow(&url).await?;
            let follower = clock.clone();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if let Err(error) = follower.follow(&url).await {
                        tracing::debug!(%error, "the sandbox's clock cannot be read");
                    }
                }
            });
        }
        Ok(clock)
    }

    async fn follow(&self, url: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        #[derive(serde::Deserialize)]
        struct Time {
            /// In whole seconds, so the first responses are up to a second behind.
            now: i64,
        }
        let body = reqwest::get(url).await?.error_for_status()?.bytes().await?;
        let Time { now } = serde_json::from_slice(&body)?;
        self.ahead.fetch_max(now * 1000 - millis(self.system.now()), Ordering::Relaxed);
        Ok(())
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Relaxed).try_into().unwrap_or_default())
    }

    /// The time in Unix milliseconds, as the tables have it.
    pub(crate) fn millis(&self) -> i64 {
        millis(self.now())
    }
}

impl Clock for ShopClock {
    fn now(&self) -> OffsetDateTime {
        self.system.now().saturating_add(self.ahead().try_into().unwrap_or_default())
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + self.ahead()
    }
}

fn millis(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
