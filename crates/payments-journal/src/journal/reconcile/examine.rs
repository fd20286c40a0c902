//! What a line says about the intents that it matches.

use std::sync::Arc;

use payments_core::Money;
use payments_core::gateway::WriteOperation;
use payments_core::time::OffsetDateTime;

use super::Inner;
use crate::error::JournalError;
use crate::intent::Account;
use crate::settlement::store::{Candidate, MatchedLine, NewFinding, Run, Same, SettlementStore};
use crate::settlement::{
    Compared, Coverage, FindingKind, Line, Movement, Verdict, compare, created_between, is_executed, judge,
};
use crate::store::Loaded;

/// What lines are compared with, and by which rules.
pub(super) struct Examiner<S> {
    pub(super) inner: Arc<Inner<S>>,
    pub(super) account: Account,
    pub(super) coverage: Coverage,
}

impl<S: SettlementStore> Examiner<S> {
    pub(super) fn missing(&self, run: &Run, loaded: &Loaded) -> Option<NewFinding> {
        let created = created_between(loaded).filter(|created| self.coverage.includes(*created, run.began_at))?;
        let movement = Movement::of(self.operation(&loaded.row.key.operation)?);
        Some(NewFinding {
            object_id: loaded.head.provider_id.clone(),
            reference: Some(loaded.row.key.reference.clone()),
            time: Some(created.1),
            ..about(FindingKind::Missing, movement, loaded)
        })
    }

    /// The operations that create an order, by their stored names.
    pub(super) fn operations(&self, movements: &[Movement]) -> Vec<(Movement, String)> {
        let is_native = |name: &str| name.parse::<WriteOperation>().is_err();
        let native = self.inner.executors.keys().filter(|(account, name)| *account == self.account && is_native(name));
        let shared = WriteOperation::ALL.iter().map(|operation| operation.as_str().to_owned());
        let names = shared.chain(native.map(|(_, name)| name.clone()));
        let orders = names.filter_map(|name| {
            let operation = self.operation(&name).filter(|operation| creates_order(*operation))?;
            Some((Movement::of(operation), name))
        });
        orders.filter(|(movement, _)| movements.contains(movement)).collect()
    }

    /// The shared operation that a stored name means; `None` for a native one without a client here.
    fn operation(&self, name: &str) -> Option<WriteOperation> {
        name.parse().ok().or_else(|| {
            let executor = self.inner.executors.get(&(self.account.clone(), name.to_owned()))?;
            Some(executor.rules().operation)
        })
    }

    pub(super) async fn examine(&self, run: &Run, matched: &MatchedLine) -> Result<Examined, JournalError> {
        let MatchedLine { line: staged, by_id, by_reference, .. } = matched;
        let line = &staged.line;
        if let Some(problem) = &staged.problem {
            return Ok(Examined::Differs(vec![self.unreadable(line, problem)]));
        }
        let is_of = |candidate: &&Candidate| {
            self.operation(&candidate.operation).is_some_and(|operation| Movement::of(operation) == line.movement)
        };
        let is_order = |candidate: &&Candidate| self.operation(&candidate.operation).is_some_and(creates_order);
        let known: Vec<&Candidate> = by_id.iter().filter(is_of).collect();
        let has_order = known.iter().any(is_order);
        let by_reference = by_reference.iter().filter(|_| !has_order);
        let mut examined = Vec::new();
        for candidate in known.into_iter().chain(by_reference) {
            examined.push(self.examine_pair(run, matched, candidate).await?);
        }
        let is_explained = !by_id.is_empty() || !examined.is_empty();
        if !is_explained {
            let is_covered = line.time.is_none_or(|time| self.coverage.period().contains(&time));
            let is_orphan = staged.moves_money() && is_covered && self.coverage.movements.contains(&line.movement);
            return Ok(if is_orphan { Examined::Differs(vec![orphan(line)]) } else { Examined::Nothing });
        }
        let is_open = examined.iter().any(|examined| matches!(examined, Examined::Open));
        let found: Vec<NewFinding> = examined.into_iter().flat_map(Examined::findings).collect();
        Ok(match (found.is_empty(), is_open) {
            (false, _) => Examined::Differs(found),
            (true, true) => Examined::Open,
            (true, false) => Examined::Matched,
        })
    }

    async fn examine_pair(
        &self,
        run: &Run,
        matched: &MatchedLine,
        candidate: &Candidate,
    ) -> Result<Examined, JournalError> {
        let line = &matched.line.line;
        let Some(operation) = self.operation(&candidate.operation) else { return Ok(Examined::Matched) };
        if is_of_another_order(line, candidate) && !matched.line.moves_money() {
            // Such as a first try of the customer that failed.
            return Ok(Examined::Matched);
        }
        let is_extra = creates_order(operation) && self.is_extra(run, matched, candidate).await?;
        if !is_extra && compare(line, compared(operation, candidate)) == Verdict::Agrees {
            return Ok(Examined::Matched);
        }
        // Again, with what is stored now, and with the time of the last change.
        let loaded = self.inner.store.load(candidate.id).await?;
        let fresh = candidate_of(&loaded);
        let is_extra = is_extra && self.is_extra(run, matched, &fresh).await?;
        let verdict = if is_extra {
            Verdict::Differs { amount: false, status: false }
        } else {
            compare(line, compared(operation, &fresh))
        };
        let changed_at = loaded.evidence.last().map_or(loaded.row.recorded_at, |entry| entry.at);
        let settled_at = self.coverage.settled_at(run.began_at);
        Ok(match judge(verdict, fresh.state, changed_at, settled_at) {
            Verdict::Agrees => Examined::Matched,
            Verdict::Open => Examined::Open,
            Verdict::Differs { .. } if is_extra => Examined::Differs(vec![NewFinding {
                subject: format!("{}:{}", subject(line), time_text(line.time)),
                ..with_line(about(FindingKind::Duplicate, line.movement, &loaded), line)
            }]),
            Verdict::Differs { amount, status } => {
                let kinds = [(amount, FindingKind::AmountDiffers), (status, FindingKind::StatusDiffers)];
                let kinds = kinds.into_iter().filter(|(differs, _)| *differs);
                Examined::Differs(kinds.map(|(_, kind)| with_line(about(kind, line.movement, &loaded), line)).collect())
            }
        })
    }

    /// True if the line moved money in addition to the order's own line.
    async fn is_extra(&self, run: &Run, matched: &MatchedLine, intent: &Candidate) -> Result<bool, JournalError> {
        let MatchedLine { line: staged, has_others, .. } = matched;
        let line = &staged.line;
        if !staged.moves_money() {
            return Ok(false);
        }
        if is_of_another_order(line, intent) {
            return Ok(is_executed(intent.state) || *has_others);
        }
        let is_own = line.id.is_some() && line.id == intent.provider_id;
        let same = match (&line.id, &line.reference) {
            (Some(id), _) if is_own => Same::Id(id),
            (_, Some(reference)) => Same::Reference(reference),
            (Some(id), None) => Same::Id(id),
            (None, None) => return Ok(false),
        };
        if !has_others {
            return Ok(false);
        }
        let first = self.inner.store.first_line(run, line.movement, same).await?;
        Ok(first.is_some_and(|first| match &line.id {
            Some(_) => (&first.line.id, first.line.time) != (&line.id, line.time),
            None => first.number != staged.number,
        }))
    }

    fn unreadable(&self, line: &Line, problem: &str) -> NewFinding {
        let period = self.coverage.period();
        let is_named = line.id.is_some() || line.reference.is_some();
        let subject = if is_named {
            subject(line)
        } else {
            format!("{}:{}:{}", line.movement, time_text(Some(period.start)), time_text(Some(period.end)))
        };
        let (time, problem) = (line.time.or(Some(period.start)), Some(problem.to_owned()));
        let empty = NewFinding { time, problem, ..finding(FindingKind::Unreadable, line.movement, subject) };
        NewFinding { object_id: line.id.clone(), reference: line.reference.clone(), ..empty }
    }
}

pub(super) enum Examined {
    /// No intent explains the line, and it moved no money.
    Nothing,
    Matched,
    Open,
    Differs(Vec<NewFinding>),
}

impl Examined {
    fn findings(self) -> Vec<NewFinding> {
        if let Self::Differs(findings) = self { findings } else { Vec::new() }
    }
}

/// True if the line has another id than the intent's order.
fn is_of_another_order(line: &Line, intent: &Candidate) -> bool {
    line.id.as_ref().zip(intent.provider_id.as_ref()).is_some_and(|(id, known)| id != known)
}

fn creates_order(operation: WriteOperation) -> bool {
    matches!(operation, WriteOperation::StartPayment | WriteOperation::Refund | WriteOperation::PayOut)
}

fn compared(operation: WriteOperation, candidate: &Candidate) -> Compared {
    let amount = candidate.order_amount.or(candidate.amount);
    Compared { operation, amount, state: candidate.state, is_due: candidate.is_due }
}

fn candidate_of(loaded: &Loaded) -> Candidate {
    let Loaded { id, row, head, .. } = loaded;
    Candidate {
        id: *id,
        operation: row.key.operation.clone(),
        amount: row.amount,
        order_amount: head.order_amount,
        state: head.state,
        provider_id: head.provider_id.clone(),
        is_due: head.due_at.is_some(),
    }
}

/// What a finding without an intent is about.
fn subject(line: &Line) -> String {
    let Line { movement, id, reference, amount, time, .. } = line;
    match id {
        Some(id) => format!("{movement}:id:{id}"),
        None => {
            let amount = amount.map_or_else(String::new, |amount| format!("{} {}", amount.minor(), amount.currency()));
            let reference = reference.as_deref().unwrap_or_default();
            format!("{movement}:reference:{reference}:{}:{amount}", time_text(*time))
        }
    }
}

fn time_text(time: Option<OffsetDateTime>) -> String {
    time.map_or_else(String::new, |time| time.unix_timestamp().to_string())
}

fn finding(kind: FindingKind, movement: Movement, subject: String) -> NewFinding {
    NewFinding {
        kind,
        subject,
        intent: None,
        movement,
        object_id: None,
        reference: None,
        expected: None,
        reported: None,
        state: None,
        status: None,
        time: None,
        problem: None,
    }
}

fn about(kind: FindingKind, movement: Movement, loaded: &Loaded) -> NewFinding {
    let expected: Option<Money> = loaded.head.order_amount.or(loaded.row.amount);
    NewFinding {
        intent: Some((loaded.id, loaded.last_sequence())),
        expected,
        state: Some(loaded.head.state),
        ..finding(kind, movement, format!("intent:{}", loaded.id))
    }
}

fn with_line(finding: NewFinding, line: &Line) -> NewFinding {
    NewFinding {
        object_id: line.id.clone(),
        reference: line.reference.clone(),
        reported: line.amount,
        status: Some(line.status.clone()),
        time: line.time,
        ..finding
    }
}

fn orphan(line: &Line) -> NewFinding {
    with_line(finding(FindingKind::Orphan, line.movement, subject(line)), line)
}
