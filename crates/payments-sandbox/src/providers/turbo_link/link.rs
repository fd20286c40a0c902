use time::OffsetDateTime;
use time::macros::datetime;

use super::fee::Charge;
use crate::engine::Effect;
use crate::ledger::EntryKind;
use crate::money;
use crate::random::Random;

/// Where a link stands, in the document's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Completed,
    Refunded,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Refunded => "refunded",
        }
    }
}

/// What becomes of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The customer pays.
    Complete,
    /// The merchant gives it back.
    Refund,
}

/// A payment link.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) id: String,
    /// In cents, without the fee.
    pub(crate) amount: i64,
    pub(crate) status: Status,
    pub(crate) created: OffsetDateTime,
    pub(crate) charge: Charge,
}

impl Link {
    pub(crate) fn new(id: String, amount: i64, created: OffsetDateTime) -> Self {
        Self { id, amount, status: Status::Pending, created, charge: Charge::Disabled }
    }

    /// Where it is paid.
    pub(crate) fn url(&self, origin: &str) -> String {
        format!("{origin}{PAGES}{}", self.id)
    }

    /// Where its QR code is.
    pub(crate) fn qr(&self, origin: &str) -> String {
        format!("{origin}{IMAGES}{}.png", self.id)
    }

    /// Changes it, and says what money that moved.
    pub(crate) fn apply(&mut self, action: Action) -> Result<Effect, String> {
        let (from, next, kind) = match action {
            Action::Complete => (Status::Pending, Status::Completed, EntryKind::Credited),
            Action::Refund => (Status::Completed, Status::Refunded, EntryKind::Returned),
        };
        if self.status != from {
            return Err(format!("a link that is {} does not become {}", self.status.as_str(), next.as_str()));
        }
        self.status = next;
        Ok(Effect::Record {
            operation: "turbo-link.payment",
            reference: self.id.clone(),
            kind,
            amount: self.amount,
            currency: "USD".to_owned(),
            request: None,
        })
    }
}

/// The links that are there from the start: the sample's, and one of each status from the seed.
///
/// What became of them became so before the ledger began.
pub(crate) fn first(random: &mut Random) -> Vec<Link> {
    let sample = Link::new(SAMPLE_ID.to_owned(), 100, datetime!(2023-11-01 11:19:49 UTC));
    let mut links = vec![sample];
    for (status, least) in [(Status::Pending, 100), (Status::Completed, 100_000), (Status::Refunded, 5_000)] {
        let mut up_to = |most: u64| i64::try_from(random.next() % most).unwrap_or_default();
        let amount = least + up_to(100_000);
        let created = datetime!(2024-01-01 00:00:00 UTC) + time::Duration::seconds(up_to(A_YEAR));
        // Seven letters, so that none is the sample's, nor one that is made later.
        let id = random.alphanumeric(7).to_ascii_lowercase();
        links.push(Link { status, ..Link::new(id, amount, created) });
    }
    links[2].charge = Charge::Flat { cents: 150 };
    links
}

/// Reads an amount of dollars: `1.00`.
pub(crate) fn dollars(text: &str) -> Result<i64, String> {
    money::parse_positive(text).ok_or_else(|| format!("{text:?} is no decimal above zero with at most two decimals"))
}

/// The sample's.
pub(crate) const SAMPLE_ID: &str = "abc123";

/// The payment pages: the document shows no address of one.
pub(crate) const PAGES: &str = "/pay/";
/// The QR codes, as the sample shows their address.
pub(crate) const IMAGES: &str = "/images/";

/// In seconds.
const A_YEAR: u64 = 366 * 24 * 60 * 60;
