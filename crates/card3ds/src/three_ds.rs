use std::fmt;

use payments_core::id::check_url;
use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::transport::Response;
use payments_core::{Call, Error, ErrorKind, Outcome, ProviderError, ValidationError, extra_setter};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

mod challenge;
mod completion;

pub use challenge::{Challenge, ChallengePage};
pub use completion::NewCompletion;

use crate::client::Client;
use crate::error::{SPEC, conflict, declined, parse_error};
use crate::fields::Member;
use crate::id::{PaymentId, UNLIMITED};
use crate::installment::{InterestPaidBy, check_at_least_one};
use crate::new_payment::{NewPayment, WireNewPayment};
use crate::payment::masked;
use crate::requested::Requested;
use crate::wording::mentions_earlier_request;

/// A card payment to start with 3-D Secure.
///
/// ```
/// use card3ds::{Card, Currency, Expiry, InterestPaidBy, Money, NewPayment, NewThreeDsPayment, ReturnUrls};
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
/// let amount = Money::parse("100.50", Currency::TRY)?;
/// let payment = NewPayment::new("ORD-12345", amount, card, "198.51.100.7:52144".parse()?);
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
/// Parse the form with [`ThreeDsCallback::parse`](crate::ThreeDsCallback::parse) or [`ThreeDsFailure::parse`](crate::ThreeDsFailure::parse).
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

    extra_setter!(payment);

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
        let typed = [NewPayment::TYPED, TYPED].concat();
        let request = RequestBuilder::post(Path::new("api/3ds"));
        let request = request.json_with(&self.wire()?, &typed, &self.payment.extra)?;
        Ok(request.log_as(self))
    }
}

/// The names of the members that only a payment with 3-D Secure has.
const TYPED: &[&str] = &["installmentCount", "interestPaidByCustomer", "successUrl", "failureUrl"];

/// The result of [`Client::start_3ds`].
///
/// It cannot be loaded, because a [`Challenge`] cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "a boolean on the wire")]
pub enum Enrolment {
    /// The enrolment succeeded: show the customer the page. Nothing is charged yet (inferred).
    Enrolled(Challenge),
    /// The enrolment failed: there is no page to show. Nothing is charged (inferred).
    NotEnrolled(NotEnrolled),
}

impl Enrolment {
    /// Returns the challenge to show.
    ///
    /// ```no_run
    /// # async fn start(client: card3ds::Client, payment: card3ds::NewThreeDsPayment) -> Result<(), card3ds::Error> {
    /// let challenge = client.start_3ds(payment).send().await?.into_challenge()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`Declined`](payments_core::ErrorKind::Declined) and the outcome
    /// [`Refused`](Outcome::Refused) if the enrolment failed. It has the provider's code, message and payment id.
    pub fn into_challenge(self) -> Result<Challenge, Error> {
        let reason = match self {
            Self::Enrolled(challenge) => return Ok(challenge),
            Self::NotEnrolled(reason) => reason,
        };
        let error = ProviderError {
            code: reason.result_code,
            message: reason.result_message,
            object_id: reason.payment_id.map(|id| id.as_str().to_owned()),
            ..ProviderError::default()
        };
        let problem = "the card was not enrolled for 3-D Secure";
        Err(Error::from_provider(SPEC.provider, ErrorKind::Declined, Outcome::Refused, problem, error))
    }
}

/// The provider's reason for a failed enrolment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotEnrolled {
    stored: StoredAs<Self>,
    /// The provider's id of the payment that was not started, if there is one.
    pub payment_id: Option<PaymentId>,
    /// The result code.
    pub result_code: Option<String>,
    /// The result message. A possible card number in it is masked.
    pub result_message: Option<String>,
    unreadable: UnreadableMembers,
}

impl Stored for NotEnrolled {
    const TAG: &'static str = "card3ds.not_enrolled/1";
}

impl NotEnrolled {
    /// The members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }
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
    /// nobody has the page of the first one, so nobody can complete it (inferred). Except after an error of the kind
    /// [`Conflict`](payments_core::ErrorKind::Conflict) or
    /// [`MalformedResponse`](payments_core::ErrorKind::MalformedResponse): its response may describe a paid order. And except
    /// after a crash, if the customer may have the page already.
    pub fn start_3ds(&self, payment: NewThreeDsPayment) -> Call<Enrolment> {
        let requested = Requested::for_order(&payment.payment.order_id);
        self.connection
            .call(START_3DS, payment.request(), WireEnrolment::enrolment)
            .with_error_parser(move |operation, response| refused_enrolment(operation, response, &requested))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireEnrolment {
    #[serde(default)]
    payment_id: Member<PaymentId>,
    #[serde(default)]
    success: Flag,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_message: Option<String>,
    #[serde(default)]
    html_content: Member<Html>,
}

impl ProviderMessage for WireEnrolment {
    const DECIDING: &'static [&'static str] = &["paymentId", "success", "htmlContent"];
}

impl WireEnrolment {
    pub(crate) fn enrolment(read: Read<'_, Self>) -> Result<Enrolment, DecodeError> {
        let object_id = read.value.payment_id.known().map(|id| id.as_str().to_owned());
        Self::convert(read).map_err(|error| error.with_facts(Facts { object_id, ..Facts::default() }))
    }

    fn convert(read: Read<'_, Self>) -> Result<Enrolment, DecodeError> {
        let (Self { payment_id, success, result_code, result_message, html_content }, unreadable) =
            (read.value, read.unreadable);
        let result_message = masked(result_message.as_deref());
        match success {
            Flag::True => {
                let payment_id = payment_id.required("paymentId")?;
                let page = ChallengePage::new(html_content.required("htmlContent")?.0);
                Ok(Enrolment::Enrolled(Challenge { payment_id, result_code, result_message, page, unreadable }))
            }
            Flag::False => {
                let payment_id = payment_id.known().cloned();
                let stored = StoredAs::new();
                Ok(Enrolment::NotEnrolled(NotEnrolled { stored, payment_id, result_code, result_message, unreadable }))
            }
            Flag::Missing => Err(DecodeError::new(".", "missing field `success`")),
            Flag::Unreadable => Err(DecodeError::new("success", "is neither true nor false")),
        }
    }
}

/// Reads a refusal: an error response, or a failed enrolment under 2xx that cannot be returned as one.
fn refused_enrolment(operation: &Operation, response: &Response, requested: &Requested) -> Option<ProviderError> {
    if !response.status().is_success() {
        return parse_error(operation, response, requested);
    }
    let wire = json::read::<WireRefusal>(response.body()).ok()?.value;
    if wire.success != Flag::False {
        return None;
    }
    let is_returned = wire.payment_id != Member::Unreadable && json::read::<WireEnrolment>(response.body()).is_ok();
    let error = ProviderError {
        code: wire.result_code,
        message: masked(wire.result_message.as_deref()),
        object_id: wire.payment_id.known().map(|id| id.as_str().to_owned()),
        ..ProviderError::default()
    };
    if mentions_earlier_request(response.body()) {
        Some(conflict(operation, error))
    } else if is_returned {
        None
    } else {
        let param = (wire.payment_id == Member::Unreadable).then(|| "paymentId".to_owned());
        Some(ProviderError { param, ..declined(error) })
    }
}

/// An enrolment that failed. It needs no page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRefusal {
    #[serde(default)]
    payment_id: Member<PaymentId>,
    #[serde(default)]
    success: Flag,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    result_message: Option<String>,
}

impl ProviderMessage for WireRefusal {
    const DECIDING: &'static [&'static str] = &["paymentId", "success"];
}

/// A boolean that is never guessed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Flag {
    True,
    False,
    #[default]
    Missing,
    Unreadable,
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match <&RawValue>::deserialize(deserializer)?.get() {
            "true" => Self::True,
            "false" => Self::False,
            _ => Self::Unreadable,
        })
    }
}

/// The HTML of a page.
struct Html(String);

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

const START_3DS: Operation = Operation::write("start_3ds");
