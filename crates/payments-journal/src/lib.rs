#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What was learned, and what it proves: pure functions.
mod evidence;
mod next;
mod plan;
mod review;
mod rules;
mod state;

// What is kept, and where.
mod hook;
mod in_memory;
mod inbox;
mod intent;
mod keys;
#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod memory;
mod request;
mod row;
pub mod store;

// Compare it with what the provider lists.
pub mod settlement;

// The engine.
mod error;
pub mod events;
mod executor;
mod gateway;
mod journal;
mod settings;
mod trace;
mod worker;

// Record and execute.
pub use error::JournalError;
pub use gateway::Gateway;
pub use in_memory::InMemory;
pub use intent::{Account, Intent, IntentId, IntentKey};
pub use journal::{Builder, Cancelled, Executed, Journal, Recorded, Ticket};
pub use keys::{JournalKey, JournalKeys, KeyError};
pub use request::{Request, StoredRequestError};
pub use row::{Column, IntentRow};
pub use settings::{Backoff, Settings};
pub use worker::Worker;

// Find out what happened.
pub use evidence::{AttemptId, CallResult, Decision, Evidence, Fact, Observation, Protection, Sequence};
pub use hook::{Change, ChangeId, Hook, HookError, HookFuture, run_hook};
pub use inbox::{InboxId, Message};
pub use journal::{Decided, Progress, Receipt, Reconciliation, Report};
pub use review::Review;
pub use state::{Assessment, State, assess};
pub use store::{OpenChanges, OpenIntents, OpenMessages, Stats};

// Extend it: a native call, a database, a model.
pub use executor::{Accepted, Executor, Instruction, Known, Response, Sighting};
pub use next::{Limits, Next, may_be_lost, may_claim, next};
pub use rules::Rules;
pub use store::{Store, StoreError};
