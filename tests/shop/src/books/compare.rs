//! The comparison itself, without any input or output.

mod orders;
mod subjects;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use subjects::Subjects;

use super::belief::{Belief, Booking, Intent};
use super::movements::{Effect, Movement};

/// What the shop has booked under a reference, beside the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The reference at the provider. For an order without any payment, the order's id.
    pub reference: String,
    /// The kind of operation.
    pub kind: Kind,
    /// The order that it belongs to.
    pub order: Option<String>,
    /// The states of the journal's intents: `pay_out succeeded`.
    pub state: String,
    /// The currency's code; empty if it is unknown.
    pub currency: String,
    /// The money that moved, in the currency's smallest unit: positive if the merchant received it.
    pub ledger: i64,
    /// The money that the shop has booked.
    pub booked: i64,
    /// The result.
    pub verdict: Verdict,
}

/// The kind of operation that a reference stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A payment of an order.
    Payment,
    /// A payout.
    Payout,
    /// A refund of a payment.
    Refund,
    /// The shop does not know the reference.
    Unknown,
}

/// The result for one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The shop has booked what moved, and nothing is open.
    Equal,
    /// The shop knows that it does not know the final outcome yet.
    Open,
    /// The shop has booked an earlier state, and a message of the provider about the later one has not arrived.
    OnTheWay,
    /// A person must decide. The reason is the code of the journal's review.
    InReview(String),
    /// The shop is wrong about the money, and does not know it.
    Wrong(String),
}

impl Verdict {
    /// The verdict in one or two words: `equal`, `open`, `on the way`, `in review` or `WRONG`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Open => "open",
            Self::OnTheWay => "on the way",
            Self::InReview(_) => "in review",
            Self::Wrong(_) => "WRONG",
        }
    }

    /// Why it is in review or wrong.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Equal | Self::Open | Self::OnTheWay => "",
            Self::InReview(reason) | Self::Wrong(reason) => reason,
        }
    }
}

impl Kind {
    /// The kind in a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Payout => "payout",
            Self::Refund => "refund",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reference, kind, state, currency, ledger, booked, verdict, .. } = self;
        write!(
            f,
            "{reference:<26} {:<8} ledger {ledger:>9} booked {booked:>9} {currency:<3}  {:<10} [{state}]",
            kind.name(),
            verdict.name()
        )?;
        match verdict.reason() {
            "" => Ok(()),
            reason => write!(f, " {reason}"),
        }
    }
}

/// Compares the movements with the belief. Returns the rows, the newest reference first.
///
/// `on_the_way` has the references for which the provider still has a message to the shop. `doubles` has what the sandbox found
/// to be executed or paid twice, by reference.
#[must_use]
pub fn compare(
    movements: &[Movement],
    belief: &Belief,
    on_the_way: &BTreeSet<String>,
    doubles: &BTreeMap<String, String>,
) -> Vec<Row> {
    let subjects = Subjects::of(belief);
    let orders = orders::mistakes(movements, belief, &subjects);
    let mut rows: Vec<Row> = Vec::new();
    for (reference, currency) in subjects::keys(movements, belief) {
        let moved: Vec<&Movement> = movements
            .iter()
            .filter(|movement| movement.reference == reference && movement.currency == currency)
            .collect();
        let booked =
            belief.bookings.iter().filter(|booking| booking.reference == reference && booking.currency == currency);
        let kind = subjects.kind(&reference);
        let booked = Booked::of(booked, kind);
        let intents = subjects.intents(&reference);
        let verdict = match doubles.get(&reference).or_else(|| orders.get(&reference)) {
            Some(mistake) => Verdict::Wrong(mistake.clone()),
            None => verdict(&moved, &booked, intents, on_the_way.contains(&reference)),
        };
        rows.push(Row {
            kind,
            order: subjects.order(&reference).map(str::to_owned),
            state: states(intents),
            ledger: moved.iter().map(|movement| movement.signed()).sum(),
            booked: booked.sum,
            reference,
            currency,
            verdict,
        });
    }
    // An order can have a mistake and no payment at all.
    for order in &belief.orders {
        if let Some(mistake) =
            orders.get(&order.id).filter(|_| rows.iter().all(|row| row.order.as_ref() != Some(&order.id)))
        {
            rows.push(Row {
                reference: order.id.clone(),
                kind: Kind::Payment,
                order: Some(order.id.clone()),
                state: String::new(),
                currency: String::new(),
                ledger: 0,
                booked: 0,
                verdict: Verdict::Wrong(mistake.clone()),
            });
        }
    }
    rows.reverse();
    rows
}

/// The verdict for one reference and currency.
fn verdict(moved: &[&Movement], booked: &Booked, intents: &[&Intent], is_on_the_way: bool) -> Verdict {
    if let Some(movement) = moved.iter().find(|movement| movement.effect == Effect::Unexpected) {
        return Verdict::Wrong(format!("{} moved money, and the shop books no such operation", movement.operation));
    }
    if let Some(problem) = &booked.problem {
        return Verdict::Wrong(problem.clone());
    }
    let mut ledger = 0;
    // What the ledger had at any time so far: a booking that is late is one of these.
    let mut earlier = BTreeSet::from([0]);
    for movement in moved {
        ledger += movement.signed();
        earlier.insert(ledger);
    }
    if !earlier.contains(&booked.sum) {
        let problem =
            if moved.is_empty() { "booked, and no money moved" } else { "booked with another amount than moved" };
        return Verdict::Wrong(problem.to_owned());
    }
    let intents = deciding(intents);
    if let Some(intent) = intents.iter().find(|intent| intent.state == "needs_review") {
        return Verdict::InReview(intent.review.clone().unwrap_or_default());
    }
    if intents.iter().any(|intent| is_open(intent)) {
        Verdict::Open
    } else if ledger == booked.sum {
        Verdict::Equal
    } else if is_on_the_way {
        Verdict::OnTheWay
    } else if intents.is_empty() {
        Verdict::Wrong("money moved under a reference that the shop does not know".to_owned())
    } else {
        Verdict::Wrong("money moved, and the shop has neither booked it nor is it open".to_owned())
    }
}

/// The intents that decide whether the outcome is known: once a 3-D Secure payment is completed, the completion alone.
fn deciding<'a>(intents: &[&'a Intent]) -> Vec<&'a Intent> {
    let completion = intents.iter().find(|intent| intent.operation == "card3ds.complete_3ds");
    match completion {
        Some(completion) if !is_open(completion) && completion.state != "needs_review" => vec![completion],
        _ => intents.to_vec(),
    }
}

fn is_open(intent: &Intent) -> bool {
    intent.is_being_told || matches!(intent.state.as_str(), "intended" | "sending" | "pending" | "unknown")
}

fn states(intents: &[&Intent]) -> String {
    let state = |intent: &&Intent| {
        let problem = intent.hook_problem.as_ref().map(|problem| format!(" (hook: {problem})")).unwrap_or_default();
        format!("{} {}{problem}", intent.operation, intent.state)
    };
    intents.iter().map(state).collect::<Vec<_>>().join(", ")
}

/// The bookings of one reference, added up.
#[derive(Debug, Default)]
struct Booked {
    sum: i64,
    problem: Option<String>,
}

impl Booked {
    fn of<'a>(bookings: impl Iterator<Item = &'a Booking>, kind: Kind) -> Self {
        let mut booked = Self::default();
        for booking in bookings {
            booked.sum += booking.amount;
            if booking.kind != kind.name() {
                booked.problem = Some(format!("booked as a {}", booking.kind));
            }
        }
        booked
    }
}
