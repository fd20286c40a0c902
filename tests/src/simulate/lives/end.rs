//! The end of a life: all faults are removed, everything comes to rest, and every intent is compared with the provider.

use std::time::Duration;

use payments_core::clock::Clock as _;
use payments_journal::store::{Loaded, Store as _};
use payments_journal::{CallResult, Fact, Review, State};

use super::audit::executions;
use super::life::Life;
use super::orders::{Kind, Order};
use super::steps::decide;

impl Life {
    pub(super) fn end(&mut self) -> Result<(), String> {
        self.log(format_args!("the end: all faults are removed"));
        self.world.set_calm(true);
        self.is_healing = true;
        self.world.offline.clear_faults();
        self.world.offline.release();
        self.database_clock.set_offset(0);
        let now = self.world.now();
        for machine in &mut self.machines {
            machine.clock.set_offset(0);
            machine.stopped_until = now;
            machine.starts_at = machine.starts_at.min(now);
        }
        // What is in progress ends, and is saved.
        self.settle(Duration::from_secs(900))?;
        let unsaved = self.world.state().audit.unsaved();
        if let Some(unsaved) = unsaved {
            return Err(unsaved);
        }
        // One process with a worker and a hook does the rest.
        for index in 0..self.machines.len() {
            self.remove(index, Duration::from_secs(if index == 0 { 0 } else { 1_000_000 }));
        }
        for _ in 0..12 {
            self.settle(Duration::from_secs(1000))?;
        }
        self.check_intents(true)?;
        self.decide_reviews();
        self.settle(Duration::from_secs(60))?;
        self.check_intents(false)
    }

    /// Delivers all messages, and lets time pass.
    fn settle(&mut self, time: Duration) -> Result<(), String> {
        for _ in 0..MAX_MESSAGES {
            self.run_processes();
            let Some(message) = self.world.offline.next_message() else {
                self.pass(time);
                return self.check();
            };
            self.receive(&message);
            self.check()?;
        }
        Err("the provider's messages do not end".to_owned())
    }

    /// A person decides every review, as the provider's records say.
    fn decide_reviews(&mut self) {
        let now = self.database_clock.now() + Duration::from_secs(24 * 3600);
        let Some(process) = &self.machines[0].process else { return };
        let (journal, host) = (process.journal.clone(), process.host.clone());
        drop(process.runtime.spawn(async move {
            let Ok(reports) = journal.reviews(None, 100).await else { return };
            for report in &reports {
                decide(&journal, &host, report, now, false).await;
            }
        }));
    }

    fn check_intents(&mut self, is_before_decisions: bool) -> Result<(), String> {
        let ledger = self.world.offline.ledger();
        for loaded in self.all_intents() {
            let mut state = self.world.state();
            let state = &mut *state;
            if is_before_decisions {
                state.tally.intents += 1;
            }
            let mut ignored = super::Tally::default();
            let tally = if is_before_decisions { &mut state.tally } else { &mut ignored };
            let problem = state.audit.check_rest(&loaded, &ledger, tally);
            let order = state.audit.order_of(&loaded.row.key).cloned();
            let disagreement = order.and_then(|order| {
                let is_checked =
                    !order.decided_wrongly && (is_before_decisions || loaded.head.state != State::NeedsReview);
                if is_checked { self.disagreement(&order, &loaded, executions(&order, &ledger)) } else { None }
            });
            if let Some(what) = problem.or(disagreement) {
                return Err(format!("{}: {what}", loaded.row.key));
            }
        }
        Ok(())
    }

    fn all_intents(&self) -> Vec<Loaded> {
        let orders = self.world.state().audit.orders.clone();
        let database = &self.world.database;
        let mut intents = Vec::new();
        for order in &orders {
            let loaded = self.world.offline.run(async {
                let id = database.find(&order.key()).await.ok().flatten()?;
                database.load(id).await.ok()
            });
            intents.extend(loaded);
        }
        intents
    }

    /// Returns how the state differs from what the provider has, wherever the provider can be asked.
    fn disagreement(&self, order: &Order, loaded: &Loaded, (executed, moved): (usize, i32)) -> Option<String> {
        let (state, review) = (loaded.head.state, loaded.head.review);
        let is_decided = loaded.evidence.iter().any(|entry| matches!(entry.evidence.fact, Fact::Decided(_)));
        if is_decided {
            // The audit has compared the decision with the ledger.
            return None;
        }
        let actual = self.status(order);
        let agrees = match (state, review) {
            (State::NeedsReview, Some(Review::KeyExpired)) => {
                let first = loaded.evidence.iter().find(|entry| matches!(entry.evidence.fact, Fact::Claimed { .. }));
                let age = first.map(|entry| loaded.now - entry.at);
                order.kind.provider() == "turratech" && age.is_some_and(|age| age.whole_hours() >= 23)
            }
            (State::NeedsReview, Some(Review::NothingToAsk | Review::NoId)) => order.kind.provider() == "card3ds",
            (State::NeedsReview, Some(Review::NotFound)) => {
                // Either it was never executed, or later than it was looked up, and no message said so.
                executed == 0 || order.kind.provider() == "turbopay" || order.kind == Kind::Upi
            }
            // The response explains the amount that turbo-txn changed.
            (State::NeedsReview, Some(Review::Contradiction)) => {
                order.amount_changed && (order.kind != Kind::Upi || !was_accepted(loaded))
            }
            (State::NeedsReview, Some(Review::StatusOrder)) => true,
            (State::NeedsReview, _) => false,
            (State::Abandoned, _) => executed == 0,
            (State::Refused, _) => moved <= 0,
            (State::Pending, _) => match order.kind {
                Kind::Charge => !matches!(actual.as_deref(), Some("succeeded" | "failed")),
                Kind::Upi => matches!(actual.as_deref(), Some("Initiated" | "Pending")),
                Kind::Deposit | Kind::OwnPage | Kind::Confirm => {
                    matches!(actual.as_deref(), Some("new" | "pending" | "expired" | "cancelled"))
                }
                Kind::Payout => matches!(actual.as_deref(), Some("new" | "pending")),
                Kind::Checkout => actual.as_deref() != Some("SUCCESS"),
                Kind::Card | Kind::Refund => true,
                Kind::Capture | Kind::Cancel | Kind::CardCapture => false,
            },
            // A final status can still change (documented), and the message about it can be lost.
            (State::Succeeded, _) => moved > 0 || (order.kind == Kind::Payout && executed > 0),
            (State::Failed, _) => moved <= 0 || order.succeeded_late,
            (State::Reversed, _) => executed > 0 || order.kind == Kind::Confirm,
            _ => false,
        };
        (!agrees).then(|| {
            let review = review.map_or("", Review::code);
            format!("it ends as {state} {review}, but the provider has {actual:?}, {executed} executions, money moved: {moved}")
        })
    }

    fn status(&self, order: &Order) -> Option<String> {
        let offline = &self.world.offline;
        let reference = order.ledger_reference();
        match order.kind {
            Kind::Refund => None,
            Kind::Charge | Kind::Capture | Kind::Cancel => {
                offline.turratech().payment(reference).status().map(str::to_owned)
            }
            Kind::Upi => offline.turbo_txn().order(reference).status(),
            Kind::Deposit | Kind::OwnPage | Kind::Confirm | Kind::Payout => {
                offline.turbopay().order(reference).status().map(str::to_owned)
            }
            Kind::Checkout | Kind::Card | Kind::CardCapture => {
                offline.card3ds().order(reference).status().map(str::to_owned)
            }
        }
    }
}

/// True if the response was stored.
fn was_accepted(loaded: &Loaded) -> bool {
    let is_response = |fact: &Fact| matches!(fact, Fact::Ended { result: CallResult::Accepted(_), .. });
    loaded.evidence.iter().any(|entry| is_response(&entry.evidence.fact))
}

/// More messages than any life has at once.
const MAX_MESSAGES: usize = 2000;
