//! The ways to pay.

use payments::Currency;

/// A way to pay: a provider, and what the customer does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// A card number on the shop's own form, with 3-D Secure: card3ds.
    Card,
    /// A card on the provider's page: card3ds.
    BankPage,
    /// A card that TurraTech has stored.
    SavedCard,
    /// UPI on the shop's own page, with a QR code: TurboPay.
    Upi,
    /// UPI on the provider's page: TurboPay.
    UpiPage,
    /// UPI on the provider's page: Turbo Transactions.
    UpiApp,
}

impl Method {
    pub(crate) const ALL: [Self; 6] =
        [Self::Card, Self::BankPage, Self::SavedCard, Self::Upi, Self::UpiPage, Self::UpiApp];

    /// The name in addresses and in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::BankPage => "bank-page",
            Self::SavedCard => "saved-card",
            Self::Upi => "upi",
            Self::UpiPage => "upi-page",
            Self::UpiApp => "upi-app",
        }
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The name for the customer.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Card => "Card with 3-D Secure",
            Self::BankPage => "Card on the bank's page",
            Self::SavedCard => "Saved card",
            Self::Upi => "UPI: scan a QR code here",
            Self::UpiPage => "UPI on TurboPay's page",
            Self::UpiApp => "UPI on the page of Turbo Transactions",
        }
    }

    /// The account in the journal. Its name is part of the keys of the intents, so it never changes.
    pub(crate) fn account(self) -> &'static str {
        match self {
            Self::Card | Self::BankPage => "card3ds",
            Self::SavedCard => "turratech",
            Self::Upi | Self::UpiPage => "turbopay",
            Self::UpiApp => "turbo-txn",
        }
    }

    pub(crate) fn currency(self) -> Currency {
        match self {
            Self::Card | Self::BankPage => Currency::TRY,
            Self::SavedCard => Currency::USD,
            Self::Upi | Self::UpiPage | Self::UpiApp => Currency::INR,
        }
    }

    /// True if the provider can charge without anything that this shop shows.
    pub(crate) fn charges_at_once(self) -> bool {
        self == Self::SavedCard
    }
}
