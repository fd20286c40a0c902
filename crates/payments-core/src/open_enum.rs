use std::fmt;

/// A value that this version does not know, kept as it came.
///
/// It cannot be made by hand, so that code which matches on it goes on working when a later version gives the value a
/// name; read it with `as_str()` on the enum.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    #[doc(hidden)]
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.into())
    }

    /// The text as it came.
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

/// Makes an enum that stays open where the provider is: values it does not know are kept and print as they came.
///
/// ```
/// payments_core::open_enum! {
///     /// Where an order stands.
///     pub enum OrderStatus {
///         /// Created, not yet paid.
///         New = "new",
///         /// Paid.
///         Success = "success",
///     }
/// }
///
/// assert_eq!(OrderStatus::from("success"), OrderStatus::Success);
/// let odd = OrderStatus::from("on_the_moon");
/// assert!(matches!(odd, OrderStatus::Unknown(_)));
/// assert_eq!(odd.to_string(), "on_the_moon");
/// ```
#[macro_export]
macro_rules! open_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$variant_meta])* #[doc = concat!("\n\nOn the wire: `", $text, "`.")] $variant,)+
            /// A value that this version does not know, kept as it came. Never read it as success or failure.
            Unknown($crate::UnknownValue),
        }

        impl $name {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(value) => value.as_str(),
                }
            }

            /// Every value that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];
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
