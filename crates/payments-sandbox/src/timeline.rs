use std::fmt;
use std::time::Duration;

/// One line of the timeline: a request, a fault, a response, a ledger entry or a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineEntry {
    /// When it happened, as time on the sandbox's clock since its start.
    pub at: Duration,
    /// The text, without keys, bodies or private ids.
    pub text: String,
}

impl fmt::Display for TimelineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10}.{:03} s  {}", self.at.as_secs(), self.at.subsec_millis(), self.text)
    }
}
