//! Simulated days of a merchant: the real clients, the sandbox's engines and one virtual clock, without sockets.
//!
//! One seed determines the whole day: orders at five providers; faults at every phase; messages that are late,
//! duplicated, out of order or modified; customers who pay, abandon the page or return; clock jumps and process
//! crashes. After each step, the audit compares the merchant's records with the sandbox's ledger.

mod attack;
mod audit;
mod card3ds;
mod day;
mod end_of_day;
mod faults;
mod inbox;
pub mod lives;
mod network;
mod process;
mod records;
mod steps;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use day::Day;

/// A flaw in the merchant's code that the simulation must detect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// No flaw.
    None,
    /// The transport resends a request without an idempotency key after a lost response.
    ResendsUnkeyedRequests,
    /// After an unknown outcome, the merchant sends the request again under a new key.
    RetriesUnderNewKey,
    /// The merchant treats an unknown outcome as a failure and makes another attempt.
    TreatsUnknownAsFailed,
    /// The merchant ships when a callback arrives, without verifying it.
    TrustsCallbacks,
    /// The merchant looks up orders without the client's rate limit.
    BypassesRateLimit,
    /// The merchant records the requested amount, whatever amount was paid.
    IgnoresAmounts,
}

impl Flaw {
    /// Every flaw, without [`Flaw::None`].
    pub const ALL: &[Self] = &[
        Self::ResendsUnkeyedRequests,
        Self::RetriesUnderNewKey,
        Self::TreatsUnknownAsFailed,
        Self::TrustsCallbacks,
        Self::BypassesRateLimit,
        Self::IgnoresAmounts,
    ];
}

/// The counts of one day, or of many.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Days.
    pub days: u64,
    /// Actions of the merchant, its customers, their banks or an attacker.
    pub steps: u64,
    /// Orders.
    pub orders: u64,
    /// Requests sent by a client.
    pub requests: u64,
    /// Messages to the merchant, including an attacker's.
    pub messages: u64,
    /// Calls with an unknown outcome.
    pub unknown: u64,
    /// Calls that were provably not sent, or refused.
    pub not_executed: u64,
    /// Entries in the ledger.
    pub entries: u64,
}

impl Tally {
    /// Returns the sum of two tallies.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            days: self.days + other.days,
            steps: self.steps + other.steps,
            orders: self.orders + other.orders,
            requests: self.requests + other.requests,
            messages: self.messages + other.messages,
            unknown: self.unknown + other.unknown,
            not_executed: self.not_executed + other.not_executed,
            entries: self.entries + other.entries,
        }
    }
}

/// A violation of an invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// The description.
    pub what: String,
    /// The timeline up to the violation.
    pub timeline: String,
    /// The command that repeats it.
    pub replay: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, what, timeline, replay } = self;
        write!(f, "{timeline}seed {seed}: {what}\nreplay: {replay}")
    }
}

/// Simulates one day.
///
/// # Errors
///
/// Returns the first violation.
pub fn day(seed: u64, flaw: Flaw) -> Result<Tally, Box<Violation>> {
    let what = match catch_unwind(AssertUnwindSafe(|| run(seed, flaw))) {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(what)) => what,
        Err(_) => "the code under test panicked".to_owned(),
    };
    // A second run of the same seed records the timeline. Without it, the first run is faster.
    let replay = format!("cargo xtask simulate --seed {seed}");
    Err(Box::new(Violation { seed, what, timeline: timeline(seed, flaw), replay }))
}

/// Returns the timeline of a day: the merchant's and the providers' events in order.
#[must_use]
pub fn timeline(seed: u64, flaw: Flaw) -> String {
    let mut day = Day::new(seed, flaw, true);
    // A panic ends the day. The timeline up to it is still useful.
    let _ = catch_unwind(AssertUnwindSafe(|| day.run()));
    let timeline = day.timeline();
    day.finish();
    timeline
}

fn run(seed: u64, flaw: Flaw) -> Result<Tally, String> {
    let mut day = Day::new(seed, flaw, false);
    let result = day.run();
    let tally = day.tally();
    day.finish();
    result.map(|()| tally)
}
