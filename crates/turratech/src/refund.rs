use std::collections::BTreeMap;
use std::sync::Arc;

use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Keyed, Money, MoneyError, Pager, ValidationError, open_enum};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::{expect_equal_if_present, expect_metadata};
use crate::extra::{Extra, extra_setter};
use crate::fields::{Integer, check_amount};
use crate::id::{PaymentId, RefundId};
use crate::list::{ListParams, pager};
use crate::masked_debug::masked_debug;
use crate::metadata::{self, metadata_setter};
use crate::request_body::{Parameters, post, serialize_some};

open_enum! {
    /// The reason for a refund.
    pub enum RefundReason {
        /// The payment was a duplicate.
        Duplicate = "duplicate",
        /// The payment was fraudulent.
        Fraudulent = "fraudulent",
        /// The customer requested the refund.
        RequestedByCustomer = "requested_by_customer",
    }
}

/// The parameters of a new refund.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a refund is not created until it is sent"]
pub struct NewRefund {
    payment: PaymentId,
    amount: Option<Money>,
    reason: Option<RefundReason>,
    metadata: BTreeMap<String, String>,
    extra: Extra,
}

masked_debug!(NewRefund { payment, amount, reason, extra } masked { metadata });

impl NewRefund {
    /// Creates a refund of the whole payment.
    pub fn new(payment: PaymentId) -> Self {
        Self { payment, amount: None, reason: None, metadata: BTreeMap::new(), extra: Extra::default() }
    }

    /// Sets the amount of a partial refund: greater than zero, in the payment's currency.
    ///
    /// Only the number is sent. The currency is compared with the response's, if the response contains one.
    pub fn amount(mut self, amount: Money) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Sets the reason.
    pub fn reason(mut self, reason: RefundReason) -> Self {
        self.reason = Some(reason);
        self
    }

    metadata_setter!();

    extra_setter!();
}

impl Parameters for NewRefund {
    const RESERVED: &'static [&'static str] = &["payment", "amount", "reason", "metadata"];

    fn check(&self) -> Result<(), ValidationError> {
        self.amount.map_or(Ok(()), check_amount)?;
        metadata::check(&self.metadata)?;
        if let Some(RefundReason::Unknown(_)) = self.reason {
            return Err(ValidationError::new("reason", "must be `duplicate`, `fraudulent` or `requested_by_customer`"));
        }
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("payment", &self.payment)?;
        serialize_some(members, "amount", self.amount.map(Money::minor).as_ref())?;
        serialize_some(members, "reason", self.reason.as_ref())?;
        serialize_some(members, "metadata", metadata::unless_empty(&self.metadata))
    }
}

/// A refund.
///
/// The document does not show this object. All fields except the id are inferred from the request parameters.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refund {
    /// TurraTech's id of the refund.
    pub id: RefundId,
    /// The refunded payment.
    pub payment: Option<PaymentId>,
    /// The amount in the smallest unit of the payment's currency. See [`Refund::amount`] and [`Refund::amount_in`].
    pub minor_units: Option<i64>,
    /// The currency, if the response contains one.
    pub currency: Option<Currency>,
    /// The reason.
    pub reason: Option<RefundReason>,
    /// The status, if the response contains one. The document names no statuses.
    pub status: Option<String>,
    /// The metadata that the merchant stored, sorted by name.
    pub metadata: BTreeMap<String, String>,
    /// The object as received, including members that have no field here. Not serialized.
    #[serde(skip)]
    pub raw: RawJson,
}

masked_debug!(Refund { id, payment, minor_units, currency, reason, raw } masked { status, metadata });

impl Refund {
    /// Returns the amount, if the response contains both the amount and the currency.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        Some(Money::from_minor(self.minor_units?, self.currency?))
    }

    /// Returns the amount in the payment's currency, which the merchant knows.
    ///
    /// Returns `None` if the response contains no amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the response contains another currency.
    pub fn amount_in(&self, currency: Currency) -> Result<Option<Money>, MoneyError> {
        match self.currency {
            Some(received) if received != currency => {
                Err(MoneyError::CurrencyMismatch { left: currency, right: received })
            }
            _ => Ok(self.minor_units.map(|minor| Money::from_minor(minor, currency))),
        }
    }

    pub(crate) fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WireRefund = raw.decode_object()?;
        Ok(Self {
            id: wire.id,
            payment: wire.payment,
            minor_units: wire.amount.map(|amount| amount.0),
            currency: wire.currency,
            reason: wire.reason,
            status: wire.status,
            metadata: wire.metadata,
            raw,
        })
    }
}

impl Client {
    /// Refunds a payment, or a part of it. **This moves money.**
    ///
    /// The money returns to the original payment method (documented). Only what was charged and not yet refunded can be
    /// refunded (documented). Two partial refunds of the same amount are two refunds (inferred).
    ///
    /// So after an unknown outcome, repeat the call with the same key. Never use a new key: see
    /// [`Call::idempotency_key`] and [`IdempotencyExt`](crate::IdempotencyExt).
    pub fn create_refund(&self, refund: NewRefund) -> Call<Refund, Keyed> {
        let requested = Arc::new(refund);
        let request = self.unless_publishable(|| post(Path::new("refunds"), Arc::clone(&requested)));
        self.connection.auto_keyed_call(CREATE_REFUND, request, move |raw: RawJson| {
            let refund = Refund::read(raw)?;
            expect_requested(&refund, &requested).map(|()| refund)
        })
    }

    /// Retrieves a refund.
    pub fn retrieve_refund(&self, id: &RefundId) -> Call<Refund> {
        let request =
            self.unless_publishable(|| Ok(RequestBuilder::get(Path::new("refunds").segment(id)).log_as(id.clone())));
        let id = id.clone();
        self.connection.call(RETRIEVE_REFUND, request, move |raw: RawJson| {
            let refund = Refund::read(raw)?;
            json::expect_equal("id", &refund.id, &id).map(|()| refund)
        })
    }

    /// Lists refunds, newest first (inferred).
    pub fn list_refunds(&self, list: ListParams<RefundId>) -> Pager<Refund> {
        pager(self, LIST_REFUNDS, "refunds", list, |refund: &Refund| refund.id.as_str(), Refund::read)
    }
}

/// Compares a refund with its request. A key that was used for another refund returns that refund.
fn expect_requested(received: &Refund, requested: &NewRefund) -> Result<(), DecodeError> {
    let (amount, currency) = (requested.amount.map(Money::minor), requested.amount.map(Money::currency));
    expect_equal_if_present("payment", received.payment.as_ref(), Some(&requested.payment))?;
    expect_equal_if_present("amount", received.minor_units.as_ref(), amount.as_ref())?;
    expect_equal_if_present("currency", received.currency.as_ref(), currency.as_ref())?;
    expect_metadata(&received.metadata, &received.raw, &requested.metadata)
}

#[derive(Deserialize)]
struct WireRefund {
    id: RefundId,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment: Option<PaymentId>,
    #[serde(default)]
    amount: Option<Integer>,
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    reason: Option<RefundReason>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "metadata::deserialize")]
    metadata: BTreeMap<String, String>,
}

const CREATE_REFUND: Operation = Operation::move_money("create_refund").stable_id("create_refund");
const RETRIEVE_REFUND: Operation = Operation::read("retrieve_refund");
const LIST_REFUNDS: Operation = Operation::read("list_refunds");
