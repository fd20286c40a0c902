use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::feature::Feature;
use crate::{ValidationError, text};

macro_rules! write_operations {
    ($($(#[$meta:meta])* $name:ident = $stored:literal,)*) => {
        /// An operation of the traits that changes something at the provider.
        ///
        /// [`as_str`](Self::as_str) and `FromStr` convert it to and from the name under which it is stored, also with serde.
        /// `Display` shows it to people.
        ///
        /// ```
        /// use payments_core::gateway::WriteOperation;
        ///
        /// assert_eq!(WriteOperation::PayOut.as_str(), "pay_out");
        /// assert_eq!("pay_out".parse(), Ok(WriteOperation::PayOut));
        /// assert_eq!(WriteOperation::PayOut.to_string(), "pay out");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum WriteOperation {
            $($(#[$meta])* $name,)*
        }

        impl WriteOperation {
            /// All operations, in the order of the tables.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name under which the operation is stored. It never changes.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $stored,)*
                }
            }

            /// The feature of this operation.
            #[must_use]
            pub fn feature(self) -> Feature {
                match self {
                    $(Self::$name => Feature::$name,)*
                }
            }
        }
    };
}

write_operations! {
    /// [`StartPayment`](super::StartPayment).
    StartPayment = "start_payment",
    /// [`Confirm`](super::Confirm).
    Confirm = "confirm",
    /// [`Capture`](super::Capture).
    Capture = "capture",
    /// [`Cancel`](super::Cancel).
    Cancel = "cancel",
    /// [`Refund`](super::Refund).
    Refund = "refund",
    /// [`PayOut`](super::PayOut).
    PayOut = "pay_out",
}

impl fmt::Display for WriteOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.feature().fmt(f)
    }
}

impl FromStr for WriteOperation {
    type Err = ValidationError;

    /// Parses a stored name.
    fn from_str(text: &str) -> Result<Self, ValidationError> {
        let operation = Self::ALL.iter().find(|operation| operation.as_str() == text);
        operation.copied().ok_or_else(|| ValidationError::new("operation", "must be a stored name, such as `pay_out`"))
    }
}

impl Serialize for WriteOperation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for WriteOperation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, str::parse)
    }
}

/// What to do after an unknown outcome of one operation at one provider: a row of [`Capabilities::recovery`].
///
/// [`Capabilities::recovery`]: super::Capabilities#structfield.recovery
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct RecoveryPlan {
    /// The operation.
    pub operation: WriteOperation,
    /// What can be done, best first. [`Recovery::Nothing`] stands alone.
    pub strategies: &'static [Recovery],
    /// Details: the source, or a restriction.
    pub note: &'static str,
}

impl RecoveryPlan {
    /// A row of the table.
    #[must_use]
    pub const fn new(operation: WriteOperation, strategies: &'static [Recovery], note: &'static str) -> Self {
        Self { operation, strategies, note }
    }
}

/// A way to find out, or to go on safely, after [`Outcome::Unknown`](crate::Outcome::Unknown).
///
/// "Not found" never proves that nothing was executed: the request may still be in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recovery {
    /// Send the same request again under the same idempotency key: [`Error::idempotency_key`], or `created_at`.
    ///
    /// [`Error::idempotency_key`]: crate::Error::idempotency_key
    SameKey {
        /// The time for which the provider remembers a key, counted from the first request under it. The client sends
        /// nothing in the last five minutes.
        lifetime: Duration,
    },
    /// Look up the payment or the payout by the merchant's reference: [`Lookup`](super::Lookup).
    LookupByReference,
    /// Retrieve the payment by the provider's id, which the request contains: [`Retrieve`](super::Retrieve).
    LookupById,
    /// Send the same request again: the provider accepts its reference once; for a confirmation, its UTR.
    ///
    /// If the first request was executed, the second one is a conflict with an unknown outcome, and is not executed. If it
    /// was not, the second one is: do this only if you still want the operation.
    TakenOnce,
    /// Start the payment again: only the lost response says how the customer pays, so nobody can pay the first payment.
    ///
    /// Not after an error of the kind [`Conflict`](crate::ErrorKind::Conflict) or
    /// [`MalformedResponse`](crate::ErrorKind::MalformedResponse): its response may describe a paid order. And not after a
    /// crash, unless you store the result before you show the page: the customer may have the page already.
    StartAgain,
    /// Nothing can be found out, and a second request may be executed too. Ask the provider.
    Nothing,
}

impl Recovery {
    /// The strategy as an instruction.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::SameKey { .. } => "send the same request again under the same key",
            Self::LookupByReference => "look up the reference",
            Self::LookupById => "retrieve the payment by its id",
            Self::TakenOnce => "send the same request again, because the provider accepts it once",
            Self::StartAgain => "start the payment again, because nobody can pay the first one",
            Self::Nothing => "ask the provider, because nothing prevents a second execution",
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameKey { lifetime } => write!(f, "same key within {} hours", lifetime.as_secs() / 3600),
            Self::LookupByReference => f.pad("look up the reference"),
            Self::LookupById => f.pad("look up the id"),
            Self::TakenOnce => f.pad("same request again, accepted once"),
            Self::StartAgain => f.pad("start again"),
            Self::Nothing => f.pad("nothing"),
        }
    }
}
