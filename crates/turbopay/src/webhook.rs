use payments_core::http::HeaderMap;
use payments_core::json;
use payments_core::webhook::{
    Acknowledgement, HexCase, SigningSecrets, Verified, VerifyError, one_header, rejected, signature_from_base64,
    signature_from_hex,
};
use payments_core::{Currency, Expected, Mismatch, Money, MoneyError, Secret, secret_newtype};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::deposit::Utr;
use crate::order::{self, MerchantOrderId, OrderId, OrderStatus};

secret_newtype! {
    /// Signs webhooks: the webhook key from the back office.
    pub struct WebhookKey("webhook_key", "TURBOPAY_WEBHOOK_KEY");
}

/// Believes deliveries to a merchant's `status_url`, or refuses them.
///
/// ```
/// use turbopay::payments_core::http::HeaderMap;
/// use turbopay::{WebhookVerifier, WebhookKey};
///
/// let endpoint = WebhookVerifier::new(WebhookKey::new("whk-123")?);
///
/// let body = br#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// assert!(endpoint.verify(body, &HeaderMap::new()).is_err());
/// # Ok::<(), turbopay::payments_core::ValidationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    secrets: SigningSecrets,
}

impl WebhookVerifier {
    /// What to answer a delivery that was taken in: 200 (documented).
    ///
    /// Store it, answer, then work: only a delivery that was not answered so is sent again.
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// The header that carries the signature.
    pub const SIGNATURE_HEADER: &'static str = "x-pay-signature";

    /// Believes what is signed with this key.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over")]
    pub fn new(key: WebhookKey) -> Self {
        Self { secrets: SigningSecrets::new(key.secret()) }
    }

    /// And what is signed with this one, for the time of a rotation.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over")]
    pub fn also_accept(mut self, key: WebhookKey) -> Self {
        self.secrets = self.secrets.also_accept(key.secret());
        self
    }

    /// Proves a delivery's origin, and reads it. `body` is the raw body, byte for byte.
    ///
    /// Deliver goods once per order and status: every look-up and every "Resend callback" sends another delivery, perhaps
    /// in other bytes. There is no time in the signature, so a captured one can be sent again too; its
    /// [`Verified::digest`] is the same then. Check the [`transition`](crate::transition()) as well.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] when the signature is missing or fits no key: answer 400 (inferred).
    pub fn verify(&self, body: &[u8], headers: &HeaderMap) -> Result<Verified<Event>, VerifyError> {
        self.verify_signature(body, one_header(headers, Self::SIGNATURE_HEADER)?)
    }

    /// The same, for a web framework with header types of its own.
    ///
    /// The signature is 64 hexadecimal digits of either case, or base64 of the same bytes.
    ///
    /// # Errors
    ///
    /// As [`WebhookVerifier::verify`].
    pub fn verify_signature(&self, body: &[u8], signature: &[u8]) -> Result<Verified<Event>, VerifyError> {
        let signature = signature_from_hex(signature, HexCase::Either).or_else(|| signature_from_base64(signature));
        let signature = signature.ok_or_else(|| rejected("the signature has another form"))?;
        self.secrets.verify(body, &[body], &[signature])?.decode(|body| json::decode_object(body).map(WireEvent::event))
    }
}

impl WebhookKey {
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }
}

/// What a webhook says of an order. Only a verification makes one.
///
/// TurboPay says neither the currency nor whether the order is a deposit or a withdrawal: [`Event::check`] holds it
/// against what was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// TurboPay's id. Keep it private.
    pub order_id: OrderId,
    /// The merchant's reference.
    pub merchant_order_id: MerchantOrderId,
    /// Where the order stands.
    pub status: OrderStatus,
    /// Why, in prose, where there is a reason: for a chargeback the specific one.
    pub reason: Option<String>,
    /// The most recent amount, in units of a currency that is not said. It can differ from what was asked for.
    #[serde(with = "json::decimal")]
    pub amount: Decimal,
    /// The bank's reference of the transfer, once there is one.
    pub utr: Option<Utr>,
    /// The UPI ID that a deposit was paid to.
    pub target_upi_id: Option<String>,
    /// The merchant's id of the customer of a deposit.
    pub merchant_customer_id: Option<String>,
    /// Why a withdrawal failed, as a code.
    pub error_code: Option<String>,
    /// Why a withdrawal failed, in words.
    pub error_message: Option<String>,
    /// The complaint behind a chargeback.
    pub claim_id: Option<String>,
}

impl Event {
    /// Holds the event against what was asked for. The status is not looked at.
    ///
    /// # Errors
    ///
    /// The first difference. TurboPay documents that amounts change: [`Mismatch::AmountDiffers`] has both.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        order::check(&self.merchant_order_id, self.amount, expected)
    }

    /// The amount, in the currency that was ordered.
    ///
    /// # Errors
    ///
    /// When it has more decimals than the currency.
    pub fn amount_in(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::from_decimal(self.amount, currency)
    }
}

#[derive(Deserialize)]
struct WireEvent {
    order_id: OrderId,
    merchant_order_id: MerchantOrderId,
    status: OrderStatus,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    reason: Option<String>,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, deserialize_with = "Utr::as_it_came")]
    utr: Option<Utr>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    target_upi_id: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    merchant_customer_id: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    error_code: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    error_message: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    claim_id: Option<String>,
}

impl WireEvent {
    fn event(self) -> Event {
        Event {
            order_id: self.order_id,
            merchant_order_id: self.merchant_order_id,
            status: self.status,
            reason: self.reason,
            amount: self.amount,
            utr: self.utr,
            target_upi_id: self.target_upi_id,
            merchant_customer_id: self.merchant_customer_id,
            error_code: self.error_code,
            error_message: self.error_message,
            claim_id: self.claim_id,
        }
    }
}
