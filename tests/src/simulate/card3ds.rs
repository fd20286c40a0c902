//! card3ds: where a lost answer stays lost, and a browser's word proves nothing.

use card3ds::{
    Card, CheckoutCallback, CheckoutId, Enrolment, Error, Expected, Expiry, Lookup as _, Money, NewCheckout,
    NewPayment, NewThreeDsPayment, Payment, PaymentId, PaymentStatus, ReturnUrls, ThreeDsCallback, Unverified,
};

use super::Rig;
use super::books::{Standing, Way, What};
use super::day::{After, Day};
use super::shop::SHOP;

impl Day {
    pub(super) fn attend_to_card(&mut self, index: usize) {
        let (standing, way) = (self.books.tries[index].standing, self.books.tries[index].way);
        match (standing, way) {
            (Standing::Planned, _) => self.start_card(index),
            // There is no way to ask: a person has to.
            (Standing::Unknown, Way::Card | Way::Hold) if self.rig == Rig::TakesFreshKeys => self.start_card(index),
            (Standing::Paid(_), Way::Hold) => self.capture_hold(index),
            (Standing::Open, Way::ThreeDs) => self.complete(index),
            (Standing::Open, Way::Checkout) => self.look_up_checkout(index),
            (Standing::Failed, Way::ThreeDs | Way::Checkout) => self.try_again(index),
            _ => {}
        }
    }

    fn start_card(&mut self, index: usize) {
        let this = &mut self.books.tries[index];
        this.sent = true;
        let (way, reference, asked) = (this.way, this.reference.clone(), this.asked);
        let number = self.dice.pick(CARDS);
        let client = self.shop.card3ds.clone();
        match way {
            Way::Card => {
                let paying = async { client.create_payment(new_payment(&reference, asked, number)?).send().await };
                let after = self.call("create_payment", &reference, paying);
                self.card_answered(index, after);
            }
            Way::Hold => {
                let holding = async { client.pre_authorize(new_payment(&reference, asked, number)?).send().await };
                let after = self.call("pre_authorize", &reference, holding);
                self.card_answered(index, after);
            }
            Way::ThreeDs => {
                let urls = ReturnUrls {
                    success: format!("{SHOP}/3ds/{reference}"),
                    failure: format!("{SHOP}/3ds-failed/{reference}"),
                };
                let starting = async {
                    let payment = new_payment(&reference, asked, number)?;
                    client.start_3ds(NewThreeDsPayment::new(payment, urls)).send().await
                };
                match self.call("start_3ds", &reference, starting) {
                    After::Done(Enrolment::Enrolled(challenge)) => self.has_page(index, challenge.payment_id.as_str()),
                    // Nobody has the page of what may have been started: nobody can complete it.
                    _ => self.believe(index, Standing::NotDone),
                }
            }
            _ => {
                let checkout = async { client.create_checkout(new_checkout(&reference, asked)?).send().await };
                match self.call("create_checkout", &reference, checkout) {
                    After::Done(checkout) => self.has_page(index, checkout.checkout_id.as_str()),
                    _ => self.believe(index, Standing::NotDone),
                }
            }
        }
    }

    fn has_page(&mut self, index: usize, id: &str) {
        let this = &mut self.books.tries[index];
        this.id = Some(id.to_owned());
        this.page = true;
        self.believe(index, Standing::Open);
    }

    fn card_answered(&mut self, index: usize, after: After<Payment>) {
        match after {
            After::Done(payment) => self.card_is(index, &payment),
            After::NotDone => self.believe(index, Standing::NotDone),
            After::Unknown(_) => self.believe(index, Standing::Unknown),
        }
    }

    fn card_is(&mut self, index: usize, payment: &Payment) {
        let this = &mut self.books.tries[index];
        let expected = Expected::new(&this.reference, this.asked);
        if payment.check(&expected).is_err() {
            // Another order's: whoever posted that callback did not pay this one.
            return;
        }
        if !matches!(this.way, Way::Checkout) {
            this.id = Some(payment.payment_id.as_str().to_owned());
        }
        match payment.status {
            PaymentStatus::Success => self.believe(index, Standing::Paid(payment.amount)),
            PaymentStatus::Failed => self.believe(index, Standing::Failed),
            PaymentStatus::Enrolled => self.believe(index, Standing::Open),
            _ => self.believe(index, Standing::Unknown),
        }
    }

    fn capture_hold(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let (Some(id), asked, reference) = (this.id.clone(), this.asked, this.reference.clone()) else { return };
        if this.errand.as_ref().is_some_and(|errand| errand.standing != Standing::NotDone) {
            return;
        }
        let minor = self.dice.between(1, u64::try_from(asked.minor()).unwrap_or(1));
        let amount = Money::from_minor(i64::try_from(minor).unwrap_or(1), asked.currency());
        self.plan_errand(index, What::Capture, amount);
        let client = self.shop.card3ds.clone();
        let capturing = async {
            let id: PaymentId = id.parse()?;
            client.capture(&id, amount).send().await
        };
        match self.call("capture", &reference, capturing) {
            After::Done(payment) if payment.status == PaymentStatus::Success => {
                self.believe_errand(index, Standing::Paid(amount));
            }
            After::Done(_) | After::NotDone => self.believe_errand(index, Standing::NotDone),
            After::Unknown(_) => self.believe_errand(index, Standing::Unknown),
        }
    }

    /// A customer's browser, or somebody's, posts to where the challenge of an order ends.
    pub(super) fn came_back(&mut self, reference: &str, body: &[u8]) -> u16 {
        let Ok(callback) = ThreeDsCallback::parse(body) else { return 400 };
        let Some(index) = self.books.find(reference) else { return 404 };
        if self.rig == Rig::BelievesCallbacks {
            self.believe(index, Standing::Paid(self.books.tries[index].asked));
            return 200;
        }
        let this = &mut self.books.tries[index];
        // The session's own payment, and once: the form is posted again when a page is reloaded.
        if this.standing == Standing::Open && this.id.as_deref() == Some(callback.claimed().payment_id().as_str()) {
            this.back = Some(body.to_vec());
            if self.dice.percent(70) {
                self.complete(index);
            }
        }
        200
    }

    fn complete(&mut self, index: usize) {
        let this = &mut self.books.tries[index];
        let (Some(body), Some(id)) = (this.back.take(), this.id.clone()) else { return };
        let (asked, reference) = (this.asked, this.reference.clone());
        let Ok(callback) = ThreeDsCallback::parse(&body) else { return };
        if this.errand.as_ref().is_some_and(|errand| errand.standing != Standing::NotDone) {
            return;
        }
        self.plan_errand(index, What::Complete, asked);
        let client = self.shop.card3ds.clone();
        let completing = async {
            let stored: PaymentId = id.parse()?;
            client.complete_3ds(&stored, &callback).send().await
        };
        match self.call("complete", &reference, completing) {
            After::Done(payment) => {
                let done = payment.status == PaymentStatus::Success;
                self.believe_errand(index, if done { Standing::Paid(asked) } else { Standing::NotDone });
                self.card_is(index, &payment);
            }
            After::NotDone => self.believe_errand(index, Standing::NotDone),
            After::Unknown(_) => {
                self.believe_errand(index, Standing::Unknown);
                self.believe(index, Standing::Unknown);
            }
        }
    }

    pub(super) fn look_up_checkout(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let (Some(id), reference) = (this.id.clone(), this.reference.clone()) else { return };
        let client = self.shop.card3ds.clone();
        let asking = async {
            let id: CheckoutId = id.parse()?;
            client.checkout_status(&id).send().await
        };
        if let Some(payment) = self.ask("checkout_status", &reference, asking) {
            self.card_is(index, &payment);
        }
    }

    /// A callback of a checkout: asked about, and held against the order whose page it came to.
    pub(super) fn checked_out(&mut self, reference: &str, callback: &Unverified<CheckoutCallback>) {
        let Some(index) = self.books.find(reference) else { return };
        if self.rig == Rig::BelievesCallbacks {
            return self.believe(index, Standing::Paid(self.books.tries[index].asked));
        }
        let client = self.shop.card3ds.clone();
        let asking = async { callback.lookup(&client).send().await };
        if let Some(payment) = self.ask("lookup for a callback of", reference, asking) {
            self.card_is(index, &payment);
        }
    }

    pub(super) fn act_on_challenge(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let Some(id) = this.id.clone().filter(|_| this.page) else { return };
        let challenge = self.offline.card3ds().challenge(&id);
        let did = match self.dice.below(8) {
            0..5 => {
                challenge.approve();
                "approves"
            }
            5 => {
                challenge.reject();
                "is not authenticated"
            }
            6 => {
                challenge.abandon();
                "goes away"
            }
            _ => return,
        };
        // It is answered once.
        self.books.tries[index].page = false;
        self.say(format_args!("the customer of {} {did}", self.books.tries[index].reference));
    }

    pub(super) fn act_on_checkout(&mut self, index: usize) {
        let this = &self.books.tries[index];
        let Some(id) = this.id.clone().filter(|_| this.page) else { return };
        let checkout = self.offline.card3ds().checkout(&id);
        let did = match self.dice.below(8) {
            0..5 => {
                checkout.pay(self.dice.pick(CARDS));
                "pays"
            }
            5 => {
                checkout.cancel();
                "cancels"
            }
            _ => return,
        };
        self.books.tries[index].page = false;
        self.say(format_args!("the customer of {} {did}", self.books.tries[index].reference));
    }
}

fn new_payment(reference: &str, asked: Money, number: &str) -> Result<NewPayment, Error> {
    let card = Card::new("John Doe", number.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    let from = std::net::SocketAddr::from(([198, 51, 100, 7], 52144));
    Ok(NewPayment::new(reference.parse()?, asked, card, from))
}

fn new_checkout(reference: &str, asked: Money) -> Result<NewCheckout, Error> {
    Ok(NewCheckout::new(reference.parse()?, asked, "Product purchase", format!("{SHOP}/checkout/{reference}")))
}

/// Those of the sandbox, the last one declined.
const CARDS: &[&str] = &["5421190122090656", "4111111111111111", "5555555555554444", "4000000000000002"];
