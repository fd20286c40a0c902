//! Compares the intents of an account with a statement.

mod examine;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use payments_core::{PaymentStatus, ValidationError};

use self::examine::{Examined, Examiner};
use super::{Inner, Journal};
use crate::error::JournalError;
use crate::intent::{Account, IntentId, check_text};
use crate::settlement::store::{NewFinding, NewRun, Run, SettlementStore, StagedLine};
use crate::settlement::{Coverage, Finding, FindingId, Item, Line, Movement, Statement, UnreadableLine};
use crate::state::State;
use crate::store::StoreError;

impl<S: SettlementStore> Journal<S> {
    /// Compares the intents of an account with a statement. Nothing happens before the first [`Reconciliation::try_next`].
    ///
    /// Findings are stored. Nothing else is changed: no evidence, no state, and nothing is sent. The account needs no client here.
    ///
    /// The run reads the statement first, and stages its lines in the database. So an intent is always newer than the lines that it is
    /// compared with. An intent that changed since the statement was made is left to the next run.
    ///
    /// One run per account and source goes on at a time: a new run ends an earlier one.
    pub fn reconcile(&self, account: impl Into<Account>, statement: impl Statement + 'static) -> Reconciliation<S> {
        Reconciliation {
            examiner: Examiner {
                inner: Arc::clone(self.inner()),
                account: account.into(),
                coverage: statement.coverage().clone(),
            },
            statement: Box::new(statement),
            phase: Phase::Begin,
            found: VecDeque::new(),
            progress: Progress::default(),
            on_progress: None,
        }
    }

    /// Returns at most `limit` open findings of all accounts and sources, the oldest first. `after` is the last id of the previous page.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails, or if one of the findings cannot be read.
    pub async fn findings(&self, after: Option<FindingId>, limit: u32) -> Result<Vec<Finding>, JournalError> {
        Ok(self.store().findings(after, limit).await?)
    }

    /// Accepts a finding that needs nothing more, such as a refund from the provider's dashboard. `by` says who, and is stored.
    ///
    /// It is no longer listed, unless a later run finds it with another amount or status. Returns false if no such finding is open.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn accept_finding(&self, id: FindingId, by: &str) -> Result<bool, JournalError> {
        Ok(self.store().accept_finding(id, by).await?)
    }
}

/// A run of [`Journal::reconcile`].
#[must_use = "nothing is compared until it is read"]
pub struct Reconciliation<S: SettlementStore> {
    examiner: Examiner<S>,
    statement: Box<dyn Statement>,
    phase: Phase,
    found: VecDeque<Finding>,
    progress: Progress,
    on_progress: Option<OnProgress>,
}

impl<S: SettlementStore> fmt::Debug for Reconciliation<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciliation")
            .field("account", &self.examiner.account)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

type OnProgress = Box<dyn FnMut(&Progress) + Send>;

/// What a run has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The lines that were read from the statement, with unreadable ones.
    pub lines: u64,
    /// The lines that were compared.
    pub compared: u64,
    /// The lines that agree with the journal.
    pub matched: u64,
    /// The lines and intents that were left to the next run: the journal may find out by itself, or the intent changed since the
    /// statement was made.
    pub unresolved: u64,
    /// The intents, of all accounts, that were checked for a line.
    pub intents: u64,
    /// The findings, with those that an earlier run has found.
    pub findings: u64,
    /// The findings of earlier runs that are resolved.
    pub resolved: u64,
    /// True once the run is complete.
    pub is_complete: bool,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, compared, matched, unresolved, intents, findings, resolved, .. } = self;
        write!(
            f,
            "{lines} lines read, {compared} compared, {matched} matched, {intents} intents checked, {unresolved} unresolved, \
             {findings} findings, {resolved} resolved"
        )
    }
}

enum Phase {
    Begin,
    Read(Run),
    Compare(Run, i64),
    FindMissing(Run, Option<IntentId>),
    Finish(Run),
    Clear,
    Complete,
    /// A step failed, or its future was dropped.
    Failed,
}

impl<S: SettlementStore> Reconciliation<S> {
    /// Sets what is called after each step, from the first line on.
    pub fn on_progress(mut self, report: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    /// Returns what the run has done so far.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Returns the next finding, or `None` once the run is complete. Each finding is stored before it is returned.
    ///
    /// # Errors
    ///
    /// After an error, begin a new run: it removes what this one has staged, and finds nothing twice.
    ///
    /// - [`JournalError::Invalid`] if the account, the source's name or the coverage is invalid.
    /// - [`JournalError::Statement`] if the statement cannot be read. Nothing was found.
    /// - [`StoreError::RunEnded`] if a later run of the same account and source has begun.
    /// - [`JournalError::Store`] if the store failed.
    pub async fn try_next(&mut self) -> Result<Option<Finding>, JournalError> {
        while self.found.is_empty() {
            // Until the step has succeeded. A page that was read and not staged would look missing.
            let phase = std::mem::replace(&mut self.phase, Phase::Failed);
            if matches!(phase, Phase::Complete) {
                self.phase = phase;
                return Ok(None);
            }
            self.phase = self.step(phase).await?;
            self.progress.is_complete = matches!(self.phase, Phase::Complete);
            if let Some(report) = &mut self.on_progress {
                report(&self.progress);
            }
        }
        Ok(self.found.pop_front())
    }

    /// Runs to the end, and returns what was done. The findings are stored.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Reconciliation::try_next`].
    pub async fn finish(mut self) -> Result<Progress, JournalError> {
        while self.try_next().await?.is_some() {}
        Ok(self.progress)
    }

    fn store(&self) -> &S {
        &self.examiner.inner.store
    }

    async fn step(&mut self, phase: Phase) -> Result<Phase, JournalError> {
        match phase {
            Phase::Begin => self.begin().await.map(Phase::Read),
            Phase::Read(run) => self.read(run).await,
            Phase::Compare(run, after) => self.compare(run, after).await,
            Phase::FindMissing(run, after) => self.find_missing(run, after).await,
            Phase::Finish(run) => {
                self.progress.resolved = self.store().finish_run(&run).await?;
                Ok(Phase::Clear)
            }
            Phase::Clear => {
                let is_clear = self.store().clear_lines().await? == 0;
                Ok(if is_clear { Phase::Complete } else { Phase::Clear })
            }
            Phase::Complete => Ok(Phase::Complete),
            Phase::Failed => Err(StoreError::RunEnded.into()),
        }
    }

    async fn begin(&mut self) -> Result<Run, JournalError> {
        self.examiner.account.check()?;
        self.examiner.coverage.check()?;
        let source = self.statement.name().to_owned();
        check_text("source", &source, 100)?;
        if source.is_empty() {
            return Err(ValidationError::new("source", "must not be empty").into());
        }
        let Coverage { movements, from, to, .. } = self.examiner.coverage.clone();
        let run = NewRun { account: self.examiner.account.clone(), source, from, to, movements };
        let run = self.store().begin_run(&run).await?;
        while self.store().clear_lines().await? > 0 {}
        Ok(run)
    }

    async fn read(&mut self, run: Run) -> Result<Phase, JournalError> {
        let page = self.statement.next_page().await.map_err(JournalError::Statement)?;
        let Some(page) = page else { return Ok(Phase::Compare(run, 0)) };
        let mut numbers = i64::try_from(self.progress.lines).unwrap_or(i64::MAX)..;
        let staged = page.into_iter().map(|item| staged(numbers.next().unwrap_or(i64::MAX) + 1, item));
        let staged: Vec<StagedLine> = staged.collect();
        for lines in staged.chunks(BATCH) {
            self.store().stage_lines(&run, lines).await?;
            self.progress.lines += lines.len() as u64;
        }
        Ok(Phase::Read(run))
    }

    async fn compare(&mut self, run: Run, after: i64) -> Result<Phase, JournalError> {
        let operations = self.examiner.operations(Movement::ALL);
        let page = self.store().matched_lines(&run, &operations, after, PAGE).await?;
        let Some(last) = page.last().map(|line| line.line.number) else { return Ok(Phase::FindMissing(run, None)) };
        let (mut findings, mut open) = (Vec::new(), Vec::new());
        for line in &page {
            self.progress.compared += 1;
            if line.is_repeated {
                continue;
            }
            match self.examiner.examine(&run, line).await? {
                Examined::Nothing => {}
                Examined::Matched => self.progress.matched += 1,
                Examined::Open => open.push(line.line.number),
                Examined::Differs(found) => findings.extend(found),
            }
        }
        self.progress.unresolved += open.len() as u64;
        self.store().mark_open(&run, &open).await?;
        self.add(&run, &findings).await?;
        Ok(Phase::Compare(run, last))
    }

    async fn find_missing(&mut self, run: Run, after: Option<IntentId>) -> Result<Phase, JournalError> {
        let operations = self.examiner.operations(&self.examiner.coverage.movements);
        let states: &[State] = if self.examiner.coverage.lists_everything {
            &[State::Succeeded, State::Reversed, State::Pending]
        } else {
            &[State::Succeeded, State::Reversed]
        };
        let page = self.store().unlisted(&run, &operations, states, after, SCAN).await?;
        let Some(last) = page.last else { return Ok(Phase::Finish(run)) };
        self.progress.intents += page.seen;
        for ids in page.intents.chunks(BATCH) {
            let mut findings = Vec::new();
            for id in ids {
                let loaded = self.store().load(*id).await?;
                // It may have changed since the page was read.
                if states.contains(&loaded.head.state) {
                    findings.extend(self.examiner.missing(&run, &loaded));
                }
            }
            self.add(&run, &findings).await?;
        }
        Ok(Phase::FindMissing(run, Some(last)))
    }

    async fn add(&mut self, run: &Run, findings: &[NewFinding]) -> Result<(), JournalError> {
        let stored = self.store().add_findings(run, findings).await?;
        self.progress.findings += stored.len() as u64;
        // What was left out has changed meanwhile.
        self.progress.unresolved += (findings.len() - stored.len()) as u64;
        self.found.extend(stored);
        Ok(())
    }
}

fn staged(number: i64, item: Item) -> StagedLine {
    let (line, problem) = match item {
        Item::Line(line) => (line, None),
        Item::Unreadable(UnreadableLine { movement, id, reference, problem }) => {
            let line = Line { id, reference, ..Line::new(movement, PaymentStatus::Unknown(String::new())) };
            (line, Some(problem))
        }
    };
    let line = Line {
        id: line.id.as_deref().and_then(stored_text),
        reference: line.reference.as_deref().and_then(stored_text),
        ..line
    };
    StagedLine { number, line, problem: problem.map(|problem| cut(&problem)) }
}

/// An id or a reference. A longer one is cut so that it equals none of an intent. An empty one says nothing.
fn stored_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| cut(text))
}

fn cut(text: &str) -> String {
    let is_long = text.chars().count() > LONGEST;
    let short = text.chars().take(LONGEST).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c });
    short.chain(is_long.then_some('…')).collect()
}

/// The most lines in one transaction.
const BATCH: usize = 1_000;

/// The most lines that are compared at once.
const PAGE: u32 = 1_000;

/// The most intents that one statement looks at.
const SCAN: u32 = 5_000;

/// The longest id or reference.
const LONGEST: usize = 255;
