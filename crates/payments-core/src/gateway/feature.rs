use std::fmt;

macro_rules! features {
    ($($(#[$meta:meta])* $name:ident = $words:literal,)*) => {
        /// A feature that a provider may offer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $($(#[$meta])* $name,)*
        }

        impl Feature {
            /// All features, in the order of the tables.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The feature's name for people.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                }
            }
        }
    };
}

features! {
    /// [`StartPayment`](super::StartPayment).
    StartPayment = "start a payment",
    /// [`PaymentRequest::own_page`](super::PaymentRequest::own_page()): the data for the merchant's own payment page.
    OwnPage = "the merchant's own payment page",
    /// [`Confirm`](super::Confirm): the UTR that a customer entered on the merchant's own page.
    Confirm = "confirm by UTR",
    /// [`PaymentRequest::card`](super::PaymentRequest::card()): a card, with 3-D Secure.
    Card = "start a payment with a card and 3-D Secure",
    /// [`Lookup`](super::Lookup): by the merchant's own reference.
    Lookup = "look up by the merchant's reference",
    /// [`Retrieve`](super::Retrieve): by the provider's id.
    Retrieve = "look up by the provider's id",
    /// [`Capture`](super::Capture).
    Capture = "capture",
    /// [`Cancel`](super::Cancel).
    Cancel = "cancel",
    /// [`Refund`](super::Refund).
    Refund = "refund",
    /// [`PayOut`](super::PayOut).
    PayOut = "pay out",
    /// [`AvailableBalance`](super::AvailableBalance).
    Balance = "balance",
    /// The provider's own protection against executing an operation twice: an idempotency key, or a reference that it
    /// accepts once.
    DuplicateProtection = "protection against duplicates",
    /// Webhooks with a signature that can be verified.
    SignedWebhooks = "signed webhooks",
    /// Unsigned callbacks, which only name an order to look up.
    Callbacks = "unsigned callbacks",
    /// Lists.
    Lists = "lists",
    /// Subscriptions.
    Subscriptions = "subscriptions",
    /// A payment page that the provider hosts.
    HostedPage = "hosted payment page",
    /// 3-D Secure.
    ThreeDSecure = "3-D Secure",
    /// Installments.
    Installments = "installments",
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
