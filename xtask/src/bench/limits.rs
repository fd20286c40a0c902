//! Figures for people: ratios, limits, units. In whole numbers throughout.

use super::Sides;
use super::rows::{Limit, Unit};

impl Limit {
    pub(super) fn holds(self, sides: Sides) -> bool {
        match self {
            Limit::AtMost(thousandths) => sides.ours > 0 && ratio(sides) <= thousandths,
            Limit::AtLeast(thousandths) => at_least(sides) >= thousandths,
            Limit::Within(most) => sides.ours <= most,
            Limit::Fits => sides.ours > 0,
        }
    }

    pub(super) fn shown(self, unit: Unit) -> String {
        match self {
            Limit::AtMost(thousandths) => format!("at most {}", hundredths(thousandths)),
            Limit::AtLeast(thousandths) => format!("at least {}", hundredths(thousandths)),
            Limit::Within(most) => unit.show(most),
            Limit::Fits => "fits".to_owned(),
        }
    }

    /// What stands where the ratio does.
    pub(super) fn outcome(self, sides: Sides) -> String {
        match self {
            Limit::AtMost(_) => hundredths(ratio(sides)),
            Limit::AtLeast(_) => hundredths(at_least(sides)),
            Limit::Within(_) => String::new(),
            Limit::Fits if sides.ours > 0 => "fits".to_owned(),
            Limit::Fits => "does not fit".to_owned(),
        }
    }
}

impl Unit {
    pub(super) fn show(self, value: u64) -> String {
        match self {
            Unit::Picoseconds => format!("{value} ps"),
            Unit::Nanoseconds if value < 10_000 => format!("{value} ns"),
            Unit::Nanoseconds => format!("{} µs", tenths(value, 1_000)),
            Unit::Microseconds => format!("{} ms", tenths(value, 1_000)),
            Unit::Milliseconds => format!("{} s", tenths(value, 1_000)),
            Unit::CallsPerSecond => format!("{value} calls/s"),
            Unit::Kibibytes => format!("{value} KiB"),
            Unit::Bytes => format!("{} KiB", value / 1_024),
            Unit::Crates => value.to_string(),
            Unit::Nothing => String::new(),
        }
    }
}

/// In thousandths, rounded up: what is just above a limit must not seem to keep it.
fn ratio(Sides { ours, theirs }: Sides) -> u64 {
    match theirs {
        0 => u64::MAX,
        _ => ours.saturating_mul(1_000).div_ceil(theirs),
    }
}

/// The same for a limit from below: rounded down.
fn at_least(Sides { ours, theirs }: Sides) -> u64 {
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
    fn a_limit_holds_up_to_itself() {
        assert!(Limit::AtMost(1_050).holds(sides(105, 100)) && !Limit::AtMost(1_050).holds(sides(1_051, 1_000)));
        assert!(Limit::AtLeast(950).holds(sides(95, 100)) && !Limit::AtLeast(950).holds(sides(9_499, 10_000)));
        assert!(Limit::Within(4_096).holds(sides(4_096, 0)) && !Limit::Within(4_096).holds(sides(4_097, 0)));
        assert!(Limit::Fits.holds(sides(1, 1)) && !Limit::Fits.holds(sides(0, 1)));
    }

    #[test]
    fn a_side_that_took_no_time_was_not_measured() {
        assert!(!Limit::AtMost(1_050).holds(sides(1, 0)) && !Limit::AtMost(1_050).holds(sides(0, 1)));
        assert!(!Limit::AtLeast(950).holds(sides(1, 0)) && !Limit::AtLeast(950).holds(sides(0, 1)));
    }

    #[test]
    fn figures_are_shown_in_units_that_people_read() {
        assert_eq!(Limit::AtMost(1_050).shown(Unit::Nanoseconds), "at most 1.05");
        assert_eq!(Limit::AtMost(1_050).outcome(sides(1_867, 1_000)), "1.867");
        assert_eq!(Unit::Nanoseconds.show(80_666), "80.6 µs");
        assert_eq!(Unit::Milliseconds.show(61_234), "61.2 s");
    }
}
