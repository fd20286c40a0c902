//! What goes wrong on a day, and how its providers are set up.

use std::time::Duration;

use payments_sandbox::{Builder, turbo_txn, turbopay, turratech};

use super::day::Day;
use crate::random::Random;

/// How the providers are to be today.
pub(super) fn settings(builder: Builder, dice: &mut Random) -> Builder {
    let mut there = turbopay::Settings::default().opening_balance(1_000_000);
    if dice.percent(40) {
        // Then the client's own rules are all that protects.
        there = there.without_unique_references();
    }
    if dice.percent(30) {
        there = there.withdrawals(turbopay::Settle::FailsAfter(Duration::from_secs(dice.between(1, 600))));
    }
    let mut txn = turbo_txn::Settings::default();
    if dice.percent(30) {
        txn = txn.unique_order_ids();
    }
    if dice.percent(30) {
        txn = txn.errors_under_200();
    }
    if dice.percent(30) {
        txn = txn.payments(turbo_txn::Settle::RejectsAfter(Duration::from_secs(30)));
    }
    let mut tech = turratech::Settings::default();
    if dice.percent(20) {
        tech = tech.requests_per_second(2);
    }
    builder.turbopay(there).turbo_txn(txn).turratech(tech)
}

impl Day {
    /// What is wrong from the beginning: by chance, all day.
    pub(super) fn morning(&mut self) {
        if self.dice.percent(20) {
            let percent = self.dice.between(1, 30);
            self.network.refuse(percent);
        }
        for _ in 0..self.dice.below(10) {
            let percent = self.dice.between(2, 50);
            let fault = if self.dice.percent(25) {
                let provider = self.dice.pick(TELL);
                format!("{provider} p={percent}% @webhook {} x*", self.message_effect())
            } else {
                self.fault(percent, "x*")
            };
            self.offline.fault(&fault);
        }
    }

    /// The next calls of something go wrong.
    pub(super) fn one_fault(&mut self) {
        let times = self.dice.between(1, 4);
        let fault = self.fault(60, &format!("x{times}"));
        self.offline.fault(&fault);
    }

    fn fault(&mut self, percent: u64, times: &str) -> String {
        if self.dice.percent(15) {
            // Of a write: a look-up that TurboPay counts long after it was given up is in no client's hands.
            let (operation, after) = (self.dice.pick(WRITES), self.dice.pick(&[1, 5, 50, 600, 7200]));
            return format!("{operation} p={percent}% @before-commit late-commit={after}s {times}");
        }
        let (provider, phase) = (self.dice.pick(PROVIDERS), self.dice.pick(PHASES));
        let effect = match phase {
            "accept" | "head" | "body" | "mid-body" => self.dice.pick(&["fin", "rst", "stall"]),
            _ => self.dice.pick(EFFECTS),
        };
        format!("{provider} p={percent}% @{phase} {effect} {times}")
    }

    fn message_effect(&mut self) -> String {
        match self.dice.below(6) {
            0 => "duplicate".to_owned(),
            1 => "reorder".to_owned(),
            2 => "drop".to_owned(),
            3 => "tamper".to_owned(),
            4 => "hold".to_owned(),
            _ => format!("delay={}s", self.dice.between(1, 7200)),
        }
    }
}

const PROVIDERS: &[&str] = &["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"];

/// Those that send messages.
const TELL: &[&str] = &["turratech", "turbo-txn", "card3ds", "turbopay"];

const WRITES: &[&str] = &[
    "turratech.create-payment",
    "turratech.capture-payment",
    "turratech.create-refund",
    "turbo-txn.initiate",
    "card3ds.payment",
    "card3ds.pre-authorization",
    "card3ds.capture",
    "card3ds.complete-3ds",
    "turbopay.withdraw",
    "turbopay.withdraw",
    "turbopay.deposit",
    "turbopay.confirm",
];

const PHASES: &[&str] =
    &["accept", "head", "body", "before-commit", "before-commit", "after-commit", "after-commit", "mid-body", "query"];

/// No delay is longer than a client waits and TurboPay counts: it would count what was long given up.
const EFFECTS: &[&str] = &[
    "fin",
    "rst",
    "stall",
    "truncate",
    "truncate=1",
    "mid-status",
    "mid-headers",
    "bad-chunk",
    "continue",
    "endless",
    "garbage",
    "html=502",
    "html=504",
    "html=200",
    "html=404",
    "json=500",
    "json=429",
    "json=503",
    "redirect=302",
    "redirect=307",
    "encoding=gzip",
    "encoding=br",
    "delay=2s",
    "delay=20s",
    "slow",
];
