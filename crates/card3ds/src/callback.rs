use std::fmt;
use std::str::FromStr;

use payments_core::webhook::{Acknowledgement, Unverified, VerifyError, rejected};
use payments_core::{Call, Secret, ValidationError};

use crate::client::Client;
use crate::id::{CheckoutId, PaymentId};
use crate::payment::Payment;

/// What is posted to a 3-D Secure payment's return address: which payment, and the key that completes it.
///
/// It comes through the customer's browser, or may (the document says that the provider "calls" the address), and
/// proves nothing: anyone can post one, to either address. Of one to the success address, [`Client::complete_3ds`] makes a
/// payment. What comes to the failure address is for [`ThreeDsFailure::parse`].
///
/// ```
/// use card3ds::ThreeDsCallback;
///
/// let callback =
/// ThreeDsCallback::parse(b"paymentId=123e4567-e89b-12d3-a456-426614174000&securityKey=3DS_AUTH_KEY_123456")?;
/// assert_eq!(callback.claimed().payment_id().as_str(), "123e4567-e89b-12d3-a456-426614174000");
/// assert!(!format!("{callback:?}").contains("3DS_AUTH_KEY"));
/// # Ok::<(), card3ds::VerifyError>(())
/// ```
///
/// There is no status in it, and no amount:
///
/// ```compile_fail,E0609
/// fn ship(callback: &card3ds::Unverified<card3ds::ThreeDsCallback>) -> bool {
///     callback.claimed().status == card3ds::PaymentStatus::Success
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn ship(callback: &card3ds::Unverified<card3ds::ThreeDsCallback>) -> card3ds::Money {
///     callback.claimed().amount()
/// }
/// ```
///
/// It is nobody's to make up, from JSON or by hand, and its key is for the provider alone:
///
/// ```compile_fail,E0277
/// let callback: card3ds::ThreeDsCallback = serde_json::from_str("{}").unwrap();
/// ```
///
/// ```compile_fail,E0624
/// fn leak(callback: &card3ds::ThreeDsCallback) -> &str {
///     callback.security_key()
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ThreeDsCallback {
    payment_id: PaymentId,
    security_key: Secret,
}

impl ThreeDsCallback {
    /// What to answer with: 200 (inferred: the document names it for a checkout's callback only). To a person a
    /// redirect (303) to a page of the shop's says more, or in a frame the
    /// [`RETURN_PAGE`](crate::ChallengePage::RETURN_PAGE).
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// Reads the body of a post to a return address: a form (documented), encoded as browsers do (inferred), with
    /// `paymentId` and `securityKey` once each. Other fields are ignored.
    ///
    /// # Errors
    ///
    /// One for whatever is wrong with it: answer 400. The reason goes to the trace.
    pub fn parse(body: &[u8]) -> Result<Unverified<Self>, VerifyError> {
        let [payment_id, security_key] = fields(body, ["paymentId", "securityKey"])?;
        Ok(Unverified::new(Self { payment_id: id(&payment_id)?, security_key: key(security_key)? }))
    }

    /// The payment that it claims to be about.
    #[must_use]
    pub fn payment_id(&self) -> &PaymentId {
        &self.payment_id
    }

    pub(crate) fn security_key(&self) -> &str {
        self.security_key.expose()
    }
}

impl fmt::Debug for ThreeDsCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreeDsCallback")
            .field("payment_id", &self.payment_id)
            .field("security_key", &self.security_key)
            .finish()
    }
}

/// What is posted to a 3-D Secure payment's failure address: which payment.
///
/// It says that the challenge failed, if it is true: anyone can post one. Do not complete that payment, and nothing is
/// charged (inferred). A security key may have come with it or not; the document says that one does, but a challenge
/// that failed may have none to give. It is not read, and nothing can be completed with this:
///
/// ```compile_fail,E0308
/// use card3ds::{Client, PaymentId, ThreeDsFailure, Unverified};
///
/// fn complete(client: &Client, stored: &PaymentId, failure: &Unverified<ThreeDsFailure>) {
///     let _ = client.complete_3ds(stored, failure);
/// }
/// ```
///
/// ```
/// use card3ds::ThreeDsFailure;
///
/// let failure = ThreeDsFailure::parse(b"paymentId=123e4567-e89b-12d3-a456-426614174000")?;
/// assert_eq!(failure.claimed().payment_id().as_str(), "123e4567-e89b-12d3-a456-426614174000");
/// # Ok::<(), card3ds::VerifyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreeDsFailure {
    payment_id: PaymentId,
}

impl ThreeDsFailure {
    /// What to answer with, as for a [`ThreeDsCallback`] (inferred).
    pub const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    /// Reads the body of a post to the failure address: a form with `paymentId` once. Other fields are ignored.
    ///
    /// # Errors
    ///
    /// One for whatever is wrong with it: answer 400. The reason goes to the trace.
    pub fn parse(body: &[u8]) -> Result<Unverified<Self>, VerifyError> {
        let [payment_id] = fields(body, ["paymentId"])?;
        Ok(Unverified::new(Self { payment_id: id(&payment_id)? }))
    }

    /// The payment that it claims to be about.
    #[must_use]
    pub fn payment_id(&self) -> &PaymentId {
        &self.payment_id
    }
}

/// What is posted to a checkout's callback address: which checkout.
///
/// It proves nothing, not even that anything was paid: [`Lookup::lookup`] asks the provider.
///
/// ```compile_fail,E0609
/// fn ship(callback: &card3ds::Unverified<card3ds::CheckoutCallback>) -> bool {
///     callback.claimed().status == card3ds::PaymentStatus::Success
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutCallback {
    checkout_id: CheckoutId,
}

impl CheckoutCallback {
    /// What to answer with: 200 (documented). To a person a redirect (303) to a page of the shop's says more.
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// Reads the body of a post to a checkout's callback address: a form (documented) with `checkoutId` once. Other
    /// fields are ignored.
    ///
    /// # Errors
    ///
    /// One for whatever is wrong with it: answer 400. The reason goes to the trace.
    pub fn parse(body: &[u8]) -> Result<Unverified<Self>, VerifyError> {
        let [checkout_id] = fields(body, ["checkoutId"])?;
        Ok(Unverified::new(Self { checkout_id: id(&checkout_id)? }))
    }

    /// The checkout that it claims to be about.
    #[must_use]
    pub fn checkout_id(&self) -> &CheckoutId {
        &self.checkout_id
    }
}

/// Asks the provider about what came without proof.
///
/// ```no_run
/// use card3ds::{CheckoutCallback, Client, Expected, Lookup, Money};
/// # async fn on_post(client: Client, body: &[u8], price: Money) -> Result<(), Box<dyn std::error::Error>> {
///
/// let callback = CheckoutCallback::parse(body)?;
/// let payment = callback.lookup(&client).send().await?.into_success()?;
/// // From the merchant's own books, not from the callback.
/// payment.check(&Expected::new("ORD-12345", price))?;
/// # Ok(())
/// # }
/// ```
pub trait Lookup {
    /// Asks what became of it. It only reads: no number of callbacks charges anyone.
    fn lookup(&self, client: &Client) -> Call<Payment>;
}

impl Lookup for Unverified<CheckoutCallback> {
    fn lookup(&self, client: &Client) -> Call<Payment> {
        client.checkout_status(self.claimed().checkout_id())
    }
}

/// The values of a form's fields, each of which must stand in it once.
fn fields<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[String; N], VerifyError> {
    if body.len() > LONGEST_BODY {
        return Err(rejected("the body is too long to be a callback"));
    }
    let mut found = [const { None }; N];
    for (name, value) in form_urlencoded::parse(body) {
        let Some(place) = names.iter().position(|wanted| name == *wanted) else { continue };
        if found[place].replace(value.into_owned()).is_some() {
            return Err(rejected("a field stands in the form twice"));
        }
    }
    let mut values = [const { String::new() }; N];
    for (value, found) in values.iter_mut().zip(found) {
        *value = found.ok_or_else(|| rejected("a field is missing from the form"))?;
    }
    Ok(values)
}

/// What is encoded twice still has a `%` in it, which no id has.
fn id<T: FromStr<Err = ValidationError>>(text: &str) -> Result<T, VerifyError> {
    text.parse().map_err(|_| rejected("an id in the form has another form than an id"))
}

fn key(text: String) -> Result<Secret, VerifyError> {
    // It may hold a `%` of its own: it goes into a body, where that leads nowhere.
    Secret::new("securityKey", text).map_err(|_| rejected("the security key is no text of visible characters"))
}

/// A callback is one or two short fields; an issuer's page may add its own. What is longer is not worth reading.
const LONGEST_BODY: usize = 64 * 1024;
