//! What the shop believes, compared with what the providers have executed.
//!
//! The comparison is strict. A difference is excused only while the shop knows that it does not know the outcome, and only where
//! a booking is still missing: a booking of money that did not move is wrong in any state.

mod belief;
mod compare;
mod movements;

use std::collections::BTreeSet;
use std::fmt;

use payments_sandbox::{DeliveryState, Sandbox};

pub use belief::{Belief, Booking, Database, Intent, Order, Payment};
pub use compare::{Kind, Row, Verdict, compare};
pub use movements::{Effect, Movement, OPERATIONS};

use crate::Failed;

/// One row per reference and currency, the newest first.
#[derive(Debug, Clone)]
pub struct Books {
    rows: Vec<Row>,
}

impl Books {
    /// Reads the shop's database and the ledger, and compares them.
    pub(crate) async fn compare(sandbox: &Sandbox, database: &Database) -> Result<Self, Failed> {
        let mut tries = 0;
        loop {
            let ledger = sandbox.ledger();
            // Read before the belief: what is delivered in between is then part of the belief.
            let on_the_way = on_the_way(sandbox);
            let belief = database.read().await?;
            tries += 1;
            // If the ledger has grown meanwhile, the belief may be newer than the ledger.
            if sandbox.ledger().entries().len() > ledger.entries().len() && tries < MAX_TRIES {
                continue;
            }
            let doubles: Vec<_> = ledger.doubles().into_iter().filter(|double| double.is_payment).collect();
            let doubles = doubles.iter().flat_map(|double| {
                double.references.iter().map(move |reference| (reference.clone(), double.to_string()))
            });
            let movements: Vec<Movement> = ledger.entries().iter().filter_map(Movement::of).collect();
            return Ok(Self { rows: compare(&movements, &belief, &on_the_way, &doubles.collect()) });
        }
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of one order, or of one payout.
    pub fn of<'a>(&'a self, order: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.order.as_deref() == Some(order) || row.reference == order)
    }

    /// The rows with a mistake.
    pub fn wrong(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.verdict, Verdict::Wrong(_)))
    }

    /// The rows where money has moved that is not booked yet, and those with a mistake.
    pub fn unequal(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.ledger != row.booked || matches!(row.verdict, Verdict::Wrong(_)))
    }

    /// The number of rows with this verdict's name: `equal`, `open`, `on the way`, `in review` or `WRONG`.
    #[must_use]
    pub fn count(&self, verdict: &str) -> usize {
        self.rows.iter().filter(|row| row.verdict.name() == verdict).count()
    }

    /// Fails if a row has a mistake.
    ///
    /// # Panics
    ///
    /// Panics with all rows.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub fn nothing_is_wrong(&self) {
        if self.wrong().next().is_some() {
            panic!("the shop's books are wrong\n{self}");
        }
    }

    /// Fails unless the shop has booked exactly what the ledger has.
    ///
    /// # Panics
    ///
    /// Panics with all rows.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub fn all_equal(&self) {
        if self.unequal().next().is_some() {
            panic!("the shop's books differ from the ledger\n{self}");
        }
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

/// The references for which the provider still has a message to the shop.
fn on_the_way(sandbox: &Sandbox) -> BTreeSet<String> {
    let waits = |state| matches!(state, DeliveryState::Waiting | DeliveryState::Held | DeliveryState::Overtaken);
    let deliveries = sandbox.deliveries().into_iter();
    deliveries.filter(|delivery| waits(delivery.state)).map(|delivery| delivery.reference).collect()
}

/// A busy shop may change the ledger during every read. A newer belief then shows as a mistake, which is gone in the next comparison.
const MAX_TRIES: usize = 100;
