//! The stored form of models: what a merchant writes to a database, and loads again.
//!
//! A stored model carries a tag, such as `"stored": "acme-pay.order/1"`. No provider's message has one, so a message cannot
//! be loaded as a model by mistake: an unsigned webhook would otherwise forge a paid order.

use std::fmt;
use std::marker::PhantomData;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text;

/// A type with a stored form of its own.
///
/// ```
/// use payments_core::stored::{Stored, StoredAs};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Refund {
///     stored: StoredAs<Self>,
///     id: String,
/// }
///
/// impl Stored for Refund {
///     const TAG: &'static str = "acme-pay.refund/1";
/// }
///
/// let refund = Refund { stored: StoredAs::new(), id: "re_1".to_owned() };
/// let text = serde_json::to_string(&refund).unwrap();
/// assert_eq!(text, r#"{"stored":"acme-pay.refund/1","id":"re_1"}"#);
/// assert_eq!(serde_json::from_str::<Refund>(&text).unwrap(), refund);
///
/// let message = serde_json::from_str::<Refund>(r#"{"id":"re_1"}"#).unwrap_err().to_string();
/// assert!(message.starts_with("the member `stored` must be `acme-pay.refund/1`"), "{message}");
/// ```
pub trait Stored {
    /// The tag: the crate, the model, and the version of its stored form.
    ///
    /// Change the version only if the previous form can no longer be loaded. A member that is added needs
    /// `#[serde(default)]`, because stored rows lack it. If a comparison depends on the member, its default must not pass one
    /// that an earlier version would have failed.
    const TAG: &'static str;
}

/// The member `stored` of a model. It holds no data: it writes the model's tag, and requires it on loading.
///
/// Put it first into the model as a private field. Serde's derived implementations do the rest. A text in another shape
/// never loads; if a member before the tag has another shape, the error is about that member instead of the tag.
pub struct StoredAs<T>(PhantomData<fn() -> T>);

impl<T> StoredAs<T> {
    /// Creates the member.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for StoredAs<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for StoredAs<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoredAs<T> {}

impl<T> PartialEq for StoredAs<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for StoredAs<T> {}

impl<T: Stored> fmt::Debug for StoredAs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::TAG)
    }
}

impl<T: Stored> Serialize for StoredAs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Some(T::TAG).serialize(serializer)
    }
}

impl<'de, T: Stored> Deserialize<'de> for StoredAs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as an option, so that the error about a missing tag names it too.
        match Option::<Text<Self>>::deserialize(deserializer)? {
            Some(Text(tag)) => Ok(tag),
            None => Err(D::Error::custom(ExpectedTag(T::TAG))),
        }
    }
}

/// A tag that was compared in place. The error does not quote another text, which may be anything.
struct Text<T>(T);

impl<'de, T: Stored> Deserialize<'de> for Text<StoredAs<T>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let check = |tag: &str| if tag == T::TAG { Ok(Self(StoredAs::new())) } else { Err(ExpectedTag(T::TAG)) };
        text::deserialize(deserializer, check)
    }
}

struct ExpectedTag(&'static str);

impl fmt::Display for ExpectedTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the member `stored` must be `{}`", self.0)
    }
}

/// For `#[serde(with = "stored::decimal")]`: an exact decimal as text.
pub mod decimal {
    use rust_decimal::Decimal;
    use serde::{Deserializer, Serializer};

    use crate::{decimal, text};

    /// Writes the decimal as text, with the decimals that it has.
    ///
    /// # Errors
    ///
    /// Returns the serializer's errors.
    pub fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    /// Loads the decimal.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not text, or not an exact decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        text::deserialize(deserializer, decimal::parse)
    }
}

/// For `#[serde(with = "stored::time")]`: a time as RFC 3339 text in UTC, exact to the nanosecond.
pub mod time {
    use serde::ser::Error as _;
    use serde::{Deserializer, Serializer};
    use time::format_description::well_known::Rfc3339;
    use time::{OffsetDateTime, UtcOffset};

    use crate::text;

    /// Writes the time.
    ///
    /// # Errors
    ///
    /// Returns an error if the year is not 0 to 9999.
    pub fn serialize<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        let time = time.checked_to_offset(UtcOffset::UTC).and_then(|time| time.format(&Rfc3339).ok());
        serializer.serialize_str(&time.ok_or_else(|| S::Error::custom("the year of a time must be 0 to 9999"))?)
    }

    /// Loads the time.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not text in the form of RFC 3339.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        text::deserialize(deserializer, |text| {
            OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "a time must have the form of RFC 3339")
        })
    }
}
