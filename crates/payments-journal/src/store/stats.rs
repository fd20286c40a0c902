//! What an operator watches: counts of what is open.

use std::time::Duration;

use payments_core::time::OffsetDateTime;

use super::Pause;
use crate::intent::Account;
use crate::state::State;

/// What is open in a journal, for metrics and alerts.
///
/// All counts are of one moment. They contain nothing that is settled, so their cost depends on what is open, and not on the size of
/// the database. For totals of settled intents, count the changes in the hook, or query the tables of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Stats {
    /// The store's time.
    pub at: OffsetDateTime,
    /// The open intents, by account, operation and state. Without zeros.
    ///
    /// An intent is open in the states `intended`, `sending`, `pending`, `unknown` and `needs_review`, and in any other state while it
    /// is due.
    pub intents: Vec<OpenIntents>,
    /// Open intents in a state that this version does not know. A newer version wrote them.
    pub unreadable: u64,
    /// The changes that no hook has processed.
    pub changes: OpenChanges,
    /// The messages that match an intent and are not applied to it.
    ///
    /// Messages that match no intent are not counted: an event about something that the journal does not keep matches none for ever.
    pub messages: OpenMessages,
    /// The accounts that are paused, the oldest pause first.
    pub pauses: Vec<Pause>,
}

/// Open intents of one account, operation and state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct OpenIntents {
    /// The account.
    pub account: Account,
    /// The operation's stored name, such as `pay_out`.
    pub operation: String,
    /// The state.
    pub state: State,
    /// How many there are; at least 1.
    pub count: u64,
    /// When a worker should look at the first one; `None` if none is scheduled, as in `needs_review`.
    pub due_at: Option<OffsetDateTime>,
}

/// Changes that no hook has processed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct OpenChanges {
    /// How many there are.
    pub count: u64,
    /// How many of them a hook has failed to process.
    pub stuck: u64,
    /// When the oldest one was made.
    pub since: Option<OffsetDateTime>,
}

/// Messages that match an intent and are not applied to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct OpenMessages {
    /// How many there are.
    pub count: u64,
    /// When the oldest one was received.
    pub since: Option<OffsetDateTime>,
}

impl Stats {
    /// The number of open intents in this state, of all accounts.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        self.intents.iter().filter(|open| open.state == state).map(|open| open.count).sum()
    }

    /// How long the longest overdue intent has been due; zero if none is.
    ///
    /// Workers that keep up take an intent within [`Settings::poll_interval`](crate::Settings::poll_interval).
    #[must_use]
    pub fn overdue(&self) -> Duration {
        let first = self.intents.iter().filter_map(|open| open.due_at).min();
        self.age(first)
    }

    /// How long the oldest change has waited for a hook; zero if none waits.
    #[must_use]
    pub fn oldest_change(&self) -> Duration {
        self.age(self.changes.since)
    }

    /// How long the oldest message has waited to be applied; zero if none waits.
    #[must_use]
    pub fn oldest_message(&self) -> Duration {
        self.age(self.messages.since)
    }

    fn age(&self, since: Option<OffsetDateTime>) -> Duration {
        since.map_or(Duration::ZERO, |since| (self.at - since).try_into().unwrap_or_default())
    }
}
