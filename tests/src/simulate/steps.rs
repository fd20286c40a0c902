//! What may happen next.

use std::time::Duration;

use payments_core::clock::Clock as _;

use super::Rig;
use super::books::{Standing, Way};
use super::day::Day;

impl Day {
    /// One thing happens.
    pub(super) fn step(&mut self) {
        self.tally.steps += 1;
        match self.dice.below(100) {
            0..24 => self.order(),
            24..48 => self.attend_to_any(),
            48..64 => self.customer_or_bank(),
            64..76 => self.open_mail(),
            76..82 => self.attack(),
            82..87 => self.time_passes(),
            87..89 => self.clock_is_set(),
            89..92 => {
                self.say(format_args!("the process is restarted"));
                self.restart();
            }
            92..99 => self.one_fault(),
            _ => self.look_everything_up(),
        }
    }

    fn order(&mut self) {
        let manual = self.dice.percent(30);
        let way = self.dice.pick(&[
            Way::Charge { manual },
            Way::Charge { manual },
            Way::Upi,
            Way::Link,
            Way::Card,
            Way::Hold,
            Way::ThreeDs,
            Way::Checkout,
            Way::Deposit,
            Way::Deposit,
            Way::Withdrawal,
            Way::Withdrawal,
        ]);
        // Its answer holds a QR code, which takes longer to draw than all of a day otherwise.
        let way = if way == Way::Deposit && self.dice.percent(2) { Way::HostToHost } else { way };
        let whole = i64::try_from(self.dice.between(1, 5000)).unwrap_or(1) * 100;
        let part = i64::try_from(self.dice.between(0, 99)).unwrap_or(0);
        let made = self.wall.now();
        let index = match way {
            Way::Link => {
                let cents = whole + part;
                let id = self.offline.turbo_link().create(&format!("{}.{:02}", cents / 100, cents % 100));
                self.books.link(id, cents, made)
            }
            Way::Upi | Way::Deposit | Way::HostToHost | Way::Withdrawal => self.books.order(way, whole, made),
            Way::Charge { .. } | Way::Card | Way::Hold | Way::ThreeDs | Way::Checkout => {
                self.books.order(way, whole + part, made)
            }
        };
        let this = &self.books.tries[index];
        self.say(format_args!("order {} is {:?} {} over {}", this.order, this.way, this.reference, this.asked));
        if self.dice.percent(80) {
            self.attend(index);
        }
    }

    fn attend_to_any(&mut self) {
        if !self.books.tries.is_empty() {
            let index = self.dice.below(self.books.tries.len());
            self.attend(index);
        }
    }

    /// The merchant does what is to be done about a try.
    pub(super) fn attend(&mut self, index: usize) {
        if self.books.tries[index].standing == Standing::NotDone {
            return self.try_again(index);
        }
        match self.books.tries[index].way {
            Way::Charge { manual } => self.attend_to_charge(index, manual),
            Way::Upi => self.attend_to_upi(index),
            Way::Link => self.attend_to_link(index),
            Way::Card | Way::Hold | Way::ThreeDs | Way::Checkout => self.attend_to_card(index),
            Way::Deposit | Way::HostToHost | Way::Withdrawal => self.attend_to_turbopay(index),
        }
    }

    /// A customer, a bank or somebody in a back office does something.
    fn customer_or_bank(&mut self) {
        if self.books.tries.is_empty() {
            return;
        }
        let index = self.dice.below(self.books.tries.len());
        match self.books.tries[index].way {
            Way::Charge { .. } => self.act_on_charge(index),
            Way::Upi => self.act_on_upi(index),
            Way::Link => self.act_on_link(index),
            Way::Card | Way::Hold => {}
            Way::ThreeDs => self.act_on_challenge(index),
            Way::Checkout => self.act_on_checkout(index),
            Way::Deposit | Way::HostToHost | Way::Withdrawal => self.act_at_turbopay(index),
        }
    }

    fn time_passes(&mut self) {
        let seconds = match self.dice.below(10) {
            0..4 => self.dice.between(1, 60),
            4..7 => self.dice.between(60, 1200),
            7..9 => self.dice.between(1200, 4 * HOUR),
            _ => return self.a_key_grows_old(),
        };
        self.pass(seconds);
    }

    fn pass(&self, seconds: u64) {
        self.say(format_args!("{seconds} s pass"));
        self.offline.clock().advance(Duration::from_secs(seconds));
    }

    /// What is unknown is come back to about when its key dies.
    fn a_key_grows_old(&mut self) {
        let unknown = |index: &usize| {
            let this = &self.books.tries[*index];
            let errand = this.errand.as_ref().is_some_and(|errand| errand.standing == Standing::Unknown);
            matches!(this.way, Way::Charge { .. }) && (errand || this.standing == Standing::Unknown)
        };
        let unknown: Vec<usize> = (0..self.books.tries.len()).filter(unknown).collect();
        let about = self.dice.between(24 * HOUR - 300, 24 * HOUR + 300);
        if unknown.is_empty() {
            return self.pass(about);
        }
        let index = self.dice.pick(&unknown);
        let this = &self.books.tries[index];
        let made = this.errand.as_ref().map(|errand| &errand.key).or(this.key.as_ref()).map(|key| key.made);
        let age = made.map_or(0, |made| (self.offline.clock().now() - made).whole_seconds());
        self.pass(about.saturating_sub(u64::try_from(age).unwrap_or(0)));
        self.attend(index);
    }

    fn clock_is_set(&mut self) {
        let seconds = self.dice.pick(&[-240, -100, -20, 0, 0, 20, 100, 240]);
        self.say(format_args!("the merchant's clock is wrong by {seconds} s from now on"));
        self.wall.set_wrong_by(seconds);
    }

    /// Somebody reloads a page of the back office.
    fn look_everything_up(&mut self) {
        let is_there = |index: &usize| matches!(self.books.tries[*index].way, Way::Deposit | Way::Withdrawal);
        let orders: Vec<usize> = (0..self.books.tries.len()).filter(is_there).collect();
        if orders.is_empty() {
            return;
        }
        let times = self.dice.between(40, 70);
        self.say(format_args!("{times} look-ups are asked for"));
        let wanted: Vec<usize> = (0..times).map(|_| self.dice.pick(&orders)).collect();
        if self.rig != Rig::ForgetsTheLimit && self.dice.percent(50) {
            return self.look_up_at_once(&wanted);
        }
        for index in wanted {
            if self.rig == Rig::ForgetsTheLimit {
                self.forget_the_limit();
            }
            self.look_up_at_turbopay(index);
        }
    }
}

pub(super) const HOUR: u64 = 3600;
