//! TurraTech: payments, captures, cancellations and refunds, each under a key that is stored before sending.

use turratech::{
    CaptureMethod, Error, ErrorKind, Event, EventObject, Expected, ListParams, NewPayment, NewRefund, Payment,
    PaymentId, PaymentStatus,
};

use super::Flaw;
use super::day::{CallResult, Day};
use super::records::{AttemptState, FollowUp, FollowUpKind, StoredKey};

impl Day {
    pub(super) fn continue_charge(&mut self, index: usize, manual: bool) {
        match self.records.attempts[index].state {
            AttemptState::Planned | AttemptState::Unknown => self.charge(index, manual),
            AttemptState::Open => self.retrieve_charge(index),
            AttemptState::Paid(_) => self.start_follow_up(index),
            AttemptState::Failed => {
                if self.records.attempts[index].follow_up.is_none() {
                    self.retry_with_new_reference(index);
                }
            }
            AttemptState::NotExecuted => {}
        }
    }

    fn charge(&mut self, index: usize, manual: bool) {
        let attempt = &mut self.records.attempts[index];
        let (sent, reference, amount) = (attempt.sent, attempt.reference.clone(), attempt.amount);
        let Some(mut stored) = attempt.key.clone() else { return };
        attempt.sent = true;
        // A key requires the same parameters each time, so the method depends on the reference alone.
        let method = METHODS[reference.bytes().map(usize::from).sum::<usize>() % METHODS.len()];
        if sent && self.flaw == Flaw::RetriesUnderNewKey {
            stored = StoredKey { value: format!("{}-{}", stored.value, self.random.next()), ..stored };
        }
        let Some(key) = self.key(&stored, sent && self.flaw != Flaw::RetriesUnderNewKey) else { return };
        let client = self.process.turratech.clone();
        let call = async {
            let mut payment = NewPayment::new(amount).payment_method(method).confirm(true);
            if manual {
                payment = payment.capture_method(CaptureMethod::Manual);
            }
            client.create_payment(payment.metadata("order_id", &reference)).idempotency_key(key).send().await
        };
        match self.call("create_payment", &reference, call) {
            CallResult::Executed(payment) => self.apply_charge(index, &payment),
            CallResult::NotExecuted => self.set_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(error) => {
                self.set_state(index, AttemptState::Unknown);
                if error.is_some_and(|error| key_has_expired(&error)) {
                    self.find_charge(index);
                }
            }
        }
    }

    /// Looks for the payment in the list, because its key has expired.
    pub(super) fn find_charge(&mut self, index: usize) {
        let reference = self.records.attempts[index].reference.clone();
        let client = self.process.turratech.clone();
        let wanted = reference.clone();
        let call = async move {
            let mut pages = client.list_payments(ListParams::new().limit(100));
            while let Some(payment) = pages.try_next().await? {
                let payment = payment?;
                if payment.metadata.get("order_id") == Some(&wanted) {
                    return Ok(Some(payment));
                }
            }
            Ok(None)
        };
        if let Some(Some(payment)) = self.read("list_payments for", &reference, call) {
            self.apply_charge(index, &payment);
        }
    }

    fn retrieve_charge(&mut self, index: usize) {
        if let Some(payment) = self.retrieve(index) {
            self.apply_charge(index, &payment);
        }
    }

    fn retrieve(&mut self, index: usize) -> Option<Payment> {
        let attempt = &self.records.attempts[index];
        let (reference, id) = (attempt.reference.clone(), attempt.id.clone()?);
        let client = self.process.turratech.clone();
        let call = async {
            let id: PaymentId = id.parse()?;
            client.retrieve_payment(&id).send().await
        };
        self.read("retrieve_payment", &reference, call)
    }

    fn apply_charge(&mut self, index: usize, payment: &Payment) {
        let attempt = &mut self.records.attempts[index];
        let expected = Expected::new(&attempt.reference, attempt.amount).live(false);
        if let Err(mismatch) = payment.check_metadata("order_id", &expected) {
            let what = format!("the payment of {} does not match the order: {mismatch}", attempt.reference);
            return self.report_violation(what);
        }
        attempt.id = Some(payment.id.as_str().to_owned());
        attempt.has_page = true;
        attempt.is_authorized = payment.status == PaymentStatus::RequiresCapture;
        let paid = AttemptState::Paid(attempt.amount);
        match payment.status {
            PaymentStatus::Succeeded | PaymentStatus::RequiresCapture => self.set_state(index, paid),
            PaymentStatus::Failed | PaymentStatus::Canceled => {
                // A refused attempt stays `NotExecuted`: both are correct for a declined payment.
                if self.records.attempts[index].state != AttemptState::NotExecuted {
                    self.set_state(index, AttemptState::Failed);
                }
            }
            PaymentStatus::RequiresPaymentMethod
            | PaymentStatus::RequiresConfirmation
            | PaymentStatus::RequiresAction
            | PaymentStatus::Processing => self.set_state(index, AttemptState::Open),
            _ => self.set_state(index, AttemptState::Unknown),
        }
    }

    /// Captures or cancels an authorized payment, or refunds a part of a captured one.
    fn start_follow_up(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let under_way = attempt.follow_up.as_ref().is_some_and(|follow_up| !is_finished(follow_up));
        let (amount, is_authorized) = (attempt.amount, attempt.is_authorized);
        if under_way {
            return self.run_follow_up(index);
        }
        if is_authorized {
            let kind = if self.random.percent(70) { FollowUpKind::Capture } else { FollowUpKind::Cancel };
            self.plan_follow_up(index, kind, amount);
            return self.run_follow_up(index);
        }
        let refunded = attempt.follow_up.as_ref().is_some_and(|follow_up| follow_up.kind == FollowUpKind::Refund);
        if !refunded && self.random.percent(30) {
            let most = u64::try_from(amount.minor()).unwrap_or(1);
            let minor = i64::try_from(self.random.between(1, most)).unwrap_or(1);
            self.plan_follow_up(index, FollowUpKind::Refund, turratech::Money::from_minor(minor, amount.currency()));
            self.run_follow_up(index);
        }
    }

    fn run_follow_up(&mut self, index: usize) {
        let attempt = &mut self.records.attempts[index];
        let (Some(follow_up), Some(id)) = (attempt.follow_up.as_mut(), attempt.id.clone()) else { return };
        let sent = std::mem::replace(&mut follow_up.sent, true);
        let follow_up = follow_up.clone();
        let Some(key) = self.key(&follow_up.key, sent) else { return };
        let client = self.process.turratech.clone();
        let (kind, reference, amount) = (follow_up.kind, follow_up.reference.clone(), follow_up.amount);
        let call = async {
            let id: PaymentId = id.parse()?;
            match kind {
                FollowUpKind::Capture => client.capture_payment(&id).idempotency_key(key).send().await.map(Some),
                FollowUpKind::Cancel => client.cancel_payment(&id).idempotency_key(key).send().await.map(Some),
                _ => {
                    let refund = NewRefund::new(id).amount(amount).metadata("order_id", &reference);
                    client.create_refund(refund).idempotency_key(key).send().await.map(|_| None)
                }
            }
        };
        match self.call(name(kind), &follow_up.reference, call) {
            CallResult::Executed(payment) => {
                self.set_follow_up_state(index, AttemptState::Paid(amount));
                if let Some(payment) = payment {
                    self.apply_charge(index, &payment);
                }
            }
            CallResult::NotExecuted => self.set_follow_up_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(error) => {
                self.set_follow_up_state(index, AttemptState::Unknown);
                if error.is_some_and(|error| key_has_expired(&error)) {
                    self.find_follow_up(index);
                }
            }
        }
    }

    /// Looks at the payment or the list of refunds, because the follow-up's key has expired.
    pub(super) fn find_follow_up(&mut self, index: usize) {
        let Some(follow_up) = self.records.attempts[index].follow_up.clone() else { return };
        let amount = follow_up.amount;
        if follow_up.kind != FollowUpKind::Refund {
            let Some(payment) = self.retrieve(index) else { return };
            let executed = match follow_up.kind {
                FollowUpKind::Capture => payment.status == PaymentStatus::Succeeded,
                _ => payment.status == PaymentStatus::Canceled,
            };
            if executed {
                self.set_follow_up_state(index, AttemptState::Paid(amount));
            }
            return self.apply_charge(index, &payment);
        }
        let client = self.process.turratech.clone();
        let wanted = follow_up.reference.clone();
        let call = async move {
            let mut pages = client.list_refunds(ListParams::new().limit(100));
            while let Some(refund) = pages.try_next().await? {
                if refund?.metadata.get("order_id") == Some(&wanted) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        if self.read("list_refunds for", &follow_up.reference, call) == Some(true) {
            self.set_follow_up_state(index, AttemptState::Paid(amount));
        }
    }

    /// Handles a verified event. Repeated events do no harm.
    pub(super) fn handle_turratech_event(&mut self, event: &Event) {
        let Ok(EventObject::Payment(payment)) = event.object() else { return };
        let Some(index) = payment.metadata.get("order_id").and_then(|order| self.records.find(order)) else { return };
        let attempt = &self.records.attempts[index];
        let expected = Expected::new(&attempt.reference, attempt.amount).live(false);
        if payment.check_metadata("order_id", &expected).is_ok() && payment.status.is_final() {
            self.apply_charge(index, &payment);
        }
    }

    pub(super) fn charge_event(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let reference = attempt.reference.clone();
        let payment = self.offline.turratech().payment(&reference);
        let event = match (payment.status(), self.random.below(10)) {
            (Some("requires_action"), 0..5) if attempt.has_page => {
                payment.succeed();
                "is authenticated"
            }
            (Some("requires_action"), 5..7) if attempt.has_page => {
                payment.fail();
                "fails the authentication"
            }
            (Some("succeeded"), 0) => {
                // The sandbox rejects a second dispute.
                if self.audit.was_charged_back(&reference) {
                    return;
                }
                payment.dispute();
                "is was_charged_back"
            }
            _ => return,
        };
        self.log(format_args!("{reference} {event}"));
    }
}

/// Returns true if the follow-up's outcome is known.
pub(super) fn is_finished(follow_up: &FollowUp) -> bool {
    matches!(follow_up.state, AttemptState::Paid(_) | AttemptState::NotExecuted | AttemptState::Failed)
}

/// Returns true if the client sent nothing because the key has expired.
fn key_has_expired(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidRequest && error.attempts() == 0
}

fn name(kind: FollowUpKind) -> &'static str {
    match kind {
        FollowUpKind::Capture => "capture_payment",
        FollowUpKind::Cancel => "cancel_payment",
        FollowUpKind::Refund => "create_refund",
        FollowUpKind::Complete | FollowUpKind::Confirm => "nothing",
    }
}

/// The sandbox's test payment methods.
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
