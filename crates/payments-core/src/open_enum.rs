use std::fmt;

/// Defines an enum of text values that preserves unknown values.
///
/// An unknown value prints and serializes as received.
///
/// ```
/// payments_core::open_enum! {
///     /// The status of an order.
///     pub enum OrderStatus {
///         /// Created, not yet paid.
///         New = "new",
///         /// Paid.
///         Success = "success",
///     }
/// }
///
/// assert_eq!(OrderStatus::from("success"), OrderStatus::Success);
/// let unknown = OrderStatus::from("on_the_moon");
/// assert!(matches!(unknown, OrderStatus::Unknown(_)));
/// assert_eq!(unknown.to_string(), "on_the_moon");
/// ```
#[macro_export]
macro_rules! open_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$variant_meta])* #[doc = concat!("\n\nThe provider's value: `", $text, "`.")] $variant,)+
            /// A value that this version does not know, as received. Never treat it as success or failure.
            Unknown($crate::UnknownValue),
        }

        impl $name {
            /// All values that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The provider's value.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(value) => value.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Unknown($crate::UnknownValue::of(other)),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::text::deserialize(deserializer, |text| Ok::<_, ::std::convert::Infallible>(Self::from(text)))
            }
        }
    };
}

/// A value that this version of an [`open_enum!`](crate::open_enum) does not know, as received.
///
/// Application code cannot create one. So a `match` on it still works when a later version adds a variant for the
/// value. To read the text, call `as_str()` on the enum.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    #[doc(hidden)]
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.into())
    }

    /// The text as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
