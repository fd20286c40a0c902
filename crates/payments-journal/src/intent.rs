use std::fmt;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, ValidationError};

/// Whose credentials are used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Account {
    /// The merchant's tenant; empty if there is only one.
    pub tenant: String,
    /// The provider's name, which is the name of its crate.
    pub provider: String,
    /// The merchant's name for the credentials; empty if there is only one set.
    pub name: String,
}

impl Account {
    /// The only account at a provider.
    pub fn at(provider: impl Into<String>) -> Self {
        Self { tenant: String::new(), provider: provider.into(), name: String::new() }
    }

    /// Sets the tenant.
    #[must_use]
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), ..self }
    }

    /// Sets the merchant's name for the credentials.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        for (field, text) in [("tenant", &self.tenant), ("provider", &self.provider), ("account", &self.name)] {
            check_text(field, text, 100)?;
        }
        if self.provider.is_empty() {
            return Err(ValidationError::new("provider", "must not be empty"));
        }
        Ok(())
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.tenant, &self.provider, &self.name];
        let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        f.pad(&parts.join("/"))
    }
}

/// The unique key of an intent: one operation under one reference at one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct IntentKey {
    /// Whose credentials are used.
    pub account: Account,
    /// The operation: the stored name of a [`WriteOperation`](payments_core::gateway::WriteOperation), or a native one.
    pub operation: String,
    /// The merchant's own reference.
    pub reference: String,
}

impl IntentKey {
    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        self.account.check()?;
        check_text("operation", &self.operation, 100)?;
        check_text("reference", &self.reference, 255)?;
        if self.reference.is_empty() {
            return Err(ValidationError::new("reference", "must not be empty"));
        }
        Ok(())
    }
}

impl fmt::Display for IntentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} `{}`", self.account, self.operation, self.reference)
    }
}

fn check_text(field: &'static str, text: &str, longest: usize) -> Result<(), ValidationError> {
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(ValidationError::new(
            field,
            format!("must have at most {longest} characters, and no control characters"),
        ));
    }
    Ok(())
}

/// The store's id of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(i64);

impl IntentId {
    /// Creates an id from the store's number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The store's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The columns of a new intent: what [`Journal::row`](crate::Journal::row) returns, and what a store inserts.
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
    /// True if only the process with the card in memory may send it.
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
