//! The ways to pay.

use payments::Currency;

/// A way to pay: what the customer does, and which provider executes it.
pub(crate) struct Method {
    pub(crate) kind: Kind,
    /// The name in addresses and in the database.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The account in the journal. Its name is part of the keys of the intents, so it never changes.
    pub(crate) account: &'static str,
    pub(crate) currency: Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A card number on the shop's own form.
    Card,
    /// A card that the provider has stored. It is charged at once.
    SavedCard,
    /// The shop's own page with a QR code.
    OwnPage,
    /// The provider's page.
    Page,
}

pub(crate) static METHODS: [Method; 6] = [
    Method::new(Kind::Card, "card", "Card with 3-D Secure", "card3ds", Currency::TRY),
    Method::new(Kind::Page, "bank-page", "Card on the bank's page", "card3ds", Currency::TRY),
    Method::new(Kind::SavedCard, "saved-card", "Saved card", "turratech", Currency::USD),
    Method::new(Kind::OwnPage, "upi", "UPI with a QR code here", "turbopay", Currency::INR),
    Method::new(Kind::Page, "upi-page", "UPI on TurboPay's page", "turbopay", Currency::INR),
    Method::new(Kind::Page, "upi-app", "UPI on the page of Turbo Transactions", "turbo-txn", Currency::INR),
];

impl Method {
    const fn new(
        kind: Kind, name: &'static str, title: &'static str, account: &'static str, currency: Currency,
    ) -> Self {
        Self { kind, name, title, account, currency }
    }

    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }
}

/// For a column.
impl TryFrom<String> for &'static Method {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Method::find(&name).ok_or(format!("`{name}` is not the name of a method"))
    }
}
