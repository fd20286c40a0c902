//! The invariants, held against the sandbox's ledger and never against what a client says.

use std::collections::HashMap;

use payments_sandbox::{Entry, EntryKind, Ledger};

use super::books::{self, Books, Errand, Standing, Try, Way};

/// What the ledger says by now.
#[derive(Debug, Default)]
pub(super) struct Audit {
    seen: usize,
    facts: HashMap<String, Vec<Fact>>,
    /// How often money stands moved for an order.
    moved: HashMap<usize, i32>,
}

#[derive(Debug)]
struct Fact {
    operation: String,
    what: EntryKind,
    amount: i64,
}

impl Audit {
    /// Takes in what is new in the ledger, and says what of it must not be.
    pub(super) fn take(&mut self, ledger: &Ledger, books: &Books) -> Option<String> {
        let entries = ledger.entries();
        let mut violation = None;
        for entry in &entries[self.seen..] {
            violation = violation.or(self.enter(entry, books));
        }
        self.seen = entries.len();
        violation
    }

    fn enter(&mut self, entry: &Entry, books: &Books) -> Option<String> {
        let Entry { operation, reference, kind: what, amount, .. } = entry;
        let facts = self.facts.entry(reference.clone()).or_default();
        let before = facts.iter().filter(|fact| fact.operation == *operation && fact.what == *what).count();
        facts.push(Fact { operation: operation.clone(), what: *what, amount: *amount });
        if before > 0 && once(*what) {
            return Some(format!("{operation} is {what} a second time for {reference}"));
        }
        let index = books.find(reference)?;
        let this = &books.tries[index];
        let moved = self.moved.entry(this.order).or_default();
        *moved += moves(operation, *what);
        if *moved > 1 {
            return Some(format!("order {} stands paid {moved} times, by {operation} for {reference}", this.order));
        }
        (this.standing == Standing::NotDone && *what == EntryKind::Executed && moves(operation, *what) > 0)
            .then(|| format!("{operation} was done for {reference}, of which the client said that it was not"))
    }

    /// Why a belief of a try is none that the ledger bears out.
    pub(super) fn denies(&self, this: &Try) -> Option<String> {
        let money = |wanted: EntryKind, minor: i64| {
            self.has(&this.reference, |fact| fact.what == wanted && fact.amount == minor)
        };
        let borne_out = match (this.standing, this.way) {
            (Standing::Planned | Standing::Unknown | Standing::Open, _) => true,
            (Standing::NotDone, _) => !self.stands_moved(&this.reference),
            (Standing::Paid(paid), Way::Upi | Way::Link | Way::Deposit | Way::HostToHost) => {
                money(EntryKind::Credited, paid.minor())
            }
            (Standing::Paid(paid), Way::Withdrawal) => {
                // What arrives in the end may be another amount than left (documented).
                let _ = paid;
                self.has(&this.reference, |fact| fact.what == EntryKind::Executed)
            }
            (Standing::Paid(paid), Way::Charge { .. } | Way::Card | Way::Hold | Way::ThreeDs | Way::Checkout) => {
                money(EntryKind::Executed, paid.minor())
            }
            (Standing::Failed, Way::Withdrawal) => self.has(&this.reference, |fact| fact.what == EntryKind::Returned),
            (Standing::Failed, Way::Charge { .. } | Way::Card | Way::Hold | Way::ThreeDs | Way::Checkout) => {
                !self.stands_moved(&this.reference)
            }
            // It may succeed yet, or have done so a moment ago.
            (Standing::Failed, Way::Upi | Way::Link | Way::Deposit | Way::HostToHost) => true,
        };
        (!borne_out)
            .then(|| format!("{} is believed to be {:?}, which the ledger denies", this.reference, this.standing))
    }

    /// The same of what was done to a payment afterwards.
    pub(super) fn denies_errand(&self, this: &Try, errand: &Errand) -> Option<String> {
        let done = self.errand_was_done(this, errand);
        let borne_out = match errand.standing {
            Standing::Planned | Standing::Unknown | Standing::Open => true,
            Standing::Paid(_) => done,
            Standing::NotDone | Standing::Failed => !done,
        };
        let (what, standing) = (errand.what, errand.standing);
        (!borne_out)
            .then(|| format!("{what:?} of {} is believed to be {standing:?}, which the ledger denies", this.reference))
    }

    pub(super) fn errand_was_done(&self, this: &Try, errand: &Errand) -> bool {
        let amount = errand.amount.minor();
        match (errand.what, this.way) {
            (books::What::Capture, Way::Hold) => {
                self.has(&this.reference, |fact| fact.operation == "card3ds.capture" && fact.amount == amount)
            }
            (books::What::Capture, _) => {
                self.has(&this.reference, |fact| fact.what == EntryKind::Captured && fact.amount == amount)
            }
            (books::What::Cancel, _) => self.has(&this.reference, |fact| fact.what == EntryKind::Released),
            (books::What::Refund, _) => {
                self.has(&errand.reference, |fact| fact.what == EntryKind::Refunded && fact.amount == amount)
            }
            (books::What::Complete, _) => self.has(&this.reference, |fact| fact.what == EntryKind::Executed),
            (books::What::Confirm, _) => self.has(&this.reference, |fact| fact.what == EntryKind::Confirmed),
        }
    }

    /// The customer has had it charged back.
    pub(super) fn disputed(&self, reference: &str) -> bool {
        self.has(reference, |fact| fact.what == EntryKind::ChargedBack)
    }

    /// The provider took something in under this reference.
    pub(super) fn knows(&self, reference: &str) -> bool {
        self.facts.contains_key(reference)
    }

    /// How often this was done: for what is printed at the end.
    pub(super) fn entries(&self) -> usize {
        self.seen
    }

    fn stands_moved(&self, reference: &str) -> bool {
        let facts = self.facts.get(reference).map(Vec::as_slice).unwrap_or_default();
        facts.iter().map(|fact| moves(&fact.operation, fact.what)).sum::<i32>() > 0
    }

    fn has(&self, reference: &str, is: impl Fn(&Fact) -> bool) -> bool {
        self.facts.get(reference).is_some_and(|facts| facts.iter().any(is))
    }
}

/// What is done at most once under one reference.
fn once(what: EntryKind) -> bool {
    matches!(
        what,
        EntryKind::Executed
            | EntryKind::Credited
            | EntryKind::Captured
            | EntryKind::Released
            | EntryKind::Refunded
            | EntryKind::Returned
    )
}

/// Whether money leaves, or comes back.
fn moves(operation: &str, what: EntryKind) -> i32 {
    match (operation, what) {
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
