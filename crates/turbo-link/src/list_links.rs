use payments_core::request::Path;
use payments_core::time::Date;
use payments_core::{ValidationError, check_length, open_enum};

use crate::day;
use crate::link::LinkId;

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

/// Which payment links to list: all, those of a range of days, or those of an interval.
///
/// That `start`, `end` and `interval` are sent is inferred: the document lists them under the response, with words
/// about what a caller chooses. Their forms are documented.
///
/// ```
/// use turbo_link::{Interval, ListLinks, payments_core::time::{Date, Month}};
///
/// let first = Date::from_calendar_date(2023, Month::November, 1)?;
/// let november = ListLinks::new().start(first).end(first.replace_day(30)?);
/// let this_week = ListLinks::new().interval(Interval::ThisWeek);
/// let one = ListLinks::new().only("abc123".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct ListLinks {
    only: Option<LinkId>,
    start: Option<Date>,
    end: Option<Date>,
    interval: Option<Interval>,
    fields: Vec<(String, String)>,
}

impl ListLinks {
    /// Lists all links.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists what tur.bo returns for one link.
    ///
    /// The response is a list too, and the link need not be in it: the document's sample contains another one. Use
    /// [`PaymentList::find`](crate::PaymentList::find).
    pub fn only(mut self, id: LinkId) -> Self {
        self.only = Some(id);
        self
    }

    /// Lists links from this day on, inclusive. That the provider accepts it in a request is inferred.
    pub fn start(mut self, day: Date) -> Self {
        self.start = Some(day);
        self
    }

    /// Lists links up to this day, inclusive. That the provider accepts it in a request is inferred.
    pub fn end(mut self, day: Date) -> Self {
        self.end = Some(day);
        self
    }

    /// Lists the links of this interval, instead of a range of days. That the provider accepts it in a request is inferred.
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

    pub(crate) fn path(&self) -> Path {
        let path = Path::new("payments");
        match &self.only {
            Some(id) => path.segment(id),
            None => path,
        }
    }

    /// Validates the fields and formats them for the form, after the key.
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
