//! The virtual clock during a call: it advances only while the sandbox keeps the call waiting.

use std::time::Duration;

use payments_sandbox::Sandbox;

/// Runs the call, and advances the clock past the client's timeout whenever the sandbox delays its response.
pub(super) async fn run_with_virtual_time<T>(sandbox: &Sandbox, call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    let (mut entries_read, mut to_advance, mut idle_polls) = (sandbox.timeline().len(), Duration::ZERO, 0);
    loop {
        tokio::select! {
            biased;
            result = &mut call => return result,
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
        let timeline = sandbox.timeline();
        let new_entries = &timeline[entries_read..];
        entries_read = timeline.len();
        idle_polls = if new_entries.is_empty() { idle_polls + 1 } else { 0 };
        let is_delayed = new_entries.iter().any(|entry| DELAYS.iter().any(|fault| entry.text.contains(fault)));
        // A call that waits for very long without a delaying fault also has to time out, even on a slow machine.
        if idle_polls == MAX_IDLE_POLLS || is_delayed {
            (to_advance, idle_polls) = (TIMEOUT, 0);
        }
        if !to_advance.is_zero() {
            // In steps, so that a slow response arrives in parts.
            sandbox.clock().advance(STEP);
            to_advance = to_advance.saturating_sub(STEP);
        }
    }
}

/// The timeline's texts for the faults that keep a client waiting.
const DELAYS: &[&str] = &["fault stall", "fault slow", "fault delay"];

/// Longer than the timeout of an attempt.
const TIMEOUT: Duration = Duration::from_secs(32);
const STEP: Duration = Duration::from_secs(4);

/// In real time.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// At least twenty seconds.
const MAX_IDLE_POLLS: u32 = 20_000;
