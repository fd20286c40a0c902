//! Compares the journal with what a provider or a bank lists.
//!
//! [`Journal::reconcile`](crate::Journal::reconcile) reads a [`Statement`], and compares its lines with the intents of an account. What
//! differs becomes a [`Finding`]: a row in the journal's database. Nothing else is changed, and nothing is sent.

mod compare;
mod coverage;
mod finding;
mod line;
mod statement;
pub mod store;

pub use coverage::Coverage;
pub use finding::{Acceptance, Finding, FindingId, FindingKind};
pub use line::{Item, Line, Movement, UnreadableLine};
pub use statement::{Lines, Statement, StatementError};
pub use store::SettlementStore;

pub(crate) use compare::{Compared, Verdict, compare, created_between, is_executed, judge};
