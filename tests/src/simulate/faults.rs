//! The faults of a day, and the providers' settings.

use std::time::Duration;

use payments_sandbox::{Builder, turbo_txn, turbopay, turratech};

use super::day::Day;
use crate::random::Random;

/// Draws the providers' settings for a day.
pub(super) fn provider_settings(builder: Builder, random: &mut Random) -> Builder {
    let mut turbopay = turbopay::Settings::default().opening_balance(1_000_000);
    if random.percent(40) {
        // Only the client's own rules then prevent a second payment.
        turbopay = turbopay.without_unique_references();
    }
    if random.percent(30) {
        turbopay = turbopay.withdrawals(turbopay::Settle::FailsAfter(Duration::from_secs(random.between(1, 600))));
    }
    let mut turbo_txn = turbo_txn::Settings::default();
    if random.percent(30) {
        turbo_txn = turbo_txn.unique_order_ids();
    }
    if random.percent(30) {
        turbo_txn = turbo_txn.errors_under_200();
    }
    if random.percent(30) {
        turbo_txn = turbo_txn.payments(turbo_txn::Settle::RejectsAfter(Duration::from_secs(30)));
    }
    let mut turratech = turratech::Settings::default();
    if random.percent(20) {
        turratech = turratech.requests_per_second(2);
    }
    builder.turbopay(turbopay).turbo_txn(turbo_txn).turratech(turratech)
}

impl Day {
    /// Adds faults that last all day, each with a probability per request.
    pub(super) fn add_initial_faults(&mut self) {
        if self.random.percent(20) {
            let percent = self.random.between(1, 30);
            self.network.refuse_connections(percent);
        }
        for _ in 0..self.random.below(10) {
            let percent = self.random.between(2, 50);
            let fault = if self.random.percent(25) {
                random_message_fault(&mut self.random, percent)
            } else {
                random_fault(&mut self.random, percent, "x*")
            };
            self.offline.fault(&fault);
        }
    }

    /// Adds a fault for the next one to four calls of an operation.
    pub(super) fn add_fault(&mut self) {
        let times = self.random.between(1, 4);
        let fault = random_fault(&mut self.random, 60, &format!("x{times}"));
        self.offline.fault(&fault);
    }
}

/// Draws a fault of a call.
pub(super) fn random_fault(random: &mut Random, percent: u64, times: &str) -> String {
    if random.percent(15) {
        // Only for writes: the client cannot prevent TurboPay from counting a lookup late.
        let (operation, after) = (random.pick(WRITES), random.pick(&[1, 5, 50, 600, 7200]));
        return format!("{operation} p={percent}% @before-commit late-commit={after}s {times}");
    }
    let (provider, phase) = (random.pick(PROVIDERS), random.pick(PHASES));
    let effect = match phase {
        "accept" | "head" | "body" | "mid-body" => random.pick(&["fin", "rst", "stall"]),
        _ => random.pick(EFFECTS),
    };
    format!("{provider} p={percent}% @{phase} {effect} {times}")
}

/// Draws a fault of a provider's messages.
pub(super) fn random_message_fault(random: &mut Random, percent: u64) -> String {
    let provider = random.pick(MESSAGE_SENDERS);
    let effect = match random.below(6) {
        0 => "duplicate".to_owned(),
        1 => "reorder".to_owned(),
        2 => "drop".to_owned(),
        3 => "tamper".to_owned(),
        4 => "hold".to_owned(),
        _ => format!("delay={}s", random.between(1, 7200)),
    };
    format!("{provider} p={percent}% @webhook {effect} x*")
}

const PROVIDERS: &[&str] = &["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"];

/// The providers that send messages.
const MESSAGE_SENDERS: &[&str] = &["turratech", "turbo-txn", "card3ds", "turbopay"];

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

/// No delay exceeds the client's timeout. TurboPay would count such a lookup long after the client gave up.
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
