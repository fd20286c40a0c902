//! Dates and times in tur.bo's formats: `11/01/2023` (mm/dd/yyyy) and `2023-11-01 11:19:49`.

use payments_core::json;
use payments_core::time::{Date, Month, PrimitiveDateTime, Time};
use serde::de::Error as _;
use serde::{Deserializer, Serializer};

/// Formats a date as mm/dd/yyyy; `None` if its year does not have four digits.
pub(crate) fn to_month_day_year(date: Date) -> Option<String> {
    let year = (0..=9999).contains(&date.year()).then(|| date.year())?;
    Some(format!("{:02}/{:02}/{year:04}", u8::from(date.month()), date.day()))
}

/// For `#[serde(default, deserialize_with)]`: an mm/dd/yyyy date; `None` if it is missing, `null` or empty.
pub(crate) fn deserialize_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text: Option<String> = json::none_if_empty(deserializer)?;
    let problem = "must be a date such as 11/01/2023 (mm/dd/yyyy)";
    text.map(|text| parse_month_day_year(&text).ok_or_else(|| D::Error::custom(problem))).transpose()
}

/// For `#[serde(default, deserialize_with)]`: a local date and time such as `2023-11-01 11:19:49`; `None` if it is missing,
/// `null` or empty.
pub(crate) fn deserialize_local<'de, D>(deserializer: D) -> Result<Option<PrimitiveDateTime>, D::Error>
where
    D: Deserializer<'de>,
{
    let text: Option<String> = json::none_if_empty(deserializer)?;
    let problem = "must be a date and time such as 2023-11-01 11:19:49";
    text.map(|text| parse_local(&text).ok_or_else(|| D::Error::custom(problem))).transpose()
}

/// Serializes a date in ISO 8601, which is unambiguous.
pub(crate) fn serialize_iso<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}

/// Serializes a local date and time as it was received.
pub(crate) fn serialize_local<S: Serializer>(
    local: &Option<PrimitiveDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Some(local) = local else { return serializer.serialize_none() };
    let (hour, minute, second) = local.time().as_hms();
    serializer.collect_str(&format_args!("{} {hour:02}:{minute:02}:{second:02}", local.date()))
}

fn parse_month_day_year(text: &str) -> Option<Date> {
    let (month, rest) = text.split_once('/')?;
    let (day, year) = rest.split_once('/')?;
    date(number(year, 4)?, number(month, 2)?, number(day, 2)?)
}

fn parse_local(text: &str) -> Option<PrimitiveDateTime> {
    let (day, time) = text.split_once(' ')?;
    let (year, rest) = day.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (hour, rest) = time.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let date = date(number(year, 4)?, number(month, 2)?, number(day, 2)?)?;
    let two_digits = |text| number(text, 2).and_then(|number| u8::try_from(number).ok());
    let time = Time::from_hms(two_digits(hour)?, two_digits(minute)?, two_digits(second)?).ok()?;
    Some(PrimitiveDateTime::new(date, time))
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

/// Parses a number with exactly this many digits.
fn number(text: &str, digits: usize) -> Option<u16> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}
