//! The steps of a day, drawn at random.

use std::time::Duration;

use payments_core::clock::Clock as _;

use super::Flaw;
use super::day::Day;
use super::records::{AttemptState, Flow};

impl Day {
    /// Runs one random step.
    pub(super) fn step(&mut self) {
        self.tally.steps += 1;
        match self.random.below(100) {
            0..24 => self.place_order(),
            24..48 => self.continue_any_attempt(),
            48..64 => self.external_event(),
            64..76 => self.receive_messages(),
            76..82 => self.attack(),
            82..87 => self.advance_time(),
            87..89 => self.skew_clock(),
            89..92 => {
                self.log(format_args!("the process is restarted"));
                self.restart();
            }
            92..99 => self.add_fault(),
            _ => self.look_up_many(),
        }
    }

    fn place_order(&mut self) {
        let manual = self.random.percent(30);
        let flow = self.random.pick(&[
            Flow::Charge { manual },
            Flow::Charge { manual },
            Flow::Upi,
            Flow::Link,
            Flow::Card,
            Flow::Hold,
            Flow::ThreeDs,
            Flow::Checkout,
            Flow::Deposit,
            Flow::Deposit,
            Flow::Withdrawal,
            Flow::Withdrawal,
        ]);
        // Rare, because drawing the QR code in the response takes longer than the rest of the day.
        let flow = if flow == Flow::Deposit && self.random.percent(2) { Flow::HostToHost } else { flow };
        let whole = i64::try_from(self.random.between(1, 5000)).unwrap_or(1) * 100;
        let part = i64::try_from(self.random.between(0, 99)).unwrap_or(0);
        let created_at = self.wall.now();
        let index = match flow {
            Flow::Link => {
                let cents = whole + part;
                let id = self.offline.turbo_link().create(&format!("{}.{:02}", cents / 100, cents % 100));
                self.records.new_link(id, cents, created_at)
            }
            Flow::Upi | Flow::Deposit | Flow::HostToHost | Flow::Withdrawal => {
                self.records.new_order(flow, whole, created_at)
            }
            Flow::Charge { .. } | Flow::Card | Flow::Hold | Flow::ThreeDs | Flow::Checkout => {
                self.records.new_order(flow, whole + part, created_at)
            }
        };
        let attempt = &self.records.attempts[index];
        let (order, flow, reference, amount) = (attempt.order, attempt.flow, &attempt.reference, attempt.amount);
        self.log(format_args!("new order {order}: {flow:?}, reference {reference}, {amount}"));
        if self.random.percent(80) {
            self.continue_attempt(index);
        }
    }

    fn continue_any_attempt(&mut self) {
        if !self.records.attempts.is_empty() {
            let index = self.random.below(self.records.attempts.len());
            self.continue_attempt(index);
        }
    }

    /// Takes the merchant's next action for an attempt, depending on its state.
    pub(super) fn continue_attempt(&mut self, index: usize) {
        if self.records.attempts[index].state == AttemptState::NotExecuted {
            return self.retry_with_new_reference(index);
        }
        match self.records.attempts[index].flow {
            Flow::Charge { manual } => self.continue_charge(index, manual),
            Flow::Upi => self.continue_upi(index),
            Flow::Link => self.continue_link(index),
            Flow::Card | Flow::Hold | Flow::ThreeDs | Flow::Checkout => self.continue_card(index),
            Flow::Deposit | Flow::HostToHost | Flow::Withdrawal => self.continue_turbopay(index),
        }
    }

    /// Takes an action of a customer, a bank or the provider's staff.
    fn external_event(&mut self) {
        if self.records.attempts.is_empty() {
            return;
        }
        let index = self.random.below(self.records.attempts.len());
        match self.records.attempts[index].flow {
            Flow::Charge { .. } => self.charge_event(index),
            Flow::Upi => self.upi_event(index),
            Flow::Link => self.link_event(index),
            Flow::Card | Flow::Hold => {}
            Flow::ThreeDs => self.challenge_event(index),
            Flow::Checkout => self.checkout_event(index),
            Flow::Deposit | Flow::HostToHost | Flow::Withdrawal => self.turbopay_event(index),
        }
    }

    fn advance_time(&mut self) {
        let seconds = match self.random.below(10) {
            0..4 => self.random.between(1, 60),
            4..7 => self.random.between(60, 1200),
            7..9 => self.random.between(1200, 4 * HOUR),
            _ => return self.advance_to_key_expiry(),
        };
        self.advance_clock(seconds);
    }

    fn advance_clock(&self, seconds: u64) {
        self.log(format_args!("{seconds} s pass"));
        self.offline.clock().advance(Duration::from_secs(seconds));
    }

    /// Continues an attempt with an unknown outcome at about the time when its key expires.
    fn advance_to_key_expiry(&mut self) {
        let is_unknown = |index: &usize| {
            let attempt = &self.records.attempts[*index];
            let follow_up =
                attempt.follow_up.as_ref().is_some_and(|follow_up| follow_up.state == AttemptState::Unknown);
            matches!(attempt.flow, Flow::Charge { .. }) && (follow_up || attempt.state == AttemptState::Unknown)
        };
        let unknown: Vec<usize> = (0..self.records.attempts.len()).filter(is_unknown).collect();
        let expiry = self.random.between(24 * HOUR - 300, 24 * HOUR + 300);
        if unknown.is_empty() {
            return self.advance_clock(expiry);
        }
        let index = self.random.pick(&unknown);
        let attempt = &self.records.attempts[index];
        let key = attempt.follow_up.as_ref().map(|follow_up| &follow_up.key).or(attempt.key.as_ref());
        let age = key.map_or(0, |key| (self.offline.clock().now() - key.created_at).whole_seconds());
        self.advance_clock(expiry.saturating_sub(u64::try_from(age).unwrap_or(0)));
        self.continue_attempt(index);
    }

    fn skew_clock(&mut self) {
        let seconds = self.random.pick(&[-240, -100, -20, 0, 0, 20, 100, 240]);
        self.log(format_args!("the merchant's clock is now wrong by {seconds} s"));
        self.wall.set_offset(seconds);
    }

    /// Looks up 40 to 70 orders, as a reloaded page of the merchant's back office does.
    fn look_up_many(&mut self) {
        let is_order = |index: &usize| matches!(self.records.attempts[*index].flow, Flow::Deposit | Flow::Withdrawal);
        let orders: Vec<usize> = (0..self.records.attempts.len()).filter(is_order).collect();
        if orders.is_empty() {
            return;
        }
        let times = self.random.between(40, 70);
        self.log(format_args!("a back office page requests {times} lookups"));
        let indices: Vec<usize> = (0..times).map(|_| self.random.pick(&orders)).collect();
        if self.flaw != Flaw::BypassesRateLimit && self.random.percent(50) {
            return self.look_up_concurrently(&indices);
        }
        for index in indices {
            if self.flaw == Flaw::BypassesRateLimit {
                self.reset_rate_limiter();
            }
            self.look_up_turbopay(index);
        }
    }
}

pub(super) const HOUR: u64 = 3600;
