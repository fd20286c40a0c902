//! The filter of a listing: a first and a last day, or a labelled interval.

use std::collections::HashMap;

use percent_encoding::percent_decode;
use time::{Date, Duration, Month};

use super::responses::ErrorResponse;

/// The fields of a form. If a field occurs twice, the last one counts.
///
/// The `Content-Type` is ignored, because the document's Python sample sends none.
pub(crate) struct Fields(HashMap<String, String>);

impl Fields {
    pub(crate) fn read(body: &[u8]) -> Self {
        let decoded = |bytes: &[u8]| {
            let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            percent_decode(&spaced).decode_utf8_lossy().into_owned()
        };
        let pair = |pair: &[u8]| {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            (decoded(&pair[..end]), decoded(pair.get(end + 1..).unwrap_or_default()))
        };
        Self(body.split(|byte| *byte == b'&').map(pair).collect())
    }

    /// Returns a non-empty field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The requested days, and the parameters that requested them.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) interval: Option<String>,
    pub(crate) first: Option<Date>,
    pub(crate) last: Option<Date>,
}

impl Filter {
    pub(crate) fn read(fields: &Fields, today: Date) -> Result<Self, ErrorResponse> {
        let owned = |name| fields.get(name).map(str::to_owned);
        let (start, end, interval) = (owned("start"), owned("end"), owned("interval"));
        if interval.is_some() && (start.is_some() || end.is_some()) {
            return Err(ErrorResponse::new(400, "interval cannot be combined with start or end"));
        }
        let date = |name: &str, text: &Option<String>| match text {
            Some(text) => day(text)
                .map(Some)
                .ok_or_else(|| ErrorResponse::new(400, &format!("{name} must be a date in the form mm/dd/YYYY"))),
            None => Ok(None),
        };
        let (first, last) = match &interval {
            Some(label) => interval_days(label, today)
                .map(|(first, last)| (Some(first), Some(last)))
                .ok_or_else(|| ErrorResponse::new(400, &format!("interval must be one of {}", LABELS.join(", "))))?,
            None => (date("start", &start)?, date("end", &end)?),
        };
        Ok(Self { start, end, interval, first, last })
    }

    /// True if the day is in the requested range, inclusive.
    pub(crate) fn covers(&self, day: Date) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }
}

/// Parses an existing day of the form `11/30/2023`.
fn day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('/').collect();
    let [month, day, year] = parts.as_slice() else { return None };
    let lengths = [month, day, year].map(|part| part.len());
    if lengths != [2, 2, 4] || !parts.concat().bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// Returns the first and the last day of an interval. The last day may be in the future.
fn interval_days(label: &str, today: Date) -> Option<(Date, Date)> {
    let before = |days: u8| today.saturating_sub(Duration::days(i64::from(days)));
    let since_monday = today.weekday().number_days_from_monday();
    let first_of_month = |day: Date| Date::from_calendar_date(day.year(), day.month(), 1).ok();
    let last_of_month =
        |day: Date| Date::from_calendar_date(day.year(), day.month(), day.month().length(day.year())).ok();
    let year = |year: i32| {
        let first = Date::from_calendar_date(year, Month::January, 1).ok()?;
        Some((first, Date::from_calendar_date(year, Month::December, 31).ok()?))
    };
    match label {
        "today" => Some((today, today)),
        "yesterday" => Some((before(1), before(1))),
        "this_week" => Some((before(since_monday), before(since_monday).saturating_add(Duration::days(6)))),
        "this_month" => Some((first_of_month(today)?, last_of_month(today)?)),
        "this_year" => year(today.year()),
        "last_week" => Some((before(since_monday + 7), before(since_monday + 1))),
        "last_month" => {
            let last = first_of_month(today)?.previous_day()?;
            Some((first_of_month(last)?, last))
        }
        "last_year" => year(today.year() - 1),
        _ => None,
    }
}

/// The documented labels.
const LABELS: &[&str] =
    &["today", "yesterday", "this_week", "this_month", "this_year", "last_week", "last_month", "last_year"];

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{LABELS, day, interval_days};

    #[test]
    fn a_date_is_an_existing_day_in_the_documented_form() {
        assert_eq!(day("02/29/2024"), Some(date!(2024 - 02 - 29)));
        for text in [
            "02/29/2023",
            "13/01/2023",
            "00/01/2023",
            "1/1/2023",
            "2023-01-01",
            "01/01/23",
            "01/01/2023/",
            "+1/01/2023",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn every_interval_has_its_first_and_its_last_day() {
        // A Thursday in a leap year, on the first day of a month.
        let today = date!(2024 - 02 - 01);
        let expected = [
            (date!(2024 - 02 - 01), date!(2024 - 02 - 01)),
            (date!(2024 - 01 - 31), date!(2024 - 01 - 31)),
            (date!(2024 - 01 - 29), date!(2024 - 02 - 04)),
            (date!(2024 - 02 - 01), date!(2024 - 02 - 29)),
            (date!(2024 - 01 - 01), date!(2024 - 12 - 31)),
            (date!(2024 - 01 - 22), date!(2024 - 01 - 28)),
            (date!(2024 - 01 - 01), date!(2024 - 01 - 31)),
            (date!(2023 - 01 - 01), date!(2023 - 12 - 31)),
        ];
        for (label, days) in LABELS.iter().zip(expected) {
            assert_eq!(interval_days(label, today), Some(days), "{label}");
        }
        assert_eq!(interval_days("next_week", today), None);
    }

    #[test]
    fn a_week_begins_on_monday_and_a_year_s_last_month_is_december() {
        assert_eq!(
            interval_days("this_week", date!(2026 - 01 - 05)),
            Some((date!(2026 - 01 - 05), date!(2026 - 01 - 11)))
        );
        assert_eq!(
            interval_days("this_week", date!(2026 - 01 - 04)),
            Some((date!(2025 - 12 - 29), date!(2026 - 01 - 04)))
        );
        assert_eq!(
            interval_days("last_month", date!(2026 - 01 - 31)),
            Some((date!(2025 - 12 - 01), date!(2025 - 12 - 31)))
        );
    }
}
