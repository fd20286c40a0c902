use payments_core::json::JsonNumber;
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Error, Money};
use serde::Serialize;

use crate::amount::wire_amount;
use crate::client::Client;
use crate::id::PaymentId;
use crate::new_payment::NewPayment;
use crate::payment::{Payment, request};
use crate::requested::Requested;

impl Client {
    /// Authorizes an amount on a card, to be captured later. **This moves money.**
    ///
    /// After an unknown outcome there is no way to find out, as with [`Client::create_payment`]. The amount may then be
    /// authorized under a payment id that you do not have. The provider documents no cancellation, so an authorization
    /// cannot be released.
    pub fn pre_authorize(&self, payment: NewPayment) -> Call<Payment> {
        let requested = Requested::by(&payment);
        let request = request(payment, "api/pre-authorization");
        self.payment_call(PRE_AUTHORIZE, request, requested)
    }

    /// Captures an authorized amount, or a part of it. **This moves money.**
    ///
    /// The amount must not exceed the authorized amount (documented); the provider checks this. Whether the rest can be
    /// captured later, and how long the authorization lasts, is not documented.
    ///
    /// After an unknown outcome there is no way to find out, as with [`Client::create_payment`]. The client never retries
    /// a capture that may have been executed. If you send another one, its refusal proves nothing about the first: it may
    /// be refused because the first one was executed.
    ///
    /// A response with another payment id, amount or currency is a malformed response with the outcome `Unknown`. The error
    /// has what could be read: [`Error::object_id`], [`Error::reported_status`], [`Error::reported_amount`], and
    /// [`Error::json_path`] for the member that differs. That a capture keeps the payment's id is inferred.
    pub fn capture_payment(&self, payment: &PaymentId, amount: Money) -> Call<Payment> {
        let capture = Capture { payment: payment.clone(), amount };
        let requested = Requested { payment_id: Some(payment.clone()), amount: Some(amount), ..Requested::default() };
        self.payment_call(CAPTURE_PAYMENT, capture.request(), requested)
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
const CAPTURE_PAYMENT: Operation = Operation::move_money("capture_payment");
