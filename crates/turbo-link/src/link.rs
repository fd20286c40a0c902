use payments_core::id::check_url;
use payments_core::time::PrimitiveDateTime;
use payments_core::{Money, open_enum};
use serde::{Deserialize, Serialize};

use crate::convenience_fee::{ConvenienceFee, one_or_many};
use crate::id::LinkId;
use crate::{day, dollars};

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

/// A payment link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentLink {
    /// tur.bo's id.
    pub id: LinkId,
    /// The exact amount in US dollars.
    pub amount: Money,
    /// The status of the payment.
    pub status: LinkStatus,
    /// The URL of the payment page.
    pub url: Option<WebAddress>,
    /// The URL of the QR code's image.
    pub qr: Option<WebAddress>,
    /// When the QR code was created (*documented*), as a local time: tur.bo names no time zone.
    #[serde(serialize_with = "day::serialize_local")]
    pub created: PrimitiveDateTime,
    /// The convenience fees: one in the documented sample, a list in the documented table.
    pub convenience_fees: Vec<ConvenienceFee>,
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
    #[serde(deserialize_with = "dollars::deserialize")]
    amount: Money,
    status: LinkStatus,
    #[serde(default)]
    url: Option<WebAddress>,
    #[serde(default)]
    qr: Option<WebAddress>,
    #[serde(deserialize_with = "day::deserialize_local")]
    created: PrimitiveDateTime,
    #[serde(default, deserialize_with = "one_or_many")]
    convenience_fee: Vec<ConvenienceFee>,
}

impl WireLink {
    pub(crate) fn into_link(self) -> PaymentLink {
        PaymentLink {
            id: self.id,
            amount: self.amount,
            status: self.status,
            url: self.url,
            qr: self.qr,
            created: self.created,
            convenience_fees: self.convenience_fee,
        }
    }
}
