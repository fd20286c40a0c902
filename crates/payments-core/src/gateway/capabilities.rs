use std::fmt;

use super::feature::Feature;
use super::recovery::{Recovery, RecoveryPlan, WriteOperation};
use super::request::PaymentRequest;
use super::status_changes::StatusChanges;
use crate::{Error, PaymentStatus};

/// The features that a provider offers: one static table per provider crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Capabilities {
    /// The provider's name, which is the name of its crate.
    pub provider: &'static str,
    /// One row per feature, in the order of [`Feature::ALL`].
    pub table: &'static [Capability],
    /// What to do after an unknown outcome: one row per write operation that the provider offers through the traits.
    pub recovery: &'static [RecoveryPlan],
    /// How the provider documents changes of status: one row per group of write operations with the same statuses.
    pub status_changes: &'static [StatusChanges],
}

impl Capabilities {
    /// Whether the provider supports a feature.
    #[must_use]
    pub fn of(&self, feature: Feature) -> Support {
        self.table.iter().find(|row| row.feature == feature).map_or(Support::NotImplemented, |row| row.support)
    }

    /// What to do after an unknown outcome of an operation, best first. Empty if the provider does not offer it.
    #[must_use]
    pub fn recovery(&self, operation: WriteOperation) -> &'static [Recovery] {
        self.recovery.iter().find(|row| row.operation == operation).map_or(&[], |row| row.strategies)
    }

    /// The documented changes of status after an operation: from, to. Empty if none is documented.
    #[must_use]
    pub fn status_changes(&self, operation: WriteOperation) -> &'static [(PaymentStatus, PaymentStatus)] {
        let row = self.status_changes.iter().find(|row| row.operations.contains(&operation));
        row.map_or(&[], |row| row.changes)
    }

    /// Checks that the provider supports the way of paying that a request asks for. For provider crates.
    ///
    /// # Errors
    ///
    /// Returns an error that names the provider and the field: [`PaymentRequest::own_page`], [`PaymentRequest::card`].
    pub fn check_payment(&self, request: &PaymentRequest) -> Result<(), Error> {
        let asked = [(request.own_page, "own_page", Feature::OwnPage), (request.card.is_some(), "card", Feature::Card)];
        let row = |feature| self.table.iter().find(|row| row.feature == feature);
        for (_, field, feature) in asked.into_iter().filter(|(asked, ..)| *asked) {
            let note = match row(feature) {
                Some(row) if row.support == Support::Supported => continue,
                Some(row) if !row.note.is_empty() => format!(": {}", row.note),
                _ => String::new(),
            };
            let rule = format!("is not supported by {}{note}", self.provider);
            return Err(Error::unsupported_field(self.provider, field, rule));
        }
        Ok(())
    }

    /// The error for an explicit idempotency key at a provider that has none. It says what helps instead.
    pub(super) fn no_keys(&self, operation: WriteOperation) -> Error {
        let strategies: Vec<&str> = self.recovery(operation).iter().map(|strategy| strategy.advice()).collect();
        let rule = format!(
            "is not supported: {} has no idempotency keys. After an unknown outcome: {}",
            self.provider,
            strategies.join("; or ")
        );
        Error::unsupported_field(self.provider, "idempotency_key", rule)
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Capability {
    /// The feature.
    pub feature: Feature,
    /// Whether the feature is supported.
    pub support: Support,
    /// Details: the method's name, a restriction, or the reason.
    pub note: &'static str,
}

impl Capability {
    /// A feature that is supported.
    #[must_use]
    pub const fn supported(feature: Feature, note: &'static str) -> Self {
        Self { feature, support: Support::Supported, note }
    }

    /// A feature that the provider does not offer.
    #[must_use]
    pub const fn not_offered(feature: Feature, note: &'static str) -> Self {
        Self { feature, support: Support::NotOffered, note }
    }

    /// A feature that the provider may offer, but that this SDK does not implement.
    #[must_use]
    pub const fn not_implemented(feature: Feature, note: &'static str) -> Self {
        Self { feature, support: Support::NotImplemented, note }
    }
}

/// Whether a feature is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: there is no fourth case")]
pub enum Support {
    /// The provider offers the feature and this SDK implements it.
    Supported,
    /// The provider's document does not offer the feature.
    NotOffered,
    /// The provider may offer the feature, but this SDK does not implement it.
    NotImplemented,
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Supported => "supported",
            Self::NotOffered => "not offered",
            Self::NotImplemented => "not implemented",
        })
    }
}
