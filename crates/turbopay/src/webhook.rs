use payments_core::http::HeaderMap;
use payments_core::json::{self, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::webhook::{
    Acknowledgement, Delivery, HexCase, SigningSecrets, Verified, VerifyError, one_header, rejected,
    signature_from_base64, signature_from_hex,
};
use payments_core::{AmountUnreadable, Currency, Expected, Mismatch, Money, ReportedAmount, Secret, secret_newtype};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{MerchantOrderId, OrderId, Utr};
use crate::order::{self, OrderStatus};

secret_newtype! {
    /// A webhook key from TurboPay's back office, with which TurboPay signs webhooks.
    pub struct WebhookKey("webhook_key", "TURBOPAY_WEBHOOK_KEY");
}

/// Verifies webhooks that are sent to a merchant's `status_url`.
///
/// ```
/// use turbopay::payments_core::http::HeaderMap;
/// use turbopay::{WebhookKey, WebhookVerifier};
///
/// let verifier = WebhookVerifier::new(WebhookKey::new("whk-123")?);
///
/// let body = br#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// assert!(verifier.verify(body, &HeaderMap::new()).is_err()); // it is not signed
/// # Ok::<(), turbopay::ValidationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    secrets: SigningSecrets,
}

impl WebhookVerifier {
    /// The response to an accepted webhook: status 200 (documented).
    ///
    /// Store the webhook, respond, then process it. TurboPay sends a webhook again if it gets no such response.
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// The header that carries the signature.
    pub const SIGNATURE_HEADER: &'static str = "x-pay-signature";

    /// Creates a verifier that accepts webhooks signed with this key.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "taking the secret keeps fewer copies of it alive")]
    pub fn new(key: WebhookKey) -> Self {
        Self { secrets: SigningSecrets::new(key.secret()) }
    }

    /// Also accepts webhooks signed with this key. Use it while you rotate keys.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "taking the secret keeps fewer copies of it alive")]
    pub fn also_accept(mut self, key: WebhookKey) -> Self {
        self.secrets = self.secrets.also_accept(key.secret());
        self
    }

    /// Verifies the signature of a webhook and decodes the event. `body` is the raw body, byte for byte.
    ///
    /// Deliver goods once per order and status, because webhooks are repeated:
    ///
    /// - Every lookup and every "Resend callback" in the back office sends another webhook, possibly with other bytes.
    /// - The signature covers no timestamp, so a captured webhook can be replayed. Its [`Verified::digest`] is the
    ///   same.
    ///
    /// Check the [`transition`](crate::transition()) too.
    ///
    /// # Errors
    ///
    /// - [`VerifyError::Rejected`] if the signature is missing, occurs twice, or matches no key. Respond with 400
    ///   (inferred).
    /// - [`VerifyError::Unreadable`] if the signature is valid but an id or the status cannot be read. Respond with 500,
    ///   so that TurboPay sends the webhook again. Other members that cannot be read fail nothing:
    ///   [`Event::unreadable_members`].
    pub fn verify(&self, body: &[u8], headers: &HeaderMap) -> Result<Verified<Event>, VerifyError> {
        self.verify_signature(body, one_header(headers, Self::SIGNATURE_HEADER)?)
    }

    /// Verifies a webhook that was stored when it was received, like [`WebhookVerifier::verify`].
    ///
    /// Also accept the key of that time, if keys were rotated since.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebhookVerifier::verify`].
    pub fn verify_delivery(&self, delivery: &Delivery) -> Result<Verified<Event>, VerifyError> {
        self.verify(delivery.body(), delivery.headers())
    }

    /// Verifies a webhook by the value of its `x-pay-signature` header.
    ///
    /// Use it if your web framework does not use the `http` crate's `HeaderMap`. Reject a request that has the header
    /// twice.
    ///
    /// The signature is 64 hexadecimal digits of either case, or base64 of the same 32 bytes (inferred).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebhookVerifier::verify`].
    pub fn verify_signature(&self, body: &[u8], signature: &[u8]) -> Result<Verified<Event>, VerifyError> {
        let signature = signature_from_hex(signature, HexCase::Either).or_else(|| signature_from_base64(signature));
        let signature = signature
            .ok_or_else(|| rejected("the signature is neither 64 hexadecimal digits nor base64 of 32 bytes"))?;
        self.secrets.verify(body, &[body], &[signature])?.decode(|body| json::read(body).map(Event::of))
    }
}

impl WebhookKey {
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }
}

/// An order as a webhook reports it. Only [`WebhookVerifier`] creates events.
///
/// TurboPay reports neither the currency nor whether the order is a deposit or a withdrawal. Compare the event with
/// what you ordered: [`Event::check`].
///
/// An event cannot be deserialized, because unsigned bytes would then become an event. Store the [`Delivery`], and verify it
/// again with [`WebhookVerifier::verify_delivery`]:
///
/// ```compile_fail,E0277
/// let forged: turbopay::Event = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// TurboPay's id. Keep it private.
    pub order_id: OrderId,
    /// The merchant's reference.
    pub merchant_order_id: MerchantOrderId,
    /// The order's status.
    pub status: OrderStatus,
    /// The reason for the status in prose, if TurboPay reports one. A chargeback has a specific reason.
    pub reason: Option<String>,
    amount: ReportedAmount,
    /// The bank's reference of the transfer; `None` until there is one.
    pub utr: Option<Utr>,
    /// The UPI ID that a deposit was paid to.
    pub target_upi_id: Option<String>,
    /// The merchant's own id of the customer, for a deposit.
    pub merchant_customer_id: Option<String>,
    /// The error code of a failed withdrawal.
    pub error_code: Option<String>,
    /// The error message of a failed withdrawal.
    pub error_message: Option<String>,
    /// The id of the complaint that led to a chargeback.
    pub claim_id: Option<String>,
    #[serde(skip)]
    unreadable: UnreadableMembers,
}

impl Event {
    /// Compares the reference and the amount with what is expected. It does not check the status.
    ///
    /// # Errors
    ///
    /// Returns the first difference. TurboPay documents that amounts can change: [`Mismatch::AmountDiffers`] contains
    /// both amounts. A missing or unreadable amount is [`Mismatch::AmountUnreadable`].
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        order::check(&self.merchant_order_id, &self.amount, expected)
    }

    /// Returns the most recent amount, without its currency. It can differ from the requested amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or is not a plain number. The status is readable all the same.
    pub fn amount(&self) -> Result<Decimal, AmountUnreadable> {
        self.amount.decimal()
    }

    /// Returns the amount in the currency that you ordered.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Event::amount`], and an error if the amount has more decimals than the currency.
    pub fn amount_in(&self, currency: Currency) -> Result<Money, AmountUnreadable> {
        self.amount.in_units(currency)
    }

    /// Returns the members of the webhook that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    fn of(read: Read<'_, WireEvent>) -> Self {
        let Read { value: wire, unreadable, .. } = read;
        unreadable.trace("turbopay", WEBHOOK);
        Self {
            order_id: wire.order_id,
            merchant_order_id: wire.merchant_order_id,
            status: wire.status,
            reason: wire.reason,
            amount: unreadable.amount("amount", wire.amount),
            utr: wire.utr,
            target_upi_id: wire.target_upi_id,
            merchant_customer_id: wire.merchant_customer_id,
            error_code: wire.error_code,
            error_message: wire.error_message,
            claim_id: wire.claim_id,
            unreadable,
        }
    }
}

#[derive(Deserialize)]
struct WireEvent {
    order_id: OrderId,
    merchant_order_id: MerchantOrderId,
    status: OrderStatus,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "Utr::none_if_empty")]
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

impl ProviderMessage for WireEvent {
    const DECIDING: &'static [&'static str] = &["order_id", "merchant_order_id", "status"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("order_id"), status: member("status"), amount: member("amount") }
    }
}

/// The name of webhooks in the trace.
const WEBHOOK: Operation = Operation::read("webhook");
