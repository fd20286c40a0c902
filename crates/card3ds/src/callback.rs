use std::fmt;
use std::str::FromStr;

use payments_core::webhook::{Acknowledgement, Delivery, Unverified, VerifyError, rejected};
use payments_core::{Call, Secret, ValidationError};

use crate::client::Client;
use crate::id::{CheckoutId, PaymentId};
use crate::payment::Payment;

/// The form that arrives at the success URL: a payment id and the security key that completes the payment.
///
/// **The form proves nothing.** It may come through the customer's browser, and anyone can post one. Complete the payment
/// with [`Client::complete_3ds`]; only the response to that call tells you the result. Parse forms at the failure URL with
/// [`ThreeDsFailure::parse`] instead.
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
/// A callback has no status and no amount:
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
/// Do not store the form: it contains the key that charges the card. So there is no method that reads it from a
/// [`Delivery`]. Complete the payment in the handler, and store the payment's id and result.
///
/// A callback cannot be deserialized, and its security key cannot be read:
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
    /// The response to a callback: status 200 (inferred: the document states it only for a checkout's callback).
    ///
    /// For a customer, respond with a redirect (303) to one of your pages, or in a frame with
    /// [`RETURN_PAGE`](crate::ChallengePage::RETURN_PAGE).
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// Parses the body of a POST request to the success URL.
    ///
    /// The body is a form (documented) in URL encoding (inferred). `paymentId` and `securityKey` must occur exactly once.
    /// Other fields are ignored. A plus sign in the key stays one, because a key contains no spaces.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Rejected`] for any other body. Respond with 400. The reason is recorded in the trace only.
    pub fn parse(body: &[u8]) -> Result<Unverified<Self>, VerifyError> {
        let [payment_id, _] = fields(body, ["paymentId", SECURITY_KEY])?;
        let [security_key] = values(form_urlencoded::parse(&with_encoded_plus(body)), [SECURITY_KEY])?;
        Ok(Unverified::new(Self { payment_id: id(&payment_id)?, security_key: key(security_key)? }))
    }

    /// Reads the fields of a form that a web framework has already parsed.
    ///
    /// The rules are those of [`parse`](Self::parse). Pass all pairs, and not a map, which hides a field that occurs twice.
    /// A space in the key is a plus sign that the framework decoded, because a key contains no spaces.
    ///
    /// ```
    /// use card3ds::ThreeDsCallback;
    ///
    /// let fields = [("paymentId", "123e4567-e89b-12d3-a456-426614174000"), ("securityKey", "3DS_AUTH_KEY_123456")];
    /// let callback = ThreeDsCallback::from_fields(fields)?;
    /// assert_eq!(callback.claimed().payment_id().as_str(), "123e4567-e89b-12d3-a456-426614174000");
    /// # Ok::<(), card3ds::VerifyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`parse`](Self::parse).
    pub fn from_fields<N: AsRef<str>, V: AsRef<str>>(
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Unverified<Self>, VerifyError> {
        let [payment_id, security_key] = values(bounded(fields)?, ["paymentId", SECURITY_KEY])?;
        let security_key = key(security_key.replace(' ', "+"))?;
        Ok(Unverified::new(Self { payment_id: id(&payment_id)?, security_key }))
    }

    /// The payment id that the callback claims.
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

/// The form that arrives at the failure URL: a payment id.
///
/// **The form proves nothing**, because anyone can post one. If it is genuine, the challenge failed. Do not complete the
/// payment; then nothing is charged (inferred).
///
/// The document says that the form contains a security key too. That a failed challenge may have none is inferred, so the
/// key is not read. A failure cannot be completed:
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
    /// The response to a failure: the same as for a [`ThreeDsCallback`] (inferred).
    pub const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    /// Parses the body of a POST request to the failure URL.
    ///
    /// The body is a form in which `paymentId` occurs exactly once. Other fields are ignored.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Rejected`] for any other body. Respond with 400. The reason is recorded in the trace only.
    pub fn parse(body: &[u8]) -> Result<Unverified<Self>, VerifyError> {
        let [payment_id] = fields(body, ["paymentId"])?;
        Ok(Unverified::new(Self { payment_id: id(&payment_id)? }))
    }

    /// Reads the fields of a form that a web framework has already parsed.
    ///
    /// The rules are those of [`parse`](Self::parse). Pass all pairs, and not a map, which hides a field that occurs twice.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`parse`](Self::parse).
    pub fn from_fields<N: AsRef<str>, V: AsRef<str>>(
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Unverified<Self>, VerifyError> {
        let [payment_id] = values(bounded(fields)?, ["paymentId"])?;
        Ok(Unverified::new(Self { payment_id: id(&payment_id)? }))
    }

    /// The payment id that the form claims.
    #[must_use]
    pub fn payment_id(&self) -> &PaymentId {
        &self.payment_id
    }
}

/// The form that arrives at a checkout's callback URL: a checkout id.
///
/// **The form proves nothing**, not even that anything was paid. Look up the checkout with [`Lookup::lookup`].
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
    /// The response to a callback: status 200 (documented). For a customer, respond with a redirect (303).
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// Parses the body of a POST request to the callback URL.
    ///
    /// The body is a form (documented) in which `checkoutId` occurs exactly once. Other fields are ignored.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Rejected`] for any other body. Respond with 400. The reason is recorded in the trace only.
    pub fn parse(body: &[u8]) -> Result<Unverified<Self>, VerifyError> {
        let [checkout_id] = fields(body, ["checkoutId"])?;
        Ok(Unverified::new(Self { checkout_id: id(&checkout_id)? }))
    }

    /// Reads the fields of a form that a web framework has already parsed.
    ///
    /// The rules are those of [`parse`](Self::parse). Pass all pairs, and not a map, which hides a field that occurs twice.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`parse`](Self::parse).
    pub fn from_fields<N: AsRef<str>, V: AsRef<str>>(
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Unverified<Self>, VerifyError> {
        let [checkout_id] = values(bounded(fields)?, ["checkoutId"])?;
        Ok(Unverified::new(Self { checkout_id: id(&checkout_id)? }))
    }

    /// Parses a callback that was stored when it was received, like [`CheckoutCallback::parse`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`CheckoutCallback::parse`]. A form with a security key is [`VerifyError::Rejected`] too: it
    /// must not be stored.
    pub fn parse_delivery(delivery: &Delivery) -> Result<Unverified<Self>, VerifyError> {
        let callback = Self::parse(delivery.body())?;
        if form_urlencoded::parse(delivery.body()).any(|(name, _)| name == SECURITY_KEY) {
            return Err(rejected("the form contains a security key, which must not be stored"));
        }
        Ok(callback)
    }

    /// The checkout id that the callback claims.
    #[must_use]
    pub fn checkout_id(&self) -> &CheckoutId {
        &self.checkout_id
    }
}

/// Looks up what an unverified callback names.
///
/// ```no_run
/// use card3ds::{CheckoutCallback, Client, Expected, Lookup, Money};
/// # async fn on_callback(client: Client, body: &[u8], price: Money) -> Result<(), Box<dyn std::error::Error>> {
///
/// let callback = CheckoutCallback::parse(body)?;
/// let payment = callback.lookup(&client).send().await?.into_success()?;
/// // The order id and the price come from your database, not from the callback.
/// payment.check(&Expected::new("ORD-12345", price))?;
/// # Ok(())
/// # }
/// ```
pub trait Lookup {
    /// Looks up the payment. Read-only: repeated callbacks charge nobody.
    fn lookup(&self, client: &Client) -> Call<Payment>;
}

impl Lookup for Unverified<CheckoutCallback> {
    fn lookup(&self, client: &Client) -> Call<Payment> {
        client.checkout_status(self.claimed().checkout_id())
    }
}

/// Returns the values of form fields that must occur exactly once.
fn fields<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[String; N], VerifyError> {
    if body.len() > MAX_BODY {
        return Err(rejected(TOO_LONG));
    }
    values(form_urlencoded::parse(body), names)
}

/// Returns parsed fields that are together not longer than any callback.
fn bounded<N: AsRef<str>, V: AsRef<str>>(fields: impl IntoIterator<Item = (N, V)>) -> Result<Vec<(N, V)>, VerifyError> {
    let mut length = 0_usize;
    let mut all = Vec::new();
    for (name, value) in fields {
        length = length.saturating_add(name.as_ref().len() + value.as_ref().len() + 2);
        if length > MAX_BODY {
            return Err(rejected(TOO_LONG));
        }
        all.push((name, value));
    }
    Ok(all)
}

fn values<const COUNT: usize, N: AsRef<str>, V: AsRef<str>>(
    fields: impl IntoIterator<Item = (N, V)>,
    names: [&str; COUNT],
) -> Result<[String; COUNT], VerifyError> {
    let mut found = [const { None }; COUNT];
    for (name, value) in fields {
        let Some(index) = names.iter().position(|wanted| name.as_ref() == *wanted) else { continue };
        if found[index].replace(value.as_ref().to_owned()).is_some() {
            return Err(rejected("a form field occurs twice"));
        }
    }
    let mut values = [const { String::new() }; COUNT];
    for (value, found) in values.iter_mut().zip(found) {
        *value = found.ok_or_else(|| rejected("a form field is missing"))?;
    }
    Ok(values)
}

/// Encodes each plus sign of a form, which otherwise stands for a space.
fn with_encoded_plus(body: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(body.len());
    for byte in body {
        match byte {
            b'+' => encoded.extend_from_slice(b"%2B"),
            byte => encoded.push(*byte),
        }
    }
    encoded
}

/// Parses an id. A value that was encoded twice still contains a `%`, which no id may contain.
fn id<T: FromStr<Err = ValidationError>>(text: &str) -> Result<T, VerifyError> {
    text.parse().map_err(|_| rejected("an id in the form is invalid"))
}

/// Parses a security key. It may contain a `%`, because it is sent only in a body.
fn key(text: String) -> Result<Secret, VerifyError> {
    Secret::new(SECURITY_KEY, text)
        .map_err(|_| rejected("the security key is empty or contains characters other than visible ASCII"))
}

const TOO_LONG: &str = "the body is longer than any callback";

/// The field with the key that charges the card.
const SECURITY_KEY: &str = "securityKey";

/// The largest callback that is parsed, in bytes: 64 KiB, inclusive. A genuine one has two short fields, and perhaps a few
/// fields of the issuer's page.
const MAX_BODY: usize = 64 * 1024;
