//! What the walks did and found.

use std::fmt;

/// What happened in one walk, or in all of them.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Tally {
    /// The steps that the list of steps has.
    pub steps: u64,
    /// The requests of customers, back office and banks.
    pub requests: u64,
    /// The requests without a response: the shop was dead, or the customer did not wait.
    pub unanswered: u64,
    /// The responses with a 5xx status.
    pub server_errors: u64,
    /// How often the shop was killed.
    pub kills: u64,
    /// How often it was killed between the execution of a call and its response.
    pub kills_in_calls: u64,
    /// How often a fault occurred.
    pub faults: u64,
    /// The orders that customers have sent.
    pub orders: u64,
    /// The orders that were paid.
    pub paid: u64,
    /// The orders that were refunded.
    pub refunded: u64,
    /// The orders whose payment was charged back.
    pub charged_back: u64,
    /// The payouts that a provider executed.
    pub payouts: u64,
    /// The reviews that were decided as executed.
    pub decided_done: u64,
    /// The reviews that were decided as not executed.
    pub decided_not_done: u64,
    /// How often a bank let a failed payment succeed.
    pub rare: u64,
    /// The orders that were paid twice by that, which the shop knows.
    pub paid_twice_known: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        let Self {
            steps,
            requests,
            unanswered,
            server_errors,
            kills,
            kills_in_calls,
            faults,
            orders,
            paid,
            refunded,
            ..
        } = other;
        self.steps += steps;
        self.requests += requests;
        self.unanswered += unanswered;
        self.server_errors += server_errors;
        self.kills += kills;
        self.kills_in_calls += kills_in_calls;
        self.faults += faults;
        self.orders += orders;
        self.paid += paid;
        self.refunded += refunded;
        self.charged_back += other.charged_back;
        self.payouts += other.payouts;
        self.decided_done += other.decided_done;
        self.decided_not_done += other.decided_not_done;
        self.rare += other.rare;
        self.paid_twice_known += other.paid_twice_known;
    }
}

/// The result of one walk.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The walk's number.
    pub number: u64,
    /// What is wrong at the end.
    pub violations: Vec<String>,
    /// What happened, in order.
    pub steps: Vec<String>,
    /// The shop's last lines, if something is wrong.
    pub log: String,
    /// The counts.
    pub tally: Tally,
}

/// The results of all walks.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    walks: u64,
    tally: Tally,
    failed: Vec<Outcome>,
    passed: Vec<Outcome>,
    /// Shows the steps also of walks that found nothing.
    shows_all: bool,
}

impl Report {
    pub(super) fn new(seed: u64, shows_all: bool) -> Self {
        Self { seed, walks: 0, tally: Tally::default(), failed: Vec::new(), passed: Vec::new(), shows_all }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.walks += 1;
        self.tally.add(&outcome.tally);
        if !outcome.violations.is_empty() {
            self.failed.push(outcome);
        } else if self.shows_all {
            self.passed.push(outcome);
        }
    }

    /// True if nothing is wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed.is_empty()
    }

    /// The walks that found something.
    #[must_use]
    pub fn failed(&self) -> &[Outcome] {
        &self.failed
    }

    /// The number of walks.
    #[must_use]
    pub fn walks(&self) -> u64 {
        self.walks
    }

    /// The counts of all walks.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Outcome { number, violations, steps, log, .. } in self.passed.iter().chain(self.failed.iter().take(SHOWN)) {
            writeln!(f, "walk {number} of seed {}:", self.seed)?;
            for (number, step) in (1..).zip(steps) {
                writeln!(f, "  {number:>3} {step}")?;
            }
            if violations.is_empty() {
                continue;
            }
            write!(f, "the shop's last lines:\n{log}")?;
            for violation in violations {
                writeln!(f, "  WRONG {violation}")?;
            }
            writeln!(f, "repeat it with `cargo xtask walks --seed {} --walk {number}`\n", self.seed)?;
        }
        for Outcome { number, violations, .. } in self.failed.iter().skip(SHOWN) {
            writeln!(f, "walk {number}: {}", violations.join("; "))?;
        }
        let Tally { steps, requests, unanswered, server_errors, kills, kills_in_calls, faults, .. } = &self.tally;
        let Tally { orders, paid, refunded, charged_back, payouts, decided_done, decided_not_done, .. } = &self.tally;
        let Tally { rare, paid_twice_known, .. } = &self.tally;
        writeln!(f, "{} walks, seed {}", self.walks, self.seed)?;
        writeln!(
            f,
            "  {steps} steps, {requests} requests ({unanswered} without a response, {server_errors} errors of the shop)"
        )?;
        writeln!(
            f,
            "  {faults} faults, {kills} kills, {kills_in_calls} of them between an execution and its response"
        )?;
        writeln!(
            f,
            "  {orders} orders, {paid} paid, {refunded} refunded, {charged_back} charged back, {payouts} payouts"
        )?;
        writeln!(
            f,
            "  {} reviews decided: {decided_done} executed, {decided_not_done} not",
            decided_done + decided_not_done
        )?;
        writeln!(
            f,
            "  {rare} failed payments succeeded later, {paid_twice_known} orders paid twice by that, known to the shop"
        )?;
        let violations: usize = self.failed.iter().map(|outcome| outcome.violations.len()).sum();
        writeln!(f, "  {violations} violations{}", in_walks(self.failed.len()))
    }
}

fn in_walks(failed: usize) -> String {
    if failed == 0 { String::new() } else { format!(", in {failed} walks") }
}

/// The failed walks that are shown with all steps.
const SHOWN: usize = 3;
