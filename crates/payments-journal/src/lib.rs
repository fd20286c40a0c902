#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What was learned, and what it proves: pure functions.
mod evidence;
mod next;
mod review;
mod rules;
mod state;

// What is stored about a request, and the keys that protect it.
#[cfg_attr(not(test), expect(dead_code, reason = "the engine uses the rest"))]
mod keys;
#[cfg_attr(not(test), expect(dead_code, reason = "the engine uses the rest"))]
mod request;

pub use evidence::{AttemptId, CallResult, Decision, Evidence, Fact, Observation, Protection, Sequence};
pub use keys::{JournalKey, JournalKeys, KeyError};
pub use next::{Limits, Next, may_claim, next};
pub use request::{Request, StoredRequestError};
pub use review::Review;
pub use rules::Rules;
pub use state::{Assessment, State, assess};
