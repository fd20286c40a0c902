//! What customers, banks and providers do.

use super::life::Life;
use super::orders::{CARDS, Kind, Order};

impl Life {
    pub(super) fn external_event(&mut self) {
        let orders = self.world.state().audit.orders.len();
        let index = self.random.below(orders);
        let order = self.world.state().audit.orders.get(index).cloned();
        let Some(order) = order else { return };
        let event = match order.kind {
            Kind::Charge => self.charge_event(&order),
            Kind::Upi => self.upi_event(&order),
            Kind::Deposit | Kind::OwnPage => self.deposit_event(index, &order, &order.reference()),
            Kind::Confirm => self.deposit_event(index, &order, order.ledger_reference()),
            Kind::Payout => self.payout_event(&order),
            Kind::Checkout => self.checkout_event(&order),
            Kind::Capture | Kind::Cancel | Kind::Refund | Kind::Card | Kind::CardCapture => None,
        };
        if let Some(event) = event {
            self.log(format_args!("{:?} {} {event}", order.kind, order.reference()));
        }
    }

    fn charge_event(&mut self, order: &Order) -> Option<&'static str> {
        let payment = self.world.offline.turratech().payment(&order.reference());
        match (payment.status(), self.random.below(10)) {
            (Some("requires_action"), 0..5) => {
                payment.succeed();
                Some("is authenticated")
            }
            (Some("requires_action"), 5..7) => {
                payment.fail();
                Some("fails the authentication")
            }
            _ => None,
        }
    }

    fn upi_event(&mut self, order: &Order) -> Option<&'static str> {
        let transaction = self.world.offline.turbo_txn().order(&order.reference());
        let status = transaction.status()?;
        match (status.as_str(), self.random.below(8)) {
            ("Initiated", 0..5) => {
                transaction.pay();
                Some("is paid")
            }
            ("Initiated", 5) => {
                transaction.pending();
                Some("is paid, not yet confirmed by the bank")
            }
            ("Initiated" | "Pending", 6) => {
                transaction.reject();
                Some("is rejected")
            }
            ("Pending", _) => {
                transaction.approve();
                Some("is approved")
            }
            _ => None,
        }
    }

    fn deposit_event(&mut self, index: usize, order: &Order, reference: &str) -> Option<&'static str> {
        let deposit = self.world.offline.turbopay().order(reference);
        let status = deposit.status()?;
        match (status, self.random.below(10)) {
            ("new", 0..4) if order.kind != Kind::Confirm => {
                deposit.pay();
                Some("is paid by the customer")
            }
            ("new", 4) if order.kind != Kind::Confirm => {
                deposit.cancel();
                Some("is cancelled by the customer")
            }
            ("new" | "pending", 5) => {
                deposit.change_amount(&format!("{}.00", self.random.between(1, 5000)));
                self.change(index, |order| order.amount_changed = true);
                Some("gets another amount")
            }
            ("pending" | "expired" | "cancelled" | "failed", 0..4) => {
                if status == "failed" {
                    self.change(index, |order| order.succeeded_late = true);
                }
                deposit.succeed();
                Some("succeeds late")
            }
            ("pending" | "expired" | "cancelled", 4..6) => {
                deposit.fail("The bank says no");
                Some("fails at the bank")
            }
            ("success", 0..2) => {
                deposit.charge_back("Not as described");
                Some("is charged back")
            }
            _ => {
                deposit.resend();
                Some("gets its webhook again")
            }
        }
    }

    fn payout_event(&mut self, order: &Order) -> Option<&'static str> {
        let payout = self.world.offline.turbopay().order(&order.reference());
        match (payout.status()?, self.random.below(10)) {
            ("new" | "pending", 0..5) => {
                payout.succeed();
                Some("is paid out")
            }
            ("new" | "pending", 5..7) => {
                payout.fail("No such account");
                Some("fails at the bank")
            }
            ("success", 0..3) => {
                payout.refund();
                Some("is returned by the bank")
            }
            _ => {
                payout.resend();
                Some("gets its webhook again")
            }
        }
    }

    fn checkout_event(&mut self, order: &Order) -> Option<&'static str> {
        if self.world.offline.card3ds().order(&order.reference()).status()? != "ENROLLED" {
            return None;
        }
        let id = self.world.state().audit.provider_id(&order.reference())?;
        let checkout = self.world.offline.card3ds().checkout(&id);
        match self.random.below(8) {
            0..5 => {
                checkout.pay(self.random.pick(CARDS));
                Some("is paid")
            }
            5 => {
                checkout.cancel();
                Some("is cancelled by the customer")
            }
            _ => None,
        }
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.world.state().audit.orders.get_mut(index) {
            change(order);
        }
    }
}
