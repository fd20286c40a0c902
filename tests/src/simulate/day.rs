//! One day: what it is made of, and what every step of it uses.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use payments_core::clock::Clock as _;
use payments_sandbox::{Offline, Post, Sandbox};
use turbopay::{Error, Money, Outcome};
use turratech::IdempotencyKey;

use super::audit::Audit;
use super::books::{Books, Errand, Standing, StoredKey, Try, Way, What};
use super::network::Network;
use super::shop::{SHOP, Shop, WallClock};
use super::{Rig, Tally};
use crate::random::Random;

pub(super) struct Day {
    pub(super) rig: Rig,
    pub(super) dice: Random,
    pub(super) offline: Offline,
    pub(super) network: Network,
    pub(super) wall: WallClock,
    pub(super) shop: Shop,
    pub(super) books: Books,
    pub(super) audit: Audit,
    /// What somebody on the way has seen of the messages.
    pub(super) captured: Vec<Post>,
    pub(super) tally: Tally,
    /// Nothing of the merchant's own goes wrong any more.
    pub(super) calm: bool,
    violation: Option<String>,
}

/// What a call leaves.
pub(super) enum After<T> {
    Done(T),
    /// Provably, or in the provider's own words.
    NotDone,
    /// With the error, unless the process died.
    Unknown(Option<Error>),
}

impl Day {
    #[expect(clippy::expect_used, reason = "what the sandbox gives is well-formed, and a panic is a violation")]
    pub(super) fn begin(seed: u64, rig: Rig, tells: bool) -> Self {
        let mut dice = Random::new(seed);
        let builder = super::faults::settings(Sandbox::builder().seed(seed), &mut dice);
        let offline = if tells { builder } else { builder.without_timeline() }.offline();
        let network = Network::new(offline.transport(), offline.clock(), rig, dice.next());
        let wall = WallClock::new(offline.clock());
        let shop = Shop::open(&offline, &network, &wall).expect("the sandbox's keys are keys");
        offline.turratech().send_events_to(&format!("{SHOP}/turratech"));
        offline.turbo_txn().send_callbacks_to(&format!("{SHOP}/turbo-txn"));
        let tally = Tally { days: 1, ..Tally::default() };
        Self {
            rig,
            dice,
            offline,
            network,
            wall,
            shop,
            books: Books::default(),
            audit: Audit::default(),
            captured: Vec::new(),
            tally,
            calm: false,
            violation: None,
        }
    }

    /// Lives it, up to the first violation.
    pub(super) fn live(&mut self) -> Result<(), String> {
        self.morning();
        let steps = self.dice.between(30, 60);
        for _ in 0..steps {
            self.step();
            self.check()?;
        }
        self.evening()
    }

    /// Holds the day against the ledger as it stands.
    pub(super) fn check(&mut self) -> Result<(), String> {
        let violation = self.audit.take(&self.offline.ledger(), &self.books);
        match violation.or_else(|| self.network.violation()).or_else(|| self.violation.take()) {
            Some(what) => Err(what),
            None => Ok(()),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Tally {
            requests: self.network.requests(),
            orders: count(self.books.orders()),
            entries: count(self.audit.entries()),
            ..self.tally
        }
    }

    pub(super) fn told(&self) -> String {
        self.offline.timeline().iter().map(|line| format!("{line}\n")).collect()
    }

    pub(super) fn end(self) {
        self.offline.abandon();
    }

    /// Something that must never happen.
    pub(super) fn violated(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    /// A line of the merchant's.
    pub(super) fn say(&self, what: std::fmt::Arguments<'_>) {
        self.offline.note(format_args!("      {what}"));
    }

    /// Asks the provider; sometimes the process dies before it has put down what came of it.
    pub(super) fn call<T>(&mut self, what: &str, of: &str, future: impl Future<Output = Result<T, Error>>) -> After<T> {
        let dies = (!self.calm && self.dice.percent(2)).then(|| Duration::from_secs(self.dice.between(0, 40)));
        let result = match dies {
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
        if dies.is_some() {
            self.say(format_args!("{what} {of}: the process dies"));
            self.restart();
            self.tally.unknown += 1;
            return After::Unknown(None);
        }
        match result {
            Some(Ok(value)) => {
                self.say(format_args!("{what} {of}: done"));
                After::Done(value)
            }
            Some(Err(error)) => {
                let (outcome, kind) = (error.outcome(), error.kind().as_str());
                self.say(format_args!("{what} {of}: {outcome:?}, {kind}, attempts {}", error.attempts()));
                match outcome {
                    Outcome::NotSent | Outcome::Refused => {
                        self.tally.not_done += 1;
                        After::NotDone
                    }
                    Outcome::Unknown => {
                        self.tally.unknown += 1;
                        After::Unknown(Some(error))
                    }
                }
            }
            None => After::Unknown(None),
        }
    }

    /// A read: what it says, or nothing.
    pub(super) fn ask<T>(&mut self, what: &str, of: &str, future: impl Future<Output = Result<T, Error>>) -> Option<T> {
        match self.call(what, of, future) {
            After::Done(value) => Some(value),
            After::NotDone | After::Unknown(_) => None,
        }
    }

    /// Another process, that knows what is in the books.
    pub(super) fn restart(&mut self) {
        self.network.restart();
        match Shop::open(&self.offline, &self.network, &self.wall) {
            Ok(shop) => self.shop = shop,
            Err(error) => self.violated(format!("the shop could not be opened again: {error}")),
        }
    }

    /// Puts down what is believed of a try, and holds it against the ledger.
    pub(super) fn believe(&mut self, index: usize, standing: Standing) {
        let standing = match (self.rig, standing) {
            // It has a reason to doubt, and does not.
            (Rig::TriesElsewhere, Standing::Unknown) => Standing::NotDone,
            (Rig::LooksAtNoAmount, Standing::Paid(_)) => Standing::Paid(self.books.tries[index].asked),
            (_, standing) => standing,
        };
        let this = &mut self.books.tries[index];
        if this.standing != standing {
            this.standing = standing;
            self.offline.note(format_args!("      {} is believed to be {standing:?}", this.reference));
        }
        let fresh = self.audit.take(&self.offline.ledger(), &self.books);
        let denied = fresh.or_else(|| self.audit.denies(&self.books.tries[index]));
        if let Some(what) = denied {
            self.violated(what);
        }
    }

    /// The same of an errand.
    pub(super) fn believe_errand(&mut self, index: usize, standing: Standing) {
        let Some(mut errand) = self.books.tries[index].errand.clone() else { return };
        errand.standing = standing;
        self.say(format_args!("{:?} of {} is believed to be {standing:?}", errand.what, errand.reference));
        let fresh = self.audit.take(&self.offline.ledger(), &self.books);
        let denied = fresh.or_else(|| self.audit.denies_errand(&self.books.tries[index], &errand));
        self.books.tries[index].errand = Some(errand);
        if let Some(what) = denied {
            self.violated(what);
        }
    }

    /// Puts down what is to be done to a payment.
    pub(super) fn plan_errand(&mut self, index: usize, what: What, amount: Money) {
        let made = self.wall.now();
        let reference = match what {
            What::Refund => format!("{}-r", self.books.tries[index].reference),
            What::Capture | What::Cancel | What::Complete | What::Confirm => self.books.tries[index].reference.clone(),
        };
        let key = StoredKey { value: format!("key-{reference}-{what:?}"), made };
        self.books.tries[index].errand =
            Some(Errand { what, reference, amount, key, sent: false, standing: Standing::Planned });
    }

    /// What was stored, as the client is given it. Only a process that has not sent yet knows that nothing was.
    pub(super) fn key(&mut self, stored: &StoredKey, sent: bool) -> Option<IdempotencyKey> {
        let key = IdempotencyKey::new(stored.value.clone(), stored.made);
        match key {
            Ok(key) if sent => Some(key),
            Ok(key) => Some(key.assume_unused()),
            Err(invalid) => {
                self.violated(format!("a stored key is none: {invalid}"));
                None
            }
        }
    }

    /// What was not done is tried again under a new reference, here or elsewhere.
    pub(super) fn try_again(&mut self, index: usize) {
        let Try { order, way, asked, .. } = self.books.tries[index];
        if self.books.tries_of(order) >= MOST_TRIES || self.books.tries.iter().any(|other| is_later(other, index, self))
        {
            return;
        }
        // These two take the same order in the same currency.
        let way = match way {
            Way::Charge { .. } if self.dice.percent(30) => Way::Card,
            Way::Card if self.dice.percent(30) => Way::Charge { manual: self.dice.percent(30) },
            same => same,
        };
        let made = self.wall.now();
        let next = self.books.again(order, way, asked, made);
        self.say(format_args!("{} follows {}", self.books.tries[next].reference, self.books.tries[index].reference));
    }
}

/// An order's tries are made one after the other: none while a later one is there.
fn is_later(other: &Try, index: usize, day: &Day) -> bool {
    let this = &day.books.tries[index];
    other.order == this.order && day.books.find(&other.reference).is_some_and(|at| at > index)
}

/// After so many, a customer has lost patience.
const MOST_TRIES: usize = 4;
