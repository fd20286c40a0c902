//! Where runs and findings are kept: what a database must do for [`Journal::reconcile`](crate::Journal::reconcile).
//!
//! The lines of a statement are staged in the database, so that neither side has to fit into memory. A run that was killed leaves its
//! lines behind, and the next run removes them.

use std::future::Future;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};

use super::finding::{Finding, FindingId, FindingKind};
use super::line::{Line, Movement};
use crate::evidence::Sequence;
use crate::intent::{Account, IntentId};
use crate::state::State;
use crate::store::{Store, StoreError};

/// A store that compares. The methods hold no rules, as those of [`Store`].
///
/// Methods with a run return [`StoreError::RunEnded`] if a later run of the same account and source has ended it, where that matters.
pub trait SettlementStore: Store {
    /// Begins a run, and ends an earlier one of the same account and source that has not ended.
    fn begin_run(&self, run: &NewRun) -> impl Future<Output = Result<Run, StoreError>> + Send;

    /// Removes some staged lines of runs that have ended, and returns how many.
    fn clear_lines(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Stages lines, in one transaction.
    fn stage_lines(&self, run: &Run, lines: &[StagedLine]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns the next lines after this number, each with the intents that match: by the provider's id, and by the reference and one of
    /// the operations.
    fn matched_lines(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<MatchedLine>, StoreError>> + Send;

    /// Returns the first line that may move money with this id or this reference: by its time, its id and its number.
    fn first_line(
        &self,
        run: &Run,
        movement: Movement,
        same: Same<'_>,
    ) -> impl Future<Output = Result<Option<StagedLine>, StoreError>> + Send;

    /// Looks at the next intents after this one, and returns those of the run's account with one of these operations and states that were
    /// first claimed within the run's period, and that no line of the run can be about.
    fn unlisted(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        states: &[State],
        after: Option<IntentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Unlisted, StoreError>> + Send;

    /// Marks lines that were compared without a result, so that the findings about them stay open.
    fn mark_open(&self, run: &Run, numbers: &[i64]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stores findings, in one transaction, and returns those that it stored. One with a known subject is updated.
    ///
    /// A finding is left out if its intent has got evidence since it was compared, or if it is an orphan that an intent explains by now.
    fn add_findings(
        &self,
        run: &Run,
        findings: &[NewFinding],
    ) -> impl Future<Output = Result<Vec<Finding>, StoreError>> + Send;

    /// Ends the run. Marks the source's open findings as resolved that the run looked for and did not find, and returns how many.
    fn finish_run(&self, run: &Run) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Returns open findings after this one, the oldest first.
    fn findings(
        &self,
        after: Option<FindingId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Finding>, StoreError>> + Send;

    /// Accepts a finding, and returns false if there is no such open finding.
    fn accept_finding(&self, id: FindingId, by: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A run that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores read all of it")]
pub struct NewRun {
    /// The account whose intents are compared.
    pub account: Account,
    /// The name of the source.
    pub source: String,
    /// The start of the period.
    pub from: OffsetDateTime,
    /// The end of the period.
    pub to: OffsetDateTime,
    /// The movements that the statement covers.
    pub movements: Vec<Movement>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Run {
    /// The store's id. Later runs have greater ones.
    pub id: i64,
    /// What was begun.
    pub new: NewRun,
    /// When it began, by the store's clock.
    pub began_at: OffsetDateTime,
}

/// A line in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct StagedLine {
    /// The line's number in its run.
    pub number: i64,
    /// The line. One that cannot be read has an unknown status and moves no money.
    pub line: Line,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

impl StagedLine {
    /// True if the line may move money.
    #[must_use]
    pub fn moves_money(&self) -> bool {
        self.problem.is_none() && self.line.moves_money()
    }
}

/// What lines of one order have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: an order has an id and a reference")]
pub enum Same<'a> {
    /// The provider's id.
    Id(&'a str),
    /// The merchant's reference.
    Reference(&'a str),
}

/// A line, and what it may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct MatchedLine {
    /// The line.
    pub line: StagedLine,
    /// True if a later line of the run has the same movement, id and time, so that this one does not count.
    pub is_repeated: bool,
    /// True if another line of the run that may move money has the same movement, and the same id or the same reference.
    pub has_others: bool,
    /// The intents whose provider's id is that of the line.
    pub by_id: Vec<Candidate>,
    /// The intents with the line's reference and one of the operations.
    pub by_reference: Vec<Candidate>,
}

/// An intent that a line may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Candidate {
    /// The intent.
    pub id: IntentId,
    /// The operation's stored name.
    pub operation: String,
    /// The intended amount.
    pub amount: Option<Money>,
    /// The order's amount at the provider, if it differs.
    pub order_amount: Option<Money>,
    /// The state.
    pub state: State,
    /// The provider's id of the order, once it is known.
    pub provider_id: Option<String>,
    /// True if a worker looks at it again.
    pub is_due: bool,
}

/// A page of [`SettlementStore::unlisted`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Unlisted {
    /// The last intent that was looked at; `None` if there are no more.
    pub last: Option<IntentId>,
    /// How many were looked at, of all accounts.
    pub seen: u64,
    /// The intents that no line can be about.
    pub intents: Vec<IntentId>,
}

/// A finding to store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores read all of it")]
pub struct NewFinding {
    /// What is wrong.
    pub kind: FindingKind,
    /// What it is about. The source has one finding per kind and subject.
    pub subject: String,
    /// The intent, and its last evidence when it was compared.
    pub intent: Option<(IntentId, Sequence)>,
    /// Which way the money goes.
    pub movement: Movement,
    /// The provider's id of the order.
    pub object_id: Option<String>,
    /// The merchant's reference.
    pub reference: Option<String>,
    /// The amount that the journal expects.
    pub expected: Option<Money>,
    /// The amount of the line.
    pub reported: Option<Money>,
    /// The intent's state.
    pub state: Option<State>,
    /// The status of the line.
    pub status: Option<PaymentStatus>,
    /// The time of the line.
    pub time: Option<OffsetDateTime>,
    /// Why the line cannot be read.
    pub problem: Option<String>,
}
