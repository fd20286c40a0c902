use std::fmt;

use payments_core::json::UnreadableMembers;
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{
    AmountUnreadable, Call, Error, Expected, Mismatch, Money, Reported, ReportedAmount, ReportedCurrency,
    mask_card_numbers, open_enum,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::amount::Commission;
use crate::card::MaskedPan;
use crate::client::Client;
use crate::id::{CustomerId, MerchantOrderId, PaymentId};
use crate::new_payment::NewPayment;
use crate::requested::Requested;

pub(crate) mod wire;

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
/// Only the id and the status are required. The document marks only the loyalty code and the customer id as possibly
/// missing, but no other missing or malformed member may make an executed payment undecodable:
///
/// - A number in place of a text is kept as written. Any other unexpected value is `None`. [`Payment::unreadable_members`]
///   lists both.
/// - An amount or a currency that is missing or unreadable fails [`Payment::amount`], [`Payment::check`] and
///   [`Payment::into_success`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payment {
    stored: StoredAs<Self>,
    /// The provider's id. Store it: you need it to capture or complete the payment.
    pub payment_id: PaymentId,
    /// The merchant's order id.
    pub order_id: Option<MerchantOrderId>,
    pub(crate) amount: ReportedAmount,
    pub(crate) currency: ReportedCurrency,
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
    pub(crate) may_be_duplicate: bool,
    pub(crate) unreadable: UnreadableMembers,
}

impl Stored for Payment {
    const TAG: &'static str = "card3ds.payment/1";
}

impl Payment {
    /// Returns the amount. A numeric currency code of ISO 4217, such as 949 for TRY, is understood.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount or the currency is missing or unreadable: nothing is guessed or rounded. A `FAILED`
    /// payment often has no amount.
    pub fn amount(&self) -> Result<Money, AmountUnreadable> {
        self.amount.in_units(self.currency.currency()?)
    }

    /// True if the payment is `FAILED` and its message says, in English or Turkish, that the order may have been executed
    /// before: duplicate, already paid (inferred, because no message is documented).
    ///
    /// Such a payment does not prove that the order is unpaid. [`Payment::into_success`] returns an error with the outcome
    /// `Unknown` for it. Only [`Client::checkout_status`] returns such a payment: a call that moves money returns the error.
    #[must_use]
    pub fn may_be_duplicate(&self) -> bool {
        self.may_be_duplicate
    }

    /// The members of the response that could not be read as documented. Usually there are none.
    ///
    /// An unreadable amount or currency is not among them: see [`Payment::amount`].
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    /// Compares the order id, currency and amount with what is expected. Does not check the status.
    ///
    /// `create_payment` and `pre_authorize` already compare their response with the request. Call this method after
    /// [`Client::complete_3ds`] and for checkouts. If the customer pays interest, the amount may include it, which is not
    /// documented: [`Mismatch::AmountDiffers`] has both amounts.
    ///
    /// # Errors
    ///
    /// Returns the first difference. A missing order id is a [`Mismatch::Reference`], and an amount or currency that is
    /// missing or unreadable is a [`Mismatch::AmountUnreadable`].
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        let reference = self.order_id.as_ref().ok_or(Mismatch::Reference)?.as_str();
        let (amount, currency) = (self.amount.decimal(), self.currency.currency().map(Some));
        expected.check(&Reported { reference, amount, currency, live: None })
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = self.amount();
        let amount: &dyn fmt::Debug = match &amount {
            Ok(amount) => amount,
            Err(unreadable) => unreadable,
        };
        let mut debug = f.debug_struct("Payment");
        debug
            .field("payment_id", &mask_card_numbers(self.payment_id.as_str()))
            .field("order_id", &masked(self.order_id.as_ref().map(MerchantOrderId::as_str)))
            .field("amount", amount)
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
            .field("customer_id", &masked(self.customer_id.as_ref().map(CustomerId::as_str)));
        if self.may_be_duplicate {
            debug.field("may_be_duplicate", &true);
        }
        if !self.unreadable.is_empty() {
            debug.field("unreadable_members", &self.unreadable);
        }
        debug.finish()
    }
}

/// The date of a payment, exactly as the provider wrote it.
///
/// The document calls it a date and shows `2023-05-01T14:30:00Z`. Any other text or number is kept too.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentDate(Box<str>);

impl PaymentDate {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the date and time if the text has the form of RFC 3339.
    #[must_use]
    pub fn moment(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.0, &Rfc3339).ok()
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
    /// A response with another order id, amount or currency is a malformed response with the outcome `Unknown`. The error
    /// has what could be read: [`Error::object_id`], [`Error::reported_status`], [`Error::reported_amount`]. An amount that
    /// cannot be read is not compared: call [`Payment::into_success`].
    ///
    /// A `FAILED` payment without an id is an error: declined, with the outcome `Refused`. One whose message says that the
    /// order may have been executed before is a conflict with the outcome `Unknown`.
    ///
    /// [`Outcome::Unknown`]: payments_core::Outcome::Unknown
    pub fn create_payment(&self, payment: NewPayment) -> Call<Payment> {
        let requested = Requested::by(&payment);
        self.payment_call(CREATE_PAYMENT, request(payment, "api/payment"), requested)
    }
}

pub(crate) fn request(payment: NewPayment, path: &'static str) -> Result<RequestBuilder, Error> {
    let request =
        RequestBuilder::post(Path::new(path)).json_with(&payment.wire()?, NewPayment::TYPED, &payment.extra)?;
    Ok(request.log_as(payment))
}

/// Masks card numbers in a text from the provider, which may quote what it received.
pub(crate) fn masked(text: Option<&str>) -> Option<String> {
    text.map(mask_card_numbers)
}

const CREATE_PAYMENT: Operation = Operation::move_money("create_payment");
