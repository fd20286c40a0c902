//! The shop's time: this machine's, or that of a sandbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use payments::payments_core::clock::{Clock, SystemClock};
use payments::payments_core::time::OffsetDateTime;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The clock of the shop, its journal and its clients.
///
/// With `SHOP_CLOCK_URL`, it follows the running clock of a sandbox, which can be advanced. In production, leave the variable out.
#[derive(Debug, Clone)]
pub(crate) struct ShopClock {
    /// How far the sandbox's clock is ahead of this machine's, in milliseconds.
    ahead: Arc<AtomicU64>,
}

impl ShopClock {
    pub(crate) async fn start(sandbox: Option<&str>) -> Result<Self> {
        let clock = Self { ahead: Arc::default() };
        if let Some(sandbox) = sandbox {
            let (client, url) = (reqwest::Client::new(), format!("{}/clock", sandbox.trim_end_matches('/')));
            clock.follow(&client, &url).await?;
            let clock = clock.clone();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    drop(clock.follow(&client, &url).await); // without an answer, the time goes on as before
                }
            });
        }
        Ok(clock)
    }

    async fn follow(&self, client: &reqwest::Client, url: &str) -> Result<()> {
        let body = client.get(url).send().await?.error_for_status()?.bytes().await?;
        let time: serde_json::Value = serde_json::from_slice(&body)?;
        // In whole seconds, so most responses are behind, and the largest difference is right.
        let now = time["now"].as_i64().ok_or("the sandbox's time has no `now`")?.saturating_mul(1000);
        let ahead = u64::try_from(now - millis(SystemClock::new().now())).unwrap_or_default();
        self.ahead.fetch_max(ahead, Ordering::Relaxed);
        Ok(())
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    /// The time in Unix milliseconds, as the tables have it.
    pub(crate) fn millis(&self) -> i64 {
        millis(self.now())
    }
}

impl Clock for ShopClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock::new().now() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        SystemClock::new().monotonic() + self.ahead()
    }
}

pub(crate) fn millis(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
