#![doc = include_str!("events.md")]

/// The target of all spans and events.
pub const TARGET: &str = "payments_journal";

macro_rules! events {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$meta])* pub const $name: &str = $text;)*

        /// The names of all events.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

events! {
    /// An attempt is stored, and about to be sent.
    CLAIMED = "payments_claimed";
    /// A call ended.
    CALL_ENDED = "payments_call_ended";
    /// A lookup ended.
    LOOKUP_ENDED = "payments_lookup_ended";
    /// A worker found an attempt whose lease was over: whoever claimed it stopped or died.
    LEASE_EXPIRED = "payments_lease_expired";
    /// The state of an intent changed. `sending` is not reported.
    STATE_CHANGED = "payments_state_changed";
    /// Nothing automatic can resolve an intent.
    REVIEW_NEEDED = "payments_review_needed";
    /// A person decided.
    DECIDED = "payments_decided";
    /// Nothing is sent or looked up for an account, because its credentials were refused.
    ACCOUNT_PAUSED = "payments_account_paused";
    /// The pause of an account was ended. No event tells that a pause ended by itself.
    ACCOUNT_RESUMED = "payments_account_resumed";
    /// A call ended, and the store did not accept its result. Emitted at each try.
    RESULT_NOT_SAVED = "payments_result_not_saved";
    /// A message was stored, or had been stored before.
    MESSAGE_RECEIVED = "payments_message_received";
    /// A message was applied to all intents that it is about.
    MESSAGE_MATCHED = "payments_message_matched";
    /// A message matches no intent yet.
    MESSAGE_KEPT = "payments_message_kept";
    /// A hook processed a change.
    CHANGE_DELIVERED = "payments_change_delivered";
    /// A hook failed.
    HOOK_FAILED = "payments_hook_failed";
    /// A hook failed five times or more for the same change.
    CHANGE_STUCK = "payments_change_stuck";
    /// A worker cannot handle an intent now. Emitted at each try.
    INTENT_PROBLEM = "payments_intent_problem";
    /// A worker cannot ask the store what to do. Emitted at each try.
    STORE_FAILED = "payments_store_failed";
    /// A worker started.
    WORKER_STARTED = "payments_worker_started";
    /// A worker starts nothing new, and waits for the calls in progress.
    WORKER_STOPPING = "payments_worker_stopping";
    /// A worker stopped.
    WORKER_STOPPED = "payments_worker_stopped";
    /// The journal starts nothing new, and waits for the calls in progress.
    SHUTTING_DOWN = "payments_shutting_down";
    /// The journal is shut down.
    SHUT_DOWN = "payments_shut_down";
}

/// The events that call a person.
pub const ALERTS: &[&str] =
    &[REVIEW_NEEDED, ACCOUNT_PAUSED, RESULT_NOT_SAVED, CHANGE_STUCK, INTENT_PROBLEM, STORE_FAILED];
