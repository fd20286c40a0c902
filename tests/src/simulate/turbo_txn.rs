//! Turbo Transactions: UPI collections. Callbacks are unsigned, so each one is looked up.

use turbo_txn::{Expected, Lookup as _, MerchantOrderId, Mismatch, NewTransaction, TxnDetails, TxnStatus, Unverified};

use super::Flaw;
use super::day::{CallResult, Day};
use super::process::MERCHANT_URL;
use super::records::AttemptState;

impl Day {
    pub(super) fn continue_upi(&mut self, index: usize) {
        match self.records.attempts[index].state {
            AttemptState::Planned => self.initiate(index),
            AttemptState::Unknown if self.flaw == Flaw::RetriesUnderNewKey => self.initiate(index),
            AttemptState::Unknown | AttemptState::Open => self.look_up_upi(index),
            AttemptState::Failed => self.retry_with_new_reference(index),
            AttemptState::Paid(_) | AttemptState::NotExecuted => {}
        }
    }

    fn initiate(&mut self, index: usize) {
        let attempt = &mut self.records.attempts[index];
        attempt.sent = true;
        let (reference, amount) = (attempt.reference.clone(), attempt.amount);
        let client = self.process.turbo_txn.clone();
        let call = async {
            let new = NewTransaction::new(&reference, amount, format!("{MERCHANT_URL}/return"));
            client.initiate(new).send().await
        };
        match self.call("initiate", &reference, call) {
            CallResult::Executed(transaction) => {
                let attempt = &mut self.records.attempts[index];
                attempt.provider_amount = transaction.amount().ok();
                attempt.has_page = true;
                self.set_state(index, AttemptState::Open);
            }
            CallResult::NotExecuted => self.set_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(_) => self.set_state(index, AttemptState::Unknown),
        }
    }

    pub(super) fn look_up_upi(&mut self, index: usize) {
        let reference = self.records.attempts[index].reference.clone();
        let client = self.process.turbo_txn.clone();
        let call = async {
            let order: MerchantOrderId = reference.parse()?;
            client.lookup(&order).send().await
        };
        if let Some(details) = self.read("lookup", &reference, call) {
            self.apply_upi_details(index, &details);
        }
    }

    /// Handles a callback: looks the order up and ignores the callback's own contents.
    pub(super) fn handle_upi_callback(&mut self, callback: &Unverified<MerchantOrderId>) {
        let Some(index) = self.records.find(callback.claimed().as_str()) else { return };
        if self.flaw == Flaw::TrustsCallbacks {
            let paid = self.records.attempts[index].provider_amount.unwrap_or(self.records.attempts[index].amount);
            return self.set_state(index, AttemptState::Paid(paid));
        }
        let reference = self.records.attempts[index].reference.clone();
        let client = self.process.turbo_txn.clone();
        let call = async { callback.lookup(&client).send().await };
        if let Some(details) = self.read("lookup after a callback for", &reference, call) {
            self.apply_upi_details(index, &details);
        }
    }

    fn apply_upi_details(&mut self, index: usize, details: &TxnDetails) {
        let attempt = &self.records.attempts[index];
        if attempt.state == AttemptState::NotExecuted {
            return self.report_violation(format!(
                "{} exists, but the client reported that it was not executed",
                attempt.reference
            ));
        }
        // The amount to pay may differ from the requested one (documented). The initiation's response names it.
        let expected = Expected::new(&attempt.reference, attempt.provider_amount.unwrap_or(attempt.amount));
        match details.check(&expected) {
            Ok(()) => {}
            Err(Mismatch::AmountDiffers { .. }) if attempt.provider_amount.is_none() => {}
            Err(mismatch) => {
                return self.report_violation(format!(
                    "the lookup of {} returned another order: {mismatch}",
                    attempt.reference
                ));
            }
        }
        match details.status {
            TxnStatus::Approved => match details.amount() {
                Ok(amount) => self.set_state(index, AttemptState::Paid(amount)),
                Err(_) => self.set_state(index, AttemptState::Unknown),
            },
            TxnStatus::Rejected => self.set_state(index, AttemptState::Failed),
            TxnStatus::Initiated | TxnStatus::Pending => self.set_state(index, AttemptState::Open),
            _ => self.set_state(index, AttemptState::Unknown),
        }
    }

    pub(super) fn upi_event(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let reference = attempt.reference.clone();
        let order = self.offline.turbo_txn().order(&reference);
        let Some(status) = order.status().filter(|_| attempt.has_page) else { return };
        let event = match (status.as_str(), self.random.below(8)) {
            ("Initiated", 0..5) => {
                order.pay();
                "is paid"
            }
            ("Initiated", 5) => {
                order.pending();
                "is paid, not yet confirmed by the bank"
            }
            ("Initiated" | "Pending", 6) => {
                order.reject();
                "is rejected"
            }
            ("Pending", _) => {
                order.approve();
                "is approved"
            }
            _ => "does not change",
        };
        self.log(format_args!("{reference} {event}"));
    }
}
