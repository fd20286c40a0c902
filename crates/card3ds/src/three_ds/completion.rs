use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::webhook::Unverified;
use payments_core::{Call, Error, Extra, ValidationError, extra_setter};
use serde::Serialize;

use crate::callback::ThreeDsCallback;
use crate::client::Client;
use crate::id::PaymentId;
use crate::payment::Payment;
use crate::requested::Requested;

/// A completion of a payment with 3-D Secure: the callback after the challenge.
///
/// A callback converts to a completion: `client.complete_3ds(&stored, &callback)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a payment is not completed until it is sent"]
pub struct NewCompletion {
    callback: Unverified<ThreeDsCallback>,
    extra: Extra,
}

impl NewCompletion {
    /// Creates a completion with the callback that the customer's browser posted.
    pub fn new(callback: Unverified<ThreeDsCallback>) -> Self {
        Self { callback, extra: Extra::default() }
    }

    extra_setter!();

    fn request(self, stored: &PaymentId) -> Result<RequestBuilder, Error> {
        let claimed = self.callback.claimed();
        if !stored.is_same_as(claimed.payment_id()) {
            let rule = "must have the payment id that is stored for this order";
            return Err(ValidationError::new("callback", rule).into());
        }
        let path = Path::new("api/3ds").segment(stored).segment(&"complete");
        let body = WireCompletion { security_key: claimed.security_key() };
        let request = RequestBuilder::post(path).json_with(&body, &["securityKey"], &self.extra)?;
        Ok(request.redact(claimed.security_key()).log_as(self))
    }
}

impl From<Unverified<ThreeDsCallback>> for NewCompletion {
    fn from(callback: Unverified<ThreeDsCallback>) -> Self {
        Self::new(callback)
    }
}

impl From<&Unverified<ThreeDsCallback>> for NewCompletion {
    fn from(callback: &Unverified<ThreeDsCallback>) -> Self {
        Self::new(callback.clone())
    }
}

impl Client {
    /// Charges the card after the challenge. **This moves money.**
    ///
    /// `stored` is the payment id that [`Client::start_3ds`] returned for this order. Load it from your database, not from
    /// the callback: anyone can post a callback. A callback with another payment id makes the call fail before it is sent.
    ///
    /// Complete a payment once, and record in your database that you do so before you send. A page that is reloaded posts
    /// the callback again, and what a second completion does is not documented.
    ///
    /// After [`Outcome::Unknown`] there is no way to find out, as with [`Client::create_payment`]. Do not start another
    /// payment for the order. Ask the provider. If you complete the payment a second time, its refusal proves nothing
    /// about the first completion: it may be refused because the first one was executed.
    ///
    /// A response with another payment id is a malformed response with the outcome `Unknown`. The order id and the amount
    /// are not compared with an order, because this call does not know them: use [`Payment::check`].
    ///
    /// [`Outcome::Unknown`]: payments_core::Outcome::Unknown
    pub fn complete_3ds(&self, stored: &PaymentId, completion: impl Into<NewCompletion>) -> Call<Payment> {
        let requested = Requested { payment_id: Some(stored.clone()), ..Requested::default() };
        self.payment_call(COMPLETE_3DS, completion.into().request(stored), requested)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireCompletion<'a> {
    security_key: &'a str,
}

const COMPLETE_3DS: Operation = Operation::move_money("complete_3ds");
