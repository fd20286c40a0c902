use std::collections::BTreeMap;
use std::sync::Arc;

use payments_core::json::{
    self, DecodeError, Facts, ProviderMessage, RawJson, Read, UnreadableItem, UnreadableMembers,
};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::time::OffsetDateTime;
use payments_core::{
    AmountUnreadable, Argument, Call, Currency, Extra, Keyed, Mismatch, Money, Pager, ReportedAmount, ReportedCurrency,
    ValidationError, extra_setter, open_enum,
};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::{expect_amount, expect_equal_if_present, expect_metadata};
use crate::fields::{check_amount, raw_created, reference};
use crate::id::{PaymentId, RefundId};
use crate::list::{ListParams, pager};
use crate::masked_debug::masked_debug;
use crate::metadata::{self, metadata_setter};
use crate::request_body::{Parameters, post_shared, serialize_some};

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
    payment: Argument<PaymentId>,
    amount: Option<Money>,
    reason: Option<RefundReason>,
    metadata: BTreeMap<String, String>,
    extra: Extra,
}

masked_debug!(NewRefund { payment, amount, reason, extra } masked { metadata });

impl NewRefund {
    /// Creates a refund of the whole payment.
    pub fn new(payment: impl Into<Argument<PaymentId>>) -> Self {
        Self { payment: payment.into(), amount: None, reason: None, metadata: BTreeMap::new(), extra: Extra::default() }
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
        self.payment.get()?;
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    stored: StoredAs<Self>,
    /// TurraTech's id of the refund.
    pub id: RefundId,
    /// The refunded payment.
    pub payment: Option<PaymentId>,
    amount: ReportedAmount,
    pub(crate) currency: ReportedCurrency,
    /// The reason.
    pub reason: Option<RefundReason>,
    /// The status, if the response contains one. The document names no statuses.
    pub status: Option<String>,
    /// The metadata that the merchant stored, sorted by name.
    pub metadata: BTreeMap<String, String>,
    /// The object as received, including members that have no field here. Members that could not be read are
    /// repaired or `null`.
    ///
    /// In the stored form it is a string, with possible card numbers masked.
    #[serde(with = "json::raw_text")]
    pub raw: RawJson,
    unreadable: UnreadableMembers,
}

impl Stored for Refund {
    const TAG: &'static str = "turratech.refund/1";
}

masked_debug!(Refund { stored, id, payment, reason, raw, unreadable } masked { amount, currency, status, metadata });

impl Refund {
    /// Returns the amount, if the response contains both the amount and the currency.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount or the currency is missing or cannot be read exactly. [`AmountUnreadable::raw`] is
    /// `None` if it is missing.
    pub fn amount(&self) -> Result<Money, AmountUnreadable> {
        self.amount.in_smallest_units(self.currency.currency()?)
    }

    /// Returns the amount in the payment's currency, which the merchant knows.
    ///
    /// # Errors
    ///
    /// Returns an error if the response contains another currency, or if the amount is missing, or if either cannot be
    /// read exactly.
    pub fn amount_in(&self, currency: Currency) -> Result<Money, Mismatch> {
        match self.currency.if_reported().map_err(Mismatch::AmountUnreadable)? {
            Some(received) if received != currency => Err(Mismatch::Currency { expected: currency, actual: received }),
            _ => self.amount.in_smallest_units(currency).map_err(Mismatch::AmountUnreadable),
        }
    }

    /// Returns the amount like [`Refund::amount_in`], or `None` if the response contains none.
    pub(crate) fn amount_if_reported(&self, currency: Currency) -> Result<Option<Money>, Mismatch> {
        if self.amount == ReportedAmount::Missing { Ok(None) } else { self.amount_in(currency).map(Some) }
    }

    /// Returns when the refund was created, if the response says so (inferred, from the payment's member `created`).
    #[must_use]
    pub fn created(&self) -> Option<OffsetDateTime> {
        raw_created(&self.raw)
    }

    /// The members of the response that could not be read as expected. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn read(read: Read<'_, WireRefund>) -> Self {
        let raw = read.raw();
        let Read { value: wire, unreadable, .. } = read;
        Self {
            stored: StoredAs::new(),
            id: wire.id,
            payment: wire.payment,
            amount: unreadable.amount("amount", wire.amount),
            currency: unreadable.currency("currency", wire.currency),
            reason: wire.reason,
            status: wire.status,
            metadata: wire.metadata,
            raw,
            unreadable,
        }
    }

    fn facts(&self) -> Facts {
        Facts { object_id: Some(self.id.as_str().to_owned()), status: self.status.clone(), amount: self.amount.text() }
    }
}

impl Client {
    /// Refunds a payment, or a part of it. **This moves money.**
    ///
    /// The money returns to the original payment method (documented). Only what was charged and not yet refunded can be
    /// refunded (documented). Two partial refunds of the same amount are two refunds (inferred).
    ///
    /// The returned refund is compared with the request. An amount or currency that cannot be read does not fail the call,
    /// because the refund may be executed: [`Refund::amount`] and [`Refund::amount_in`] then return an error.
    ///
    /// So after an unknown outcome, repeat the call with the same key. Never use a new key: see
    /// [`Call::idempotency_key`] and [`IdempotencyExt`](crate::IdempotencyExt).
    pub fn create_refund(&self, refund: NewRefund) -> Call<Refund, Keyed> {
        let requested = Arc::new(refund);
        let request = self.unless_publishable(|| post_shared(Path::new("refunds"), Arc::clone(&requested)));
        self.connection.auto_keyed_call(CREATE_REFUND, request, move |message| {
            let refund = Refund::read(message);
            match expect_requested(&refund, &requested) {
                Ok(()) => Ok(refund),
                Err(problem) => Err(problem.with_facts(refund.facts())),
            }
        })
    }

    /// Retrieves a refund.
    pub fn retrieve_refund(&self, id: &RefundId) -> Call<Refund> {
        let request =
            self.unless_publishable(|| Ok(RequestBuilder::get(Path::new("refunds").segment(id)).log_as(id.clone())));
        let id = id.clone();
        self.connection.call(RETRIEVE_REFUND, request, move |message| {
            let refund = Refund::read(message);
            json::expect_equal("id", &refund.id, &id).map(|()| refund)
        })
    }

    /// Lists refunds, newest first (inferred).
    ///
    /// A refund that cannot be read is an [`UnreadableItem`]. The others follow.
    pub fn list_refunds(&self, list: ListParams<RefundId>) -> Pager<Result<Refund, UnreadableItem>> {
        pager(self, LIST_REFUNDS, "refunds", list, |message| Ok(Refund::read(message)))
    }
}

/// Compares a refund with its request. A key that was used for another refund returns that refund.
fn expect_requested(received: &Refund, requested: &NewRefund) -> Result<(), DecodeError> {
    let unreadable = &received.unreadable;
    expect_equal_if_present("payment", received.payment.as_ref(), requested.payment.valid(), unreadable)?;
    if let Some(amount) = requested.amount {
        expect_amount(&received.amount, &received.currency, amount)?;
    }
    expect_metadata(&received.metadata, &received.raw, unreadable, &requested.metadata)
}

#[derive(Deserialize)]
pub(crate) struct WireRefund {
    id: RefundId,
    #[serde(default, deserialize_with = "reference")]
    payment: Option<PaymentId>,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(default)]
    reason: Option<RefundReason>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "json::text_map")]
    metadata: BTreeMap<String, String>,
}

impl ProviderMessage for WireRefund {
    const DECIDING: &'static [&'static str] = &["id", "status"];
}

const CREATE_REFUND: Operation = Operation::move_money("create_refund").stable_id("create_refund");
const RETRIEVE_REFUND: Operation = Operation::read("retrieve_refund");
const LIST_REFUNDS: Operation = Operation::read("list_refunds");
