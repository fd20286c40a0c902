//! Runs that compare the journal with statements, and what they find.

use std::collections::BTreeMap;

use payments_core::PaymentStatus;
use payments_core::time::OffsetDateTime;

use super::{MemoryStore, Stored, Tables};
use crate::intent::IntentId;
use crate::settlement::store::{
    Candidate, MatchedLine, NewFinding, NewRun, Run, Same, SettlementStore, StagedLine, Unlisted,
};
use crate::settlement::{Acceptance, Finding, FindingId, FindingKind, Movement};
use crate::state::State;
use crate::store::StoreError;

#[derive(Clone, Default)]
pub(super) struct Settlements {
    runs: Vec<StoredRun>,
    findings: BTreeMap<FindingId, StoredFinding>,
}

#[derive(Clone)]
struct StoredRun {
    run: Run,
    has_ended: bool,
    lines: BTreeMap<i64, (StagedLine, bool)>,
}

#[derive(Clone)]
struct StoredFinding {
    finding: Finding,
    subject: String,
    last_run: i64,
}

impl Settlements {
    fn run(&mut self, run: &Run) -> Result<&mut StoredRun, StoreError> {
        let open = self.runs.iter_mut().find(|stored| stored.run.id == run.id && !stored.has_ended);
        open.ok_or(StoreError::RunEnded)
    }
}

impl StoredRun {
    fn lines(&self) -> impl Iterator<Item = &StagedLine> {
        self.lines.values().map(|(line, _)| line)
    }

    fn open_lines(&self) -> impl Iterator<Item = &StagedLine> {
        self.lines.values().filter(|(_, is_open)| *is_open).map(|(line, _)| line)
    }
}

/// True if a line is about an order with this id and this reference.
fn is_about(line: &StagedLine, movement: Movement, id: Option<&String>, reference: Option<&String>) -> bool {
    let line = &line.line;
    let by_id = id.is_some() && line.id.as_ref() == id;
    let by_reference =
        reference.is_some() && line.reference.as_ref() == reference && (line.id.is_none() || id.is_none());
    line.movement == movement && (by_id || by_reference)
}

/// True if a line that cannot be read may be about an order.
fn may_be_about(line: &StagedLine, movement: Movement, id: Option<&String>) -> bool {
    let read = &line.line;
    let excludes = read.reference.is_some() || read.id.is_some() && id.is_some();
    line.problem.is_some() && read.movement == movement && !excludes
}

fn candidate(id: IntentId, stored: &Stored) -> Candidate {
    Candidate {
        id,
        operation: stored.row.key.operation.clone(),
        amount: stored.row.amount,
        order_amount: stored.head.order_amount,
        state: stored.head.state,
        provider_id: stored.head.provider_id.clone(),
        is_due: stored.head.due_at.is_some(),
    }
}

impl SettlementStore for MemoryStore {
    async fn begin_run(&self, new: &NewRun) -> Result<Run, StoreError> {
        let mut tables = self.tables();
        let id = tables.new_id();
        let same =
            |stored: &&mut StoredRun| (&stored.run.new.account, &stored.run.new.source) == (&new.account, &new.source);
        tables.settlements.runs.iter_mut().filter(same).for_each(|stored| stored.has_ended = true);
        let run = Run { id, new: new.clone(), began_at: self.clock.now() };
        tables.settlements.runs.push(StoredRun { run: run.clone(), has_ended: false, lines: BTreeMap::new() });
        Ok(run)
    }

    async fn clear_lines(&self) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let ended = tables.settlements.runs.iter_mut().filter(|stored| stored.has_ended);
        Ok(ended.map(|stored| std::mem::take(&mut stored.lines).len() as u64).sum())
    }

    async fn stage_lines(&self, run: &Run, lines: &[StagedLine]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let stored = tables.settlements.run(run)?;
        stored.lines.extend(lines.iter().map(|line| (line.number, (line.clone(), false))));
        Ok(())
    }

    async fn matched_lines(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        after: i64,
        limit: u32,
    ) -> Result<Vec<MatchedLine>, StoreError> {
        let mut tables = self.tables();
        let tables: &mut Tables = &mut tables;
        let intents = &tables.intents;
        let stored = tables.settlements.run(run)?;
        let page = stored.lines.range(after + 1..).take(limit as usize).map(|(_, (staged, _))| {
            let line = &staged.line;
            let others =
                || stored.lines().filter(|other| other.number != staged.number && other.line.movement == line.movement);
            let has_id = |other: &StagedLine| line.id.is_some() && other.line.id == line.id;
            let has_reference = |other: &StagedLine| line.reference.is_some() && other.line.reference == line.reference;
            let matching = |is_match: &dyn Fn(&Stored) -> bool| {
                let found = intents.iter().filter(|(_, intent)| intent.row.key.account == run.new.account);
                found.filter(|(_, intent)| is_match(intent)).map(|(id, intent)| candidate(*id, intent)).collect()
            };
            MatchedLine {
                is_repeated: others()
                    .any(|other| other.number > staged.number && has_id(other) && other.line.time == line.time),
                has_others: staged.moves_money()
                    && others().any(|other| other.moves_money() && (has_id(other) || has_reference(other))),
                by_id: matching(&|intent| line.id.is_some() && intent.head.provider_id == line.id),
                by_reference: matching(&|intent| {
                    let key = &intent.row.key;
                    line.reference.as_ref() == Some(&key.reference)
                        && operations.contains(&(line.movement, key.operation.clone()))
                }),
                line: staged.clone(),
            }
        });
        Ok(page.collect())
    }

    async fn first_line(
        &self,
        run: &Run,
        movement: Movement,
        same: Same<'_>,
    ) -> Result<Option<StagedLine>, StoreError> {
        let mut tables = self.tables();
        let lines = tables.settlements.run(run)?.lines().filter(|staged| {
            let is_same = match same {
                Same::Id(id) => staged.line.id.as_deref() == Some(id),
                Same::Reference(reference) => staged.line.reference.as_deref() == Some(reference),
            };
            is_same && staged.line.movement == movement && staged.moves_money()
        });
        Ok(lines.min_by_key(|staged| (staged.line.time, staged.line.id.clone(), staged.number)).cloned())
    }

    async fn unlisted(
        &self,
        run: &Run,
        operations: &[(Movement, String)],
        states: &[State],
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Unlisted, StoreError> {
        let mut tables = self.tables();
        let tables: &mut Tables = &mut tables;
        let stored = tables.settlements.run(run)?;
        let page = tables.intents.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let page: Vec<(&IntentId, &Stored)> = page.take(limit as usize).collect();
        let is_unlisted = |intent: &Stored| {
            let key = &intent.row.key;
            let Some((movement, _)) = operations.iter().find(|(_, name)| *name == key.operation) else { return false };
            let id = intent.head.provider_id.as_ref();
            let first = intent.evidence.iter().map(|entry| entry.at).min();
            key.account == run.new.account
                && states.contains(&intent.head.state)
                && first.is_some_and(|first| run.new.from <= first && first <= run.new.to)
                && !stored.lines().any(|line| {
                    is_about(line, *movement, id, Some(&key.reference)) || may_be_about(line, *movement, id)
                })
        };
        Ok(Unlisted {
            last: page.last().map(|(id, _)| **id),
            seen: page.len() as u64,
            intents: page.into_iter().filter(|(_, intent)| is_unlisted(intent)).map(|(id, _)| *id).collect(),
        })
    }

    async fn mark_open(&self, run: &Run, numbers: &[i64]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let stored = tables.settlements.run(run)?;
        for number in numbers {
            if let Some((_, is_open)) = stored.lines.get_mut(number) {
                *is_open = true;
            }
        }
        Ok(())
    }

    async fn add_findings(&self, run: &Run, findings: &[NewFinding]) -> Result<Vec<Finding>, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        tables.settlements.run(run)?;
        let valid = findings.iter().filter(|new| tables.is_still_true(run, new)).cloned();
        let valid: Vec<NewFinding> = valid.collect();
        Ok(valid.into_iter().map(|new| tables.add_finding(run, new, now)).collect())
    }

    async fn finish_run(&self, run: &Run) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let tables: &mut Tables = &mut tables;
        let Settlements { runs, findings } = &mut tables.settlements;
        let stored = runs.iter_mut().find(|stored| stored.run.id == run.id && !stored.has_ended);
        let stored = stored.ok_or(StoreError::RunEnded)?;
        let mut resolved = 0;
        for StoredFinding { finding, last_run, .. } in findings.values_mut() {
            let is_of_run = (&finding.account, &finding.source) == (&run.new.account, &run.new.source);
            if !is_of_run || finding.resolved_at.is_some() || *last_run >= run.id {
                continue;
            }
            let (id, reference) = (finding.object_id.as_ref(), finding.reference.as_ref());
            let is_about = |line: &StagedLine| is_about(line, finding.movement, id, reference);
            let is_gone = if finding.kind == FindingKind::Missing {
                let intent = finding.intent.and_then(|id| tables.intents.get(&id));
                intent.is_some_and(|intent| {
                    !matches!(intent.head.state, State::Succeeded | State::Reversed | State::Pending)
                })
            } else {
                finding.time.is_some_and(|time| run.new.from <= time && time < run.new.to)
                    && run.new.movements.contains(&finding.movement)
            };
            if !stored.open_lines().any(is_about) && (stored.lines().any(is_about) || is_gone) {
                finding.resolved_at = Some(now);
                resolved += 1;
            }
        }
        stored.has_ended = true;
        Ok(resolved)
    }

    async fn findings(&self, after: Option<FindingId>, limit: u32) -> Result<Vec<Finding>, StoreError> {
        let tables = self.tables();
        let findings = tables.settlements.findings.values().map(|stored| &stored.finding);
        let open = findings.filter(|finding| finding.is_open() && after.is_none_or(|after| finding.id > after));
        Ok(open.take(limit as usize).cloned().collect())
    }

    async fn accept_finding(&self, id: FindingId, by: &str) -> Result<bool, StoreError> {
        let accepted = Acceptance { at: self.clock.now(), by: by.to_owned() };
        let mut tables = self.tables();
        let stored = tables.settlements.findings.get_mut(&id).filter(|stored| stored.finding.is_open());
        Ok(stored.is_some_and(|stored| stored.finding.accepted.replace(accepted).is_none()))
    }
}

impl Tables {
    /// False if the intent has got evidence since it was compared, or if an intent explains the orphan by now.
    fn is_still_true(&self, run: &Run, new: &NewFinding) -> bool {
        if let Some((id, sequence)) = new.intent {
            let stored = self.intents.get(&id).and_then(|stored| stored.evidence.last());
            return stored.map_or(0, |entry| entry.evidence.sequence) == sequence;
        }
        if new.kind != FindingKind::Orphan || new.object_id.is_none() {
            return true;
        }
        let mut intents = self.intents.values().filter(|stored| stored.row.key.account == run.new.account);
        let explains = |stored: &Stored| {
            let is_in_progress = matches!(stored.head.state, State::Sending | State::Unknown);
            let may_have_it = is_in_progress && stored.head.due_at.is_some() && stored.head.provider_id.is_none();
            stored.head.provider_id == new.object_id
                || may_have_it && (new.reported.is_none() || stored.row.amount == new.reported)
        };
        !intents.any(explains)
    }

    fn add_finding(&mut self, run: &Run, new: NewFinding, now: OffsetDateTime) -> Finding {
        let known = self.settlements.findings.values().find(|stored| {
            let Finding { account, source, kind, .. } = &stored.finding;
            let (known, wanted) = ((account, source, kind), (&run.new.account, &run.new.source, &new.kind));
            known == wanted && stored.subject == new.subject
        });
        let known = known.map(|stored| (stored.finding.clone(), stored.last_run));
        let id = known.as_ref().map_or_else(|| FindingId::new(self.new_id()), |(finding, _)| finding.id);
        let details = |finding: &Finding| -> (_, _, _, Option<PaymentStatus>) {
            (finding.expected, finding.reported, finding.state, finding.status.clone())
        };
        let mut finding = Finding {
            id,
            account: run.new.account.clone(),
            source: run.new.source.clone(),
            kind: new.kind,
            intent: new.intent.map(|(id, _)| id),
            movement: new.movement,
            object_id: new.object_id,
            reference: new.reference,
            expected: new.expected,
            reported: new.reported,
            state: new.state,
            status: new.status,
            time: new.time,
            problem: new.problem,
            first_seen: known.as_ref().map_or(now, |(known, _)| known.first_seen),
            last_seen: now,
            resolved_at: None,
            accepted: None,
        };
        if let Some((known, _)) = known.as_ref().filter(|(known, _)| details(known) == details(&finding)) {
            finding.accepted.clone_from(&known.accepted);
        }
        let last_run = known.map_or(run.id, |(_, last_run)| last_run.max(run.id));
        let stored = StoredFinding { finding: finding.clone(), subject: new.subject, last_run };
        self.settlements.findings.insert(id, stored);
        finding
    }
}
