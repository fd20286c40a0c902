//! The invariants: what the journal has stored, compared with the sandbox's ledger. The clients' results are never used.

use std::collections::{BTreeMap, BTreeSet};

use payments_journal::store::{Entry, Loaded};
use payments_journal::{
    CallResult, Change, Decision, Evidence, Fact, IntentId, IntentKey, Observation, Review, State, assess,
};
use payments_sandbox::{EntryKind, Ledger};

use super::Tally;
use super::orders::{Kind, Order};

/// What is known of the life so far.
#[derive(Debug, Default)]
pub(super) struct Audit {
    pub(super) orders: Vec<Order>,
    intents: BTreeMap<IntentId, Seen>,
    /// The rows of the merchant's own table, which the hooks insert.
    effects: BTreeMap<IntentId, Vec<Change>>,
    /// Responses that a living process has received, and must save: by process, operation and reference.
    unsaved: BTreeSet<(usize, &'static str, String)>,
    effects_applied: u64,
    /// The messages in the inbox, by provider and source.
    messages: BTreeSet<(String, String)>,
    pub(super) violation: Option<String>,
}

/// An intent at its last commit.
#[derive(Debug)]
struct Seen {
    evidence: Vec<Entry>,
    epoch: u64,
    state: State,
    was_unknown: bool,
    reference: String,
    provider_id: Option<String>,
}

impl Audit {
    pub(super) fn report(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    pub(super) fn order_of(&self, key: &IntentKey) -> Option<&Order> {
        self.orders.iter().find(|order| order.has(key))
    }

    pub(super) fn order_mut(&mut self, key: &IntentKey) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.has(key))
    }

    pub(super) fn recorded(&mut self, index: usize) {
        if let Some(order) = self.orders.get_mut(index) {
            order.is_recorded = true;
        }
    }

    /// A merchant with a flaw gives the order a new reference.
    pub(super) fn rename(&mut self, index: usize) {
        if let Some(order) = self.orders.get_mut(index) {
            order.renamed += 1;
        }
    }

    /// A message is in the inbox.
    pub(super) fn stored(&mut self, provider: &str, source: &str) {
        self.messages.insert((provider.to_owned(), source.to_owned()));
    }

    /// A verified event was acknowledged, so it must be in the inbox.
    pub(super) fn acknowledged(&mut self, provider: &str, source: String) {
        if !self.messages.contains(&(provider.to_owned(), source)) {
            self.report(format!("an event of {provider} was acknowledged, and is not stored"));
        }
    }

    /// A verified event with the final success of an order was acknowledged.
    pub(super) fn acknowledged_success(&mut self, provider: &str, reference: &str) {
        for order in &mut self.orders {
            let is_about = order.kind.provider() == provider && order.reference() == reference;
            order.success_acknowledged |= is_about && order.payment.is_none();
        }
    }

    /// The provider's id of an order, if the journal knows it.
    pub(super) fn provider_id(&self, reference: &str) -> Option<String> {
        self.intents.values().find(|seen| seen.reference == reference)?.provider_id.clone()
    }

    /// A response that a living process received and did not save.
    pub(super) fn unsaved(&self) -> Option<String> {
        let (process, operation, reference) = self.unsaved.first()?;
        Some(format!("process {process} received the response to {operation} {reference}, and it was lost"))
    }

    /// A process has received a provider's response.
    pub(super) fn responded(&mut self, process: usize, operation: &'static str, reference: &str) {
        self.unsaved.insert((process, operation, reference.to_owned()));
    }

    /// A process has ended: what it had not saved may be lost.
    pub(super) fn forget_unsaved(&mut self, process: usize) {
        self.unsaved.retain(|(other, ..)| *other != process);
    }

    /// The rows of the merchant's table, committed.
    pub(super) fn apply_effects(&mut self, effects: Vec<Change>) {
        for change in effects {
            self.effects_applied += 1;
            let rows = self.effects.entry(change.intent).or_default();
            let expected = rows.last().map_or(State::Intended, |last| last.to);
            let is_next = change.from == expected;
            if !is_next {
                let what = format!(
                    "the change of {} from {} to {} was delivered after {expected}: the changes are no chain",
                    change.key, change.from, change.to
                );
                self.violation.get_or_insert(what);
            }
            rows.push(change);
        }
    }

    pub(super) fn changes_applied(&self) -> u64 {
        self.effects_applied
    }

    /// Checks an intent after a commit.
    pub(super) fn committed(&mut self, loaded: &Loaded, ledger: &Ledger, tally: &mut Tally) {
        tally.commits += 1;
        let problem = self.check_evidence(loaded, tally).or_else(|| self.check_state(loaded, ledger));
        if let Some(what) = problem {
            self.report(format!("{}: {what}", loaded.row.key));
        }
        for entry in &loaded.evidence {
            if let Fact::Ended { result: CallResult::Accepted(_), .. } = entry.evidence.fact {
                self.unsaved.retain(|(_, operation, reference)| {
                    *operation != loaded.row.key.operation || *reference != loaded.row.key.reference
                });
            }
        }
    }

    /// Evidence is only appended, and the state is what it proves.
    fn check_evidence(&mut self, loaded: &Loaded, tally: &mut Tally) -> Option<String> {
        let Loaded { id, head, evidence, .. } = loaded;
        let order = self.orders.iter().find(|order| order.has(&loaded.row.key))?;
        let rules = order.kind.rules();
        let before = self.intents.get(id);
        let old = before.map_or(&[][..], |seen| &seen.evidence);
        if !evidence.starts_with(old) {
            return Some("evidence was changed or removed".to_owned());
        }
        for entry in &evidence[old.len()..] {
            match entry.evidence.fact {
                Fact::Claimed { .. } => tally.claims += 1,
                Fact::LeaseExpired { .. } => tally.expired_leases += 1,
                Fact::Found { .. } | Fact::NotFound => tally.lookups += 1,
                Fact::GaveUp(_) => tally.reviews += 1,
                _ => {}
            }
        }
        for (position, entry) in (1..).zip(evidence) {
            if entry.evidence.sequence != position {
                return Some(format!("the evidence at position {position} has the number {}", entry.evidence.sequence));
            }
        }
        let sources: BTreeSet<&str> = evidence.iter().map(|entry| entry.source.as_str()).collect();
        if sources.len() != evidence.len() {
            return Some("one source counts twice".to_owned());
        }
        if before.is_some_and(|seen| seen.epoch > head.epoch) {
            return Some("the epoch went back".to_owned());
        }
        let facts: Vec<Evidence> = evidence.iter().map(|entry| entry.evidence.clone()).collect();
        let proved = assess(&rules, &facts);
        if (proved.state, proved.review, &proved.status) != (head.state, head.review, &head.status) {
            return Some(format!("the state is {}, but the evidence proves {}", head.state, proved.state));
        }
        let was_unknown = before.is_some_and(|seen| seen.was_unknown);
        if head.state == State::Unknown && !was_unknown {
            tally.unknown += 1;
        }
        let is_unknown = was_unknown || head.state == State::Unknown;
        let seen = Seen {
            evidence: evidence.clone(),
            epoch: head.epoch,
            state: head.state,
            was_unknown: is_unknown,
            reference: loaded.row.key.reference.clone(),
            provider_id: head.provider_id.clone(),
        };
        self.intents.insert(*id, seen);
        None
    }

    /// The ledger does not contradict the state.
    fn check_state(&self, loaded: &Loaded, ledger: &Ledger) -> Option<String> {
        let order = self.order_of(&loaded.row.key)?;
        let (executed, moved) = executions(order, ledger);
        if executed > 1 {
            return Some(format!("it was executed {executed} times"));
        }
        let state = loaded.head.state;
        let has_claim = loaded.evidence.iter().any(|entry| matches!(entry.evidence.fact, Fact::Claimed { .. }));
        if executed > 0 && !has_claim {
            return Some("it was sent without a stored claim".to_owned());
        }
        if order.decided_wrongly {
            return None;
        }
        let contradicts = match state {
            State::Intended | State::Abandoned | State::Refused => executed > 0,
            State::Failed => moved > 0 && !order.succeeded_late,
            // The money of a payout may have been returned later.
            State::Succeeded if order.kind == Kind::Payout => executed == 0,
            State::Succeeded => moved == 0,
            // A deposit can be paid, and expire, without its confirmation.
            State::Reversed | State::Pending if order.kind == Kind::Confirm => false,
            State::Reversed | State::Pending => executed == 0,
            _ => false,
        };
        if contradicts {
            return Some(format!("it is {state}, but the ledger has {executed} executions and money moved: {moved}"));
        }
        if state == State::Succeeded && hides_amount(order, loaded, ledger) {
            return Some("it succeeded with another amount, which is not shown".to_owned());
        }
        let is_unexplained = loaded.head.review == Some(Review::Unexplained);
        is_unexplained.then(|| "a request of this journal is unexplained".to_owned())
    }

    /// Checks every intent against the ledger, also if nothing was committed.
    pub(super) fn check_ledger(&mut self, ledger: &Ledger) {
        let mut problem = None;
        for order in &self.orders {
            let (executed, moved) = executions(order, ledger);
            if executed > 1 {
                problem =
                    problem.or(Some(format!("{:?} {} was executed {executed} times", order.kind, order.reference())));
            }
            if order.decided_wrongly {
                continue;
            }
            let seen = self.intents.values().find(|seen| seen.reference == order.reference());
            let state = seen.map_or(State::Intended, |seen| seen.state);
            let contradicts = match state {
                State::Intended | State::Abandoned | State::Refused => executed > 0,
                State::Failed => moved > 0 && !order.succeeded_late,
                _ => false,
            };
            if contradicts && order.renamed == 0 {
                let what = format!("{:?} {} is {state}, but was executed", order.kind, order.reference());
                problem = problem.or(Some(what));
            }
        }
        if let Some(problem) = problem {
            self.report(problem);
        }
    }

    /// Checks what must be true once everything has come to rest.
    pub(super) fn check_rest(&self, loaded: &Loaded, ledger: &Ledger, tally: &mut Tally) -> Option<String> {
        let order = self.order_of(&loaded.row.key)?;
        let (executed, _) = executions(order, ledger);
        tally.executed += u64::from(executed > 0);
        let rows = self.effects.get(&loaded.id).map_or(&[][..], Vec::as_slice);
        let applied = rows.last().map_or(State::Intended, |last| last.to);
        if applied != loaded.head.reported {
            return Some(format!("it is {}, but the hook has seen {applied}", loaded.head.state));
        }
        let state = loaded.head.state;
        let is_in_evidence = loaded.evidence.iter().any(|entry| match &entry.evidence.fact {
            Fact::Event(seen) | Fact::Found { seen, .. } | Fact::Ended { result: CallResult::Accepted(seen), .. } => {
                match seen {
                    Observation::Status { status, .. } | Observation::OtherAmount { status, .. } => status.is_paid(),
                    _ => true,
                }
            }
            _ => false,
        });
        if order.success_acknowledged && !is_in_evidence {
            return Some("an event of its success was acknowledged, and is not in the evidence".to_owned());
        }
        let keeps_success = match state {
            State::Succeeded | State::Reversed | State::NeedsReview => true,
            State::Failed => order.kind == Kind::Payout,
            _ => false,
        };
        if order.success_acknowledged && !keeps_success && !order.decided_wrongly {
            return Some(format!("it is {state}, although an event of its success was acknowledged"));
        }
        if matches!(state, State::Intended | State::Sending | State::Unknown) {
            return Some(format!("it does not come to rest: it is {state}"));
        }
        None
    }

    /// A line about an intent for the timeline.
    pub(super) fn describe(&self, loaded: &Loaded) -> Option<String> {
        let order = self.order_of(&loaded.row.key)?;
        let last = loaded.evidence.last().map(|entry| match &entry.evidence.fact {
            Fact::Claimed { protection, .. } => format!("claimed, protection {protection:?}"),
            Fact::Ended { result, .. } => format!("ended, {result:?}"),
            Fact::LeaseExpired { .. } => "lease expired".to_owned(),
            fact => format!("{fact:?}"),
        });
        let review = loaded.head.review.map_or_else(String::new, |review| format!(" ({})", review.code()));
        Some(format!(
            "{:?} {} is {}{review} after {} facts: {}",
            order.kind,
            order.reference(),
            loaded.head.state,
            loaded.evidence.len(),
            last.unwrap_or_default()
        ))
    }
}

/// How often the ledger has the order's operation, and the money that it has moved.
pub(super) fn executions(order: &Order, ledger: &Ledger) -> (usize, i32) {
    let entries = ledger.entries().iter().filter(|entry| order.is_in_ledger_as(&entry.reference));
    let (mut executed, mut moved) = (0, 0);
    for entry in entries {
        let by_request = entry.request.is_some();
        executed += usize::from(by_request && order.kind.is_execution(&entry.operation, entry.kind));
        moved += order.kind.money_moved(&entry.operation, entry.kind);
    }
    (executed, moved)
}

/// True if the customer paid another amount than the journal shows for the order.
///
/// If the provider never reported the order, a person decided, who saw the amount at the provider.
fn hides_amount(order: &Order, loaded: &Loaded, ledger: &Ledger) -> bool {
    if loaded.head.status.is_none() {
        return false;
    }
    let shown = loaded.head.order_amount.or(loaded.row.amount);
    let mut entries = ledger.entries().iter().filter(|entry| order.is_in_ledger_as(&entry.reference));
    let is_other = |amount: i64| shown.is_some_and(|shown| shown.minor() != amount);
    order.kind == Kind::Upi && entries.any(|entry| entry.kind == EntryKind::Credited && is_other(entry.amount))
}

/// What a person finds out at the provider; `None` if the order is neither done nor certainly not done.
pub(super) fn truth(order: &Order, ledger: &Ledger) -> Option<Decision> {
    match executions(order, ledger) {
        (_, moved) if moved > 0 => Some(Decision::Done),
        (0, _) => Some(Decision::NotDone),
        _ => None,
    }
}
