use std::fmt;

/// What a provider can do: one static table a provider's crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Capabilities {
    /// The provider, as its crate is called.
    pub provider: &'static str,
    /// An answer for every feature, in the order of [`Feature::ALL`].
    pub table: &'static [Capability],
}

impl Capabilities {
    /// What it says of a feature.
    #[must_use]
    pub fn of(&self, feature: Feature) -> Answer {
        self.table.iter().find(|row| row.feature == feature).map_or(Answer::NotInSdk, |row| row.answer)
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Capability {
    /// What is asked.
    pub feature: Feature,
    /// Whether it can be had.
    pub answer: Answer,
    /// What else there is to know: how it is called here, or what stands in the way.
    pub note: &'static str,
}

impl Capability {
    /// It can be had.
    #[must_use]
    pub const fn yes(feature: Feature, note: &'static str) -> Self {
        Self { feature, answer: Answer::Yes, note }
    }

    /// The provider does not offer it.
    #[must_use]
    pub const fn not_offered(feature: Feature, note: &'static str) -> Self {
        Self { feature, answer: Answer::NotOffered, note }
    }

    /// The provider may offer it, and this SDK does not have it.
    #[must_use]
    pub const fn not_in_sdk(feature: Feature, note: &'static str) -> Self {
        Self { feature, answer: Answer::NotInSdk, note }
    }
}

/// Whether something can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: there is no fourth answer")]
pub enum Answer {
    /// It can.
    Yes,
    /// The provider's document does not offer it.
    NotOffered,
    /// The provider may offer it; this SDK does not have it.
    NotInSdk,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Yes => "yes",
            Self::NotOffered => "not offered",
            Self::NotInSdk => "not in the SDK",
        })
    }
}

macro_rules! features {
    ($($(#[$meta:meta])* $name:ident = $words:literal,)*) => {
        /// What can be asked of a provider's capabilities.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $($(#[$meta])* $name,)*
        }

        impl Feature {
            /// Every one, in the order of the tables.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The feature in words.
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
    /// [`LookUp`](super::LookUp): by the merchant's own reference.
    LookUp = "look up by the merchant's reference",
    /// [`Retrieve`](super::Retrieve): by the provider's own id.
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
    /// Protection of the provider's own against doing a thing twice: a key, or a reference that is taken once.
    DuplicateProtection = "protection against duplicates",
    /// Messages whose origin can be proved.
    ProvenWebhooks = "webhooks that prove their origin",
    /// Messages that yield only what to ask about.
    Callbacks = "callbacks to be confirmed",
    /// Lists.
    Lists = "lists",
    /// Subscriptions.
    Subscriptions = "subscriptions",
    /// A page of the provider's on which the customer pays.
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
