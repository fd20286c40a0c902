//! Types for validated text, and helpers to read text.

use serde::Deserializer;

/// Deserializes a string and parses it without copying it first. For hand-written `Deserialize` implementations.
///
/// # Errors
///
/// Returns an error if the value is not a string or `parse` fails.
pub fn deserialize<'de, D, T, E>(deserializer: D, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: std::fmt::Display,
{
    struct StringVisitor<P>(P);
    impl<T, E: std::fmt::Display, P: FnOnce(&str) -> Result<T, E>> serde::de::Visitor<'_> for StringVisitor<P> {
        type Value = T;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<T, F> {
            (self.0)(text).map_err(F::custom)
        }
    }
    deserializer.deserialize_str(StringVisitor(parse))
}

/// Defines a type for a validated text, such as an id, a reference or a code.
///
/// The check runs once, when a value is created. With `private`, `Debug` hides the text and there is no `Display`.
///
/// ```
/// use payments_core::id::{check_id, check_reference};
///
/// payments_core::string_newtype! {
///     /// The provider's id of an order.
///     pub struct OrderId("order_id", private): |text| check_id("order_id", text);
/// }
/// payments_core::string_newtype! {
///     /// The merchant's own reference for an order.
///     pub struct Reference("reference"): |text| check_reference("reference", text, 100);
/// }
///
/// let order: OrderId = "ord_1".parse()?;
/// assert_eq!(format!("{order:?}"), "OrderId([private])");
/// assert!("../balance".parse::<OrderId>().is_err());
/// assert_eq!("order/7".parse::<Reference>()?.as_str(), "order/7");
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
#[macro_export]
macro_rules! string_newtype {
    (@debug $name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.0).finish()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
    (@debug $name:ident private) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([private])"))
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident($field:literal $(, $private:ident)?): |$text:ident| $check:expr;) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(Box<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::ValidationError;
            fn from_str($text: &str) -> Result<Self, $crate::ValidationError> {
                $check?;
                Ok(Self($text.into()))
            }
        }

        impl $crate::CheckedText for $name {}

        impl TryFrom<&str> for $name {
            type Error = $crate::ValidationError;
            fn try_from(text: &str) -> Result<Self, $crate::ValidationError> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ValidationError;
            fn try_from(text: String) -> Result<Self, $crate::ValidationError> {
                text.parse()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        $crate::string_newtype!(@debug $name $($private)?);

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::text::deserialize(deserializer, str::parse)
            }
        }
    };
}
