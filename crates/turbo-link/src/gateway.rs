//! tur.bo in the words that all providers share.

use payments_core::PaymentStatus;
use payments_core::gateway::{Capabilities, Capability, Feature};

use crate::client::Client;
use crate::link::LinkStatus;

impl Client {
    /// What tur.bo can do.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turbo-link",
    table: &[
        Capability::not_offered(Feature::StartPayment, "links are made elsewhere"),
        Capability::not_offered(Feature::Lookup, "a link has no reference of the merchant's"),
        Capability::not_offered(
            Feature::Retrieve,
            "the detail's sample answers with another link: `link`, then `find`",
        ),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, ""),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(Feature::DuplicateProtection, "there is nothing to do twice"),
        Capability::not_offered(Feature::SignedWebhooks, ""),
        Capability::not_offered(Feature::Callbacks, ""),
        Capability::supported(Feature::Lists, "one page; no way to page"),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, "each link has an address and a QR code"),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
};

impl LinkStatus {
    /// The same in the words that all providers share.
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
