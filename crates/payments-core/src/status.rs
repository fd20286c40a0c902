use std::fmt;

use serde::{Serialize, Serializer};

/// Where a payment stands, in words that all providers share.
///
/// Each provider's crate maps its own words, and says there what they are. A word that it does not know is kept as
/// `Unknown`: neither paid nor failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentStatus {
    /// Nothing is paid: the customer has yet to do something.
    AwaitingCustomer,
    /// The bank or the provider is at work.
    Processing,
    /// The money is held, and not yet taken: it can be captured.
    Authorized,
    /// The money is taken, or for a payout: sent.
    Succeeded,
    /// It did not work out.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It was not paid in time.
    Expired,
    /// The money went back; of a payout: it was not sent.
    Refunded,
    /// The customer's bank took the money back.
    ChargedBack,
    /// The provider's own word, which this version does not know.
    Unknown(String),
}

impl PaymentStatus {
    /// True when the merchant has the money, or the beneficiary of a payout: for this status alone.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        *self == Self::Succeeded
    }

    /// The word for it; of an unknown one, the provider's.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AwaitingCustomer => "awaiting customer",
            Self::Processing => "processing",
            Self::Authorized => "authorized",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::ChargedBack => "charged back",
            Self::Unknown(word) => word,
        }
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for PaymentStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
