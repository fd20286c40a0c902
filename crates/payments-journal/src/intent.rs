//! What the merchant wants done once.

use std::fmt;

use payments_core::gateway::WriteOperation;
use payments_core::time::OffsetDateTime;
use payments_core::{Money, ValidationError};

use crate::parameters::Request;
use crate::store::AccountKey;

pub use crate::parameters::Parameters;

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

/// The unique key of an intent: one operation under one reference at one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct IntentKey {
    /// Whose credentials are used.
    pub account: AccountKey,
    /// The operation.
    pub operation: WriteOperation,
    /// The merchant's own reference.
    pub reference: String,
}

impl fmt::Display for IntentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} `{}`", self.account.provider, self.operation, self.reference)
    }
}

/// What the merchant wants done once.
#[derive(Debug, Clone)]
pub struct Intent {
    pub(crate) account: AccountKey,
    pub(crate) request: Request,
    pub(crate) expires_at: Option<OffsetDateTime>,
}

impl Intent {
    /// Creates an intent for a request of the shared vocabulary, at this provider.
    ///
    /// The journal sets the request's options: `created_at`, the key and the timeout.
    pub fn new(provider: impl Into<String>, request: impl Into<Request>) -> Self {
        let account = AccountKey { tenant: String::new(), provider: provider.into(), account: String::new() };
        Self { account, request: request.into(), expires_at: None }
    }

    /// Sets the tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.account.tenant = tenant.into();
        self
    }

    /// Sets which of the merchant's credentials are used.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account.account = account.into();
        self
    }

    /// Sets when an intent that was not sent is abandoned.
    #[must_use]
    pub fn expires_at(mut self, time: OffsetDateTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// The amount, if the operation has one.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        self.request.amount()
    }

    pub(crate) fn key(&self) -> IntentKey {
        IntentKey {
            account: self.account.clone(),
            operation: self.request.operation(),
            reference: self.request.reference().to_owned(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        for (field, text) in [
            ("provider", &self.account.provider),
            ("tenant", &self.account.tenant),
            ("account", &self.account.account),
        ] {
            if text.chars().count() > 100 || text.contains('\0') {
                return Err(ValidationError::new(field, "must have at most 100 characters, and no NUL"));
            }
        }
        self.request.check()
    }
}
