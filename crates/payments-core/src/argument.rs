use std::fmt;
use std::str::FromStr;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::ValidationError;

/// A type of checked text, such as an id. [`string_newtype!`](crate::string_newtype) implements it.
pub trait CheckedText: FromStr<Err = ValidationError> {}

/// An id or another checked text, as builders take it: the typed value, or a text.
///
/// A text is checked at once, and a call with an invalid one fails before it is sent.
///
/// ```
/// use payments_core::{Argument, id::check_id};
///
/// payments_core::string_newtype! {
///     /// The provider's id of an order.
///     pub struct OrderId("order_id"): |text| check_id("order_id", text);
/// }
/// fn cancel(order: impl Into<Argument<OrderId>>) -> String {
///     match order.into().get() {
///         Ok(order) => format!("DELETE /orders/{order}"),
///         Err(invalid) => invalid.to_string(),
///     }
/// }
///
/// let typed: OrderId = "ord_7421".parse()?;
/// assert_eq!(cancel(&typed), "DELETE /orders/ord_7421");
/// assert_eq!(cancel("ord_7421"), "DELETE /orders/ord_7421");
/// assert_eq!(cancel("ord/7421"), "`order_id` must contain only letters, digits, `.`, `_` and `-`");
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Argument<T>(Result<T, ValidationError>);

impl<T> Argument<T> {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid.
    pub fn get(&self) -> Result<&T, ValidationError> {
        self.0.as_ref().map_err(Clone::clone)
    }

    /// Returns the value of an argument that may be missing.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid.
    pub fn get_optional(argument: Option<&Self>) -> Result<Option<&T>, ValidationError> {
        argument.map(Self::get).transpose()
    }

    /// Returns the value if the text is valid. Every argument of a call that was sent is.
    #[must_use]
    pub fn valid(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }

    /// Returns the argument with another name for the field.
    #[must_use]
    pub fn for_field(self, field: &'static str) -> Self {
        Self(self.0.map_err(|error| error.for_field(field)))
    }
}

impl<T: CheckedText> From<T> for Argument<T> {
    fn from(value: T) -> Self {
        Self(Ok(value))
    }
}

impl<T: CheckedText + Clone> From<&T> for Argument<T> {
    fn from(value: &T) -> Self {
        Self(Ok(value.clone()))
    }
}

impl<T: CheckedText> From<&str> for Argument<T> {
    fn from(text: &str) -> Self {
        Self(text.parse())
    }
}

impl<T: CheckedText> From<String> for Argument<T> {
    fn from(text: String) -> Self {
        Self(text.parse())
    }
}

impl<T: CheckedText> From<&String> for Argument<T> {
    fn from(text: &String) -> Self {
        Self(text.parse())
    }
}

impl<T: fmt::Debug> fmt::Debug for Argument<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(value) => value.fmt(f),
            Err(invalid) => write!(f, "Invalid({invalid})"),
        }
    }
}

/// Serializes the value. An invalid text cannot be serialized.
impl<T: Serialize> Serialize for Argument<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().map_err(S::Error::custom)?.serialize(serializer)
    }
}
