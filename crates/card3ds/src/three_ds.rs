use std::fmt;

use payments_core::id::check_web_address;
use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::webhook::Unverified;
use payments_core::{Call, Error, ValidationError, mask_card_numbers};
use serde::{Deserialize, Serialize};

mod challenge;

pub use challenge::{Challenge, ChallengePage};

use crate::callback::ThreeDsCallback;
use crate::client::Client;
use crate::id::PaymentId;
use crate::installment::InterestPaidBy;
use crate::new_payment::{NewPayment, WirePayment};
use crate::payment::{Asked, Payment, shown};

/// A payment to be made with 3-D Secure: a card payment, and where its customer comes back to.
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
#[must_use = "a payment is not started until it is sent"]
pub struct NewThreeDsPayment {
    payment: NewPayment,
    urls: ReturnUrls,
    installments: Option<u32>,
    interest_paid_by: Option<InterestPaidBy>,
}

/// Where a customer's browser is sent after the challenge, with a form for [`ThreeDsCallback::parse`], or
/// [`ThreeDsFailure::parse`](crate::ThreeDsFailure::parse).
///
/// It comes from another site, so a session's cookie that is `SameSite=Lax` does not come with it: let the address itself
/// say which order it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two texts that are not to be mixed up are named where they are written")]
pub struct ReturnUrls {
    /// After a successful challenge.
    pub success: String,
    /// After a failed one.
    pub failure: String,
}

impl NewThreeDsPayment {
    /// The payment, and the addresses to come back to.
    pub fn new(payment: NewPayment, urls: ReturnUrls) -> Self {
        Self { payment, urls, installments: None, interest_paid_by: None }
    }

    /// In how many installments: 1 if it is not said (documented).
    ///
    /// Ask [`Client::installment_options`] first which are offered for the card (documented).
    pub fn installments(mut self, count: u32) -> Self {
        self.installments = Some(count);
        self
    }

    /// Who pays the interest on installments.
    pub fn interest_paid_by(mut self, who: InterestPaidBy) -> Self {
        self.interest_paid_by = Some(who);
        self
    }

    /// The card payment.
    pub fn payment(&self) -> &NewPayment {
        &self.payment
    }

    fn wire(&self) -> Result<WirePayment<'_>, ValidationError> {
        let mut wire = self.payment.wire()?;
        if self.installments == Some(0) {
            return Err(ValidationError::new("installments", "must be 1 or more"));
        }
        // The document gives no length.
        check_web_address("urls.success", &self.urls.success, usize::MAX)?;
        check_web_address("urls.failure", &self.urls.failure, usize::MAX)?;
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

/// Whether the card takes part in 3-D Secure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "the provider answers with a boolean")]
pub enum Enrolment {
    /// It does: show the customer the page. Nothing is charged yet (inferred).
    Enrolled(Challenge),
    /// It does not, and there is no page to show. Nothing is charged (inferred).
    NotEnrolled(NotEnrolled),
}

/// Why a payment could not be started with 3-D Secure.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotEnrolled {
    /// The provider's id of the payment that came to nothing, where it gave one.
    pub payment_id: Option<PaymentId>,
    /// Why, as a code.
    pub result_code: Option<String>,
    /// The same in words. What could be a card number in it is masked.
    pub result_message: Option<String>,
}

impl fmt::Debug for NotEnrolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotEnrolled")
            .field("payment_id", &self.payment_id)
            .field("result_code", &shown(self.result_code.as_deref()))
            .field("result_message", &shown(self.result_message.as_deref()))
            .finish()
    }
}

impl Client {
    /// Starts a payment with 3-D Secure. It moves no money: [`Client::complete_3ds`] does (inferred).
    ///
    /// The answer holds a page on which the customer proves to the card's issuer who they are. Before showing it, store
    /// its payment id with the order: what comes back later is held against it.
    ///
    /// Like every write it is not sent a second time by itself. After an unknown outcome start again: nobody has the page
    /// of the payment that may have been started, so nobody can complete it (inferred).
    pub fn start_3ds(&self, payment: NewThreeDsPayment) -> Call<Enrolment> {
        self.connection.call(START_3DS, payment.request(), WireEnrolment::enrolment)
    }

    /// Charges the card after the challenge. **This moves money.**
    ///
    /// `stored` is the payment id that [`Client::start_3ds`] gave for the order whose customer came back, from the
    /// merchant's own books and not from the callback: a callback for another payment is refused before anything is sent.
    /// Anyone can post a callback; what it leads to is what the provider answers here.
    ///
    /// There is no key and no look-up of a payment: it is never sent a second time by itself, and after
    /// [`Outcome::Unknown`] no call of this crate can find out whether the card was charged: settle it with the
    /// provider, and start no other payment for the order meanwhile. A refusal of a second completion proves nothing
    /// about the first: it may be refused because that one was done, and where its words may say so, its outcome is
    /// unknown too. An answer about another payment is a malformed one.
    ///
    /// Complete a payment once: a browser posts again when its page is reloaded, and anyone can. What the provider makes of
    /// a second completion is not documented, so put down in the books that one is under way before sending it.
    ///
    /// Hold the payment against the order with [`Payment::check`]: this call knows neither its number nor its amount.
    ///
    /// [`Outcome::Unknown`]: payments_core::Outcome::Unknown
    pub fn complete_3ds(&self, stored: &PaymentId, callback: &Unverified<ThreeDsCallback>) -> Call<Payment> {
        let asked = Asked { payment: Some(stored.clone()), ..Asked::default() };
        self.connection.call(COMPLETE, completion(stored, callback), move |wire| asked.read(wire))
    }
}

fn completion(stored: &PaymentId, callback: &Unverified<ThreeDsCallback>) -> Result<RequestBuilder, Error> {
    let claimed = callback.claimed();
    if !stored.is(claimed.payment_id()) {
        return Err(ValidationError::new(
            "callback",
            "is about another payment than the one that was started for this order",
        )
        .into());
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
        let result_message = result_message.as_deref().map(mask_card_numbers);
        if !success {
            return Ok(Enrolment::NotEnrolled(NotEnrolled { payment_id, result_code, result_message }));
        }
        let missing = |field| DecodeError::new(field, "is missing, although the enrolment was successful");
        let payment_id = payment_id.ok_or_else(|| missing("paymentId"))?;
        let page = ChallengePage::new(html_content.ok_or_else(|| missing("htmlContent"))?);
        Ok(Enrolment::Enrolled(Challenge { payment_id, result_code, result_message, page }))
    }
}

const START_3DS: Operation = Operation::write("start_3ds");
const COMPLETE: Operation = Operation::move_money("complete_3ds");
