use std::fmt;

use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Error, Expected, Mismatch, Money, Reported, mask_card_numbers, open_enum};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::amount::Commission;
use crate::card::MaskedPan;
use crate::client::Client;
use crate::fields::{any_value, optional_count, string_or_number};
use crate::id::{CustomerId, MerchantOrderId, PaymentId};
use crate::new_payment::NewPayment;

open_enum! {
    /// The status of a payment.
    pub enum PaymentStatus {
        /// The payment succeeded. A pre-authorization is authorized, but not yet captured (inferred).
        Success = "SUCCESS",
        /// The payment failed.
        Failed = "FAILED",
        /// Enrolled for 3-D Secure and not final: neither succeeded nor failed (inferred).
        Enrolled = "ENROLLED",
    }
}

impl PaymentStatus {
    /// Returns true for `SUCCESS` and `FAILED`, and false for `ENROLLED` and unknown statuses.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Success | Self::Failed => true,
            Self::Enrolled | Self::Unknown(_) => false,
        }
    }
}

open_enum! {
    /// Whether a transaction is domestic or international.
    pub enum Region {
        /// A domestic transaction.
        Domestic = "DOM",
        /// An international transaction. The value is inferred: the document shows only `DOM`.
        International = "INT",
    }
}

open_enum! {
    /// A card scheme. The document names these as examples.
    pub enum CardScheme {
        /// Visa.
        Visa = "VISA",
        /// Mastercard.
        Mastercard = "MASTERCARD",
    }
}

open_enum! {
    /// The kind of a card. The document names these as examples.
    pub enum CardType {
        /// A credit card.
        Credit = "CREDIT",
        /// A debit card.
        Debit = "DEBIT",
    }
}

/// A payment, as the provider reports it after each operation.
///
/// **A `FAILED` payment is not an [`Error`].** Check [`Payment::status`], or call [`Payment::into_success`].
///
/// Only the id, amount, currency and status are required. The document marks only the loyalty code and the customer id as
/// possibly missing, but no other missing member may make an executed payment undecodable. For the same reason, an
/// optional text may be a number, which is kept as written.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Payment {
    /// The provider's id. Store it: you need it to capture or complete the payment.
    pub payment_id: PaymentId,
    /// The merchant's order id.
    pub order_id: Option<MerchantOrderId>,
    /// The amount.
    pub amount: Money,
    /// The number of installments.
    pub installment_count: Option<u32>,
    /// The merchant's commission. It may have more decimals than the currency.
    pub merchant_commission: Option<Commission>,
    /// The status.
    pub status: PaymentStatus,
    /// When the payment was made.
    pub payment_date: Option<PaymentDate>,
    /// The card holder's name. A possible card number in it is masked.
    pub card_holder_name: Option<String>,
    /// The masked card number.
    pub pan: Option<MaskedPan>,
    /// Domestic or international (`domInt` on the wire).
    pub region: Option<Region>,
    /// The card scheme.
    pub card_scheme: Option<CardScheme>,
    /// The kind of card.
    pub card_type: Option<CardType>,
    /// The code of the loyalty program, if any.
    pub loyalty_code: Option<String>,
    /// The transaction id of the payment provider behind this one.
    pub external_transaction_id: Option<String>,
    /// The authorization code.
    pub auth_code: Option<String>,
    /// The result code.
    pub result_code: Option<String>,
    /// The result message. A possible card number in it is masked.
    pub result_message: Option<String>,
    /// The merchant's own id of the customer, if one was sent.
    pub customer_id: Option<CustomerId>,
}

impl Payment {
    /// Compares the order id, currency and amount with what is expected. Does not check the status.
    ///
    /// `create_payment` and `pre_authorize` already compare their response with the request. Call this method after
    /// [`Client::complete_3ds`] and for checkouts. If the customer pays interest, the amount may include it, which is not
    /// documented: [`Mismatch::AmountDiffers`] has both amounts.
    ///
    /// # Errors
    ///
    /// Returns the first difference. A missing order id is a [`Mismatch::Reference`].
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
            .field("order_id", &masked(self.order_id.as_ref().map(MerchantOrderId::as_str)))
            .field("amount", &self.amount)
            .field("installment_count", &self.installment_count)
            .field("merchant_commission", &self.merchant_commission)
            .field("status", &mask_card_numbers(self.status.as_str()))
            .field("payment_date", &self.payment_date)
            .field("card_holder_name", &masked(self.card_holder_name.as_deref()))
            .field("pan", &self.pan)
            .field("region", &masked(self.region.as_ref().map(Region::as_str)))
            .field("card_scheme", &masked(self.card_scheme.as_ref().map(CardScheme::as_str)))
            .field("card_type", &masked(self.card_type.as_ref().map(CardType::as_str)))
            .field("loyalty_code", &masked(self.loyalty_code.as_deref()))
            .field("external_transaction_id", &masked(self.external_transaction_id.as_deref()))
            .field("auth_code", &masked(self.auth_code.as_deref()))
            .field("result_code", &masked(self.result_code.as_deref()))
            .field("result_message", &masked(self.result_message.as_deref()))
            .field("customer_id", &masked(self.customer_id.as_ref().map(CustomerId::as_str)))
            .finish()
    }
}

/// The date of a payment, exactly as the provider wrote it.
///
/// The document calls it a date and shows `2023-05-01T14:30:00Z`. Any other form is kept too, so that it cannot make an
/// executed payment undecodable.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct PaymentDate(Box<str>);

impl PaymentDate {
    /// The text as it was written. If the value is not a string, this is its JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the date and time if the text has the form of RFC 3339.
    #[must_use]
    pub fn moment(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.0, &Rfc3339).ok()
    }

    /// Reads any value. A missing, `null` or empty member is `None`.
    fn deserialize_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(any_value(deserializer)?.map(|text| Self(text.into())))
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
    /// After [`Outcome::Unknown`], the provider offers no way to find out whether the card was charged:
    ///
    /// - It documents no lookup of a payment, no idempotency key, and no uniqueness of order ids.
    /// - The client never retries a request that may have been executed. Do not send another payment for the order. Ask
    ///   the provider.
    /// - If you send one anyway, its refusal proves nothing about the first request. A refusal that may be about an
    ///   earlier request ("already", "duplicate") has the outcome `Unknown` itself.
    ///
    /// A response with another order id, amount or currency is a malformed response with the outcome `Unknown`.
    ///
    /// [`Outcome::Unknown`]: payments_core::Outcome::Unknown
    pub fn create_payment(&self, payment: NewPayment) -> Call<Payment> {
        let requested = Requested::by(&payment);
        self.connection.call(CREATE_PAYMENT, request(payment, "api/payment"), move |wire| requested.decode(wire))
    }
}

pub(crate) fn request(payment: NewPayment, path: &'static str) -> Result<RequestBuilder, Error> {
    let request = RequestBuilder::post(Path::new(path)).json(&payment.wire()?)?;
    Ok(request.log_as(payment))
}

/// The members of a request that its response must repeat.
#[derive(Default)]
pub(crate) struct Requested {
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) order_id: Option<MerchantOrderId>,
    pub(crate) amount: Option<Money>,
}

impl Requested {
    pub(crate) fn by(payment: &NewPayment) -> Self {
        Self { payment_id: None, order_id: Some(payment.order_id.clone()), amount: Some(payment.amount) }
    }

    /// Decodes a response and compares it with the request.
    pub(crate) fn decode(&self, wire: WirePayment) -> Result<Payment, DecodeError> {
        if let Some(requested) = &self.payment_id {
            let lower_case = |id: &PaymentId| id.as_str().to_ascii_lowercase();
            json::expect_equal("paymentId", &lower_case(&wire.payment_id), &lower_case(requested))?;
        }
        if let (Some(received), Some(requested)) = (&wire.order_id, &self.order_id) {
            json::expect_equal("orderId", received, requested)?;
        }
        if let Some(requested) = self.amount {
            json::expect_equal("currency", &wire.currency, &requested.currency())?;
        }
        let amount = Money::from_decimal(wire.amount, wire.currency)
            .map_err(|problem| DecodeError::new("amount", problem.to_string()))?;
        if let Some(requested) = self.amount {
            json::expect_equal("amount", &amount, &requested)?;
        }
        Ok(wire.payment(amount))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WirePayment {
    payment_id: PaymentId,
    #[serde(default, deserialize_with = "string_or_number")]
    order_id: Option<MerchantOrderId>,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, deserialize_with = "optional_count")]
    installment_count: Option<u32>,
    currency: Currency,
    #[serde(default, deserialize_with = "Commission::deserialize_option")]
    merchant_commission: Option<Commission>,
    status: PaymentStatus,
    #[serde(default, deserialize_with = "PaymentDate::deserialize_option")]
    payment_date: Option<PaymentDate>,
    #[serde(default, deserialize_with = "string_or_number")]
    card_holder_name: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    pan: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    dom_int: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    card_scheme: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    card_type: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    loyalty_code: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    external_transaction_id: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    auth_code: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    result_code: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    result_message: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
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
            card_holder_name: masked(self.card_holder_name.as_deref()),
            pan: self.pan.as_deref().map(MaskedPan::new),
            region: self.dom_int.as_deref().map(Region::from),
            card_scheme: self.card_scheme.as_deref().map(CardScheme::from),
            card_type: self.card_type.as_deref().map(CardType::from),
            loyalty_code: self.loyalty_code,
            external_transaction_id: self.external_transaction_id,
            auth_code: self.auth_code,
            result_code: self.result_code,
            result_message: masked(self.result_message.as_deref()),
            customer_id: self.customer_id,
        }
    }
}

/// Masks card numbers in a text from the provider, which may quote what it received.
pub(crate) fn masked(text: Option<&str>) -> Option<String> {
    text.map(mask_card_numbers)
}

const CREATE_PAYMENT: Operation = Operation::move_money("create_payment");
