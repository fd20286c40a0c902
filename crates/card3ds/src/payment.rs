use std::fmt;
use std::str::FromStr;

use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Error, Expected, Mismatch, Money, Reported, mask_card_numbers, open_enum};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::amount::{self, Commission};
use crate::card::MaskedPan;
use crate::client::Client;
use crate::id::{CustomerId, MerchantOrderId, PaymentId};
use crate::new_payment::NewPayment;

open_enum! {
    /// Where a payment stands.
    pub enum PaymentStatus {
        /// Done. Of a pre-authorization: the amount is held, and not yet captured (inferred).
        Success = "SUCCESS",
        /// Not done.
        Failed = "FAILED",
        /// Under way: enrolled for 3-D Secure, neither done nor failed (inferred).
        Enrolled = "ENROLLED",
    }
}

impl PaymentStatus {
    /// True for `SUCCESS` and `FAILED`; false while it is under way, and for a status that this version does not know.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Success | Self::Failed => true,
            Self::Enrolled | Self::Unknown(_) => false,
        }
    }
}

open_enum! {
    /// Whether the card is from the acquirer's country.
    pub enum Region {
        /// A card of the same country.
        Domestic = "DOM",
        /// A card of another country (the value is inferred: the document shows the other one only).
        International = "INT",
    }
}

open_enum! {
    /// The scheme that a card belongs to. The document names these as examples.
    pub enum CardScheme {
        /// Visa.
        Visa = "VISA",
        /// Mastercard.
        Mastercard = "MASTERCARD",
    }
}

open_enum! {
    /// What kind of card it is. The document names these as examples.
    pub enum CardType {
        /// A credit card.
        Credit = "CREDIT",
        /// A debit card.
        Debit = "DEBIT",
    }
}

/// A payment, as every answer shows it: made, pre-authorised, captured, completed, or of a checkout.
///
/// **`FAILED` is an answer, not an error**: look at [`Payment::status`], or ask for [`Payment::into_success`].
///
/// The document lists every field and says of two that they can be missing. Here only the four are required without
/// which nothing could be said of the payment: its id, amount, currency and status. An executed payment that lacks any
/// other is still an executed payment, and so is one whose optional texts came as numbers: those are kept as written.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Payment {
    /// The provider's id. Store it: nothing else captures or completes a payment.
    pub payment_id: PaymentId,
    /// The merchant's tracking number.
    pub order_id: Option<MerchantOrderId>,
    /// The amount, with its currency.
    pub amount: Money,
    /// In how many installments.
    pub installment_count: Option<u32>,
    /// What the merchant is charged, perhaps with more decimals than the currency.
    pub merchant_commission: Option<Commission>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// When it was made.
    pub payment_date: Option<PaymentDate>,
    /// The card holder's name.
    pub card_holder_name: Option<String>,
    /// The card's number, masked.
    pub pan: Option<MaskedPan>,
    /// Domestic or international (`domInt` on the wire).
    pub region: Option<Region>,
    /// The card's scheme.
    pub card_scheme: Option<CardScheme>,
    /// The kind of card.
    pub card_type: Option<CardType>,
    /// The loyalty program, where there is one.
    pub loyalty_code: Option<String>,
    /// The id at the payment provider behind this one.
    pub external_transaction_id: Option<String>,
    /// The authorization code.
    pub auth_code: Option<String>,
    /// Why it ended as it did, as a code.
    pub result_code: Option<String>,
    /// The same in words. What could be a card number in it is masked.
    pub result_message: Option<String>,
    /// The merchant's own id of the customer, where it was given.
    pub customer_id: Option<CustomerId>,
}

impl Payment {
    /// Holds the payment against what was asked for. The status is not looked at.
    ///
    /// A direct payment's answer was held against its request already; this is for what was asked for elsewhere: a
    /// completed 3-D Secure payment, a checkout. Whether interest that a customer pays is part of the answer's amount
    /// is not documented: [`Mismatch::AmountDiffers`] has both.
    ///
    /// # Errors
    ///
    /// The first difference; [`Mismatch::Reference`] also where the answer named no order.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        let amount = self.amount.to_decimal().map_err(Mismatch::Amount)?;
        let reference = self.order_id.as_ref().map_or("", MerchantOrderId::as_str);
        expected.check(&Reported { reference, amount, currency: Some(self.amount.currency()), live: None })
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("payment_id", &mask_card_numbers(self.payment_id.as_str()))
            .field("order_id", &shown(self.order_id.as_ref().map(MerchantOrderId::as_str)))
            .field("amount", &self.amount)
            .field("installment_count", &self.installment_count)
            .field("merchant_commission", &self.merchant_commission)
            .field("status", &mask_card_numbers(self.status.as_str()))
            .field("payment_date", &self.payment_date)
            .field("card_holder_name", &shown(self.card_holder_name.as_deref()))
            .field("pan", &self.pan)
            .field("region", &shown(self.region.as_ref().map(Region::as_str)))
            .field("card_scheme", &shown(self.card_scheme.as_ref().map(CardScheme::as_str)))
            .field("card_type", &shown(self.card_type.as_ref().map(CardType::as_str)))
            .field("loyalty_code", &shown(self.loyalty_code.as_deref()))
            .field("external_transaction_id", &shown(self.external_transaction_id.as_deref()))
            .field("auth_code", &shown(self.auth_code.as_deref()))
            .field("result_code", &shown(self.result_code.as_deref()))
            .field("result_message", &shown(self.result_message.as_deref()))
            .field("customer_id", &shown(self.customer_id.as_ref().map(CustomerId::as_str)))
            .finish()
    }
}

/// When a payment was made, as the provider wrote it.
///
/// The document shows `2023-05-01T14:30:00Z`, and calls it a date. A provider's habit in writing one is no reason to
/// lose an executed payment, so whatever stands there is kept: a text, or what it is instead, as JSON writes it. The
/// form shown, RFC 3339, is also understood.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct PaymentDate(Box<str>);

impl PaymentDate {
    /// The text, as it was written; of a number or a list, its JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment; none where it is written in another form, a local time without its zone, say.
    #[must_use]
    pub fn moment(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.0, &Rfc3339).ok()
    }

    /// For reading: anything. Missing, `null` and empty are "not said".
    fn as_it_came<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(amount::scalar(deserializer)?.map(|text| Self(text.into())))
    }
}

impl fmt::Debug for PaymentDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaymentDate({})", mask_card_numbers(&self.0))
    }
}

impl Client {
    /// Charges a card. **This moves money.**
    ///
    /// The provider documents no idempotency key, no look-up of a payment, and not that an order id is taken only once.
    /// So a payment is never sent a second time by itself, and after [`Outcome::Unknown`] no call of this crate can
    /// find out what became of it: send nothing again for that order, and settle it with the provider. If it is sent
    /// again all the same, a refusal of the second proves nothing about the first; one whose words may speak of an
    /// earlier sending ("already", "duplicate") is itself of unknown outcome.
    ///
    /// An answer about another order, amount or currency is a malformed one, with an unknown outcome.
    ///
    /// [`Outcome::Unknown`]: payments_core::Outcome::Unknown
    pub fn create_payment(&self, payment: NewPayment) -> Call<Payment> {
        let asked = Asked::of(&payment);
        self.connection.call(CREATE_PAYMENT, request(payment, "api/payment"), move |wire| asked.read(wire))
    }
}

pub(crate) fn request(payment: NewPayment, path: &'static str) -> Result<RequestBuilder, Error> {
    let request = RequestBuilder::post(Path::new(path)).json(&payment.wire()?)?;
    Ok(request.log_as(payment))
}

/// What a request says of the payment that its answer must be about.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) payment: Option<PaymentId>,
    pub(crate) order: Option<MerchantOrderId>,
    pub(crate) amount: Option<Money>,
}

impl Asked {
    pub(crate) fn of(payment: &NewPayment) -> Self {
        Self { payment: None, order: Some(payment.order.clone()), amount: Some(payment.amount) }
    }

    /// Reads an answer, and holds it against the request.
    pub(crate) fn read(&self, wire: WirePayment) -> Result<Payment, DecodeError> {
        if self.payment.as_ref().is_some_and(|asked| !asked.is(&wire.payment_id)) {
            return Err(DecodeError::new("paymentId", "is another payment's"));
        }
        if let (Some(asked), Some(said)) = (&self.order, &wire.order_id)
            && asked != said
        {
            return Err(DecodeError::new("orderId", "is another order's"));
        }
        if self.amount.is_some_and(|asked| asked.currency() != wire.currency) {
            return Err(DecodeError::new("currency", "is another than the one that was asked for"));
        }
        let amount = Money::from_decimal(wire.amount, wire.currency)
            .map_err(|problem| DecodeError::new("amount", problem.to_string()))?;
        if self.amount.is_some_and(|asked| asked != amount) {
            return Err(DecodeError::new("amount", "is another than the one that was asked for"));
        }
        Ok(wire.payment(amount))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WirePayment {
    payment_id: PaymentId,
    #[serde(default, deserialize_with = "text_or_number")]
    order_id: Option<MerchantOrderId>,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, deserialize_with = "amount::count_option")]
    installment_count: Option<u32>,
    currency: Currency,
    #[serde(default, deserialize_with = "Commission::as_it_came")]
    merchant_commission: Option<Commission>,
    status: PaymentStatus,
    #[serde(default, deserialize_with = "PaymentDate::as_it_came")]
    payment_date: Option<PaymentDate>,
    #[serde(default, deserialize_with = "text_or_number")]
    card_holder_name: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    pan: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    dom_int: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    card_scheme: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    card_type: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    loyalty_code: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    external_transaction_id: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    auth_code: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    result_code: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    result_message: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    customer_id: Option<CustomerId>,
}

impl WirePayment {
    fn payment(self, amount: Money) -> Payment {
        Payment {
            payment_id: self.payment_id,
            order_id: self.order_id,
            amount,
            installment_count: self.installment_count,
            merchant_commission: self.merchant_commission,
            status: self.status,
            payment_date: self.payment_date,
            card_holder_name: self.card_holder_name.as_deref().map(mask_card_numbers),
            pan: self.pan.as_deref().map(MaskedPan::of),
            region: self.dom_int.as_deref().map(Region::from),
            card_scheme: self.card_scheme.as_deref().map(CardScheme::from),
            card_type: self.card_type.as_deref().map(CardType::from),
            loyalty_code: self.loyalty_code,
            external_transaction_id: self.external_transaction_id,
            auth_code: self.auth_code,
            result_code: self.result_code,
            result_message: self.result_message.as_deref().map(mask_card_numbers),
            customer_id: self.customer_id,
        }
    }
}

/// For reading an optional text: a number in its place is kept as it is written. Missing, `null` and empty are the
/// same.
fn text_or_number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let raw = Option::<&RawValue>::deserialize(deserializer)?.map_or("null", RawValue::get);
    let is_number = raw.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let text = if is_number { Some(raw.to_owned()) } else { serde_json::from_str(raw).map_err(D::Error::custom)? };
    let text = text.filter(|text: &String| !text.is_empty());
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}

/// The provider's words as `Debug` prints them: it may quote what it was sent.
pub(crate) fn shown(text: Option<&str>) -> Option<String> {
    text.map(mask_card_numbers)
}

const CREATE_PAYMENT: Operation = Operation::move_money("create_payment");
