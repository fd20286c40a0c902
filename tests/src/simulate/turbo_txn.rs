//! Turbo Transactions: UPI collections, looked up whatever was said of them.

use turbo_txn::{Expected, Lookup as _, MerchantOrderId, Mismatch, NewTransaction, TxnDetails, TxnStatus, Unverified};

use super::Rig;
use super::books::Standing;
use super::day::{After, Day};
use super::shop::SHOP;

impl Day {
    pub(super) fn attend_to_upi(&mut self, index: usize) {
        match self.books.tries[index].standing {
            Standing::Planned => self.initiate(index),
            Standing::Unknown if self.rig == Rig::TakesFreshKeys => self.initiate(index),
            Standing::Unknown | Standing::Open => self.look_up_upi(index),
            Standing::Failed => self.try_again(index),
            Standing::Paid(_) | Standing::NotDone => {}
        }
    }

    fn initiate(&mut self, index: usize) {
        let this = &mut self.books.tries[index];
        this.sent = true;
        let (reference, asked) = (this.reference.clone(), this.asked);
        let client = self.shop.turbo_txn.clone();
        let initiating = async {
            let transaction = NewTransaction::new(reference.parse()?, asked, format!("{SHOP}/return"));
            client.initiate(transaction).send().await
        };
        match self.call("initiate", &reference, initiating) {
            After::Done(made) => {
                let this = &mut self.books.tries[index];
                this.announced = Some(made.amount);
                this.page = true;
                self.believe(index, Standing::Open);
            }
            After::NotDone => self.believe(index, Standing::NotDone),
            After::Unknown(_) => self.believe(index, Standing::Unknown),
        }
    }

    pub(super) fn look_up_upi(&mut self, index: usize) {
        let reference = self.books.tries[index].reference.clone();
        let client = self.shop.turbo_txn.clone();
        let asking = async {
            let order: MerchantOrderId = reference.parse()?;
            client.lookup(&order).send().await
        };
        if let Some(details) = self.ask("lookup", &reference, asking) {
            self.upi_is(index, &details);
        }
    }

    /// A callback proves nothing: it is asked about, whatever it claims.
    pub(super) fn upi_called_back(&mut self, callback: &Unverified<MerchantOrderId>) {
        let Some(index) = self.books.find(callback.claimed().as_str()) else { return };
        if self.rig == Rig::BelievesCallbacks {
            let paid = self.books.tries[index].announced.unwrap_or(self.books.tries[index].asked);
            return self.believe(index, Standing::Paid(paid));
        }
        let reference = self.books.tries[index].reference.clone();
        let client = self.shop.turbo_txn.clone();
        let asking = async { callback.lookup(&client).send().await };
        if let Some(details) = self.ask("lookup for a callback of", &reference, asking) {
            self.upi_is(index, &details);
        }
    }

    fn upi_is(&mut self, index: usize, details: &TxnDetails) {
        let this = &self.books.tries[index];
        if this.standing == Standing::NotDone {
            return self
                .violated(format!("{} is there, of which the client said that it was not done", this.reference));
        }
        // Where the initiation was answered, its amount is the one; otherwise the amount may differ (documented).
        let expected = Expected::new(&this.reference, this.announced.unwrap_or(this.asked));
        match details.check(&expected) {
            Ok(()) => {}
            Err(Mismatch::AmountDiffers { .. }) if this.announced.is_none() => {}
            Err(mismatch) => return self.violated(format!("{} is looked up as another: {mismatch}", this.reference)),
        }
        match details.status {
            TxnStatus::Approved => self.believe(index, Standing::Paid(details.amount)),
            TxnStatus::Rejected => self.believe(index, Standing::Failed),
            TxnStatus::Initiated | TxnStatus::Pending => self.believe(index, Standing::Open),
            _ => self.believe(index, Standing::Unknown),
        }
    }

    pub(super) fn act_on_upi(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let reference = this.reference.clone();
        let order = self.offline.turbo_txn().order(&reference);
        let Some(status) = order.status().filter(|_| this.page) else { return };
        let did = match (status.as_str(), self.dice.below(8)) {
            ("Initiated", 0..5) => {
                order.pay();
                "pays"
            }
            ("Initiated", 5) => {
                order.pending();
                "is paid, and the bank is silent"
            }
            ("Initiated" | "Pending", 6) => {
                order.reject();
                "is rejected"
            }
            ("Pending", _) => {
                order.approve();
                "is approved"
            }
            _ => "is left alone",
        };
        self.say(format_args!("{reference} {did}"));
    }
}
