use payments_core::id::check_url;
use payments_core::json::{DecodeError, ProviderMessage, Read, UnreadableMembers};
use payments_core::stored::{Stored, StoredAs};
use payments_core::time::PrimitiveDateTime;
use payments_core::{AmountUnreadable, Currency, Expected, Mismatch, Money, Reported, ReportedAmount, open_enum};
use serde::{Deserialize, Serialize};

use crate::convenience_fee::{ConvenienceFee, WireFees};
use crate::day;
use crate::dollars;
use crate::id::LinkId;

open_enum! {
    /// The status of a link's payment.
    pub enum LinkStatus {
        /// Not paid.
        Pending = "pending",
        /// Paid.
        Completed = "completed",
        /// Paid and refunded.
        Refunded = "refunded",
    }
}

impl LinkStatus {
    /// Returns true if the link was paid: `completed` or `refunded` (*inferred*).
    ///
    /// A completed payment may still be refunded. An unknown status is never final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Refunded)
    }
}

/// A payment link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentLink {
    stored: StoredAs<Self>,
    /// tur.bo's id.
    pub id: LinkId,
    amount: ReportedAmount,
    /// The status of the payment.
    pub status: LinkStatus,
    /// The URL of the payment page.
    pub url: Option<WebAddress>,
    /// The URL of the QR code's image.
    pub qr: Option<WebAddress>,
    /// When the QR code was created (*documented*), as a local time: tur.bo names no time zone. `None` if it is missing or
    /// is not a date.
    #[serde(serialize_with = "day::serialize_local", deserialize_with = "day::deserialize_local")]
    pub created: Option<PrimitiveDateTime>,
    /// The convenience fees: one in the documented sample, a list in the documented table.
    pub convenience_fees: Vec<ConvenienceFee>,
    unreadable: UnreadableMembers,
}

impl Stored for PaymentLink {
    const TAG: &'static str = "turbo-link.payment_link/1";
}

impl PaymentLink {
    /// Returns the exact amount in US dollars.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or is not in tur.bo's format. The status is readable all the same.
    pub fn amount(&self) -> Result<Money, AmountUnreadable> {
        dollars::amount(&self.amount)
    }

    /// Compares the link's id, currency (US dollars) and amount with what is expected.
    ///
    /// The expected reference is tur.bo's id: a link has no reference of the merchant. The status is not compared.
    ///
    /// ```
    /// use turbo_link::{Expected, LinkStatus, Money, PaymentLink};
    ///
    /// fn is_paid(link: &PaymentLink, price: Money) -> bool {
    ///     link.status == LinkStatus::Completed && link.check(&Expected::new("abc123", price)).is_ok()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the first difference. An amount that is missing or unreadable matches nothing.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        let amount = self.amount().and_then(|_| self.amount.decimal());
        let currency = Ok(Some(Currency::USD));
        expected.check(&Reported { reference: self.id.as_str(), amount, currency, live: None })
    }

    /// Returns the members of the link that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireLink>) -> Result<Self, DecodeError> {
        let Read { value: wire, unreadable, .. } = read;
        // The list replaces invalid Unicode before its items are read.
        if wire.status.as_str().contains(char::REPLACEMENT_CHARACTER) {
            return Err(DecodeError::new("status", "contains invalid Unicode"));
        }
        Ok(Self {
            stored: StoredAs::new(),
            id: wire.id,
            amount: wire.amount,
            status: wire.status,
            url: wire.url,
            qr: wire.qr,
            created: wire.created,
            convenience_fees: wire.convenience_fee.into_fees(&unreadable),
            unreadable,
        })
    }
}

/// A URL as received. It is validated on use, so that one invalid URL does not make the list undecodable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebAddress(Box<str>);

impl WebAddress {
    /// Returns the URL if it is http or https; `None` for any other text, such as `javascript:`.
    ///
    /// Escape it in HTML: [`html::escape`](payments_core::html::escape).
    #[must_use]
    pub fn href(&self) -> Option<&str> {
        check_url("url", &self.0, usize::MAX).is_ok().then_some(&*self.0)
    }

    /// The text as received, valid or not.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
pub(crate) struct WireLink {
    id: LinkId,
    #[serde(default, deserialize_with = "dollars::deserialize")]
    amount: ReportedAmount,
    status: LinkStatus,
    #[serde(default)]
    url: Option<WebAddress>,
    #[serde(default)]
    qr: Option<WebAddress>,
    #[serde(default, deserialize_with = "day::deserialize_local")]
    created: Option<PrimitiveDateTime>,
    #[serde(default)]
    convenience_fee: WireFees,
}

impl ProviderMessage for WireLink {
    const DECIDING: &'static [&'static str] = &["id", "status"];
}
