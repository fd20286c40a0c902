//! The end of a day: everything is repaired, everything comes in, and every order is held against what is true.

use std::time::Duration;

use super::books::{Standing, Way, What};
use super::day::Day;
use super::steps::HOUR;
use super::turratech::is_over;

impl Day {
    pub(super) fn evening(&mut self) -> Result<(), String> {
        self.say(format_args!("everything is repaired"));
        self.calm = true;
        self.offline.clear_faults();
        self.offline.release();
        self.network.refuse(0);
        self.wall.set_wrong_by(0);
        // While keys still protect, and again once nothing is under way any more.
        self.settle_accounts()?;
        self.offline.clock().advance(Duration::from_secs(2 * HOUR + 60));
        self.empty_mailbox()?;
        for _ in 0..3 {
            self.settle_accounts()?;
            self.empty_mailbox()?;
        }
        self.nothing_is_left_open()
    }

    fn settle_accounts(&mut self) -> Result<(), String> {
        for index in 0..self.books.tries.len() {
            let this = &self.books.tries[index];
            let errand_waits = this.errand.as_ref().is_some_and(|errand| errand.sent && !is_over(errand));
            let waits = this.doubt || matches!(this.standing, Standing::Unknown | Standing::Open);
            match (this.way, waits) {
                (Way::Charge { .. }, true) if this.sent => self.attend(index),
                (Way::Charge { .. }, false) if errand_waits => self.attend(index),
                (Way::Upi, true) => self.look_up_upi(index),
                (Way::Link, _) => self.attend(index),
                (Way::Checkout | Way::ThreeDs, true) => self.attend(index),
                // What is final may have changed all the same (documented), and a message of that may be lost.
                (Way::Deposit | Way::HostToHost | Way::Withdrawal, _) if this.standing != Standing::NotDone => {
                    self.look_up_at_turbopay(index);
                }
                _ => {}
            }
            self.check()?;
        }
        Ok(())
    }

    /// What is believed now is what the ledger says, wherever there is a way to know.
    fn nothing_is_left_open(&mut self) -> Result<(), String> {
        for index in 0..self.books.tries.len() {
            let this = &self.books.tries[index];
            let reference = this.reference.as_str();
            let wrong = |truth: &str| {
                Err(format!("{reference} ends as {:?}, {:?}, and is {truth} in truth", this.standing, this.status))
            };
            if let Some(what) = self.audit.denies(this) {
                return Err(what);
            }
            let known = self.audit.knows(reference);
            let open = matches!(this.standing, Standing::Unknown | Standing::Open);
            match this.way {
                _ if !this.sent && this.way != Way::Link => {
                    if known {
                        return wrong("there, although it was never sent");
                    }
                }
                Way::Deposit | Way::HostToHost | Way::Withdrawal => {
                    let truth = self.offline.turbopay().order(reference).status();
                    let believed = this.status.as_ref().map(turbopay::OrderStatus::as_str);
                    if this.standing != Standing::NotDone && believed != truth {
                        return wrong(truth.unwrap_or("unknown there"));
                    }
                }
                Way::Upi => {
                    let truth = self.offline.turbo_txn().order(reference).status();
                    let fits = match truth.as_deref() {
                        Some("Approved") => matches!(this.standing, Standing::Paid(_)),
                        Some("Rejected") => this.standing == Standing::Failed,
                        Some(_) => this.standing == Standing::Open,
                        None => matches!(this.standing, Standing::Unknown | Standing::NotDone),
                    };
                    if !fits {
                        return wrong(truth.as_deref().unwrap_or("unknown there"));
                    }
                }
                Way::Link => {
                    let truth = self.offline.turbo_link().link(reference).status();
                    let fits = match truth.as_deref() {
                        Some("completed") => matches!(this.standing, Standing::Paid(_)),
                        Some("refunded") => this.standing == Standing::Failed,
                        _ => this.standing == Standing::Open,
                    };
                    if !fits {
                        return wrong(truth.as_deref().unwrap_or("unknown there"));
                    }
                }
                Way::Charge { .. } => {
                    let truth = self.offline.turratech().payment(reference).status();
                    let fits = match truth {
                        Some("succeeded" | "requires_capture") => matches!(this.standing, Standing::Paid(_)),
                        Some("failed") => matches!(this.standing, Standing::Failed | Standing::NotDone),
                        Some("canceled") => this.standing == Standing::Failed,
                        Some(_) => this.standing == Standing::Open,
                        None => matches!(this.standing, Standing::Unknown | Standing::NotDone),
                    };
                    if !fits {
                        return wrong(truth.unwrap_or("unknown there"));
                    }
                }
                Way::Checkout if open => {
                    let truth = self.offline.card3ds().order(reference).status();
                    if truth != Some("ENROLLED") {
                        return wrong(truth.unwrap_or("unknown there"));
                    }
                }
                // Nobody can be asked: what is unknown stays so, and nothing else is believed of it.
                Way::Card | Way::Hold | Way::ThreeDs | Way::Checkout => {}
            }
            if let Some(errand) = &this.errand {
                if let Some(what) = self.audit.denies_errand(this, errand) {
                    return Err(what);
                }
                let resolvable = matches!(this.way, Way::Charge { .. }) && errand.what != What::Confirm;
                if resolvable && !is_over(errand) && self.audit.errand_was_done(this, errand) {
                    return wrong("done, whose errand is open");
                }
            }
        }
        Ok(())
    }
}
