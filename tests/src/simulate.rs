//! Whole days of a merchant without sockets: the real clients, the sandbox's engines, one virtual clock.
//!
//! A seed draws everything: orders at five providers, faults at every phase, messages late, twice, out of order and
//! tampered with, customers who pay, abandon or come back, clocks that jump, processes that die. After each step the
//! ledger is asked whether what must never happen has happened.

mod attack;
mod audit;
mod books;
mod card3ds;
mod day;
mod evening;
mod faults;
mod inbox;
mod network;
mod shop;
mod steps;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use day::Day;

/// What is wrong with the merchant, so that a day shows whether it would be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rig {
    /// Nothing.
    Sound,
    /// Its transport sends again what has no key, when an answer is lost.
    SendsUnkeyedAgain,
    /// It sends what may have been done again, under a new key.
    TakesFreshKeys,
    /// It takes what may have been done for a failure, and tries something else.
    TriesElsewhere,
    /// It ships when a callback comes, whoever sent it.
    BelievesCallbacks,
    /// It asks for the status of orders without the client's limit.
    ForgetsTheLimit,
    /// It takes the amount of an order for paid, whatever amount was.
    LooksAtNoAmount,
}

impl Rig {
    /// All that are not sound.
    pub const UNSOUND: &[Self] = &[
        Self::SendsUnkeyedAgain,
        Self::TakesFreshKeys,
        Self::TriesElsewhere,
        Self::BelievesCallbacks,
        Self::ForgetsTheLimit,
        Self::LooksAtNoAmount,
    ];
}

/// How much happened on a day, or on many.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Days.
    pub days: u64,
    /// What the merchant, its customers, their banks or an attacker did.
    pub steps: u64,
    /// Orders.
    pub orders: u64,
    /// Requests that left a client.
    pub requests: u64,
    /// Messages to the merchant, those of attackers among them.
    pub messages: u64,
    /// Calls whose outcome was unknown.
    pub unknown: u64,
    /// Calls that were provably not sent or refused.
    pub not_done: u64,
    /// Entries in the ledger.
    pub entries: u64,
}

impl Tally {
    /// The sum.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            days: self.days + other.days,
            steps: self.steps + other.steps,
            orders: self.orders + other.orders,
            requests: self.requests + other.requests,
            messages: self.messages + other.messages,
            unknown: self.unknown + other.unknown,
            not_done: self.not_done + other.not_done,
            entries: self.entries + other.entries,
        }
    }
}

/// What must never happen, and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The day's seed.
    pub seed: u64,
    /// What it is.
    pub what: String,
    /// All of the day up to there, in order.
    pub timeline: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, what, timeline } = self;
        write!(f, "{timeline}seed {seed}: {what}\nreplay: cargo xtask simulate --seed {seed}")
    }
}

/// Lives a day.
///
/// # Errors
///
/// When something happened that must not.
pub fn day(seed: u64, rig: Rig) -> Result<Tally, Box<Violation>> {
    let what = match catch_unwind(AssertUnwindSafe(|| live(seed, rig))) {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(what)) => what,
        Err(_) => "something panicked".to_owned(),
    };
    // It comes out the same, and is told only where somebody has to read it.
    Err(Box::new(Violation { seed, what, timeline: timeline(seed, rig) }))
}

/// What happens on a day, in order: the merchant's side and the providers'.
#[must_use]
pub fn timeline(seed: u64, rig: Rig) -> String {
    let mut day = Day::begin(seed, rig, true);
    // A panic is the day's end; what led to it is told all the same.
    let _ = catch_unwind(AssertUnwindSafe(|| day.live()));
    let told = day.told();
    day.end();
    told
}

fn live(seed: u64, rig: Rig) -> Result<Tally, String> {
    let mut day = Day::begin(seed, rig, false);
    let result = day.live();
    let tally = day.tally();
    day.end();
    result.map(|()| tally)
}
