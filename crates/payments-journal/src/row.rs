//! The columns of a new intent.

use std::borrow::Cow;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, ValidationError};
use zeroize::Zeroizing;

use crate::error::JournalError;
use crate::intent::{Intent, IntentId, IntentKey};
use crate::keys::{Identity, JournalKeys};
use crate::settings::later;

/// The columns of a new intent: what [`Intent::row`] returns, and what a store inserts.
///
/// All other columns have defaults. The documented SQL inserts exactly these.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores read all of it")]
pub struct IntentRow {
    /// The unique key.
    pub key: IntentKey,
    /// The amount, if the operation has one: `amount` in the currency's smallest unit, and `currency` as a code.
    pub amount: Option<Money>,
    /// The version of the parameters' form.
    pub version: u32,
    /// The id of the journal's key that the MAC and the seal were made with.
    pub key_id: String,
    /// The MAC of the parameters, to compare a repeated intent with this one.
    pub mac: Vec<u8>,
    /// The sealed parameters.
    pub parameters: Vec<u8>,
    /// True if only a process that has in memory what is never stored, such as the card, may send it.
    pub by_ticket: bool,
    /// When it was recorded. Stored as Unix time in milliseconds, as all times are.
    pub recorded_at: OffsetDateTime,
    /// When an intent that was not sent is abandoned.
    pub expires_at: Option<OffsetDateTime>,
    /// When a worker should look at it first.
    pub due_at: Option<OffsetDateTime>,
    /// The intent that this one does again, after a review.
    pub supersedes: Option<IntentId>,
}

/// A value of a column, for any database library. A `NULL` has the type of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: an application converts each")]
pub enum Column<'a> {
    /// An integer, or `NULL`.
    Integer(Option<i64>),
    /// A text, or `NULL`.
    Text(Option<Cow<'a, str>>),
    /// Bytes.
    Blob(&'a [u8]),
}

impl Intent {
    /// Returns the columns of this intent, for applications that insert it with their own database library.
    ///
    /// `now` becomes the time of recording. A worker, in any process, sends the intent once the row is committed.
    ///
    /// # Errors
    ///
    /// Returns [`JournalError::Invalid`] if the intent is invalid.
    pub fn row(&self, keys: &JournalKeys, now: OffsetDateTime) -> Result<IntentRow, JournalError> {
        self.check()?;
        let expires_at = self.expiry.map(|expiry| expiry.from(now));
        if self.by_ticket && expires_at.is_none() {
            let rule = "is required with a card or another value that is never stored: only this process can send the intent, \
                        and nothing else ends it";
            return Err(ValidationError::new("expires_at", rule).into());
        }
        let mut row = IntentRow {
            key: self.key.clone(),
            amount: self.amount,
            version: self.version,
            key_id: keys.current().to_owned(),
            mac: Vec::new(),
            parameters: Vec::new(),
            by_ticket: self.by_ticket,
            recorded_at: now,
            expires_at,
            due_at: Some(expires_at.filter(|_| self.by_ticket).unwrap_or_else(|| later(now, self.head_start))),
            supersedes: self.supersedes,
        };
        row.mac = keys.mac(&row.identity(), &self.content()).to_vec();
        row.parameters = keys.seal(&row.identity(), &self.parameters)?;
        Ok(row)
    }

    /// What must be equal in a repeated intent.
    pub(crate) fn content(&self) -> Zeroizing<Vec<u8>> {
        content(self.amount, &self.parameters)
    }
}

/// What the MAC of a row protects besides its identity.
pub(crate) fn content(amount: Option<Money>, parameters: &[u8]) -> Zeroizing<Vec<u8>> {
    let amount = amount.map_or_else(String::new, |amount| format!("{} {}", amount.minor(), amount.currency()));
    Zeroizing::new([amount.as_bytes(), b"\n", parameters].concat())
}

impl IntentRow {
    /// Returns the values in the order of the documented `INSERT`.
    #[must_use]
    pub fn columns(&self) -> [Column<'_>; 16] {
        let (account, amount) = (&self.key.account, self.amount);
        let currency = amount.map(|amount| Cow::Owned(amount.currency().to_string()));
        [
            text(&account.tenant),
            text(&account.provider),
            text(&account.name),
            text(&self.key.operation),
            text(&self.key.reference),
            Column::Integer(amount.map(|amount| amount.minor())),
            Column::Text(currency),
            Column::Integer(Some(self.version.into())),
            text(&self.key_id),
            Column::Blob(&self.mac),
            Column::Blob(&self.parameters),
            Column::Integer(Some(self.by_ticket.into())),
            Column::Integer(Some(millis(self.recorded_at))),
            Column::Integer(self.expires_at.map(millis)),
            Column::Integer(self.due_at.map(millis)),
            Column::Integer(self.supersedes.map(IntentId::number)),
        ]
    }

    /// What the row's seal and MAC are bound to.
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            tenant: &self.key.account.tenant,
            provider: &self.key.account.provider,
            account: &self.key.account.name,
            operation: &self.key.operation,
            reference: &self.key.reference,
            version: self.version,
        }
    }
}

/// Returns Unix time in milliseconds.
fn millis(time: OffsetDateTime) -> i64 {
    // Every time of this type is in range.
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

fn text(text: &str) -> Column<'_> {
    Column::Text(Some(Cow::Borrowed(text)))
}
