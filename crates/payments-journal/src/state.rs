//! The state of an intent: a pure function of its evidence.

use std::fmt;
use std::str::FromStr;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus, ValidationError};

use crate::evidence::{AttemptId, CallResult, Decision, Evidence, Fact, Observation, Protection, Sequence};
use crate::review::Review;
use crate::rules::{Meaning, Rules};

/// The state of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum State {
    /// Recorded, and still to be sent: no request for it was executed.
    Intended,
    /// Claimed: a request may be on the wire.
    Sending,
    /// Accepted by the provider, and not final.
    Pending,
    /// Executed: the provider's final status.
    Succeeded,
    /// Not executed, or a payout that was returned: the provider's final status.
    Failed,
    /// Executed, and taken back later: refunded or charged back.
    Reversed,
    /// The provider did not execute it, and did not create an order.
    Refused,
    /// It may have been executed.
    Unknown,
    /// Nothing automatic can resolve it.
    NeedsReview,
    /// No request was executed, and none will be sent.
    ///
    /// The intent expired or was cancelled, no client can send its request, or it had been given to a person.
    Abandoned,
}

impl State {
    /// All states.
    pub const ALL: &[Self] = &[
        Self::Intended,
        Self::Sending,
        Self::Pending,
        Self::Succeeded,
        Self::Failed,
        Self::Reversed,
        Self::Refused,
        Self::Unknown,
        Self::NeedsReview,
        Self::Abandoned,
    ];

    /// Returns the state with this stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// The state's stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Sending => "sending",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::NeedsReview => "needs_review",
            Self::Abandoned => "abandoned",
        }
    }
}

impl FromStr for State {
    type Err = ValidationError;

    /// Reads a stored name, as [`State::from_name`].
    fn from_str(name: &str) -> Result<Self, ValidationError> {
        Self::from_name(name).ok_or_else(|| ValidationError::new("state", "must be the stored name of a state"))
    }
}

/// For columns: `#[sqlx(try_from = "String")]`.
impl TryFrom<String> for State {
    type Error = ValidationError;

    fn try_from(name: String) -> Result<Self, ValidationError> {
        name.parse()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the evidence about an intent proves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Assessment {
    /// The state.
    pub state: State,
    /// The provider's last known status.
    pub status: Option<PaymentStatus>,
    /// The order's amount at the provider, if it differs from the intended one.
    pub order_amount: Option<Money>,
    /// Why a person must look at the intent, in the state `needs_review`.
    pub review: Option<Review>,
    /// True if statuses arrived whose order is not documented. A lookup resolves it.
    pub ask_again: bool,
    /// True if a person decided after the last status was reported. If it is reported again, that is news.
    pub decided_after_status: bool,
    /// True if a request may have been sent after the intent was given to a person. Lookups can still find its order.
    pub was_sent_late: bool,
    /// True if a request may have been executed or may still arrive.
    pub may_have_been_sent: bool,
    /// The first attempt that may have been sent: the age of an idempotency key counts from its claim.
    pub first_sent: Option<AttemptId>,
    /// Since when an attempt may have been sent that a restore has lost. The age of an idempotency key counts from then, if that is
    /// earlier.
    pub lost_since: Option<OffsetDateTime>,
    /// The claims whose call has not ended, as far as is known.
    pub open: Vec<AttemptId>,
    /// The number of requests so far. Claims whose request was certainly not sent do not count.
    pub attempts: usize,
    /// How many lookups did not find the order since the last attempt was claimed.
    pub not_found: usize,
}

/// Returns what the evidence proves. The evidence must be in the order of its positions.
#[must_use]
pub fn assess<'a>(rules: &Rules, evidence: impl IntoIterator<Item = &'a Evidence>) -> Assessment {
    let mut case = Case::default();
    for Evidence { sequence, fact } in evidence {
        case.add(rules, *sequence, fact);
    }
    case.conclude(rules)
}

/// The evidence, summarised.
#[derive(Default)]
struct Case {
    attempts: Vec<Attempt>,
    order: Option<KnownStatus>,
    /// True if the provider ever reported a success.
    was_executed: bool,
    /// True if an order was seen that contradicts the intent.
    contradicted: bool,
    amounts: Amounts,
    ask_again: bool,
    not_found: usize,
    gave_up: Option<Review>,
    /// True if a call with an unknown outcome ended after that.
    was_sent_late: bool,
    decided: Option<Decision>,
    abandoned: bool,
    lost_since: Option<OffsetDateTime>,
}

struct Attempt {
    /// `None` for the attempts that a restore has lost.
    id: Option<AttemptId>,
    protection: Protection,
    progress: Progress,
}

/// What is known about one attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Claimed; the call has not ended.
    Open,
    /// The request may have been executed.
    MayBeExecuted,
    /// The provider accepted it.
    Accepted,
    /// It was provably not executed, and may be sent again.
    NotExecuted,
    /// The provider refused it for good.
    Refused,
}

/// The order's amounts at the provider. `None` is the intended amount.
#[derive(Default)]
struct Amounts {
    /// The amount to pay, as the response has named it.
    accepted: Option<Money>,
    /// The amounts for which the order was reported as paid.
    paid: Vec<Option<Money>>,
    /// The paid amounts that a person has seen and accepted.
    settled: Vec<Option<Money>>,
}

impl Amounts {
    fn see(&mut self, status: &PaymentStatus, amount: Option<Money>) {
        if status.is_paid() && !self.paid.contains(&amount) {
            self.paid.push(amount);
        }
    }

    /// True if another amount was paid than the one that was to be paid.
    fn contradict(&self) -> bool {
        self.paid.iter().any(|paid| *paid != self.accepted && !self.settled.contains(paid))
    }

    fn decide(&mut self, decision: Decision) {
        let seen = std::mem::take(&mut self.paid);
        if decision == Decision::Done {
            self.settled.extend(seen);
        }
    }

    fn last(&self) -> Option<Money> {
        self.paid.last().or(self.settled.last()).copied().unwrap_or(self.accepted)
    }
}

struct KnownStatus {
    status: PaymentStatus,
    is_final: bool,
    /// The position of the evidence.
    sequence: Sequence,
    /// False if a person had already seen it when they decided.
    is_news: bool,
}

impl Case {
    fn add(&mut self, rules: &Rules, sequence: Sequence, fact: &Fact) {
        match fact {
            Fact::Claimed { attempt, protection } => {
                self.attempts.push(Attempt { id: Some(*attempt), protection: *protection, progress: Progress::Open });
                self.not_found = 0;
            }
            Fact::LeaseExpired { attempt } => {
                if let Some(attempt) = self.attempt(*attempt)
                    && attempt.progress == Progress::Open
                {
                    attempt.progress = Progress::MayBeExecuted;
                }
            }
            Fact::Ended { attempt, result } => self.end(rules, sequence, *attempt, result),
            Fact::Found { began, seen } => self.observe(rules, sequence, Some(*began), seen),
            Fact::Event(seen) => self.observe(rules, sequence, None, seen),
            Fact::NotFound => self.not_found += 1,
            Fact::GaveUp(review) => self.gave_up = Some(*review),
            Fact::Decided(decision) => {
                self.decided = Some(*decision);
                if let Some(known) = &mut self.order {
                    known.is_news = false;
                }
                self.contradicted = false;
                self.amounts.decide(*decision);
                self.ask_again = false;
            }
            Fact::Abandoned => self.abandoned = true,
            Fact::Restored { lost_since } => {
                self.attempts.retain(|attempt| attempt.id.is_some());
                self.lost_attempts(rules);
                self.lost_since = Some(self.lost_since.map_or(*lost_since, |earlier| earlier.min(*lost_since)));
                self.not_found = 0;
                // It may have been sent again before the intent was given to a person.
                self.was_sent_late |= self.gave_up.is_some();
            }
        }
    }

    fn attempt(&mut self, id: AttemptId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.id == Some(id))
    }

    /// Counts what a restore has lost as one attempt that may have been executed, and returns its progress.
    fn lost_attempts(&mut self, rules: &Rules) -> Progress {
        if let Some(known) = self.attempts.iter().find(|attempt| attempt.id.is_none()) {
            return known.progress;
        }
        let (protection, progress) = (rules.protection(), Progress::MayBeExecuted);
        self.attempts.push(Attempt { id: None, protection, progress });
        progress
    }

    fn end(&mut self, rules: &Rules, sequence: Sequence, id: AttemptId, result: &CallResult) {
        let progress = match result {
            CallResult::Accepted(_) => Progress::Accepted,
            CallResult::NotSent | CallResult::AccountRefused => Progress::NotExecuted,
            CallResult::Refused => Progress::Refused,
            CallResult::Unknown => Progress::MayBeExecuted,
        };
        if self.attempt(id).is_none() {
            // Its claim is lost, because the database was restored. Other claims may be lost with it.
            let progress = self.lost_attempts(rules);
            self.attempts.push(Attempt { id: Some(id), protection: rules.protection(), progress });
        }
        let Some(attempt) = self.attempt(id) else { return };
        // "Unknown" says nothing new about an attempt that was settled meanwhile.
        if progress != Progress::MayBeExecuted || attempt.progress == Progress::Open {
            attempt.progress = progress;
        }
        let protection = attempt.protection;
        if progress == Progress::MayBeExecuted && self.gave_up.is_some() {
            self.was_sent_late = true;
            self.not_found = 0;
        }
        // A provider's final word under a key is about every request under it.
        if protection == Protection::Key && progress == Progress::Refused {
            let under_key = self.attempts.iter_mut().filter(|attempt| attempt.protection == Protection::Key);
            under_key.for_each(|attempt| {
                if attempt.progress == Progress::MayBeExecuted {
                    attempt.progress = Progress::Refused;
                }
            });
        }
        if let CallResult::Accepted(seen) = result {
            if let Observation::OtherAmount { status, amount, .. } = seen
                && !status.is_paid()
            {
                self.amounts.accepted = Some(*amount);
            }
            self.observe(rules, sequence, None, seen);
        }
    }

    /// Adds what a response, a lookup or an event reports. `began` is where a lookup began.
    fn observe(&mut self, rules: &Rules, sequence: Sequence, began: Option<Sequence>, seen: &Observation) {
        let (status, is_final, amount) = match seen {
            Observation::Status { status, is_final } => (status, is_final, None),
            Observation::OtherAmount { status, is_final, amount } => (status, is_final, Some(*amount)),
            Observation::Contradicts => {
                self.contradicted = true;
                return;
            }
        };
        self.amounts.see(status, amount);
        let status = rules.status(status);
        self.was_executed |= rules.meaning(&status, *is_final) == Meaning::Succeeded;
        let newer = Some(KnownStatus { status: status.clone(), is_final: *is_final, sequence, is_news: true });
        let Some(known) = &mut self.order else {
            self.order = newer;
            return;
        };
        if status == known.status {
            // A response may not say yet that the status is final. A lookup confirms what is known.
            known.is_final |= is_final;
            self.ask_again &= began.is_none_or(|began| began < known.sequence);
            // Reported again after a decision, it counts against that.
            known.is_news = true;
            return;
        }
        let (forward, backward) = (rules.follows(&known.status, &status), rules.follows(&status, &known.status));
        let was_asked_later = began.is_some_and(|began| began >= known.sequence);
        match (forward, backward) {
            // The documented order decides, whenever the two arrive.
            (true, false) => self.ask_again &= !was_asked_later,
            (false, true) => return,
            // No documented order: only asking again shows the newer one.
            _ if was_asked_later => self.ask_again = false,
            _ => {
                self.ask_again = true;
                return;
            }
        }
        self.order = newer;
    }

    fn conclude(self, rules: &Rules) -> Assessment {
        let (state, review) = self.state(rules);
        let in_progress = |attempt: &&Attempt| attempt.progress == Progress::Open;
        let (first_sent, attempts) = (self.sent().find_map(|attempt| attempt.id), self.sent().count());
        Assessment {
            state,
            review,
            ask_again: self.ask_again,
            decided_after_status: self.order.as_ref().is_some_and(|known| !known.is_news),
            // Only the review that the journal began itself ends by a lookup.
            was_sent_late: self.was_sent_late && self.order.is_none() && review.is_some() && review == self.gave_up,
            may_have_been_sent: self.may_have_been_sent(),
            first_sent,
            lost_since: self.lost_since,
            open: self.attempts.iter().filter(in_progress).filter_map(|attempt| attempt.id).collect(),
            attempts,
            not_found: self.not_found,
            order_amount: self.amounts.last(),
            status: self.order.map(|known| known.status),
        }
    }

    /// The attempts whose request was sent, or may have been.
    fn sent(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.progress != Progress::NotExecuted)
    }

    fn may_have_been_sent(&self) -> bool {
        let possibly = [Progress::Open, Progress::MayBeExecuted, Progress::Accepted];
        self.attempts.iter().any(|attempt| possibly.contains(&attempt.progress))
    }

    fn state(&self, rules: &Rules) -> (State, Option<Review>) {
        let review = |reason| (State::NeedsReview, Some(reason));
        if self.contradicted || self.amounts.contradict() {
            return review(Review::Contradiction);
        }
        let meaning = self.order.as_ref().map(|known| rules.meaning(&known.status, known.is_final));
        if let Some(decision) = self.decided {
            // Evidence that the person had already seen does not count against the decision.
            let news = self.order.as_ref().filter(|known| known.is_news).and(meaning);
            return match (decision, news) {
                (Decision::Done, None | Some(Meaning::Succeeded | Meaning::Pending)) => (State::Succeeded, None),
                (Decision::Done, Some(Meaning::Reversed)) => (State::Reversed, None),
                // Executed and taken back, such as a payout that was returned.
                (Decision::NotDone, Some(Meaning::Failed)) if self.was_executed => (State::Failed, None),
                (Decision::NotDone, None | Some(Meaning::Failed)) => (State::Refused, None),
                (Decision::Done | Decision::NotDone, Some(_)) => review(Review::AgainstDecision),
            };
        }
        let may_have_been_sent = self.may_have_been_sent();
        // The payment has its status from another cause, such as its customer. If it is final, nothing is left to do. Until
        // then, it says nothing about an operation that was not sent.
        let has_other_cause = rules.is_about_a_payment() && !may_have_been_sent;
        if let Some(meaning) = meaning.filter(|meaning| !has_other_cause || *meaning != Meaning::Pending) {
            if meaning != Meaning::Failed && !may_have_been_sent && !has_other_cause {
                return review(Review::Unexplained);
            }
            if self.ask_again {
                return self.gave_up.map_or((State::Unknown, None), review);
            }
            let state = match meaning {
                Meaning::Pending => State::Pending,
                Meaning::Succeeded => State::Succeeded,
                Meaning::Failed => State::Failed,
                Meaning::Reversed => State::Reversed,
            };
            return (state, None);
        }
        let any = |progress| self.attempts.iter().any(|attempt| attempt.progress == progress);
        if any(Progress::Open) {
            (State::Sending, None)
        } else if any(Progress::MayBeExecuted) {
            self.gave_up.map_or((State::Unknown, None), review)
        } else if any(Progress::Refused) {
            (State::Refused, None)
        } else if self.abandoned || self.gave_up.is_some() {
            // A person may be acting on the review already, so it is never sent after one.
            (State::Abandoned, None)
        } else {
            (State::Intended, None)
        }
    }
}
