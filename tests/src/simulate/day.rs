//! One day: its state, and the functions that every step uses.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use payments_core::clock::Clock as _;
use payments_sandbox::{Offline, OutgoingMessage, Sandbox};
use turbopay::{Error, Money, Outcome};
use turratech::IdempotencyKey;

use super::audit::Audit;
use super::network::Network;
use super::process::{MERCHANT_URL, Process, WallClock};
use super::records::{Attempt, AttemptState, Flow, FollowUp, FollowUpKind, Records, StoredKey};
use super::{Flaw, Tally};
use crate::random::Random;

pub(super) struct Day {
    pub(super) flaw: Flaw,
    pub(super) random: Random,
    pub(super) offline: Offline,
    pub(super) network: Network,
    pub(super) wall: WallClock,
    pub(super) process: Process,
    pub(super) records: Records,
    pub(super) audit: Audit,
    /// The messages that an attacker has captured.
    pub(super) captured: Vec<OutgoingMessage>,
    pub(super) tally: Tally,
    /// True at the end of the day: the merchant's process no longer crashes.
    pub(super) no_crashes: bool,
    violation: Option<String>,
}

/// The result of a call, as the merchant's process records it.
pub(super) enum CallResult<T> {
    Executed(T),
    /// Provably not sent, or refused by the provider.
    NotExecuted,
    /// `None` if the process crashed during the call.
    Unknown(Option<Error>),
}

impl Day {
    #[expect(clippy::expect_used, reason = "the sandbox's credentials are well-formed; a panic counts as a violation")]
    pub(super) fn new(seed: u64, flaw: Flaw, with_timeline: bool) -> Self {
        let mut random = Random::new(seed);
        let builder = super::faults::provider_settings(Sandbox::builder().seed(seed), &mut random);
        let offline = if with_timeline { builder } else { builder.without_timeline() }.offline();
        let network = Network::new(offline.transport(), offline.clock(), flaw, random.next());
        let wall = WallClock::new(offline.clock());
        let process = Process::start(&offline, &network, &wall).expect("the sandbox's credentials are well-formed");
        offline.turratech().send_events_to(&format!("{MERCHANT_URL}/turratech"));
        offline.turbo_txn().send_callbacks_to(&format!("{MERCHANT_URL}/turbo-txn"));
        let tally = Tally { days: 1, ..Tally::default() };
        Self {
            flaw,
            random,
            offline,
            network,
            wall,
            process,
            records: Records::default(),
            audit: Audit::default(),
            captured: Vec::new(),
            tally,
            no_crashes: false,
            violation: None,
        }
    }

    /// Runs the day up to the first violation.
    pub(super) fn run(&mut self) -> Result<(), String> {
        self.add_initial_faults();
        let steps = self.random.between(30, 60);
        for _ in 0..steps {
            self.step();
            self.check()?;
        }
        self.end_of_day()
    }

    /// Compares the merchant's records with the ledger.
    pub(super) fn check(&mut self) -> Result<(), String> {
        let violation = self.audit.read(&self.offline.ledger(), &self.records);
        match violation.or_else(|| self.network.violation()).or_else(|| self.violation.take()) {
            Some(what) => Err(what),
            None => Ok(()),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Tally {
            requests: self.network.requests(),
            orders: count(self.records.orders()),
            entries: count(self.audit.entries()),
            ..self.tally
        }
    }

    pub(super) fn timeline(&self) -> String {
        self.offline.timeline().iter().map(|line| format!("{line}\n")).collect()
    }

    pub(super) fn finish(self) {
        self.offline.abandon();
    }

    /// Records a violation. The first one is reported at the next check.
    pub(super) fn report_violation(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    /// Adds a line of the merchant's to the timeline.
    pub(super) fn log(&self, what: std::fmt::Arguments<'_>) {
        self.offline.note(format_args!("      {what}"));
    }

    /// Runs a call. In 2 % of the calls, the process crashes before it has recorded the result.
    pub(super) fn call<T>(
        &mut self,
        what: &str,
        reference: &str,
        future: impl Future<Output = Result<T, Error>>,
    ) -> CallResult<T> {
        let crashes_after =
            (!self.no_crashes && self.random.percent(2)).then(|| Duration::from_secs(self.random.between(0, 40)));
        let result = match crashes_after {
            None => Some(self.offline.run(future)),
            Some(after) => {
                let mut pause = pin!(self.offline.clock().sleep(after));
                let mut future = pin!(future);
                self.offline.run(std::future::poll_fn(|context| match future.as_mut().poll(context) {
                    Poll::Ready(result) => Poll::Ready(Some(result)),
                    Poll::Pending => pause.as_mut().poll(context).map(|()| None),
                }))
            }
        };
        if crashes_after.is_some() {
            self.log(format_args!("{what} {reference}: the process crashes"));
            self.restart();
            self.tally.unknown += 1;
            return CallResult::Unknown(None);
        }
        match result {
            Some(Ok(value)) => {
                self.log(format_args!("{what} {reference}: success"));
                CallResult::Executed(value)
            }
            Some(Err(error)) => {
                let (outcome, kind) = (error.outcome(), error.kind().as_str());
                self.log(format_args!("{what} {reference}: {outcome:?}, {kind}, attempts: {}", error.attempts()));
                match outcome {
                    Outcome::NotSent | Outcome::Refused => {
                        self.tally.not_executed += 1;
                        CallResult::NotExecuted
                    }
                    Outcome::Unknown => {
                        self.tally.unknown += 1;
                        CallResult::Unknown(Some(error))
                    }
                }
            }
            None => CallResult::Unknown(None),
        }
    }

    /// Runs a read-only call, and returns its value if it succeeds.
    pub(super) fn read<T>(
        &mut self,
        what: &str,
        reference: &str,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        match self.call(what, reference, future) {
            CallResult::Executed(value) => Some(value),
            CallResult::NotExecuted | CallResult::Unknown(_) => None,
        }
    }

    /// Replaces the process. The new one has only what is in the records.
    pub(super) fn restart(&mut self) {
        self.network.restart();
        match Process::start(&self.offline, &self.network, &self.wall) {
            Ok(process) => self.process = process,
            Err(error) => self.report_violation(format!("the process could not be restarted: {error}")),
        }
    }

    /// Records the state of an attempt, and compares it with the ledger.
    pub(super) fn set_state(&mut self, index: usize, state: AttemptState) {
        let state = match (self.flaw, state) {
            (Flaw::TreatsUnknownAsFailed, AttemptState::Unknown) => AttemptState::NotExecuted,
            (Flaw::IgnoresAmounts, AttemptState::Paid(_)) => AttemptState::Paid(self.records.attempts[index].amount),
            (_, state) => state,
        };
        let attempt = &mut self.records.attempts[index];
        if attempt.state != state {
            attempt.state = state;
            self.offline.note(format_args!("      {} is recorded as {state:?}", attempt.reference));
        }
        let new_violation = self.audit.read(&self.offline.ledger(), &self.records);
        let violation = new_violation.or_else(|| self.audit.contradiction(&self.records.attempts[index]));
        if let Some(what) = violation {
            self.report_violation(what);
        }
    }

    /// Records the state of a follow-up, and compares it with the ledger.
    pub(super) fn set_follow_up_state(&mut self, index: usize, state: AttemptState) {
        let Some(mut follow_up) = self.records.attempts[index].follow_up.clone() else { return };
        follow_up.state = state;
        self.log(format_args!("{:?} of {} is recorded as {state:?}", follow_up.kind, follow_up.reference));
        let new_violation = self.audit.read(&self.offline.ledger(), &self.records);
        let violation =
            new_violation.or_else(|| self.audit.follow_up_contradiction(&self.records.attempts[index], &follow_up));
        self.records.attempts[index].follow_up = Some(follow_up);
        if let Some(what) = violation {
            self.report_violation(what);
        }
    }

    /// Stores a follow-up with its key, before anything is sent.
    pub(super) fn plan_follow_up(&mut self, index: usize, kind: FollowUpKind, amount: Money) {
        let created_at = self.wall.now();
        let attempt = &self.records.attempts[index];
        let reference = match kind {
            FollowUpKind::Refund => format!("{}-r", attempt.reference),
            FollowUpKind::Capture | FollowUpKind::Cancel | FollowUpKind::Complete | FollowUpKind::Confirm => {
                attempt.reference.clone()
            }
        };
        let key = StoredKey { value: format!("key-{reference}-{kind:?}"), created_at };
        self.records.attempts[index].follow_up =
            Some(FollowUp { kind, reference, amount, key, sent: false, state: AttemptState::Planned });
    }

    /// Loads a stored key. Before the first request, the records prove that the key is unused.
    pub(super) fn key(&mut self, stored: &StoredKey, sent: bool) -> Option<IdempotencyKey> {
        let key = IdempotencyKey::new(stored.value.clone(), stored.created_at);
        match key {
            Ok(key) if sent => Some(key),
            Ok(key) => Some(key.assume_unused()),
            Err(invalid) => {
                self.report_violation(format!("a stored key is invalid: {invalid}"));
                None
            }
        }
    }

    /// Makes a new attempt under a new reference, at the same or another provider.
    pub(super) fn retry_with_new_reference(&mut self, index: usize) {
        let Attempt { order, flow, amount, .. } = self.records.attempts[index];
        if self.records.attempts_of(order) >= MAX_ATTEMPTS
            || self.records.attempts.iter().any(|other| is_later(other, index, self))
        {
            return;
        }
        // These two flows use the same currency.
        let flow = match flow {
            Flow::Charge { .. } if self.random.percent(30) => Flow::Card,
            Flow::Card if self.random.percent(30) => Flow::Charge { manual: self.random.percent(30) },
            same => same,
        };
        let created_at = self.wall.now();
        let next = self.records.new_attempt(order, flow, amount, created_at);
        let [old, new] = [index, next].map(|index| &self.records.attempts[index].reference);
        self.log(format_args!("{new} is the next attempt after {old}"));
    }
}

/// Returns true if `other` is a later attempt of the same order. An order has one open attempt at a time.
fn is_later(other: &Attempt, index: usize, day: &Day) -> bool {
    let attempt = &day.records.attempts[index];
    other.order == attempt.order && day.records.find(&other.reference).is_some_and(|other| other > index)
}

/// The limit of attempts per order.
const MAX_ATTEMPTS: usize = 4;
