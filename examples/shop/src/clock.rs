//! The shop's time: this machine's, or that of a sandbox.

use std::time::Duration;

use axum::BoxError;
use payments::payments_core::clock::ForwardClock;
use payments::payments_core::time::OffsetDateTime;

/// Returns the clock of the shop, its journal and its clients. With an address, it follows the running clock of a sandbox.
pub(crate) async fn start(sandbox: Option<&str>) -> Result<ForwardClock, BoxError> {
    let clock = ForwardClock::new();
    let Some(sandbox) = sandbox else { return Ok(clock) };
    let (client, url) = (reqwest::Client::new(), format!("{}/clock", sandbox.trim_end_matches('/')));
    follow(&clock, &client, &url).await?;
    let follower = clock.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(follow(&follower, &client, &url).await); // without a response, the time goes on as before
        }
    });
    Ok(clock)
}

async fn follow(clock: &ForwardClock, client: &reqwest::Client, url: &str) -> Result<(), BoxError> {
    let time: serde_json::Value = client.get(url).send().await?.error_for_status()?.json().await?;
    let now = time["now"].as_i64().ok_or("the sandbox's time has no `now`")?;
    clock.catch_up(OffsetDateTime::from_unix_timestamp(now)?);
    Ok(())
}

/// A time in Unix milliseconds, as the tables have it.
pub(crate) fn millis(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
