use payments_core::json::JsonNumber;
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Error, Extra, Money, extra_setter};
use serde::Serialize;

use crate::amount::wire_amount;
use crate::client::Client;
use crate::id::PaymentId;
use crate::new_payment::NewPayment;
use crate::payment::{Payment, request};
use crate::requested::Requested;

/// A capture of an authorized payment: its amount.
///
/// An amount converts to a capture: `client.capture_payment(&id, amount)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an amount is captured only when it is sent"]
pub struct NewCapture {
    amount: Money,
    extra: Extra,
}

impl NewCapture {
    /// Creates a capture of this amount, in the currency of the payment.
    pub fn new(amount: Money) -> Self {
        Self { amount, extra: Extra::default() }
    }

    extra_setter!();

    /// The amount.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    fn request(self, payment: &PaymentId) -> Result<RequestBuilder, Error> {
        let path = Path::new("api/pre-authorization").segment(payment).segment(&"capture");
        let body = WireCapture { amount: wire_amount(self.amount)?, currency: self.amount.currency() };
        let request = RequestBuilder::post(path).json_with(&body, &["amount", "currency"], &self.extra)?;
        Ok(request.log_as((payment.clone(), self)))
    }
}

impl From<Money> for NewCapture {
    fn from(amount: Money) -> Self {
        Self::new(amount)
    }
}

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
    pub fn capture_payment(&self, payment: &PaymentId, capture: impl Into<NewCapture>) -> Call<Payment> {
        let capture = capture.into();
        let amount = Some(capture.amount);
        let requested = Requested { payment_id: Some(payment.clone()), amount, ..Requested::default() };
        self.payment_call(CAPTURE_PAYMENT, capture.request(payment), requested)
    }
}

#[derive(Serialize)]
struct WireCapture {
    amount: JsonNumber,
    currency: Currency,
}

const PRE_AUTHORIZE: Operation = Operation::move_money("pre_authorize");
const CAPTURE_PAYMENT: Operation = Operation::move_money("capture_payment");
