//! Days and times, as tur.bo writes them.

use payments_core::time::{Date, Month, PrimitiveDateTime, Time};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// A day as tur.bo takes it: `11/01/2023`, the month first. None for a year that does not have four digits.
pub(crate) fn written(day: Date) -> Option<String> {
    let year = (0..=9999).contains(&day.year()).then(|| day.year())?;
    Some(format!("{:02}/{:02}/{year:04}", u8::from(day.month()), day.day()))
}

/// Reads a day of that form. Nothing, `null` and an empty text are all "none".
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    let problem = "must be a day such as 11/01/2023, the month first";
    text.map(|text| day(&text).ok_or_else(|| D::Error::custom(problem))).transpose()
}

fn day(text: &str) -> Option<Date> {
    let (month, rest) = text.split_once('/')?;
    let (day, year) = rest.split_once('/')?;
    date(number(year, 4)?, number(month, 2)?, number(day, 2)?)
}

/// Reads a moment such as `2023-11-01 11:19:49`, in no time zone.
pub(crate) fn local<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PrimitiveDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    moment(&text).ok_or_else(|| D::Error::custom("must be a moment such as 2023-11-01 11:19:49"))
}

fn moment(text: &str) -> Option<PrimitiveDateTime> {
    let (day, time) = text.split_once(' ')?;
    let (year, rest) = day.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (hour, rest) = time.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let date = date(number(year, 4)?, number(month, 2)?, number(day, 2)?)?;
    let part = |text| number(text, 2).and_then(|part| u8::try_from(part).ok());
    Some(PrimitiveDateTime::new(date, Time::from_hms(part(hour)?, part(minute)?, part(second)?).ok()?))
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u16> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Writes a day as ISO 8601 does, which nobody reads the other way round.
pub(crate) fn as_iso<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(day),
        None => serializer.serialize_none(),
    }
}

/// Writes a moment as tur.bo does.
pub(crate) fn as_it_came<S: Serializer>(at: &PrimitiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let (hour, minute, second) = at.time().as_hms();
    serializer.collect_str(&format_args!("{} {hour:02}:{minute:02}:{second:02}", at.date()))
}
