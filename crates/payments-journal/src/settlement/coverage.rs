use std::ops::Range;
use std::time::Duration;

use payments_core::ValidationError;
use payments_core::time::OffsetDateTime;

use super::line::Movement;

/// What a statement covers: without that, nothing can be missing from it.
///
/// An intent must be in the statement if the provider created its order within the period, as far as the journal knows. The journal knows
/// two times: when it claimed the first request, and when it first learned that the order exists. Both must lie within the period, with
/// the margins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub(crate) movements: Vec<Movement>,
    pub(crate) from: OffsetDateTime,
    pub(crate) to: OffsetDateTime,
    pub(crate) as_of: AsOf,
    pub(crate) lists_everything: bool,
    pub(crate) clock_skew: Duration,
    pub(crate) booked_within: Duration,
}

/// Of when the statuses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// When the statement is read.
    Reading,
    /// This time.
    Time(OffsetDateTime),
}

impl Coverage {
    /// A statement that has every line of these movements that moved money within this period, and its statuses at the period's end.
    #[must_use]
    pub fn new(movements: impl IntoIterator<Item = Movement>, period: Range<OffsetDateTime>) -> Self {
        Self {
            movements: movements.into_iter().collect(),
            from: period.start,
            to: period.end,
            as_of: AsOf::Time(period.end),
            lists_everything: false,
            clock_skew: CLOCK_SKEW,
            booked_within: Duration::ZERO,
        }
    }

    /// Says that the statuses are current when the statement is read, as in a provider's list.
    #[must_use]
    pub fn current(self) -> Self {
        Self { as_of: AsOf::Reading, ..self }
    }

    /// Says when the statement was made: later than the period's end, for example on the next morning.
    #[must_use]
    pub fn as_of(self, time: OffsetDateTime) -> Self {
        Self { as_of: AsOf::Time(time), ..self }
    }

    /// Says that the statement also has orders that moved no money yet. Then an order that the provider accepted must be in it.
    #[must_use]
    pub fn lists_everything(self) -> Self {
        Self { lists_everything: true, ..self }
    }

    /// Sets how much the clocks of the journal and of the source may differ; 5 minutes by default.
    #[must_use]
    pub fn clock_skew(self, skew: Duration) -> Self {
        Self { clock_skew: skew, ..self }
    }

    /// Sets how late an order may be booked. An intent at the period's end is missing only if it is older. Default: not late.
    #[must_use]
    pub fn booked_within(self, delay: Duration) -> Self {
        Self { booked_within: delay, ..self }
    }

    /// The period.
    #[must_use]
    pub fn period(&self) -> Range<OffsetDateTime> {
        self.from..self.to
    }

    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        if self.movements.is_empty() {
            return Err(ValidationError::new("movements", "must name at least one movement"));
        }
        if self.from >= self.to {
            return Err(ValidationError::new("period", "must end after it starts"));
        }
        if self.clock_skew > LONGEST || self.booked_within > LONGEST {
            return Err(ValidationError::new("coverage", "must have margins of at most a year"));
        }
        Ok(())
    }

    /// Until when an intent must have rested to be compared: what changed later can be newer than the statement.
    pub(crate) fn settled_at(&self, began_at: OffsetDateTime) -> OffsetDateTime {
        let as_of = match self.as_of {
            AsOf::Reading => began_at,
            AsOf::Time(time) => time.min(began_at),
        };
        before(as_of, self.clock_skew)
    }

    /// True if an order must be in the statement that was created between these two times of the journal.
    pub(crate) fn includes(
        &self,
        (claimed_at, known_at): (OffsetDateTime, OffsetDateTime),
        began_at: OffsetDateTime,
    ) -> bool {
        let end = before(self.to.min(began_at), self.booked_within.saturating_add(self.clock_skew));
        before(claimed_at, self.clock_skew) >= self.from && known_at <= end
    }
}

pub(crate) fn before(time: OffsetDateTime, by: Duration) -> OffsetDateTime {
    time.saturating_sub(by.try_into().unwrap_or(payments_core::time::Duration::MAX))
}

const CLOCK_SKEW: Duration = Duration::from_secs(300);

const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
