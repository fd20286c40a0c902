use std::fmt;
use std::time::Duration;

/// One thing that happened, in the order in which it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineEntry {
    /// When, on the sandbox's clock.
    pub at: Duration,
    /// What, without keys, bodies or private ids.
    pub what: String,
}

impl fmt::Display for TimelineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10}.{:03} s  {}", self.at.as_secs(), self.at.subsec_millis(), self.what)
    }
}
