//! What to write about an intent: pure functions of what is stored, of the time, and of what was learned.

mod restored;
#[cfg(test)]
mod tests;

use payments_core::IdempotencyKey;
use payments_core::gateway::Recovery;
use payments_core::time::OffsetDateTime;

use crate::evidence::{AttemptId, CallResult, Evidence, Fact, Observation, Protection, Sequence};
use crate::executor::{Executor, Known};
use crate::next::{Limits, Next, may_claim, next};
use crate::review::Review;
use crate::rules::Rules;
use crate::settings::{Settings, later};
use crate::state::{Assessment, State, assess};
use crate::store::{Amendment, Entry, Head, Lease, Loaded, OtherHistory, Pause};

pub(crate) use restored::restored;

/// What a process knows when it looks at an intent.
pub(crate) struct View<'a> {
    pub(crate) rules: Rules,
    pub(crate) settings: &'a Settings,
    /// The process.
    pub(crate) owner: u128,
    pub(crate) executor: &'a dyn Executor,
    /// The provider's id of the existing payment that the request is about.
    pub(crate) payment_id: Option<String>,
    /// True if the process has everything that the request needs, also what is never stored.
    pub(crate) can_send: bool,
    /// Why the process cannot read the parameters, if it cannot.
    pub(crate) unreadable: Option<String>,
}

/// The next step, now stored.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Send the request of this claim.
    Send(Claim),
    /// Look the order up.
    LookUp(Look),
    /// Nothing to do now.
    Rest,
    /// Nothing, because the parameters cannot be read. Tried again later.
    Unreadable,
    /// Nothing, because the database has another history. Tried again later.
    OtherHistory(OtherHistory),
}

/// A claim that is stored.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) attempt: AttemptId,
    pub(crate) lease: Lease,
    pub(crate) epoch: u64,
    pub(crate) protection: Protection,
    /// Under a key, when the first request under it may have been sent; `None` if none was.
    pub(crate) key_since: Option<OffsetDateTime>,
    pub(crate) claimed_at: OffsetDateTime,
}

/// A lookup that is about to start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) began: Sequence,
    pub(crate) began_at: OffsetDateTime,
    pub(crate) epoch: u64,
}

/// An intent while it is changed.
struct Draft<'a> {
    view: &'a View<'a>,
    loaded: &'a Loaded,
    evidence: Vec<Evidence>,
    facts: Vec<(Fact, String)>,
    head: Head,
    pause: Option<Pause>,
    assessment: Assessment,
    is_hinted: bool,
}

impl<'a> Draft<'a> {
    fn new(view: &'a View<'a>, loaded: &'a Loaded) -> Self {
        let evidence: Vec<Evidence> = loaded.evidence.iter().map(|entry| entry.evidence.clone()).collect();
        let assessment = assess(&view.rules, &evidence);
        Self {
            view,
            loaded,
            evidence,
            facts: Vec::new(),
            head: loaded.head.clone(),
            pause: None,
            assessment,
            is_hinted: false,
        }
    }

    /// Appends a fact, unless its source is known.
    fn add(&mut self, fact: Fact, source: String) {
        let is_known = self.loaded.evidence.iter().any(|entry| entry.source == source)
            || self.facts.iter().any(|(_, known)| *known == source);
        if is_known {
            return;
        }
        let sequence = self.evidence.last().map_or(0, |last| last.sequence) + 1;
        self.evidence.push(Evidence { sequence, fact: fact.clone() });
        self.facts.push((fact, source));
        self.assessment = assess(&self.view.rules, &self.evidence);
    }

    fn known(&self) -> Known {
        Known { has_provider_id: self.head.provider_id.is_some(), by_ticket: self.loaded.row.by_ticket }
    }

    fn limits(&self) -> Limits {
        let Self { view, loaded, .. } = self;
        let settings = view.settings;
        let lifetime = view.rules.strategies.iter().find_map(|strategy| match strategy {
            Recovery::SameKey { lifetime } => Some(*lifetime),
            _ => None,
        });
        // The call itself takes time, and the clocks of the machines differ.
        let margin = settings.call_timeout.saturating_add(KEY_MARGIN);
        let key_is_valid = lifetime.is_some_and(|lifetime| {
            match self.key_since() {
                Some(since) => later(since, lifetime.saturating_sub(margin)) > loaded.now,
                // Unused, or nobody knows since when it is used.
                None => !self.assessment.may_have_been_sent,
            }
        });
        // A lookup that did not find a younger request proves nothing.
        let old_at = self.old_at();
        let is_young = |entry: &&Entry| old_at.is_some_and(|old_at| entry.at < old_at);
        let since_sent = loaded.evidence.iter().rev().take_while(|entry| !self.is_sent(entry));
        let too_early = since_sent.filter(|entry| entry.evidence.fact == Fact::NotFound).filter(is_young).count();
        Limits {
            key_is_valid,
            can_look_up: view.executor.can_look_up(&self.known()),
            request_is_old: old_at.is_none_or(|old_at| old_at <= loaded.now),
            lookups: settings.lookups.saturating_add(too_early),
            attempts: settings.attempts,
            may_resend_taken_once: settings.resend_taken_once,
            is_hinted: self.is_hinted,
        }
    }

    fn is_sent(&self, entry: &Entry) -> bool {
        match &entry.evidence.fact {
            Fact::Claimed { .. } => true,
            // What a restore has lost may have been sent until then.
            Fact::Restored { .. } => true,
            // The request of a process that had been stopped may be much younger than its claim.
            Fact::Ended { result: CallResult::Unknown, .. } => self.assessment.was_sent_late,
            _ => false,
        }
    }

    /// When the last request is too old to be still in flight.
    fn old_at(&self) -> Option<OffsetDateTime> {
        let last_sent = self.loaded.evidence.iter().rev().find(|entry| self.is_sent(entry));
        last_sent.map(|sent| later(sent.at, self.view.settings.in_flight))
    }

    /// When the first request that may have been sent was claimed.
    fn key_since(&self) -> Option<OffsetDateTime> {
        let claimed_at = self.assessment.first_sent.and_then(|attempt| self.loaded.claimed_at(attempt));
        claimed_at.into_iter().chain(self.assessment.lost_since).min()
    }

    fn next(&self) -> Next {
        next(&self.view.rules, &self.assessment, &self.limits())
    }

    /// Returns what to write, if anything. `due_at` is set by the caller.
    fn amendment(mut self) -> Option<Amendment> {
        let Assessment { state, status, order_amount, review, .. } = &self.assessment;
        self.head.state = *state;
        self.head.status.clone_from(status);
        self.head.order_amount = *order_amount;
        self.head.review = *review;
        if *state != State::Sending {
            self.head.reported = *state;
        }
        if *state != self.loaded.head.state {
            self.head.tries = if matches!(state, State::Intended | State::Unknown) { self.head.tries } else { 0 };
        }
        let is_same = self.facts.is_empty() && self.head == self.loaded.head && self.pause.is_none();
        (!is_same).then_some(Amendment { facts: self.facts, head: self.head, pause: self.pause })
    }

    /// When a worker should look at it again.
    fn schedule(&self, at_least: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
        let (settings, now) = (self.view.settings, self.loaded.now);
        let wait = |backoff: crate::Backoff| match self.head.tries {
            0 => now,
            tries => later(now, backoff.after(tries)),
        };
        let due = match (self.assessment.state, self.next()) {
            // Only a process with the ticket sends it.
            (State::Intended, _) if self.loaded.row.by_ticket => None,
            // Whoever sends may be dead. What arrives late from an earlier step must not hide the end of the lease.
            (State::Sending, _) => Some(self.head.lease.map_or(now, |lease| lease.until)),
            (State::Pending, Next::LookUp) => {
                Some(later(now, settings.polling.after(self.head.tries.saturating_add(1))))
            }
            (_, Next::Send(_) | Next::LookUp) => Some(wait(settings.backoff)),
            (_, Next::Review(_)) => Some(now),
            (State::Unknown, Next::Wait) => Some(wait(settings.backoff).max(later(now, settings.backoff.after(1)))),
            (_, Next::Wait) => None,
        };
        let due = match (due, at_least) {
            (Some(due), Some(at_least)) => Some(due.max(at_least)),
            (due, _) => due,
        };
        self.before_expiry(due)
    }

    /// An intent that was not sent is looked at again when it expires, at the latest.
    fn before_expiry(&self, due: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
        match (self.assessment.state, self.loaded.row.expires_at) {
            (State::Intended, Some(expires_at)) => Some(due.map_or(expires_at, |due| due.min(expires_at))),
            _ => due,
        }
    }
}

/// Decides the next step, and what to store before it is taken.
pub(crate) fn step(view: &View<'_>, loaded: &Loaded, attempt: AttemptId) -> (Option<Amendment>, Step) {
    let mut draft = Draft::new(view, loaded);
    if loaded.is_leased() {
        return (None, Step::Rest);
    }
    // Only a hint makes an intent in review due.
    draft.is_hinted =
        loaded.head.state == State::NeedsReview && loaded.head.due_at.is_some_and(|due| due <= loaded.now);
    for open in draft.assessment.open.clone() {
        draft.add(Fact::LeaseExpired { attempt: open }, format!("lease:{open}"));
    }
    draft.head.lease = None;
    let is_expired = loaded.row.expires_at.is_some_and(|at| at <= loaded.now);
    // In another history, nobody knows whether it was sent.
    if draft.assessment.state == State::Intended && is_expired && loaded.other_history.is_none() {
        draft.add(Fact::Abandoned, "expiry".to_owned());
    }
    let is_paused = loaded.pause.as_ref().filter(|pause| pause.until > loaded.now);
    let until = later(later(loaded.now, view.settings.call_timeout), view.settings.lease_margin);
    let lease = Lease { owner: view.owner, until };
    let next = draft.next();
    // Nor is it given to a person: if the known attempt proves to be unsent, the intent would be abandoned.
    if let (Next::Send(_) | Next::Review(_), Some(other)) = (next, &loaded.other_history) {
        draft.head.tries = loaded.head.tries.saturating_add(1);
        draft.head.due_at = Some(later(loaded.now, view.settings.backoff.after(draft.head.tries)));
        return (draft.amendment(), Step::OtherHistory(other.clone()));
    }
    let step = match next {
        Next::Send(_) | Next::LookUp if is_paused.is_some() => {
            draft.head.due_at = draft.before_expiry(is_paused.map(|pause| pause.until));
            return (draft.amendment(), Step::Rest);
        }
        Next::Send(_) | Next::LookUp if view.unreadable.is_some() => {
            draft.head.tries = loaded.head.tries.saturating_add(1);
            draft.head.problem.clone_from(&view.unreadable);
            draft.head.due_at = draft.schedule(None);
            return (draft.amendment(), Step::Unreadable);
        }
        Next::Send(protection) if view.can_send && may_claim(&draft.assessment, protection) => {
            let key_since = draft.key_since();
            draft.add(Fact::Claimed { attempt, protection }, format!("claim:{attempt}"));
            draft.learn(view.payment_id.as_deref());
            draft.head.epoch += 1;
            let epoch = draft.head.epoch;
            Step::Send(Claim { attempt, lease, epoch, protection, key_since, claimed_at: loaded.now })
        }
        Next::LookUp => {
            draft.head.epoch += 1;
            let began = draft.evidence.last().map_or(0, |last| last.sequence);
            Step::LookUp(Look { began, began_at: loaded.now, epoch: draft.head.epoch })
        }
        Next::Review(review) => {
            draft.give_up(review);
            Step::Rest
        }
        // What is never stored died with the process that could have sent the request again.
        Next::Send(_) if loaded.row.by_ticket && draft.assessment.state == State::Unknown => {
            draft.give_up(Review::NothingToAsk);
            Step::Rest
        }
        Next::Send(_) | Next::Wait => Step::Rest,
    };
    if matches!(step, Step::Rest) {
        draft.head.due_at = draft.schedule(None);
    } else {
        draft.head.lease = Some(lease);
        draft.head.due_at = Some(lease.until);
    }
    (draft.amendment(), step)
}

/// What the end of a call says.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) result: CallResult,
    pub(crate) provider_id: Option<String>,
    /// The error in words.
    pub(crate) problem: Option<String>,
    /// When the provider accepts the next request.
    pub(crate) not_before: Option<std::time::Duration>,
    /// True if no process could ever send the request.
    pub(crate) is_invalid: bool,
}

/// Stores how the call of a claim ended, whoever holds the lease now.
pub(crate) fn settle(view: &View<'_>, loaded: &Loaded, claim: &Claim, ended: &Ended) -> (Option<Amendment>, State) {
    let mut draft = Draft::new(view, loaded);
    let Ended { result, provider_id, problem, not_before, is_invalid } = ended;
    let is_refused = *result == CallResult::AccountRefused;
    let known = match result {
        // In another history, claims may be lost that were executed. So this is no end of the intent.
        CallResult::NotSent | CallResult::AccountRefused | CallResult::Refused if loaded.other_history.is_some() => {
            CallResult::Unknown
        }
        result => result.clone(),
    };
    draft.add(Fact::Ended { attempt: claim.attempt, result: known }, format!("call:{}", claim.attempt));
    if draft.facts.is_empty() {
        return (None, loaded.head.state);
    }
    if *is_invalid && draft.assessment.state == State::Intended {
        draft.add(Fact::Abandoned, "invalid".to_owned());
    }
    draft.learn(provider_id.as_deref());
    draft.head.problem.clone_from(problem);
    draft.head.tries = if matches!(result, CallResult::Accepted(_)) { 0 } else { loaded.head.tries.saturating_add(1) };
    if is_refused {
        draft.pause = Some(Pause {
            account: loaded.row.key.account.clone(),
            since: loaded.now,
            until: later(loaded.now, view.settings.pause),
            problem: problem.clone().unwrap_or_default(),
        });
    }
    let at_least = draft.pause.as_ref().map(|pause| later(pause.until, draft.behind_others()));
    let at_least = accepts_at(loaded, *not_before).max(at_least);
    draft.release(claim.epoch, at_least);
    let state = draft.assessment.state;
    (draft.amendment(), state)
}

/// What a lookup brought.
#[derive(Debug, Clone)]
pub(crate) enum Looked {
    Found { seen: Observation, provider_id: Option<String> },
    NotFound,
    Failed { problem: String, not_before: Option<std::time::Duration> },
}

/// Stores what a lookup brought.
pub(crate) fn looked_up(view: &View<'_>, loaded: &Loaded, look: Look, looked: &Looked) -> (Option<Amendment>, State) {
    let mut draft = Draft::new(view, loaded);
    let source = format!("lookup:{}", look.epoch);
    let began = if restored::is_before(look.epoch, loaded.head.epoch) { 0 } else { look.began };
    let mut at_least = None;
    draft.head.tries = loaded.head.tries.saturating_add(1);
    match looked {
        Looked::Found { seen, provider_id } => {
            draft.head.problem = None;
            draft.learn(provider_id.as_deref());
            if !draft.repeats(seen) {
                draft.add(Fact::Found { began, seen: seen.clone() }, source);
            }
        }
        Looked::NotFound => {
            draft.head.problem = None;
            // An order that the provider has reported, and does not find now, is looked up for a long time. Once is enough.
            let is_counted = draft.assessment.state != State::Pending && !draft.assessment.ask_again;
            let is_last = draft.evidence.last().is_some_and(|last| last.fact == Fact::NotFound);
            // It may have looked before the request was old, and must not count as one of the lookups after that.
            let is_between = draft.old_at().is_some_and(|old_at| look.began_at < old_at && old_at <= loaded.now);
            if !is_between && (is_counted || !is_last) {
                draft.add(Fact::NotFound, source);
            }
        }
        Looked::Failed { problem, not_before } => {
            draft.head.problem = Some(problem.clone());
            // What asked for this lookup asks for the next one.
            draft.is_hinted = true;
            at_least = accepts_at(loaded, *not_before);
        }
    }
    draft.release(look.epoch, at_least);
    let state = draft.assessment.state;
    (draft.amendment(), state)
}

/// Stores what something else than a call or a lookup brought: an event, a person's decision, a cancellation.
pub(crate) fn learned(
    view: &View<'_>,
    loaded: &Loaded,
    fact: Fact,
    source: &str,
    provider_id: Option<&str>,
) -> (Option<Amendment>, State) {
    let mut draft = Draft::new(view, loaded);
    if matches!(&fact, Fact::Event(seen) if draft.repeats(seen)) {
        return (None, loaded.head.state);
    }
    draft.add(fact, source.to_owned());
    if draft.facts.is_empty() {
        return (None, loaded.head.state);
    }
    draft.learn(provider_id);
    if !loaded.is_leased() {
        draft.head.due_at = draft.schedule(None);
    }
    let state = draft.assessment.state;
    (draft.amendment(), state)
}

/// Makes a lookup due, as a hint asks for. A hint proves nothing.
pub(crate) fn hinted(view: &View<'_>, loaded: &Loaded) -> (Option<Amendment>, State) {
    let mut draft = Draft::new(view, loaded);
    draft.is_hinted = true;
    if draft.next() == Next::LookUp && !loaded.is_leased() {
        let earliest = later(loaded.now, view.settings.backoff.after(loaded.head.tries));
        draft.head.due_at = Some(loaded.head.due_at.map_or(earliest, |due| due.min(earliest)));
    }
    (draft.amendment(), loaded.head.state)
}

/// Cancels an intent that was not sent.
pub(crate) fn cancel(view: &View<'_>, loaded: &Loaded) -> (Option<Amendment>, State) {
    if loaded.head.state != State::Intended || loaded.is_leased() {
        return (None, loaded.head.state);
    }
    learned(view, loaded, Fact::Abandoned, "cancelled", None)
}

impl Draft<'_> {
    fn learn(&mut self, provider_id: Option<&str>) {
        if let (None, Some(id)) = (&self.head.provider_id, provider_id) {
            self.head.provider_id = Some(id.to_owned());
        }
    }

    /// True if this is known already. Providers repeat their webhooks, and some send one for each lookup.
    fn repeats(&self, seen: &Observation) -> bool {
        let (status, is_final, amount) = match seen {
            Observation::Status { status, is_final } => (status, is_final, None),
            Observation::OtherAmount { status, is_final, amount } => (status, is_final, Some(*amount)),
            Observation::Contradicts => return false,
        };
        // The amount of an order counts once it is paid. After "not done", a person must see it again.
        let is_amount_known = !status.is_paid()
            || (amount == self.assessment.order_amount
                && (amount.is_none() || self.assessment.state != State::Refused));
        let is_known = self.assessment.status.as_ref() == Some(status) && is_amount_known;
        // A status that was not final can be reported as final later.
        let is_settled = !self.assessment.ask_again && !self.assessment.decided_after_status;
        is_known && is_settled && (!is_final || self.assessment.state != State::Pending)
    }

    /// How long an intent lets the others of its account go first after a pause, so that a refusal that is only about itself does
    /// not pause them again and again.
    fn behind_others(&self) -> std::time::Duration {
        let is_refusal =
            |entry: &&Evidence| matches!(entry.fact, Fact::Ended { result: CallResult::AccountRefused, .. });
        let refusals = self.evidence.iter().filter(is_refusal).count();
        self.view.settings.backoff.after(if refusals > 1 { u32::MAX } else { 1 })
    }

    fn give_up(&mut self, review: Review) {
        let source = format!("review:{}", self.evidence.len());
        self.add(Fact::GaveUp(review), source);
    }

    /// Gives the lease back, if it is still the one of this epoch, and schedules the next step.
    fn release(&mut self, epoch: u64, at_least: Option<OffsetDateTime>) {
        let is_own = self.head.epoch == epoch;
        if is_own {
            self.head.lease = None;
        }
        if self.head.lease.is_none_or(|lease| lease.until <= self.loaded.now) {
            self.head.due_at = self.schedule(at_least);
        }
    }
}

/// When the provider accepts the next request. A longer wait than an hour is not believed: it could outlive the idempotency key.
fn accepts_at(loaded: &Loaded, wait: Option<std::time::Duration>) -> Option<OffsetDateTime> {
    wait.map(|wait| later(loaded.now, wait.min(LONGEST_RETRY_AFTER)))
}

/// The idempotency key of a claim: the same in every process, also after the database was restored.
pub(crate) fn key(loaded: &Loaded, claim: &Claim) -> IdempotencyKey {
    let key = &loaded.row.key;
    let parts = [&key.account.tenant, &key.account.name, &key.reference];
    let parts: Vec<String> = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    let derived = |at| IdempotencyKey::derived(&key.operation, &parts.join(":"), at);
    match claim.key_since {
        Some(since) => derived(since),
        None => derived(claim.claimed_at).assume_unused(),
    }
}

const LONGEST_RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(3600);

/// The clients send nothing in the last five minutes of a key's life. The rest is for clocks that differ.
const KEY_MARGIN: std::time::Duration = std::time::Duration::from_secs(600);
