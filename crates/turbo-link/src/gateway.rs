//! tur.bo in the vocabulary that all providers share.

use payments_core::PaymentStatus;
use payments_core::gateway::{Capabilities, Capability, Feature};

use crate::client::Client;
use crate::link::LinkStatus;

impl Client {
    /// Returns what tur.bo offers, as a table.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turbo-link",
    table: &[
        Capability::not_offered(Feature::StartPayment, "the API cannot create payment links"),
        Capability::not_offered(Feature::OwnPage, ""),
        Capability::not_offered(Feature::Confirm, ""),
        Capability::not_offered(Feature::Card, ""),
        Capability::not_offered(Feature::Lookup, "a payment link has no merchant reference"),
        Capability::not_offered(
            Feature::Retrieve,
            "the documented response for one id contains another link: call `list_links`, then `find`",
        ),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, ""),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(Feature::DuplicateProtection, "not needed: all operations are read-only"),
        Capability::not_offered(Feature::SignedWebhooks, ""),
        Capability::not_offered(Feature::Callbacks, ""),
        Capability::supported(Feature::Lists, "one page; the API documents no way to get the next page"),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, "a payment link can have a URL and a QR code"),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
    recovery: &[],
    status_changes: &[],
};

impl LinkStatus {
    /// Returns the status in the vocabulary that all providers share.
    #[must_use]
    pub fn common(&self) -> PaymentStatus {
        match self {
            Self::Pending => PaymentStatus::AwaitingCustomer,
            Self::Completed => PaymentStatus::Succeeded,
            Self::Refunded => PaymentStatus::Refunded,
            Self::Unknown(_) => PaymentStatus::Unknown(self.as_str().to_owned()),
        }
    }
}
