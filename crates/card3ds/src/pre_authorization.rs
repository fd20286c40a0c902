use payments_core::json::JsonNumber;
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Error, Money};
use serde::Serialize;

use crate::amount::wire_amount;
use crate::client::Client;
use crate::id::PaymentId;
use crate::new_payment::NewPayment;
use crate::payment::{Asked, Payment, request};

impl Client {
    /// Holds an amount on a card, to be captured later. **This moves money.**
    ///
    /// As with [`Client::create_payment`], there is no key and no look-up: it is never sent a second time by itself, and
    /// after an unknown outcome the amount may be held without anyone knowing the id to capture it by. Nothing releases
    /// a hold either: the provider documents no cancellation. A refusal of a second one proves nothing about the first.
    pub fn pre_authorize(&self, payment: NewPayment) -> Call<Payment> {
        let asked = Asked::of(&payment);
        self.connection.call(PRE_AUTHORIZE, request(payment, "api/pre-authorization"), move |wire| asked.read(wire))
    }

    /// Takes what was held, or less. **This moves money.**
    ///
    /// The amount is at most the one that was pre-authorised (documented), which is the provider's to check. Whether the
    /// rest can be captured later, and how long it is held, is not documented.
    ///
    /// There is no key and no look-up: it is never sent a second time by itself, and after an unknown outcome no call
    /// of this crate finds out whether it was captured. Captured again by hand, a refusal proves nothing about the
    /// first: it may be refused because that one was done, and where its words may say so, its outcome is unknown too.
    ///
    /// An answer about another payment, amount or currency is a malformed one (that a capture keeps the payment's id is
    /// inferred).
    pub fn capture(&self, payment: &PaymentId, amount: Money) -> Call<Payment> {
        let capture = Capture { payment: payment.clone(), amount };
        let asked = Asked { payment: Some(payment.clone()), amount: Some(amount), ..Asked::default() };
        self.connection.call(CAPTURE, capture.request(), move |wire| asked.read(wire))
    }
}

#[derive(Debug)]
struct Capture {
    payment: PaymentId,
    amount: Money,
}

impl Capture {
    fn request(self) -> Result<RequestBuilder, Error> {
        let path = Path::new("api/pre-authorization").segment(&self.payment).segment(&"capture");
        let body = WireCapture { amount: wire_amount(self.amount)?, currency: self.amount.currency() };
        Ok(RequestBuilder::post(path).json(&body)?.log_as(self))
    }
}

#[derive(Serialize)]
struct WireCapture {
    amount: JsonNumber,
    currency: Currency,
}

const PRE_AUTHORIZE: Operation = Operation::move_money("pre_authorize");
const CAPTURE: Operation = Operation::move_money("capture");
