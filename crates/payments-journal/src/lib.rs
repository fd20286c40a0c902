#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What was learned, and what it proves: pure functions.
mod evidence;
mod next;
mod review;
mod rules;
mod state;

// What is kept, and where.
mod hook;
mod inbox;
mod intent;
pub mod store;

pub use evidence::{AttemptId, CallResult, Decision, Evidence, Fact, Observation, Protection, Sequence};
pub use hook::{Change, ChangeId, Hook, HookError, run_hook};
pub use inbox::{InboxId, Message};
pub use intent::{Account, IntentId, IntentKey, IntentRow};
pub use next::{Limits, Next, may_claim, next};
pub use review::Review;
pub use rules::Rules;
pub use state::{Assessment, State, assess};
pub use store::{Store, StoreError};
