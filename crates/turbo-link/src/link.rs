use payments_core::id::{check_id, check_web_address};
use payments_core::time::PrimitiveDateTime;
use payments_core::{Money, open_enum, string_newtype};
use serde::{Deserialize, Serialize};

use crate::convenience_fee::{ConvenienceFee, one_or_many};
use crate::{day, dollars};

string_newtype! {
    /// tur.bo's id of a payment link: letters, digits, `.`, `_` and `-`, since it stands in a path.
    pub struct LinkId("id"): |text| check_id("id", text);
}

open_enum! {
    /// Where the payment behind a link stands.
    pub enum LinkStatus {
        /// Not paid.
        Pending = "pending",
        /// Paid.
        Completed = "completed",
        /// Paid, and given back.
        Refunded = "refunded",
    }
}

/// A payment link, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentLink {
    /// tur.bo's id.
    pub id: LinkId,
    /// The amount, in US dollars. Exact.
    pub amount: Money,
    /// Where the payment stands.
    pub status: LinkStatus,
    /// The address to pay at.
    pub url: Option<WebAddress>,
    /// The address of a picture of the QR code to pay by.
    pub qr: Option<WebAddress>,
    /// When the QR code was created: a local time, for tur.bo names no time zone.
    #[serde(serialize_with = "day::as_it_came")]
    pub created: PrimitiveDateTime,
    /// The convenience fees: one in the document's sample, a list of them in its table.
    pub convenience_fees: Vec<ConvenienceFee>,
}

/// An address, as it came. It is checked where it is used, so that one odd address does not cost the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebAddress(Box<str>);

impl WebAddress {
    /// The address, for a page or a picture in it; none where it is not one of `http` or `https` (`javascript:`, say).
    ///
    /// Text in a page is to be escaped all the same: [`core::html::escaped`](crate::core::html::escaped).
    #[must_use]
    pub fn href(&self) -> Option<&str> {
        check_web_address("url", &self.0, usize::MAX).is_ok().then_some(&*self.0)
    }

    /// The text as it came, whatever it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
pub(crate) struct WireLink {
    id: LinkId,
    #[serde(deserialize_with = "dollars::money")]
    amount: Money,
    status: LinkStatus,
    #[serde(default)]
    url: Option<WebAddress>,
    #[serde(default)]
    qr: Option<WebAddress>,
    #[serde(deserialize_with = "day::local")]
    created: PrimitiveDateTime,
    #[serde(default, deserialize_with = "one_or_many")]
    convenience_fee: Vec<ConvenienceFee>,
}

impl WireLink {
    pub(crate) fn link(self) -> PaymentLink {
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
