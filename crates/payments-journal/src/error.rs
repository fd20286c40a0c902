use payments_core::json::DecodeError;
use payments_core::{Outcome, ValidationError};

use crate::intent::IntentKey;
use crate::keys::KeyError;
use crate::settlement::StatementError;
use crate::store::{OtherHistory, StoreError};

/// The journal failed. What the provider did is a [`State`](crate::State), never an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The intent is invalid. Nothing was recorded.
    #[error(transparent)]
    Invalid(#[from] ValidationError),
    /// An intent with the same key but other parameters is recorded.
    #[error("{key} is recorded with other parameters: use another reference for another operation")]
    Different {
        /// The key of both.
        key: IntentKey,
    },
    /// No client of this process can handle the intent. Another process may have one.
    ///
    /// No [`Gateway`](crate::Gateway) of the account has a client for the operation, the provider does not offer the operation, or a
    /// newer version stored the parameters.
    #[error(
        "no client is registered for {key} (version {version} of its parameters): register a `Gateway` for the account, with a \
         client for the operation"
    )]
    NoClient {
        /// The intent's key.
        key: IntentKey,
        /// The version of its parameters.
        version: u32,
    },
    /// The provider signed an event whose object this version cannot read. Nothing was stored.
    #[error("the event's object cannot be read: {0}")]
    Event(DecodeError),
    /// The journal's key is missing, or what is stored was changed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The call ended, but its result is not saved.
    ///
    /// The journal keeps trying until it is shut down. If the process ends before, the intent's lease expires, and a worker finds
    /// out. A row that cannot be read ([`StoreError::Unreadable`]) is tried ten times.
    #[error("{}, but the result is not saved: {source}", ended(*outcome))]
    NotSaved {
        /// What the call proves; `None` if the provider accepted it.
        outcome: Option<Outcome>,
        /// The last failure.
        source: StoreError,
    },
    /// The database was restored, or another server has taken over. Nothing was sent: it may have been sent before.
    #[error(
        "nothing is sent, because the database has another history ({found}) than the journal knows ({known}), so what was stored last \
         may be lost: call `Journal::acknowledge_history`"
    )]
    OtherHistory {
        /// The history of the database.
        found: String,
        /// The history that the journal knows.
        known: String,
    },
    /// The journal is shut down. Nothing was sent.
    #[error("the journal is shut down, so nothing was sent")]
    Closed,
    /// The task that made the call ended unexpectedly. The intent's lease expires, and a worker finds out.
    #[error("the call was interrupted: when its lease expires, a worker finds out what happened")]
    Interrupted,
    /// A statement cannot be read. Nothing was found.
    #[error("the statement cannot be read: {0}")]
    Statement(#[source] StatementError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OtherHistory> for JournalError {
    fn from(OtherHistory { found, known }: OtherHistory) -> Self {
        Self::OtherHistory { found, known }
    }
}

/// How a call ended, in words.
fn ended(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => "the provider accepted the request",
        Some(Outcome::NotSent) => "the request was not sent",
        Some(Outcome::Refused) => "the provider refused the request",
        Some(Outcome::Unknown) => "the request may have been executed",
    }
}
