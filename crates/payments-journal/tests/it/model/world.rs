//! One intent, two workers, a provider and the network between them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use payments_core::PaymentStatus;
use payments_core::gateway::Recovery;
use payments_core::time::OffsetDateTime;
use payments_journal::{
    Assessment, AttemptId, CallResult, Decision, Evidence, Fact, Limits, Next, Observation, Protection, Rules,
    Sequence, State, assess, may_be_lost, may_claim, next,
};

/// The journal under test: the real functions, or with a mistake.
#[derive(Clone, Copy)]
pub(super) struct Journal {
    /// What it makes of the stored evidence.
    pub(super) reads: fn(Vec<Evidence>) -> Vec<Evidence>,
    /// True if a claim fails when evidence was added since the intent was read.
    pub(super) checks_the_epoch: bool,
    /// True if nothing is claimed after a restore until it is acknowledged.
    pub(super) checks_the_history: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Provider {
    pub(super) rules: Rules,
}

/// How often each thing may happen, so that the search ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Bounds {
    claims: u8,
    lookups: u8,
    events: u8,
    crashes: u8,
    decisions: u8,
    restores: u8,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { claims: 2, lookups: 2, events: 1, crashes: 1, decisions: 1, restores: 0 }
    }
}

impl Bounds {
    /// A restore instead of a crash, a person and the second lookup.
    pub(super) fn with_a_restore() -> Self {
        Self { lookups: 1, crashes: 0, decisions: 0, restores: 1, ..Self::default() }
    }
}

#[derive(Clone)]
pub(super) struct World {
    journal: Journal,
    provider: Provider,
    bounds: Bounds,
    evidence: Vec<Evidence>,
    /// What the journal makes of the evidence.
    assessment: Assessment,
    /// The evidence that a restore has left, until its history is acknowledged.
    restored: Option<usize>,
    /// Attempts whose lease is over.
    lapsed: Vec<AttemptId>,
    workers: [Worker; 2],
    /// Requests on the wire, which may arrive at any time.
    wire: Vec<Request>,
    /// Responses on the wire.
    responses: Vec<(AttemptId, CallResult)>,
    /// Webhooks on the wire.
    events: Vec<PaymentStatus>,
    executions: u8,
    /// The provider's order, once it exists.
    order: Option<PaymentStatus>,
    /// The provider's stored result of the key.
    under_key: Option<CallResult>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Request {
    attempt: AttemptId,
    protection: Protection,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Worker {
    Idle,
    /// Has read the intent, and wants to claim.
    Read {
        length: usize,
        protection: Protection,
    },
    /// Has claimed, and not yet looked at its lease.
    Claimed(Request),
    /// Has looked at its lease, and is about to write.
    Checked(Request),
    /// Waits for a response.
    Waiting(AttemptId),
    /// Has a result, and not yet stored it.
    Ended(AttemptId, CallResult),
    /// Looks the order up.
    Asking {
        began: Sequence,
    },
    /// Has the lookup's response, and not yet stored it.
    Asked {
        began: Sequence,
        seen: Option<PaymentStatus>,
    },
}

impl Hash for World {
    /// Hashes everything that differs between worlds. The workers are interchangeable, and what is on the wire has no order.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.bounds, &self.evidence, self.restored, self.executions, &self.order, &self.under_key, &self.events)
            .hash(state);
        hash_unordered(&self.lapsed, state);
        hash_unordered(&self.workers, state);
        hash_unordered(&self.wire, state);
        hash_unordered(&self.responses, state);
    }
}

fn hash_unordered<T: Hash, H: Hasher>(all: &[T], state: &mut H) {
    let hash = |one: &T| {
        let mut hasher = DefaultHasher::new();
        one.hash(&mut hasher);
        hasher.finish()
    };
    let mut hashes: Vec<u64> = all.iter().map(hash).collect();
    hashes.sort_unstable();
    hashes.hash(state);
}

impl World {
    pub(super) fn new(provider: Provider, journal: Journal, bounds: Bounds) -> Self {
        Self {
            journal,
            provider,
            bounds,
            evidence: Vec::new(),
            assessment: assess(&provider.rules, &[]),
            restored: None,
            lapsed: Vec::new(),
            workers: [Worker::Idle, Worker::Idle],
            wire: Vec::new(),
            responses: Vec::new(),
            events: Vec::new(),
            executions: 0,
            order: None,
            under_key: None,
        }
    }

    fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    pub(super) fn state(&self) -> State {
        self.assessment().state
    }

    pub(super) fn broken_invariant(&self) -> Option<String> {
        let assessment = self.assessment();
        let state = assessment.state;
        if self.executions > 1 {
            return Some(format!("executed {} times", self.executions));
        }
        let overruled = self.evidence.iter().any(|evidence| matches!(evidence.fact, Fact::Decided(Decision::NotDone)));
        // After a restore, `intended` says nothing until it is acknowledged.
        let says_nothing = self.restored.is_some() && state == State::Intended;
        let denies = [State::Intended, State::Refused, State::Abandoned].contains(&state) && !says_nothing;
        if denies && !overruled && self.executions > 0 {
            return Some(format!("{state}, but executed"));
        }
        // A refused key is refused for every request under it.
        let can_still_arrive = !self.wire.is_empty() && self.under_key.is_none();
        if denies && !overruled && can_still_arrive {
            return Some(format!("{state}, but a request is on the wire"));
        }
        let documents = |from, to: &PaymentStatus| self.provider.rules.transitions.contains(&(from, to.clone()));
        // A failed order may meanwhile have succeeded, if the provider documents this.
        let may_fail =
            |order: &PaymentStatus| *order == PaymentStatus::Failed || documents(PaymentStatus::Failed, order);
        if state == State::Failed && self.order.as_ref().is_some_and(|order| !may_fail(order)) {
            return Some("failed, but the provider's order is not".to_owned());
        }
        let time_is_over = Limits {
            key_is_valid: false,
            can_look_up: true,
            request_is_old: true,
            lookups: 0,
            attempts: 0,
            may_resend_taken_once: true,
            is_hinted: false,
        };
        if state == State::Unknown && next(&self.provider.rules, assessment, &time_is_over) == Next::Wait {
            return Some("unknown for ever".to_owned());
        }
        let success = Observation::Status { status: PaymentStatus::Succeeded, is_final: true };
        let proves_success = |evidence: &Evidence| match &evidence.fact {
            Fact::Ended { result: CallResult::Accepted(seen), .. } | Fact::Found { seen, .. } | Fact::Event(seen) => {
                *seen == success
            }
            _ => false,
        };
        // A payout may be returned after its success, if the provider documents this.
        let is_returned = state == State::Failed && documents(PaymentStatus::Succeeded, &PaymentStatus::Failed);
        let kept = [State::Succeeded, State::Reversed, State::NeedsReview].contains(&state) || is_returned;
        if self.evidence.iter().any(proves_success) && !kept {
            return Some(format!("{state}, although a success was proved"));
        }
        None
    }

    /// Everything that can happen next.
    pub(super) fn successors(&self) -> Vec<(&'static str, Self)> {
        let mut all = Vec::new();
        for worker in 0..self.workers.len() {
            self.worker_steps(worker, &mut all);
        }
        self.network_steps(&mut all);
        self.provider_steps(&mut all);
        self.journal_steps(&mut all);
        all
    }

    fn step(&self, name: &'static str, all: &mut Vec<(&'static str, Self)>, change: impl FnOnce(&mut Self)) {
        let mut next = self.clone();
        change(&mut next);
        all.push((name, next));
    }

    fn append(&mut self, fact: Fact) {
        self.evidence.push(Evidence { sequence: self.evidence.len() as Sequence + 1, fact });
        self.assessment = assess(&self.provider.rules, &(self.journal.reads)(self.evidence.clone()));
    }

    fn worker_steps(&self, index: usize, all: &mut Vec<(&'static str, Self)>) {
        let worker = self.workers[index].clone();
        if worker != Worker::Idle && self.bounds.crashes > 0 {
            self.step("crash", all, |next| {
                next.bounds.crashes -= 1;
                next.workers[index] = Worker::Idle;
            });
        }
        match worker {
            Worker::Idle => self.begin(index, all),
            Worker::Read { length, protection } => self.step("claim", all, |next| {
                next.workers[index] = Worker::Idle;
                let is_current = next.evidence.len() == length && may_claim(next.assessment(), protection);
                let is_known = next.restored.is_none() || !next.journal.checks_the_history;
                if next.bounds.claims > 0 && is_known && (is_current || !next.journal.checks_the_epoch) {
                    let attempt = AttemptId::new(next.bounds.claims.into());
                    next.bounds.claims -= 1;
                    next.append(Fact::Claimed { attempt, protection });
                    next.workers[index] = Worker::Claimed(Request { attempt, protection });
                }
            }),
            Worker::Claimed(request) => self.step("check the lease", all, |next| {
                next.workers[index] = if next.lapsed.contains(&request.attempt) {
                    Worker::Ended(request.attempt, CallResult::NotSent)
                } else {
                    Worker::Checked(request)
                };
            }),
            Worker::Checked(request) => {
                let attempt = request.attempt;
                self.step("cannot connect", all, |next| {
                    next.workers[index] = Worker::Ended(attempt, CallResult::NotSent);
                });
                self.step("write", all, |next| {
                    next.wire.push(request);
                    next.workers[index] = Worker::Waiting(attempt);
                });
            }
            Worker::Waiting(attempt) => {
                self.step("time out", all, |next| {
                    next.workers[index] = Worker::Ended(attempt, CallResult::Unknown);
                });
                if let Some(position) = self.responses.iter().position(|(of, _)| *of == attempt) {
                    self.step("read the response", all, |next| {
                        let (_, result) = next.responses.remove(position);
                        next.workers[index] = Worker::Ended(attempt, result);
                    });
                }
            }
            Worker::Ended(attempt, result) => self.step("store the result", all, |next| {
                let may_deny = !matches!(result, CallResult::Accepted(_)) && next.restored.is_some();
                let result = if may_deny && next.journal.checks_the_history { CallResult::Unknown } else { result };
                next.append(Fact::Ended { attempt, result });
                next.workers[index] = Worker::Idle;
            }),
            Worker::Asking { began } => self.step("see the order", all, |next| {
                next.workers[index] = Worker::Asked { began, seen: next.order.clone() };
            }),
            Worker::Asked { began, seen } => self.step("store what was seen", all, |next| {
                next.append(match seen {
                    Some(status) => Fact::Found { began, seen: observation(&status) },
                    None => Fact::NotFound,
                });
                next.workers[index] = Worker::Idle;
            }),
        }
    }

    /// What an idle worker does: what the journal says, with every answer that time could give.
    fn begin(&self, index: usize, all: &mut Vec<(&'static str, Self)>) {
        let assessment = self.assessment();
        let mut steps = Vec::new();
        for (key_is_valid, request_is_old, is_hinted) in
            [(true, false, false), (true, true, false), (false, true, false), (false, true, true)]
        {
            let limits = Limits {
                key_is_valid,
                can_look_up: true,
                request_is_old,
                lookups: 1,
                attempts: 2,
                may_resend_taken_once: true,
                is_hinted,
            };
            let step = next(&self.provider.rules, assessment, &limits);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        for step in steps {
            match step {
                Next::Send(protection) if self.bounds.claims > 0 => self.step("read", all, |next| {
                    next.workers[index] = Worker::Read { length: next.evidence.len(), protection };
                }),
                Next::LookUp if self.bounds.lookups > 0 => self.step("look up", all, |next| {
                    next.bounds.lookups -= 1;
                    next.workers[index] = Worker::Asking { began: next.evidence.len() as Sequence };
                }),
                Next::Review(review) if self.restored.is_none() => {
                    self.step("give up", all, |next| next.append(Fact::GaveUp(review)))
                }
                _ => {}
            }
        }
    }

    fn network_steps(&self, all: &mut Vec<(&'static str, Self)>) {
        for position in 0..self.wire.len() {
            self.step("lose a request", all, |next| _ = next.wire.remove(position));
            self.step("execute", all, |next| next.receive(position, true));
            self.step("refuse", all, |next| next.receive(position, false));
            self.step("refuse the account", all, |next| {
                let request = next.wire.remove(position);
                next.responses.push((request.attempt, CallResult::AccountRefused));
            });
        }
        for position in 0..self.responses.len() {
            self.step("lose a response", all, |next| _ = next.responses.remove(position));
        }
        for position in 0..self.events.len() {
            self.step("receive a webhook", all, |next| {
                let status = next.events.remove(position);
                next.append(Fact::Event(observation(&status)));
            });
        }
    }

    /// The provider receives a request.
    fn receive(&mut self, position: usize, executes: bool) {
        let Request { attempt, protection } = self.wire.remove(position);
        let has = |strategy| self.provider.rules.strategies.contains(&strategy);
        let result = match &self.under_key {
            Some(stored) if protection == Protection::Key => stored.clone(),
            _ if has(Recovery::TakenOnce) && self.order.is_some() => CallResult::Unknown,
            _ if executes => {
                self.executions += 1;
                self.order = Some(PaymentStatus::Processing);
                CallResult::Accepted(observation(&PaymentStatus::Processing))
            }
            _ => CallResult::Refused,
        };
        if protection == Protection::Key {
            self.under_key = Some(result.clone());
        }
        self.responses.push((attempt, result));
    }

    fn provider_steps(&self, all: &mut Vec<(&'static str, Self)>) {
        let Some(order) = &self.order else { return };
        for (before, after) in self.provider.rules.transitions {
            if before == order {
                self.step("change the status", all, |next| {
                    next.order = Some(after.clone());
                    if next.bounds.events > 0 {
                        next.bounds.events -= 1;
                        next.events.push(after.clone());
                    }
                });
            }
        }
    }

    fn journal_steps(&self, all: &mut Vec<(&'static str, Self)>) {
        let assessment = self.assessment();
        for attempt in &assessment.open {
            if self.lapsed.contains(attempt) {
                self.step("expire a lease", all, |next| next.append(Fact::LeaseExpired { attempt: *attempt }));
            } else {
                self.step("time passes", all, |next| next.lapsed.push(*attempt));
            }
        }
        if assessment.state == State::Intended && self.restored.is_none() {
            self.step("cancel", all, |next| next.append(Fact::Abandoned));
        }
        self.restore_steps(all);
        if assessment.state == State::NeedsReview && self.bounds.decisions > 0 {
            for decision in [Decision::Done, Decision::NotDone] {
                // A person may be wrong about "not done", but does not invent an execution.
                if decision == Decision::NotDone || self.executions > 0 {
                    self.step("decide", all, |next| {
                        next.bounds.decisions -= 1;
                        next.append(Fact::Decided(decision));
                    });
                }
            }
        }
    }
}

impl World {
    /// The database is restored to any earlier time, while everything else goes on. Later, somebody acknowledges it.
    fn restore_steps(&self, all: &mut Vec<(&'static str, Self)>) {
        if self.bounds.restores > 0 {
            for length in 0..self.evidence.len() {
                self.step("restore", all, |next| next.restore(length));
            }
        }
        if let Some(length) = self.restored {
            self.step("acknowledge", all, |next| {
                next.restored = None;
                let before = assess(&next.provider.rules, &next.evidence[..length]);
                if may_be_lost(&before, next.assessment()) {
                    next.append(Fact::Restored { lost_since: OffsetDateTime::UNIX_EPOCH });
                }
            });
        }
    }

    fn restore(&mut self, length: usize) {
        self.bounds.restores -= 1;
        self.evidence.truncate(length);
        self.assessment = assess(&self.provider.rules, &(self.journal.reads)(self.evidence.clone()));
        self.restored = Some(length);
        for worker in &mut self.workers {
            match worker {
                // What it has read is not stored any more, so it begins again.
                Worker::Read { .. } => *worker = Worker::Idle,
                // Positions meant something else: the engine compares the epochs.
                Worker::Asking { began } | Worker::Asked { began, .. } => *began = 0,
                _ => {}
            }
        }
    }
}

fn observation(status: &PaymentStatus) -> Observation {
    Observation::Status { status: status.clone(), is_final: *status != PaymentStatus::Processing }
}
