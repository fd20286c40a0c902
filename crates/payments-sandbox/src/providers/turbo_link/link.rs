use time::OffsetDateTime;
use time::macros::datetime;

use super::fee::Charge;
use crate::engine::Effect;
use crate::ledger::EntryKind;
use crate::money;
use crate::problem::Problem;
use crate::random::Random;

/// The status of a link, as documented.
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

/// An action on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The customer pays.
    Complete,
    /// The merchant refunds the payment.
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

    /// Returns the URL of the payment page.
    pub(crate) fn url(&self, origin: &str) -> String {
        format!("{origin}{PAGES}{}", self.id)
    }

    /// Returns the URL of the QR code.
    pub(crate) fn qr(&self, origin: &str) -> String {
        format!("{origin}{IMAGES}{}.png", self.id)
    }

    /// Reports the status.
    pub(crate) fn changed(&self, from: Option<Status>) -> Effect {
        Effect::Status {
            operation: "payment",
            reference: self.id.clone(),
            id: None,
            from: from.map(Status::as_str),
            to: self.status.as_str(),
        }
    }

    /// Changes the link. Returns the change, and the ledger entry of the money that moved.
    pub(crate) fn apply(&mut self, action: Action) -> Result<Vec<Effect>, Problem> {
        let (from, next, kind) = match action {
            Action::Complete => (Status::Pending, Status::Completed, EntryKind::Credited),
            Action::Refund => (Status::Completed, Status::Refunded, EntryKind::Returned),
        };
        if self.status != from {
            let (from, to) = (self.status.as_str(), next.as_str());
            return Err(Problem::Conflict(format!("a link cannot change from {from} to {to}")));
        }
        self.status = next;
        let moved = Effect::Record {
            operation: "turbo-link.payment",
            reference: self.id.clone(),
            kind,
            amount: self.amount,
            currency: "USD".to_owned(),
            request: None,
        };
        Ok(vec![self.changed(Some(from)), moved])
    }
}

/// Returns the initial links: the sample's, and one of each status from the seed.
///
/// Their payments and refunds are not in the ledger.
pub(crate) fn initial(random: &mut Random) -> Vec<Link> {
    let sample = Link::new(SAMPLE_ID.to_owned(), 100, datetime!(2023-11-01 11:19:49 UTC));
    let mut links = vec![sample];
    for (status, min) in [(Status::Pending, 100), (Status::Completed, 100_000), (Status::Refunded, 5_000)] {
        let mut below = |limit: u64| i64::try_from(random.next() % limit).unwrap_or_default();
        let amount = min + below(100_000);
        let created = datetime!(2024-01-01 00:00:00 UTC) + time::Duration::seconds(below(SECONDS_PER_YEAR));
        // Seven characters, so that no id equals the sample's or that of a later link, which have six.
        let id = random.alphanumeric(7).to_ascii_lowercase();
        links.push(Link { status, ..Link::new(id, amount, created) });
    }
    links[2].charge = Charge::Flat { cents: 150 };
    links
}

/// Parses an amount in dollars, such as `1.00`, as cents.
pub(crate) fn dollars(text: &str) -> Result<i64, Problem> {
    money::parse_positive(text)
        .ok_or_else(|| Problem::Invalid(format!("{text:?} must be a decimal above zero with at most two decimals")))
}

/// The id of the sample's link.
pub(crate) const SAMPLE_ID: &str = "abc123";

/// The path prefix of payment pages (inferred): the document shows no URL of one.
pub(crate) const PAGES: &str = "/pay/";
/// The path prefix of QR codes, as in the sample.
pub(crate) const IMAGES: &str = "/images/";

/// A leap year.
const SECONDS_PER_YEAR: u64 = 366 * 24 * 60 * 60;
