#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What was learned, and what it proves: pure functions.
mod evidence;
mod next;
mod review;
mod rules;
mod state;

pub use evidence::{AttemptId, CallResult, Decision, Evidence, Fact, Observation, Protection, Sequence};
pub use next::{Limits, Next, may_claim, next};
pub use review::Review;
pub use rules::Rules;
pub use state::{Assessment, State, assess};
