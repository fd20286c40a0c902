//! What was learned about an intent, in the order in which it was stored.

mod words;

use std::fmt;
use std::str::FromStr;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::request::minor_units;
use crate::review::Review;

/// The position of a piece of evidence about one intent. Taken under the lock of the intent's row.
pub type Sequence = u64;

/// One claim to send. The process that claims makes the id, so that it recognises its claim after a lost commit response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(u128);

impl AttemptId {
    /// Creates an id from its number, which must be random.
    #[must_use]
    pub const fn new(random: u128) -> Self {
        Self(random)
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for AttemptId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for AttemptId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AttemptId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl fmt::Debug for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptId({self})")
    }
}

/// A fact about an intent, and its position. Evidence is only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Evidence {
    /// The position: later facts have greater numbers.
    pub sequence: Sequence,
    /// What was learned.
    pub fact: Fact,
}

/// What was learned about an intent.
///
/// It is stored as JSON, such as `{"claimed":{"attempt":"…","protection":"key"}}`. An unknown word is an error: a newer version
/// wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fact {
    /// An attempt was claimed. Stored before the first byte of its request is written.
    Claimed {
        /// The attempt.
        attempt: AttemptId,
        /// The provider's protection against a second execution, under which the attempt is sent.
        protection: Protection,
    },
    /// The call of an attempt ended.
    Ended {
        /// The attempt.
        attempt: AttemptId,
        /// How it ended.
        result: CallResult,
    },
    /// The lease of an attempt expired before the end of its call was stored.
    LeaseExpired {
        /// The attempt.
        attempt: AttemptId,
    },
    /// A lookup found the order.
    Found {
        /// The last position when the lookup began: what it saw is newer than everything up to there.
        began: Sequence,
        /// What it saw.
        seen: Observation,
    },
    /// A lookup did not find the order. It may still be in flight.
    NotFound,
    /// A verified webhook reported the order.
    Event(Observation),
    /// Nothing automatic can resolve the intent.
    GaveUp(Review),
    /// A person decided what happened, after asking the provider.
    Decided(Decision),
    /// No attempt may have been executed, and the intent expired, was cancelled, or cannot be sent by any client.
    Abandoned,
    /// The database was restored, and what was stored since this time is lost: a request may have been sent after it.
    Restored {
        /// Since when what was stored is lost. In Unix milliseconds when it is stored.
        #[serde(with = "unix_millis")]
        lost_since: OffsetDateTime,
    },
}

mod unix_millis {
    use payments_core::time::OffsetDateTime;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    const NANOS: i128 = 1_000_000;

    pub(super) fn serialize<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = time.unix_timestamp_nanos().div_euclid(NANOS);
        serializer.serialize_i64(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        let millis = i64::deserialize(deserializer)?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * NANOS).map_err(de::Error::custom)
    }
}

/// The provider's protection against a second execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Protection {
    /// None: a second request would be executed too.
    None,
    /// An idempotency key: a response under it settles the earlier requests under it.
    Key,
    /// The provider accepts the reference once.
    Reference,
}

/// How the call of an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallResult {
    /// The provider accepted the request and reported this.
    Accepted(Observation),
    /// The request provably never left the process.
    NotSent,
    /// The provider refused the request because of the account: authentication, permission or configuration.
    AccountRefused,
    /// The provider refused the request itself.
    Refused,
    /// The request may have been executed. A throttled request counts as well.
    Unknown,
}

/// What a response, a lookup or a webhook reports about the order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Observation {
    /// The order is the intended one, with this status.
    Status {
        /// The status, in the vocabulary that all providers share.
        status: PaymentStatus,
        /// True if the status normally does not change any more.
        is_final: bool,
    },
    /// The order is the intended one, but for another amount of the same currency.
    ///
    /// In a response, it is the amount that the customer has to pay, as the provider documents. A paid order must have the
    /// intended amount or that one. Older versions do not know this word, so they leave the intent to newer ones.
    OtherAmount {
        /// The status, in the vocabulary that all providers share.
        status: PaymentStatus,
        /// True if the status normally does not change any more.
        is_final: bool,
        /// The order's amount at the provider.
        #[serde(with = "minor_units")]
        amount: Money,
    },
    /// The reference fits, but something else contradicts the intent: the amount, the currency, the mode.
    Contradicts,
}

/// What a person found out at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The operation was executed.
    Done,
    /// The operation was not executed, and no request is in flight.
    NotDone,
}
