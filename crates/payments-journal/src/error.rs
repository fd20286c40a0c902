use payments_core::json::DecodeError;
use payments_core::{Outcome, ValidationError};

use crate::intent::IntentKey;
use crate::keys::KeyError;
use crate::store::StoreError;

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
    /// No client is registered for the operation, or none that knows this version of the parameters.
    #[error("no client is registered for {key} (version {version} of its parameters)")]
    NoClient {
        /// The intent's key.
        key: IntentKey,
        /// The version of its parameters.
        version: u32,
    },
    /// The provider signed an event whose object this version cannot read. Nothing was stored.
    #[error("the event's object cannot be read: {0}")]
    Event(DecodeError),
    /// The journal's key is missing, or the stored parameters were changed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The call ended, but its result is not saved yet. The journal keeps trying until it is shut down.
    #[error("the call's result is not saved yet ({outcome:?}): {source}")]
    NotSaved {
        /// What the call proves; `None` if the provider accepted it.
        outcome: Option<Outcome>,
        /// The last failure.
        source: StoreError,
    },
    /// The journal is shut down, so nothing new is started.
    #[error("the journal is shut down")]
    Closed,
    /// The task that made the call ended unexpectedly. The intent's lease expires, and a worker finds out.
    #[error("the call was interrupted; a worker finds out what became of it")]
    Interrupted,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
