use payments_core::time::Date;
use payments_core::{ValidationError, check_length, open_enum};

use crate::day;

open_enum! {
    /// A span of time by its label, as tur.bo reckons it. In which time zone, it does not say.
    pub enum Interval {
        /// Today.
        Today = "today",
        /// Yesterday.
        Yesterday = "yesterday",
        /// This week.
        ThisWeek = "this_week",
        /// This month.
        ThisMonth = "this_month",
        /// This year.
        ThisYear = "this_year",
        /// The week before this one.
        LastWeek = "last_week",
        /// The month before this one.
        LastMonth = "last_month",
        /// The year before this one.
        LastYear = "last_year",
    }
}

/// Which payments to list: all, those of some days, or those of an interval.
///
/// That `start`, `end` and `interval` are sent is inferred: the document lists them under the response, with words
/// about what a caller chooses. Their forms are documented.
///
/// ```
/// use turbo_link::{Filter, Interval, core::time::{Date, Month}};
///
/// let first = Date::from_calendar_date(2023, Month::November, 1)?;
/// let november = Filter::new().start(first).end(first.replace_day(30)?);
/// let lately = Filter::new().interval(Interval::ThisWeek);
/// # Ok::<(), turbo_link::payments_core::time::error::ComponentRange>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Filter {
    start: Option<Date>,
    end: Option<Date>,
    interval: Option<Interval>,
    fields: Vec<(String, String)>,
}

impl Filter {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// From this day on. Sent as `start` (inferred).
    pub fn start(mut self, day: Date) -> Self {
        self.start = Some(day);
        self
    }

    /// Up to this day. Sent as `end` (inferred).
    pub fn end(mut self, day: Date) -> Self {
        self.end = Some(day);
        self
    }

    /// Of this interval, in place of days. Sent as `interval` (inferred).
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = Some(interval);
        self
    }

    /// One more field of the form, for what the document does not describe: a name of letters, digits, `_` and `-`.
    ///
    /// It cannot take the place of a field that the client sends itself.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Checks it and puts it as it goes on the wire, behind the key.
    pub(crate) fn form(&self) -> Result<Vec<(&str, String)>, ValidationError> {
        if self.interval.is_some() && (self.start.is_some() || self.end.is_some()) {
            return Err(ValidationError::new("interval", "must not be set together with `start` or `end`"));
        }
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            return Err(ValidationError::new("end", "must not be before `start`"));
        }
        let mut form = Vec::new();
        for (name, day) in [("start", self.start), ("end", self.end)] {
            let Some(day) = day else { continue };
            let text =
                day::written(day).ok_or_else(|| ValidationError::new(name, "must be in a year of four digits"))?;
            form.push((name, text));
        }
        if let Some(interval) = &self.interval {
            check_label(interval)?;
            form.push(("interval", interval.as_str().to_owned()));
        }
        for (at, (name, value)) in self.fields.iter().enumerate() {
            check_field(name)?;
            if self.fields[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(ValidationError::new(name.clone(), "must not be set twice"));
            }
            form.push((name, value.clone()));
        }
        Ok(form)
    }
}

/// Labels that this version does not know are sent, for the document speaks of those "currently" supported.
fn check_label(interval: &Interval) -> Result<(), ValidationError> {
    check_length("interval", interval.as_str(), 100)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if interval.as_str().bytes().all(plain) {
        Ok(())
    } else {
        Err(ValidationError::new("interval", "must be a label of lower-case letters, digits and `_`"))
    }
}

/// No brackets, dots or spaces: there are servers that read `api_key[]`, `api.key` and `api key` as `api_key`.
fn check_field(name: &str) -> Result<(), ValidationError> {
    check_length("field", name, 100)?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Err(ValidationError::new("field", "must have a name of letters, digits, `_` and `-`"));
    }
    match OWN.iter().find(|own| own.eq_ignore_ascii_case(name)) {
        Some(own) => Err(ValidationError::new(*own, "must be set by its own method, not as a further field")),
        None => Ok(()),
    }
}

/// What the client sends itself.
const OWN: &[&str] = &["api_key", "start", "end", "interval"];
