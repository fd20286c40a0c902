//! Ratios, limits and units, calculated in integers.

use super::Sides;
use super::rows::{Limit, Unit};

impl Limit {
    pub(super) fn is_met(self, sides: Sides) -> bool {
        match self {
            Limit::AtMost(thousandths) => sides.ours > 0 && ratio_up(sides) <= thousandths,
            Limit::AtLeast(thousandths) => ratio_down(sides) >= thousandths,
            Limit::Within(most) => sides.ours <= most,
            Limit::Fits => sides.ours > 0,
        }
    }

    pub(super) fn text(self, unit: Unit) -> String {
        match self {
            Limit::AtMost(thousandths) => format!("at most {}", hundredths(thousandths)),
            Limit::AtLeast(thousandths) => format!("at least {}", hundredths(thousandths)),
            Limit::Within(most) => unit.format(most),
            Limit::Fits => "fits".to_owned(),
        }
    }

    /// Returns the text of the ratio column.
    pub(super) fn ratio_text(self, sides: Sides) -> String {
        match self {
            Limit::AtMost(_) => hundredths(ratio_up(sides)),
            Limit::AtLeast(_) => hundredths(ratio_down(sides)),
            Limit::Within(_) => String::new(),
            Limit::Fits if sides.ours > 0 => "fits".to_owned(),
            Limit::Fits => "does not fit".to_owned(),
        }
    }
}

impl Unit {
    pub(super) fn format(self, value: u64) -> String {
        match self {
            Unit::Picoseconds => format!("{value} ps"),
            Unit::Nanoseconds if value < 10_000 => format!("{value} ns"),
            Unit::Nanoseconds => format!("{} µs", tenths(value, 1_000)),
            Unit::Microseconds => format!("{} ms", tenths(value, 1_000)),
            Unit::Milliseconds => format!("{} s", tenths(value, 1_000)),
            Unit::CallsPerSecond => format!("{value} calls/s"),
            Unit::StatementsPerMinute => format!("{value} per minute"),
            Unit::Kibibytes => format!("{value} KiB"),
            Unit::Bytes => format!("{} KiB", value / 1_024),
            Unit::Crates => value.to_string(),
            Unit::Nothing => String::new(),
        }
    }
}

/// Returns the ratio in thousandths, rounded up, so that a value just above an upper limit does not seem to meet it.
fn ratio_up(Sides { ours, theirs }: Sides) -> u64 {
    match theirs {
        0 => u64::MAX,
        _ => ours.saturating_mul(1_000).div_ceil(theirs),
    }
}

/// Returns the ratio in thousandths, rounded down, for lower limits.
fn ratio_down(Sides { ours, theirs }: Sides) -> u64 {
    ours.saturating_mul(1_000).checked_div(theirs).unwrap_or(0)
}

fn hundredths(thousandths: u64) -> String {
    match thousandths % 10 {
        0 => format!("{}.{:02}", thousandths / 1_000, thousandths % 1_000 / 10),
        _ => format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000),
    }
}

fn tenths(value: u64, unit: u64) -> String {
    format!("{}.{}", value / unit, value % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(ours: u64, theirs: u64) -> Sides {
        Sides { ours, theirs }
    }

    #[test]
    fn limits_are_inclusive() {
        assert!(Limit::AtMost(1_050).is_met(sides(105, 100)) && !Limit::AtMost(1_050).is_met(sides(1_051, 1_000)));
        assert!(Limit::AtLeast(950).is_met(sides(95, 100)) && !Limit::AtLeast(950).is_met(sides(9_499, 10_000)));
        assert!(Limit::Within(4_096).is_met(sides(4_096, 0)) && !Limit::Within(4_096).is_met(sides(4_097, 0)));
        assert!(Limit::Fits.is_met(sides(1, 1)) && !Limit::Fits.is_met(sides(0, 1)));
    }

    #[test]
    fn a_side_with_zero_was_not_measured() {
        assert!(!Limit::AtMost(1_050).is_met(sides(1, 0)) && !Limit::AtMost(1_050).is_met(sides(0, 1)));
        assert!(!Limit::AtLeast(950).is_met(sides(1, 0)) && !Limit::AtLeast(950).is_met(sides(0, 1)));
    }

    #[test]
    fn values_have_readable_units() {
        assert_eq!(Limit::AtMost(1_050).text(Unit::Nanoseconds), "at most 1.05");
        assert_eq!(Limit::AtMost(1_050).ratio_text(sides(1_867, 1_000)), "1.867");
        assert_eq!(Unit::Nanoseconds.format(80_666), "80.6 µs");
        assert_eq!(Unit::Milliseconds.format(61_234), "61.2 s");
    }
}
