//! Simulated lives of journaled intents: processes that crash at any store call and at any send, on one shared store.
//!
//! One seed determines the whole life: intents of every operation at four providers; two or three processes with workers;
//! crashes, pauses, a database that fails, is slow or loses the response to a commit; clocks that jump; lost and late responses;
//! webhooks and hints early, late, twice and out of order; cancellations, reviews, and hooks that fail or panic. Each commit is
//! compared with the sandbox's ledger.
//!
//! Attempts, owners and nonces are random numbers of the operating system. They only have to be unique, and nothing that is
//! simulated depends on them, so a seed still gives the same timeline.

mod audit;
mod clients;
mod end;
mod events;
mod host;
mod life;
mod orders;
mod process;
mod steps;
mod store;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Violation;
use life::Life;

/// A flaw in a journal, its store or its merchant that the simulation must detect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// No flaw.
    None,
    /// An attempt whose lease expired counts as not sent.
    ExpiredLeaseMeansNotSent,
    /// A claim is decided on what was read before the transaction.
    ClaimsOnStaleRead,
    /// A claim is used although its commit failed.
    SendsWithoutStoredClaim,
    /// After a lost commit response, the merchant records the order again under a new reference.
    RecordsAgainAfterLostCommit,
    /// The end of a call is dropped if its lease was lost.
    DropsLateSuccess,
    /// "Not found" counts as refused.
    NotFoundMeansRefused,
    /// The hook's effect is not in the transaction that marks the change as delivered.
    HookOutsideTransaction,
    /// A webhook is acknowledged although it could not be stored.
    AcknowledgesUnstoredEvents,
}

impl Flaw {
    /// Every flaw, without [`Flaw::None`].
    pub const ALL: &[Self] = &[
        Self::ExpiredLeaseMeansNotSent,
        Self::ClaimsOnStaleRead,
        Self::SendsWithoutStoredClaim,
        Self::RecordsAgainAfterLostCommit,
        Self::DropsLateSuccess,
        Self::NotFoundMeansRefused,
        Self::HookOutsideTransaction,
        Self::AcknowledgesUnstoredEvents,
    ];
}

/// The counts of one life, or of many.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Lives.
    pub lives: u64,
    /// Actions of the merchant, its customers, their banks, or the machines.
    pub steps: u64,
    /// Recorded intents.
    pub intents: u64,
    /// Commits that changed an intent.
    pub commits: u64,
    /// Claims to send.
    pub claims: u64,
    /// Process crashes.
    pub crashes: u64,
    /// Commits whose response was lost.
    pub lost_commits: u64,
    /// Store calls that failed.
    pub store_failures: u64,
    /// Leases that expired before the end of the call was stored.
    pub expired_leases: u64,
    /// Requests kept back because the provider forgot their key while the process stood before the first byte.
    pub forgotten_keys: u64,
    /// Intents whose outcome was unknown at some time.
    pub unknown: u64,
    /// Lookups that found the order, or did not.
    pub lookups: u64,
    /// Verified events and hints that were received.
    pub messages: u64,
    /// Changes that a hook applied.
    pub changes: u64,
    /// Hooks that failed or panicked.
    pub hook_failures: u64,
    /// Decisions of a person.
    pub decisions: u64,
    /// Intents that automatic means left to a person.
    pub reviews: u64,
    /// Intents that the provider executed.
    pub executed: u64,
}

impl Tally {
    /// Returns the sum of two tallies.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            lives: self.lives + other.lives,
            steps: self.steps + other.steps,
            intents: self.intents + other.intents,
            commits: self.commits + other.commits,
            claims: self.claims + other.claims,
            crashes: self.crashes + other.crashes,
            lost_commits: self.lost_commits + other.lost_commits,
            store_failures: self.store_failures + other.store_failures,
            expired_leases: self.expired_leases + other.expired_leases,
            forgotten_keys: self.forgotten_keys + other.forgotten_keys,
            unknown: self.unknown + other.unknown,
            lookups: self.lookups + other.lookups,
            messages: self.messages + other.messages,
            changes: self.changes + other.changes,
            hook_failures: self.hook_failures + other.hook_failures,
            decisions: self.decisions + other.decisions,
            reviews: self.reviews + other.reviews,
            executed: self.executed + other.executed,
        }
    }
}

impl Tally {
    /// The counts in words.
    #[must_use]
    pub fn summary(self, failed: u64) -> String {
        let Self { lives, steps, intents, commits, claims, crashes, lost_commits, store_failures, .. } = self;
        let Self { expired_leases, forgotten_keys, unknown, lookups, messages, changes, hook_failures, .. } = self;
        let Self { decisions, reviews, executed, .. } = self;
        format!(
            "lives:    {lives} without a violation, {failed} with a violation\n\
             activity: {steps} steps, {intents} intents, {executed} of them executed, {claims} claims, {messages} messages\n\
             crashes:  {crashes} of processes, {expired_leases} leases expired during a call\n\
             limit:    {forgotten_keys} requests stood before their first byte until the provider forgot their key\n\
             database: {commits} commits, {lost_commits} lost commit responses, {store_failures} failures\n\
             unknown:  {unknown} intents, {lookups} lookups, {reviews} reviews, {decisions} decisions\n\
             changes:  {changes} applied, {hook_failures} failures of hooks"
        )
    }
}

/// Simulates one life.
///
/// # Errors
///
/// Returns the first violation.
pub fn life(seed: u64, flaw: Flaw) -> Result<Tally, Box<Violation>> {
    let run = || {
        let mut life = Life::new(seed, flaw, false);
        let result = life.run();
        let tally = life.tally();
        life.finish();
        result.map(|()| tally)
    };
    let what = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(what)) => what,
        Err(_) => "the code under test panicked".to_owned(),
    };
    let replay = format!("cargo xtask simulate --journal --seed {seed}");
    Err(Box::new(Violation { seed, what, timeline: timeline(seed, flaw), replay }))
}

/// Returns the timeline of a life: what the processes and the providers did, in order.
#[must_use]
pub fn timeline(seed: u64, flaw: Flaw) -> String {
    let mut life = Life::new(seed, flaw, true);
    // A panic ends the life. The timeline up to it is still useful.
    let _ = catch_unwind(AssertUnwindSafe(|| life.run()));
    let timeline = life.timeline();
    life.finish();
    timeline
}
