//! card3ds: no lookup after a lost response to a card payment, and unsigned callbacks.

use card3ds::{
    Card, CheckoutCallback, CheckoutId, Enrolment, Error, Expected, Expiry, Lookup as _, Money, NewCheckout,
    NewPayment, NewThreeDsPayment, Payment, PaymentId, PaymentStatus, ReturnUrls, ThreeDsCallback, Unverified,
};

use super::Flaw;
use super::day::{CallResult, Day};
use super::process::MERCHANT_URL;
use super::records::{AttemptState, Flow, FollowUpKind};

impl Day {
    pub(super) fn continue_card(&mut self, index: usize) {
        let (state, flow) = (self.records.attempts[index].state, self.records.attempts[index].flow);
        match (state, flow) {
            (AttemptState::Planned, _) => self.start_card(index),
            // card3ds has no lookup for these. A correct merchant leaves them to a person.
            (AttemptState::Unknown, Flow::Card | Flow::Hold) if self.flaw == Flaw::RetriesUnderNewKey => {
                self.start_card(index)
            }
            (AttemptState::Paid(_), Flow::Hold) => self.capture_hold(index),
            (AttemptState::Open, Flow::ThreeDs) => self.complete(index),
            (AttemptState::Open, Flow::Checkout) => self.look_up_checkout(index),
            (AttemptState::Failed, Flow::ThreeDs | Flow::Checkout) => self.retry_with_new_reference(index),
            _ => {}
        }
    }

    fn start_card(&mut self, index: usize) {
        let attempt = &mut self.records.attempts[index];
        attempt.sent = true;
        let (flow, reference, amount) = (attempt.flow, attempt.reference.clone(), attempt.amount);
        let number = self.random.pick(CARDS);
        let client = self.process.card3ds.clone();
        match flow {
            Flow::Card => {
                let call = async { client.create_payment(new_payment(&reference, amount, number)?).send().await };
                let result = self.call("create_payment", &reference, call);
                self.apply_card_result(index, result);
            }
            Flow::Hold => {
                let call = async { client.pre_authorize(new_payment(&reference, amount, number)?).send().await };
                let result = self.call("pre_authorize", &reference, call);
                self.apply_card_result(index, result);
            }
            Flow::ThreeDs => {
                let urls = ReturnUrls {
                    success: format!("{MERCHANT_URL}/3ds/{reference}"),
                    failure: format!("{MERCHANT_URL}/3ds-failed/{reference}"),
                };
                let call = async {
                    let payment = new_payment(&reference, amount, number)?;
                    client.start_3ds(NewThreeDsPayment::new(payment, urls)).send().await
                };
                match self.call("start_3ds", &reference, call) {
                    CallResult::Executed(Enrolment::Enrolled(challenge)) => {
                        self.store_page(index, challenge.payment_id.as_str())
                    }
                    // If 3-D Secure was started, the customer has no page for it, so it cannot be completed.
                    _ => self.set_state(index, AttemptState::NotExecuted),
                }
            }
            _ => {
                let call = async { client.create_checkout(new_checkout(&reference, amount)?).send().await };
                match self.call("create_checkout", &reference, call) {
                    CallResult::Executed(checkout) => self.store_page(index, checkout.checkout_id.as_str()),
                    _ => self.set_state(index, AttemptState::NotExecuted),
                }
            }
        }
    }

    fn store_page(&mut self, index: usize, id: &str) {
        let attempt = &mut self.records.attempts[index];
        attempt.id = Some(id.to_owned());
        attempt.has_page = true;
        self.set_state(index, AttemptState::Open);
    }

    fn apply_card_result(&mut self, index: usize, result: CallResult<Payment>) {
        match result {
            CallResult::Executed(payment) => self.apply_card_payment(index, &payment),
            CallResult::NotExecuted => self.set_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(_) => self.set_state(index, AttemptState::Unknown),
        }
    }

    fn apply_card_payment(&mut self, index: usize, payment: &Payment) {
        let attempt = &mut self.records.attempts[index];
        let expected = Expected::new(&attempt.reference, attempt.amount);
        if payment.check(&expected).is_err() {
            // The callback named another order's payment.
            return;
        }
        if !matches!(attempt.flow, Flow::Checkout) {
            attempt.id = Some(payment.payment_id.as_str().to_owned());
        }
        match payment.status {
            PaymentStatus::Success => match payment.amount() {
                Ok(amount) => self.set_state(index, AttemptState::Paid(amount)),
                Err(_) => self.set_state(index, AttemptState::Unknown),
            },
            PaymentStatus::Failed => self.set_state(index, AttemptState::Failed),
            PaymentStatus::Enrolled => self.set_state(index, AttemptState::Open),
            _ => self.set_state(index, AttemptState::Unknown),
        }
    }

    fn capture_hold(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let (Some(id), amount, reference) = (attempt.id.clone(), attempt.amount, attempt.reference.clone()) else {
            return;
        };
        if attempt.follow_up.as_ref().is_some_and(|follow_up| follow_up.state != AttemptState::NotExecuted) {
            return;
        }
        let minor = self.random.between(1, u64::try_from(amount.minor()).unwrap_or(1));
        let amount = Money::from_minor(i64::try_from(minor).unwrap_or(1), amount.currency());
        self.plan_follow_up(index, FollowUpKind::Capture, amount);
        let client = self.process.card3ds.clone();
        let call = async {
            let id: PaymentId = id.parse()?;
            client.capture_payment(&id, amount).send().await
        };
        match self.call("capture", &reference, call) {
            CallResult::Executed(payment) if payment.status == PaymentStatus::Success => {
                self.set_follow_up_state(index, AttemptState::Paid(amount));
            }
            CallResult::Executed(_) | CallResult::NotExecuted => {
                self.set_follow_up_state(index, AttemptState::NotExecuted)
            }
            CallResult::Unknown(_) => self.set_follow_up_state(index, AttemptState::Unknown),
        }
    }

    /// Handles a form posted to an order's return page, by the customer's browser or an attacker.
    pub(super) fn handle_3ds_return(&mut self, reference: &str, body: &[u8]) -> u16 {
        let Ok(callback) = ThreeDsCallback::parse(body) else { return 400 };
        let Some(index) = self.records.find(reference) else { return 404 };
        if self.flaw == Flaw::TrustsCallbacks {
            self.set_state(index, AttemptState::Paid(self.records.attempts[index].amount));
            return 200;
        }
        let attempt = &mut self.records.attempts[index];
        // Accept only the payment of this session, and only once: a reloaded page posts the form again.
        if attempt.state == AttemptState::Open
            && attempt.id.as_deref() == Some(callback.claimed().payment_id().as_str())
        {
            attempt.returned_form = Some(body.to_vec());
            if self.random.percent(70) {
                self.complete(index);
            }
        }
        200
    }

    fn complete(&mut self, index: usize) {
        let attempt = &mut self.records.attempts[index];
        let (Some(body), Some(id)) = (attempt.returned_form.take(), attempt.id.clone()) else { return };
        let (amount, reference) = (attempt.amount, attempt.reference.clone());
        let Ok(callback) = ThreeDsCallback::parse(&body) else { return };
        if attempt.follow_up.as_ref().is_some_and(|follow_up| follow_up.state != AttemptState::NotExecuted) {
            return;
        }
        self.plan_follow_up(index, FollowUpKind::Complete, amount);
        let client = self.process.card3ds.clone();
        let call = async {
            let stored: PaymentId = id.parse()?;
            client.complete_3ds(&stored, &callback).send().await
        };
        match self.call("complete_3ds", &reference, call) {
            CallResult::Executed(payment) => {
                let executed = payment.status == PaymentStatus::Success;
                self.set_follow_up_state(
                    index,
                    if executed { AttemptState::Paid(amount) } else { AttemptState::NotExecuted },
                );
                self.apply_card_payment(index, &payment);
            }
            CallResult::NotExecuted => self.set_follow_up_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(_) => {
                self.set_follow_up_state(index, AttemptState::Unknown);
                self.set_state(index, AttemptState::Unknown);
            }
        }
    }

    pub(super) fn look_up_checkout(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let (Some(id), reference) = (attempt.id.clone(), attempt.reference.clone()) else { return };
        let client = self.process.card3ds.clone();
        let call = async {
            let id: CheckoutId = id.parse()?;
            client.checkout_status(&id).send().await
        };
        if let Some(payment) = self.read("checkout_status", &reference, call) {
            self.apply_card_payment(index, &payment);
        }
    }

    /// Handles a checkout callback: looks it up, and compares it with the order of the page it was sent to.
    pub(super) fn handle_checkout_callback(&mut self, reference: &str, callback: &Unverified<CheckoutCallback>) {
        let Some(index) = self.records.find(reference) else { return };
        if self.flaw == Flaw::TrustsCallbacks {
            return self.set_state(index, AttemptState::Paid(self.records.attempts[index].amount));
        }
        let client = self.process.card3ds.clone();
        let call = async { callback.lookup(&client).send().await };
        if let Some(payment) = self.read("lookup after a callback for", reference, call) {
            self.apply_card_payment(index, &payment);
        }
    }

    pub(super) fn challenge_event(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let Some(id) = attempt.id.clone().filter(|_| attempt.has_page) else { return };
        let challenge = self.offline.card3ds().challenge(&id);
        let action = match self.random.below(8) {
            0..5 => {
                challenge.approve();
                "approves"
            }
            5 => {
                challenge.reject();
                "fails the authentication"
            }
            6 => {
                challenge.abandon();
                "abandons the page"
            }
            _ => return,
        };
        // The page can be answered once.
        self.records.attempts[index].has_page = false;
        self.log(format_args!("the customer of {} {action}", self.records.attempts[index].reference));
    }

    pub(super) fn checkout_event(&mut self, index: usize) {
        let attempt = &self.records.attempts[index];
        let Some(id) = attempt.id.clone().filter(|_| attempt.has_page) else { return };
        let checkout = self.offline.card3ds().checkout(&id);
        let action = match self.random.below(8) {
            0..5 => {
                checkout.pay(self.random.pick(CARDS));
                "pays"
            }
            5 => {
                checkout.cancel();
                "cancels"
            }
            _ => return,
        };
        self.records.attempts[index].has_page = false;
        self.log(format_args!("the customer of {} {action}", self.records.attempts[index].reference));
    }
}

fn new_payment(reference: &str, amount: Money, number: &str) -> Result<NewPayment, Error> {
    let card = Card::new("John Doe", number.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    let from = std::net::SocketAddr::from(([198, 51, 100, 7], 52144));
    Ok(NewPayment::new(reference, amount, card, from))
}

fn new_checkout(reference: &str, amount: Money) -> Result<NewCheckout, Error> {
    Ok(NewCheckout::new(reference, amount, "Product purchase", format!("{MERCHANT_URL}/checkout/{reference}")))
}

/// The sandbox's test cards. The last one is declined.
const CARDS: &[&str] = &["5421190122090656", "4111111111111111", "5555555555554444", "4000000000000002"];
