//! The invariants: the merchant's records compared with the sandbox's ledger. The clients' results are never used.

use std::collections::HashMap;

use payments_sandbox::{Entry, EntryKind, Ledger};

use super::records::{Attempt, AttemptState, Flow, FollowUp, FollowUpKind, Records};

/// The ledger's entries so far, by reference.
#[derive(Debug, Default)]
pub(super) struct Audit {
    entries_read: usize,
    facts: HashMap<String, Vec<Fact>>,
    /// Per order, how many payments stand: executed and neither released nor returned.
    payments: HashMap<usize, i32>,
}

#[derive(Debug)]
struct Fact {
    operation: String,
    kind: EntryKind,
    amount: i64,
}

impl Audit {
    /// Reads the new ledger entries, and returns the first violation among them.
    pub(super) fn read(&mut self, ledger: &Ledger, records: &Records) -> Option<String> {
        let entries = ledger.entries();
        let mut violation = None;
        for entry in &entries[self.entries_read..] {
            violation = violation.or(self.add(entry, records));
        }
        self.entries_read = entries.len();
        violation
    }

    fn add(&mut self, entry: &Entry, records: &Records) -> Option<String> {
        let Entry { operation, reference, kind, amount, .. } = entry;
        let facts = self.facts.entry(reference.clone()).or_default();
        let before = facts.iter().filter(|fact| fact.operation == *operation && fact.kind == *kind).count();
        facts.push(Fact { operation: operation.clone(), kind: *kind, amount: *amount });
        if before > 0 && happens_once(*kind) {
            return Some(format!("{operation} is {kind} a second time for {reference}"));
        }
        let index = records.find(reference)?;
        let attempt = &records.attempts[index];
        let payments = self.payments.entry(attempt.order).or_default();
        *payments += payment_change(operation, *kind);
        if *payments > 1 {
            return Some(format!("order {} is paid {payments} times, by {operation} for {reference}", attempt.order));
        }
        (attempt.state == AttemptState::NotExecuted
            && *kind == EntryKind::Executed
            && payment_change(operation, *kind) > 0)
            .then(|| format!("{operation} was executed for {reference}, but the client reported that it was not"))
    }

    /// Returns a message if the ledger contradicts the recorded state of an attempt.
    pub(super) fn contradiction(&self, attempt: &Attempt) -> Option<String> {
        let has_amount = |kind: EntryKind, minor: i64| {
            self.has(&attempt.reference, |fact| fact.kind == kind && fact.amount == minor)
        };
        let agrees = match (attempt.state, attempt.flow) {
            (AttemptState::Planned | AttemptState::Unknown | AttemptState::Open, _) => true,
            (AttemptState::NotExecuted, _) => !self.is_paid(&attempt.reference),
            (AttemptState::Paid(paid), Flow::Upi | Flow::Link | Flow::Deposit | Flow::HostToHost) => {
                has_amount(EntryKind::Credited, paid.minor())
            }
            // The bank may pay out another amount than was requested (documented).
            (AttemptState::Paid(_), Flow::Withdrawal) => {
                self.has(&attempt.reference, |fact| fact.kind == EntryKind::Executed)
            }
            (
                AttemptState::Paid(paid),
                Flow::Charge { .. } | Flow::Card | Flow::Hold | Flow::ThreeDs | Flow::Checkout,
            ) => has_amount(EntryKind::Executed, paid.minor()),
            (AttemptState::Failed, Flow::Withdrawal) => {
                self.has(&attempt.reference, |fact| fact.kind == EntryKind::Returned)
            }
            (AttemptState::Failed, Flow::Charge { .. } | Flow::Card | Flow::Hold | Flow::ThreeDs | Flow::Checkout) => {
                !self.is_paid(&attempt.reference)
            }
            // The payment may succeed later, or may have succeeded since the status was read.
            (AttemptState::Failed, Flow::Upi | Flow::Link | Flow::Deposit | Flow::HostToHost) => true,
        };
        (!agrees)
            .then(|| format!("{} is recorded as {:?}, which the ledger contradicts", attempt.reference, attempt.state))
    }

    /// Returns a message if the ledger contradicts the recorded state of a follow-up.
    pub(super) fn follow_up_contradiction(&self, attempt: &Attempt, follow_up: &FollowUp) -> Option<String> {
        let executed = self.follow_up_was_executed(attempt, follow_up);
        let agrees = match follow_up.state {
            AttemptState::Planned | AttemptState::Unknown | AttemptState::Open => true,
            AttemptState::Paid(_) => executed,
            AttemptState::NotExecuted | AttemptState::Failed => !executed,
        };
        let (kind, state) = (follow_up.kind, follow_up.state);
        (!agrees).then(|| {
            format!("{kind:?} of {} is recorded as {state:?}, which the ledger contradicts", attempt.reference)
        })
    }

    pub(super) fn follow_up_was_executed(&self, attempt: &Attempt, follow_up: &FollowUp) -> bool {
        let amount = follow_up.amount.minor();
        match (follow_up.kind, attempt.flow) {
            (FollowUpKind::Capture, Flow::Hold) => {
                self.has(&attempt.reference, |fact| fact.operation == "card3ds.capture" && fact.amount == amount)
            }
            (FollowUpKind::Capture, _) => {
                self.has(&attempt.reference, |fact| fact.kind == EntryKind::Captured && fact.amount == amount)
            }
            (FollowUpKind::Cancel, _) => self.has(&attempt.reference, |fact| fact.kind == EntryKind::Released),
            (FollowUpKind::Refund, _) => {
                self.has(&follow_up.reference, |fact| fact.kind == EntryKind::Refunded && fact.amount == amount)
            }
            (FollowUpKind::Complete, _) => self.has(&attempt.reference, |fact| fact.kind == EntryKind::Executed),
            (FollowUpKind::Confirm, _) => self.has(&attempt.reference, |fact| fact.kind == EntryKind::Confirmed),
        }
    }

    /// Returns true if the customer has charged the payment back.
    pub(super) fn was_charged_back(&self, reference: &str) -> bool {
        self.has(reference, |fact| fact.kind == EntryKind::ChargedBack)
    }

    /// Returns true if the ledger has an entry for this reference.
    pub(super) fn has_entries(&self, reference: &str) -> bool {
        self.facts.contains_key(reference)
    }

    /// The number of ledger entries read so far.
    pub(super) fn entries(&self) -> usize {
        self.entries_read
    }

    fn is_paid(&self, reference: &str) -> bool {
        let facts = self.facts.get(reference).map(Vec::as_slice).unwrap_or_default();
        facts.iter().map(|fact| payment_change(&fact.operation, fact.kind)).sum::<i32>() > 0
    }

    fn has(&self, reference: &str, matches: impl Fn(&Fact) -> bool) -> bool {
        self.facts.get(reference).is_some_and(|facts| facts.iter().any(matches))
    }
}

/// Returns true for kinds that happen at most once per reference.
fn happens_once(kind: EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::Executed
            | EntryKind::Credited
            | EntryKind::Captured
            | EntryKind::Released
            | EntryKind::Refunded
            | EntryKind::Returned
    )
}

/// Returns 1 for an entry that pays, -1 for one that undoes a payment, and 0 for any other.
fn payment_change(operation: &str, kind: EntryKind) -> i32 {
    match (operation, kind) {
        ("turratech.create-payment" | "turbopay.withdraw", EntryKind::Executed) => 1,
        (
            "card3ds.payment" | "card3ds.pre-authorization" | "card3ds.complete-3ds" | "card3ds.checkout",
            EntryKind::Executed,
        ) => 1,
        ("turbo-txn.initiate" | "turbo-link.payment", EntryKind::Credited) => 1,
        ("turbopay.deposit" | "turbopay.host-to-host-deposit", EntryKind::Credited) => 1,
        (_, EntryKind::Released) => -1,
        ("turbopay.withdraw", EntryKind::Returned) => -1,
        _ => 0,
    }
}
