//! What ids and references may hold.

use crate::Invalid;
use crate::invalid::check_length;

/// Checks an id that a provider gave: letters, digits, `.`, `_` and `-`, so that it can stand in a path as it is.
///
/// # Errors
///
/// When it holds anything else, is empty, is longer than 255 characters, or is `.` or `..`.
pub fn check_id(field: &'static str, text: &str) -> Result<(), Invalid> {
    check_length(field, text, 255)?;
    if is_dots(text) {
        return Err(Invalid::new(field, "must not be `.` or `..`"));
    }
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        Ok(())
    } else {
        Err(Invalid::new(field, "must hold only letters, digits, `.`, `_` and `-`"))
    }
}

/// Checks a reference that the merchant chose: any text of 1 to `max` characters, but `.` and `..`.
///
/// In a path it is percent-encoded as exactly one segment.
///
/// # Errors
///
/// When it is empty, longer, or `.` or `..`.
pub fn check_reference(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    check_length(field, text, max)?;
    if is_dots(text) { Err(Invalid::new(field, "must not be `.` or `..`")) } else { Ok(()) }
}

/// Checks a web address of the merchant's own: `http` or `https`, of at most `max` characters.
///
/// # Errors
///
/// When it is anything else, or holds white space.
pub fn check_web_address(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    check_length(field, text, max)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if plain && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
        Ok(())
    } else {
        Err(Invalid::new(field, "must be a web address beginning with https:// or http://"))
    }
}

/// These two mean another place in a path, even percent-encoded.
fn is_dots(text: &str) -> bool {
    text == "." || text == ".."
}

/// Makes a type of a checked text: an id, a reference, a code.
///
/// The check runs once, when the value is made; whoever holds one need not check again. With `private`, `Debug` does
/// not show it and there is no `Display`.
///
/// ```
/// use payments_core::id::{check_id, check_reference};
///
/// payments_core::text! {
///     /// The provider's id of an order.
///     pub struct OrderId("order_id", private): |text| check_id("order_id", text);
/// }
/// payments_core::text! {
///     /// The merchant's own reference for an order.
///     pub struct Reference("reference"): |text| check_reference("reference", text, 100);
/// }
///
/// let order: OrderId = "ord_1".parse()?;
/// assert_eq!(format!("{order:?}"), "OrderId([private])");
/// assert!("../balance".parse::<OrderId>().is_err());
/// assert_eq!("order/7".parse::<Reference>()?.as_str(), "order/7");
/// # Ok::<(), payments_core::Invalid>(())
/// ```
#[macro_export]
macro_rules! text {
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
            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Invalid;
            fn from_str($text: &str) -> Result<Self, $crate::Invalid> {
                $check?;
                Ok(Self($text.into()))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: &str) -> Result<Self, $crate::Invalid> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: String) -> Result<Self, $crate::Invalid> {
                text.parse()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        $crate::text!(@debug $name $($private)?);

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::text(deserializer, str::parse)
            }
        }
    };
}
