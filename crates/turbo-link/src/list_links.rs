use payments_core::request::Path;
use payments_core::time::Date;
use payments_core::{Argument, Extra, ValidationError, check_length, extra_setter, open_enum};

use crate::day;
use crate::id::LinkId;

open_enum! {
    /// A range of days by name, as tur.bo calculates it. The time zone is not documented.
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

/// The parameters of a list: all links, a range of days, or an interval.
///
/// The formats of `start`, `end` and `interval` are *documented*. That they are sent is *inferred*: the documentation
/// lists them under the response, and describes them as the caller's choice.
///
/// ```
/// use turbo_link::{Interval, ListLinks, payments_core::time::{Date, Month}};
///
/// let first = Date::from_calendar_date(2023, Month::November, 1)?;
/// let november = ListLinks::new().start(first).end(first.replace_day(30)?);
/// let this_week = ListLinks::new().interval(Interval::ThisWeek);
/// let one = ListLinks::new().only("abc123");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct ListLinks {
    only: Option<Argument<LinkId>>,
    start: Option<Date>,
    end: Option<Date>,
    interval: Option<Interval>,
    extra: Extra,
}

impl ListLinks {
    /// Lists all links.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests one link.
    ///
    /// The response is a list too, and may not contain the link: the documented sample contains another one. Use
    /// [`PaymentList::find`](crate::PaymentList::find).
    pub fn only(mut self, id: impl Into<Argument<LinkId>>) -> Self {
        self.only = Some(id.into());
        self
    }

    /// Lists links from this day on, inclusive. That the provider accepts it in a request is *inferred*.
    pub fn start(mut self, day: Date) -> Self {
        self.start = Some(day);
        self
    }

    /// Lists links up to this day, inclusive. That the provider accepts it in a request is *inferred*.
    pub fn end(mut self, day: Date) -> Self {
        self.end = Some(day);
        self
    }

    /// Lists the links of an interval instead of a range of days.
    ///
    /// That the provider accepts it in a request is *inferred*.
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = Some(interval);
        self
    }

    extra_setter!();

    pub(crate) fn path(&self) -> Result<Path, ValidationError> {
        let path = Path::new("payments");
        Ok(match Argument::get_optional(self.only.as_ref())? {
            Some(id) => path.segment(id),
            None => path,
        })
    }

    /// Validates the parameters and returns the form fields after the key.
    pub(crate) fn form(&self) -> Result<Vec<(&str, String)>, ValidationError> {
        if self.interval.is_some() && (self.start.is_some() || self.end.is_some()) {
            return Err(ValidationError::new("interval", "must not be set together with `start` or `end`"));
        }
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            return Err(ValidationError::new("end", "must not be before `start`"));
        }
        let mut form = Vec::new();
        for (name, date) in [("start", self.start), ("end", self.end)] {
            let Some(date) = date else { continue };
            let text = day::to_month_day_year(date)
                .ok_or_else(|| ValidationError::new(name, "must have a year from 0 to 9999"))?;
            form.push((name, text));
        }
        if let Some(interval) = &self.interval {
            check_interval(interval)?;
            form.push(("interval", interval.as_str().to_owned()));
        }
        self.extra.names().try_for_each(check_field_name)?;
        self.extra.check(CLIENT_FIELDS)?;
        form.extend(self.extra.fields()?);
        Ok(form)
    }
}

/// Accepts unknown labels too, because the documentation lists those that are "currently" supported.
fn check_interval(interval: &Interval) -> Result<(), ValidationError> {
    check_length("interval", interval.as_str(), 100)?;
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if interval.as_str().bytes().all(is_allowed) {
        Ok(())
    } else {
        Err(ValidationError::new("interval", "must contain only lower-case letters, digits and `_`"))
    }
}

/// Rejects brackets, dots and spaces, because some servers treat `api_key[]`, `api.key` and `api key` as `api_key`.
fn check_field_name(name: &str) -> Result<(), ValidationError> {
    check_length("extra", name, 100)?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Err(ValidationError::new("extra", "must have a name of only letters, digits, `_` and `-`"));
    }
    Ok(())
}

/// The form fields that the client sends itself.
const CLIENT_FIELDS: &[&str] = &["api_key", "start", "end", "interval"];
