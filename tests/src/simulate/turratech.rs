//! TurraTech: payments and what follows them, each under a key that is stored first.

use turratech::{
    CaptureMethod, Error, ErrorKind, Event, EventObject, Expected, ListParams, NewPayment, NewRefund, Payment,
    PaymentId, PaymentStatus,
};

use super::Rig;
use super::books::{Errand, Standing, StoredKey, What};
use super::day::{After, Day};

impl Day {
    pub(super) fn attend_to_charge(&mut self, index: usize, manual: bool) {
        match self.books.tries[index].standing {
            Standing::Planned | Standing::Unknown => self.charge(index, manual),
            Standing::Open => self.retrieve_charge(index),
            Standing::Paid(_) => self.follow_up(index),
            Standing::Failed => {
                if self.books.tries[index].errand.is_none() {
                    self.try_again(index);
                }
            }
            Standing::NotDone => {}
        }
    }

    fn charge(&mut self, index: usize, manual: bool) {
        let this = &mut self.books.tries[index];
        let (sent, reference, asked) = (this.sent, this.reference.clone(), this.asked);
        let Some(mut stored) = this.key.clone() else { return };
        this.sent = true;
        // The same parameters each time: what is drawn comes of the reference.
        let method = METHODS[reference.bytes().map(usize::from).sum::<usize>() % METHODS.len()];
        if sent && self.rig == Rig::TakesFreshKeys {
            stored = StoredKey { value: format!("{}-{}", stored.value, self.dice.next()), ..stored };
        }
        let Some(key) = self.key(&stored, sent && self.rig != Rig::TakesFreshKeys) else { return };
        let client = self.shop.turratech.clone();
        let charging = async {
            let mut payment = NewPayment::new(asked).payment_method(method.parse()?).confirm(true);
            if manual {
                payment = payment.capture_method(CaptureMethod::Manual);
            }
            client.create_payment(payment.metadata("order_id", &reference)).idempotency_key(key).send().await
        };
        match self.call("create_payment", &reference, charging) {
            After::Done(payment) => self.charge_is(index, &payment),
            After::NotDone => self.believe(index, Standing::NotDone),
            After::Unknown(error) => {
                self.believe(index, Standing::Unknown);
                if error.is_some_and(|error| key_has_run_out(&error)) {
                    self.look_for_charge(index);
                }
            }
        }
    }

    /// Without a key that protects, the list tells whether it was done.
    pub(super) fn look_for_charge(&mut self, index: usize) {
        let reference = self.books.tries[index].reference.clone();
        let client = self.shop.turratech.clone();
        let wanted = reference.clone();
        let listing = async move {
            let mut pages = client.list_payments(ListParams::new().limit(100));
            while let Some(payment) = pages.try_next().await? {
                if payment.metadata.get("order_id") == Some(&wanted) {
                    return Ok(Some(payment));
                }
            }
            Ok(None)
        };
        if let Some(Some(payment)) = self.ask("list_payments, for", &reference, listing) {
            self.charge_is(index, &payment);
        }
    }

    fn retrieve_charge(&mut self, index: usize) {
        if let Some(payment) = self.retrieved(index) {
            self.charge_is(index, &payment);
        }
    }

    fn retrieved(&mut self, index: usize) -> Option<Payment> {
        let this = &self.books.tries[index];
        let (reference, id) = (this.reference.clone(), this.id.clone()?);
        let client = self.shop.turratech.clone();
        let asking = async {
            let id: PaymentId = id.parse()?;
            client.retrieve_payment(&id).send().await
        };
        self.ask("retrieve_payment", &reference, asking)
    }

    fn charge_is(&mut self, index: usize, payment: &Payment) {
        let this = &mut self.books.tries[index];
        let expected = Expected::new(&this.reference, this.asked).live(false);
        if let Err(mismatch) = payment.check_metadata("order_id", &expected) {
            let what = format!("{} is another payment: {mismatch}", this.reference);
            return self.violated(what);
        }
        this.id = Some(payment.id.as_str().to_owned());
        this.page = true;
        this.held = payment.status == PaymentStatus::RequiresCapture;
        let paid = Standing::Paid(this.asked);
        match payment.status {
            PaymentStatus::Succeeded | PaymentStatus::RequiresCapture => self.believe(index, paid),
            PaymentStatus::Failed | PaymentStatus::Canceled => {
                // Refused, and declined: both are so.
                if self.books.tries[index].standing != Standing::NotDone {
                    self.believe(index, Standing::Failed);
                }
            }
            PaymentStatus::RequiresPaymentMethod
            | PaymentStatus::RequiresConfirmation
            | PaymentStatus::RequiresAction
            | PaymentStatus::Processing => self.believe(index, Standing::Open),
            _ => self.believe(index, Standing::Unknown),
        }
    }

    /// What was taken is captured, let go of, or given back.
    fn follow_up(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let under_way = this.errand.as_ref().is_some_and(|errand| !is_over(errand));
        let (asked, held) = (this.asked, this.held);
        if under_way {
            return self.run_errand(index);
        }
        if held {
            let what = if self.dice.percent(70) { What::Capture } else { What::Cancel };
            self.plan_errand(index, what, asked);
            return self.run_errand(index);
        }
        let refunded = this.errand.as_ref().is_some_and(|errand| errand.what == What::Refund);
        if !refunded && self.dice.percent(30) {
            let most = u64::try_from(asked.minor()).unwrap_or(1);
            let minor = i64::try_from(self.dice.between(1, most)).unwrap_or(1);
            self.plan_errand(index, What::Refund, turratech::Money::from_minor(minor, asked.currency()));
            self.run_errand(index);
        }
    }

    fn run_errand(&mut self, index: usize) {
        let this = &mut self.books.tries[index];
        let (Some(errand), Some(id)) = (this.errand.as_mut(), this.id.clone()) else { return };
        let sent = std::mem::replace(&mut errand.sent, true);
        let errand = errand.clone();
        let Some(key) = self.key(&errand.key, sent) else { return };
        let client = self.shop.turratech.clone();
        let (what, reference, amount) = (errand.what, errand.reference.clone(), errand.amount);
        let running = async {
            let id: PaymentId = id.parse()?;
            match what {
                What::Capture => client.capture_payment(&id).idempotency_key(key).send().await.map(Some),
                What::Cancel => client.cancel_payment(&id).idempotency_key(key).send().await.map(Some),
                _ => {
                    let refund = NewRefund::new(id).amount(amount).metadata("order_id", &reference);
                    client.create_refund(refund).idempotency_key(key).send().await.map(|_| None)
                }
            }
        };
        match self.call(name(what), &errand.reference, running) {
            After::Done(payment) => {
                self.believe_errand(index, Standing::Paid(amount));
                if let Some(payment) = payment {
                    self.charge_is(index, &payment);
                }
            }
            After::NotDone => self.believe_errand(index, Standing::NotDone),
            After::Unknown(error) => {
                self.believe_errand(index, Standing::Unknown);
                if error.is_some_and(|error| key_has_run_out(&error)) {
                    self.look_for_errand(index);
                }
            }
        }
    }

    /// Without a key that protects, the payment or the list of refunds tells.
    pub(super) fn look_for_errand(&mut self, index: usize) {
        let Some(errand) = self.books.tries[index].errand.clone() else { return };
        let amount = errand.amount;
        if errand.what != What::Refund {
            let Some(payment) = self.retrieved(index) else { return };
            let done = match errand.what {
                What::Capture => payment.status == PaymentStatus::Succeeded,
                _ => payment.status == PaymentStatus::Canceled,
            };
            if done {
                self.believe_errand(index, Standing::Paid(amount));
            }
            return self.charge_is(index, &payment);
        }
        let client = self.shop.turratech.clone();
        let wanted = errand.reference.clone();
        let listing = async move {
            let mut pages = client.list_refunds(ListParams::new().limit(100));
            while let Some(refund) = pages.try_next().await? {
                if refund.metadata.get("order_id") == Some(&wanted) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        if self.ask("list_refunds, for", &errand.reference, listing) == Some(true) {
            self.believe_errand(index, Standing::Paid(amount));
        }
    }

    /// A proved event, that comes once or more.
    pub(super) fn turratech_told(&mut self, event: &Event) {
        let Ok(EventObject::Payment(payment)) = event.object() else { return };
        let Some(index) = payment.metadata.get("order_id").and_then(|order| self.books.find(order)) else { return };
        let this = &self.books.tries[index];
        let expected = Expected::new(&this.reference, this.asked).live(false);
        if payment.check_metadata("order_id", &expected).is_ok() && payment.status.is_final() {
            self.charge_is(index, &payment);
        }
    }

    pub(super) fn act_on_charge(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let reference = this.reference.clone();
        let payment = self.offline.turratech().payment(&reference);
        let did = match (payment.status(), self.dice.below(10)) {
            (Some("requires_action"), 0..5) if this.page => {
                payment.succeed();
                "is authenticated"
            }
            (Some("requires_action"), 5..7) if this.page => {
                payment.fail();
                "is not authenticated"
            }
            (Some("succeeded"), 0) => {
                // It cannot be twice; the provider then says so.
                if self.audit.disputed(&reference) {
                    return;
                }
                payment.dispute();
                "is disputed"
            }
            _ => return,
        };
        self.say(format_args!("{reference} {did}"));
    }
}

/// Nothing more comes of it.
pub(super) fn is_over(errand: &Errand) -> bool {
    matches!(errand.standing, Standing::Paid(_) | Standing::NotDone | Standing::Failed)
}

/// The client does not send under a key that protects no longer.
fn key_has_run_out(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidRequest && error.attempts() == 0
}

fn name(what: What) -> &'static str {
    match what {
        What::Capture => "capture_payment",
        What::Cancel => "cancel_payment",
        What::Refund => "create_refund",
        What::Complete | What::Confirm => "nothing",
    }
}

/// What customers pay with here.
const METHODS: &[&str] = &[
    "pm_card_visa",
    "pm_card_mastercard",
    "pm_card_amex",
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds",
    "pm_card_authenticationRequired",
    "pm_card_authenticationRequired",
    "pm_card_createDispute",
];
