use std::fmt;

use payments_core::id::check_url;
use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::webhook::Unverified;
use payments_core::{Call, Error, ValidationError};
use serde::{Deserialize, Serialize};

mod challenge;

pub use challenge::{Challenge, ChallengePage};

use crate::callback::ThreeDsCallback;
use crate::client::Client;
use crate::id::{PaymentId, UNLIMITED};
use crate::installment::{InterestPaidBy, check_at_least_one};
use crate::new_payment::{NewPayment, WireNewPayment};
use crate::payment::{Payment, Requested, masked};

/// A card payment to start with 3-D Secure.
///
/// ```
/// use card3ds::{Card, Currency, Expiry, InterestPaidBy, Money, NewPayment, NewThreeDsPayment, ReturnUrls};
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
/// let amount = Money::parse("100.50", Currency::TRY)?;
/// let payment = NewPayment::new("ORD-12345".parse()?, amount, card, "198.51.100.7:52144".parse()?);
/// let urls = ReturnUrls {
///     success: "https://shop.example/3ds/success/ORD-12345".into(),
///     failure: "https://shop.example/3ds/failure/ORD-12345".into(),
/// };
/// let payment = NewThreeDsPayment::new(payment, urls).installments(3).interest_paid_by(InterestPaidBy::Customer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a payment is started only when it is sent"]
pub struct NewThreeDsPayment {
    payment: NewPayment,
    urls: ReturnUrls,
    installments: Option<u32>,
    interest_paid_by: Option<InterestPaidBy>,
}

/// The URLs that receive a form when the challenge ends.
///
/// Parse the form with [`ThreeDsCallback::parse`] or [`ThreeDsFailure::parse`](crate::ThreeDsFailure::parse).
///
/// Put the order's id into the URL: the request comes from another site, so browsers do not send a `SameSite=Lax` session
/// cookie with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "named fields keep callers from swapping the two URLs")]
pub struct ReturnUrls {
    /// The URL for a successful challenge.
    pub success: String,
    /// The URL for a failed challenge.
    pub failure: String,
}

impl NewThreeDsPayment {
    /// Creates a 3-D Secure payment from a card payment and the return URLs.
    pub fn new(payment: NewPayment, urls: ReturnUrls) -> Self {
        Self { payment, urls, installments: None, interest_paid_by: None }
    }

    /// Sets the number of installments. The default is 1 (documented).
    ///
    /// Look up the options of the card with [`Client::installment_options`] first (documented).
    pub fn installments(mut self, count: u32) -> Self {
        self.installments = Some(count);
        self
    }

    /// Sets who pays the interest on installments.
    pub fn interest_paid_by(mut self, payer: InterestPaidBy) -> Self {
        self.interest_paid_by = Some(payer);
        self
    }

    /// The card payment.
    pub fn payment(&self) -> &NewPayment {
        &self.payment
    }

    fn wire(&self) -> Result<WireNewPayment<'_>, ValidationError> {
        let mut wire = self.payment.wire()?;
        check_at_least_one("installments", self.installments)?;
        check_url("urls.success", &self.urls.success, UNLIMITED)?;
        check_url("urls.failure", &self.urls.failure, UNLIMITED)?;
        wire.installment_count = self.installments;
        wire.interest_paid_by_customer = self.interest_paid_by.map(InterestPaidBy::is_customer);
        wire.success_url = Some(&self.urls.success);
        wire.failure_url = Some(&self.urls.failure);
        Ok(wire)
    }

    fn request(self) -> Result<RequestBuilder, Error> {
        let request = RequestBuilder::post(Path::new("api/3ds")).json(&self.wire()?)?;
        Ok(request.log_as(self))
    }
}

/// The result of [`Client::start_3ds`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "a boolean on the wire")]
pub enum Enrolment {
    /// The enrolment succeeded: show the customer the page. Nothing is charged yet (inferred).
    Enrolled(Challenge),
    /// The enrolment failed: there is no page to show. Nothing is charged (inferred).
    NotEnrolled(NotEnrolled),
}

/// The provider's reason for a failed enrolment.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotEnrolled {
    /// The provider's id of the payment that was not started, if there is one.
    pub payment_id: Option<PaymentId>,
    /// The result code.
    pub result_code: Option<String>,
    /// The result message. A possible card number in it is masked.
    pub result_message: Option<String>,
}

impl fmt::Debug for NotEnrolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotEnrolled")
            .field("payment_id", &self.payment_id)
            .field("result_code", &masked(self.result_code.as_deref()))
            .field("result_message", &masked(self.result_message.as_deref()))
            .finish()
    }
}

impl Client {
    /// Starts a payment with 3-D Secure. This moves no money: [`Client::complete_3ds`] does (inferred).
    ///
    /// The response contains a page on which the customer authenticates with the card's issuer. Store its payment id with
    /// the order before you show the page.
    ///
    /// The client never retries a request that may have been executed. After an unknown outcome, start the payment again:
    /// nobody has the page of the first one, so nobody can complete it (inferred).
    pub fn start_3ds(&self, payment: NewThreeDsPayment) -> Call<Enrolment> {
        self.connection.call(START_3DS, payment.request(), WireEnrolment::enrolment)
    }

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
    pub fn complete_3ds(&self, stored: &PaymentId, callback: &Unverified<ThreeDsCallback>) -> Call<Payment> {
        let requested = Requested { payment_id: Some(stored.clone()), ..Requested::default() };
        self.connection.call(COMPLETE_3DS, completion(stored, callback), move |wire| requested.decode(wire))
    }
}

fn completion(stored: &PaymentId, callback: &Unverified<ThreeDsCallback>) -> Result<RequestBuilder, Error> {
    let claimed = callback.claimed();
    if !stored.is_same_as(claimed.payment_id()) {
        return Err(ValidationError::new("callback", "must have the payment id that is stored for this order").into());
    }
    let path = Path::new("api/3ds").segment(stored).segment(&"complete");
    let body = WireCompletion { security_key: claimed.security_key() };
    Ok(RequestBuilder::post(path).json(&body)?.redact(claimed.security_key()).log_as(claimed.clone()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireCompletion<'a> {
    security_key: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEnrolment {
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment_id: Option<PaymentId>,
    success: bool,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_message: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    html_content: Option<String>,
}

impl WireEnrolment {
    fn enrolment(self) -> Result<Enrolment, DecodeError> {
        let Self { payment_id, success, result_code, result_message, html_content } = self;
        let result_message = masked(result_message.as_deref());
        if !success {
            return Ok(Enrolment::NotEnrolled(NotEnrolled { payment_id, result_code, result_message }));
        }
        let missing = |field| DecodeError::new(field, "is missing, although `success` is true");
        let payment_id = payment_id.ok_or_else(|| missing("paymentId"))?;
        let page = ChallengePage::new(html_content.ok_or_else(|| missing("htmlContent"))?);
        Ok(Enrolment::Enrolled(Challenge { payment_id, result_code, result_message, page }))
    }
}

const START_3DS: Operation = Operation::write("start_3ds");
const COMPLETE_3DS: Operation = Operation::move_money("complete_3ds");
