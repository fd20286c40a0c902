//! Time that passes only while a call waits for it: silence until the timeout costs none.

use std::time::Duration;

use payments_sandbox::Sandbox;

/// Waits for `work`, and moves the clock on whenever the sandbox keeps it waiting on purpose.
pub(super) async fn with_time<T>(sandbox: &Sandbox, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let (mut read, mut left, mut still) = (sandbox.timeline().len(), Duration::ZERO, 0);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(MOMENT) => {}
        }
        let timeline = sandbox.timeline();
        let news = &timeline[read..];
        read = timeline.len();
        still = if news.is_empty() { still + 1 } else { 0 };
        // Whoever waits without a fault that says so waits in vain too, however slow this machine is.
        if still == LONG_STILL || news.iter().any(|entry| WAITS.iter().any(|effect| entry.what.contains(effect))) {
            (left, still) = (TIMEOUT, 0);
        }
        if !left.is_zero() {
            // In steps, so that what comes slowly comes slowly.
            sandbox.clock().advance(STEP);
            left = left.saturating_sub(STEP);
        }
    }
}

/// How a fault is told that keeps a client waiting.
const WAITS: &[&str] = &["fault stall", "fault slow", "fault delay"];

/// Beyond the time that an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(32);
const STEP: Duration = Duration::from_secs(4);

/// Between two looks, in real time.
const MOMENT: Duration = Duration::from_millis(1);

/// So many looks without anything new are twenty seconds at least.
const LONG_STILL: u32 = 20_000;
