use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a payment in terms that all providers share.
///
/// Each provider's crate documents how it maps the provider's statuses. A status that the crate does not know becomes
/// `Unknown`, which is neither paid nor failed.
///
/// It is stored in snake case, such as `awaiting_customer`. An unknown status is stored apart from these words, as
/// `{"unknown": "…"}`, so that a provider's own text is never loaded as `Succeeded`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PaymentStatus {
    /// Not paid yet: the customer must do something first.
    AwaitingCustomer,
    /// In progress at the provider or the bank.
    Processing,
    /// The money is reserved and can be captured.
    Authorized,
    /// The money was taken from the customer; for a payout, sent to the beneficiary.
    Succeeded,
    /// The payment failed.
    Failed,
    /// The payment was cancelled.
    Cancelled,
    /// The payment was not paid in time.
    Expired,
    /// The money was returned; for a payout, it was not sent.
    Refunded,
    /// The customer's bank took the money back.
    ChargedBack,
    /// The provider's status, which this version does not know.
    Unknown(String),
}

impl PaymentStatus {
    /// Returns true if the merchant, or the beneficiary of a payout, has the money: only for `Succeeded`.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        *self == Self::Succeeded
    }

    /// The status in words; for `Unknown`, the provider's status.
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
            Self::Unknown(status) => status,
        }
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
