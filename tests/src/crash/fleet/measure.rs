//! What the sandbox's timeline and the journal's evidence show: lookups per minute, and times from a crash to its resolution.

use std::collections::HashMap;
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::{CallResult, Fact, Report};
use payments_sandbox::TimelineEntry;

use super::worker::LOOKUP_WINDOW;

/// `TurboPay`'s lookups, as the sandbox counts them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lookups {
    pub(super) total: usize,
    pub(super) most_in_a_minute: usize,
    /// How many the sandbox refused because of its limit.
    pub(super) refused: usize,
}

impl Lookups {
    pub(super) fn of(timeline: &[TimelineEntry]) -> Self {
        let is_lookup = |text: &str| LOOKUPS.iter().any(|name| text.starts_with(name)) && text.contains(": request ");
        let times: Vec<Duration> =
            timeline.iter().filter(|entry| is_lookup(&entry.text)).map(|entry| entry.at).collect();
        let refused = timeline.iter().filter(|entry| entry.text.starts_with("response 429 ")).count();
        Self { total: times.len(), most_in_a_minute: most_in(&times, LOOKUP_WINDOW), refused }
    }
}

/// The most times in any window of this length.
pub(crate) fn most_in(times: &[Duration], window: Duration) -> usize {
    let begins = times.iter().enumerate();
    let count =
        |(first, begin): (usize, &Duration)| times[first..].iter().take_while(|at| **at - *begin < window).count();
    begins.map(count).max().unwrap_or_default()
}

/// When each request was answered, on the sandbox's clock.
pub(super) fn answered(timeline: &[TimelineEntry]) -> HashMap<u64, Duration> {
    let answer = |entry: &TimelineEntry| {
        let request = entry.text.strip_prefix("response ")?.split_once(" to request ")?.1;
        Some((request.parse().ok()?, entry.at))
    };
    timeline.iter().filter_map(answer).collect()
}

/// The time from a crash until the journal knew what became of an intent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolution {
    pub(super) took: Duration,
    /// True if the provider had executed the request before the crash.
    pub(super) provider_has_it: bool,
}

impl Resolution {
    /// `None` if the crash interrupted nothing.
    pub(super) fn of(report: &Report, crashed_at: OffsetDateTime, executed_at: Option<OffsetDateTime>) -> Option<Self> {
        let is_resolving = |fact: &Fact| {
            let is_result = matches!(fact, Fact::Ended { result: CallResult::Accepted(_) | CallResult::Refused, .. });
            is_result || matches!(fact, Fact::Found { .. } | Fact::Event(_) | Fact::GaveUp(_))
        };
        let mut resolving = report.evidence.iter().filter(|entry| is_resolving(&entry.evidence.fact));
        let resolved = resolving.next()?.at;
        // The lease was given back before the crash, or the intent had been resolved before and was looked up again.
        let took = Duration::try_from(resolved - crashed_at).ok()?;
        Some(Self { took, provider_has_it: executed_at.is_some_and(|at| at <= crashed_at) })
    }
}

/// The value that this percentage of the sorted times does not exceed.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

const LOOKUPS: [&str; 2] = ["turbopay.order-status#", "turbopay.merchant-order-status#"];
