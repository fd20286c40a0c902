use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::recovery::WriteOperation;
use super::result::Redacted;
use crate::json::DecodeError;
use crate::stored::{Stored, StoredAs};
use crate::webhook::Verified;
use crate::{AmountUnreadable, Currency, Expected, Mismatch, PaymentStatus, Reported};

/// Reports what an event says about an order, in terms that all providers share.
///
/// The events of the provider crates implement it. Call [`Verified::report`]:
///
/// ```
/// use payments_core::Expected;
/// use payments_core::gateway::ReportEvent;
/// use payments_core::webhook::Verified;
///
/// /// Returns true if the event proves that the order is paid as expected. Works for each provider that signs webhooks.
/// fn is_paid(event: &Verified<impl ReportEvent>, expected: &Expected) -> bool {
///     let Ok(Some(report)) = event.report() else { return false };
///     report.status.is_paid() && report.check(expected).is_ok()
/// }
/// ```
pub trait ReportEvent {
    /// Returns the report; `None` if the event is not about a payment, a refund or a payout whose form is known.
    ///
    /// # Errors
    ///
    /// Returns an error if the object that the event is about cannot be read. Keep the event and investigate: the provider
    /// signed it.
    fn report(&self) -> Result<Option<EventReport>, DecodeError>;
}

impl<T: ReportEvent> Verified<T> {
    /// Reports what the event says about an order; `None` if it is about something else.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ReportEvent::report`].
    pub fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        T::report(self)
    }
}

/// What an event reports about an order, in terms that all providers share.
///
/// **A report is trustworthy only if [`Verified::report`] returned it.** It can be stored and loaded, so anything can be
/// written into one. Code that receives events takes a `&Verified<impl ReportEvent>`, never a report:
///
/// ```compile_fail,E0308
/// use payments_core::gateway::{EventReport, ReportEvent};
/// use payments_core::webhook::Verified;
///
/// fn receive(event: &Verified<impl ReportEvent>) {}
///
/// let stored = r#"{"stored":"payments.event_report/1"}"#;
/// receive(&serde_json::from_str::<EventReport>(stored).unwrap());
/// ```
///
/// Its stored form contains the fields and nothing else of the event. Amounts are text, and a value that could not be read
/// still cannot be read after loading.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventReport {
    stored: StoredAs<Self>,
    /// The provider's id of the event, if it has one. All deliveries of the event have the same id.
    pub event_id: Option<String>,
    /// The merchant's reference, if the event contains it.
    pub reference: Option<String>,
    /// The provider's id of the payment, refund or payout, if the event contains it.
    pub object_id: Option<String>,
    /// The operations that the report can be about. There are several if the provider does not say which.
    pub operations: Vec<WriteOperation>,
    /// The status. If the report can be about a payment or a payout, it is a payment's status: a payout that is
    /// `AwaitingCustomer` is in progress.
    pub status: PaymentStatus,
    /// True if the status normally does not change any more, by the provider's own rules.
    pub is_final: bool,
    /// The exact amount that counts, in units of the currency. A missing amount is unreadable.
    #[serde(with = "amount")]
    pub amount: Result<Decimal, AmountUnreadable>,
    /// The currency, if the event contains it. An unreadable currency is never treated as missing.
    #[serde(with = "currency")]
    pub currency: Result<Option<Currency>, AmountUnreadable>,
    /// True for real money, if the event says so.
    pub live: Option<bool>,
}

impl Stored for EventReport {
    const TAG: &'static str = "payments.event_report/1";
}

impl EventReport {
    /// Creates a report with an unreadable amount, for provider crates, which then set the other fields.
    #[must_use]
    pub fn new(operations: &[WriteOperation], status: PaymentStatus, is_final: bool) -> Self {
        Self {
            stored: StoredAs::new(),
            event_id: None,
            reference: None,
            object_id: None,
            operations: operations.to_vec(),
            status,
            is_final,
            amount: Err(AmountUnreadable::new(None, "the amount is missing")),
            currency: Ok(None),
            live: None,
        }
    }

    /// Compares the reference, the mode, the currency and the amount with what is expected. It does not check the status.
    ///
    /// # Errors
    ///
    /// Returns the first difference. A report without a reference is a [`Mismatch::Reference`].
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        self.check_reference(self.reference.as_deref().ok_or(Mismatch::Reference)?, expected)
    }

    /// Compares the provider's id instead of the reference, and the rest like [`EventReport::check`].
    ///
    /// Use it if the report contains no reference, or the reference of another operation: the event of a captured payment
    /// contains the payment's reference, not the capture's.
    ///
    /// # Errors
    ///
    /// Returns the first difference. Another id, or none, is a [`Mismatch::Reference`].
    pub fn check_object_id(&self, object_id: &str, expected: &Expected) -> Result<(), Mismatch> {
        if self.object_id.as_deref() == Some(object_id) {
            self.check_reference(expected.reference(), expected)
        } else {
            Err(Mismatch::Reference)
        }
    }

    fn check_reference(&self, reference: &str, expected: &Expected) -> Result<(), Mismatch> {
        let (amount, currency) = (self.amount.clone(), self.currency.clone());
        expected.check(&Reported { reference, amount, currency, live: self.live })
    }
}

impl fmt::Debug for EventReport {
    /// Omits the provider's id of the object, which some providers ask to keep private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReport")
            .field("event_id", &self.event_id)
            .field("reference", &self.reference)
            .field("object_id", &Redacted(self.object_id.as_deref()))
            .field("operations", &self.operations)
            .field("status", &self.status)
            .field("is_final", &self.is_final)
            .field("amount", &self.amount)
            .field("currency", &self.currency)
            .field("live", &self.live)
            .finish()
    }
}

/// The stored form of an amount: `{"exact": "300.10"}`, or `{"unreadable": {..}}`.
mod amount {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::AmountUnreadable;
    use crate::stored::decimal;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum StoredAmount {
        Exact(#[serde(with = "decimal")] Decimal),
        Unreadable(AmountUnreadable),
    }

    pub(super) fn serialize<S: Serializer>(
        amount: &Result<Decimal, AmountUnreadable>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let stored = amount.clone().map_or_else(StoredAmount::Unreadable, StoredAmount::Exact);
        stored.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<Decimal, AmountUnreadable>, D::Error> {
        Ok(match StoredAmount::deserialize(deserializer)? {
            StoredAmount::Exact(amount) => Ok(amount),
            StoredAmount::Unreadable(problem) => Err(problem),
        })
    }
}

/// The stored form of a currency: `{"known": "INR"}`, `"missing"`, or `{"unreadable": {..}}`.
mod currency {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::{AmountUnreadable, Currency};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum StoredCurrency {
        Known(Currency),
        Missing,
        Unreadable(AmountUnreadable),
    }

    pub(super) fn serialize<S: Serializer>(
        currency: &Result<Option<Currency>, AmountUnreadable>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let stored = match currency.clone() {
            Ok(Some(currency)) => StoredCurrency::Known(currency),
            Ok(None) => StoredCurrency::Missing,
            Err(problem) => StoredCurrency::Unreadable(problem),
        };
        stored.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<Option<Currency>, AmountUnreadable>, D::Error> {
        Ok(match StoredCurrency::deserialize(deserializer)? {
            StoredCurrency::Known(currency) => Ok(Some(currency)),
            StoredCurrency::Missing => Ok(None),
            StoredCurrency::Unreadable(problem) => Err(problem),
        })
    }
}
