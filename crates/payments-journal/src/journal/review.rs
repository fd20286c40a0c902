//! What a person sees of an intent, and what a person decides.

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus, ValidationError};

use super::Journal;
use crate::error::JournalError;
use crate::evidence::{Decision, Fact};
use crate::intent::{IntentId, IntentKey};
use crate::plan;
use crate::review::Review;
use crate::state::State;
use crate::store::{Entry, Loaded, Store};
use crate::trace;

/// What is known about an intent, without its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The intent.
    pub id: IntentId,
    /// Its key, with the merchant's reference.
    pub key: IntentKey,
    /// The intended amount, if the operation has one.
    pub amount: Option<Money>,
    /// When it was recorded.
    pub recorded_at: OffsetDateTime,
    /// The state.
    pub state: State,
    /// The provider's last known status.
    pub status: Option<PaymentStatus>,
    /// The order's amount at the provider, if it differs from the intended one.
    pub order_amount: Option<Money>,
    /// Why a person must look at it, and what to ask the provider.
    pub review: Option<Review>,
    /// The provider's id of the order, once it is known.
    pub provider_id: Option<String>,
    /// The last error in words.
    pub problem: Option<String>,
    /// When a worker looks at it again.
    pub due_at: Option<OffsetDateTime>,
    /// All evidence, in order.
    pub evidence: Vec<Entry>,
}

impl Report {
    fn of(loaded: Loaded) -> Self {
        let Loaded { id, row, head, evidence, .. } = loaded;
        Self {
            id,
            key: row.key,
            amount: row.amount,
            recorded_at: row.recorded_at,
            state: head.state,
            status: head.status,
            order_amount: head.order_amount,
            review: head.review,
            provider_id: head.provider_id,
            problem: head.problem,
            due_at: head.due_at,
            evidence,
        }
    }
}

/// The result of [`Journal::decide`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: the decision is stored or not")]
#[must_use = "nothing is decided if the intent was not in review"]
pub enum Decided {
    /// The decision is stored. This is the intent's state now.
    Stored(State),
    /// Nothing was decided and nothing was stored, because the intent is in this state and not in `needs_review`: it resolves itself,
    /// or it was resolved meanwhile, also by another person.
    NotInReview(State),
}

impl<S: Store> Journal<S> {
    /// Returns what is known about an intent.
    ///
    /// # Errors
    ///
    /// Returns an error if the intent is not stored, or if the store fails.
    pub async fn report(&self, id: IntentId) -> Result<Report, JournalError> {
        Ok(Report::of(self.store().load(id).await?))
    }

    /// Returns at most `limit` intents that a person must look at, the oldest first. `after` is the last id of the previous page.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails, or if one of the intents cannot be read.
    pub async fn reviews(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<Report>, JournalError> {
        let mut reports = Vec::new();
        for id in self.store().in_review(after, limit).await? {
            reports.push(self.report(id).await?);
        }
        Ok(reports)
    }

    /// Stores what a person found out at the provider. `by` says who, and is stored: a name and a ticket, for example.
    ///
    /// Only an intent in `needs_review` is decided. Otherwise, this stores nothing: [`Decided::NotInReview`]. It never sends anything.
    /// To do the operation again, record a new intent that [supersedes](crate::Intent::supersedes) this one.
    ///
    /// # Errors
    ///
    /// Returns an error if `by` is blank, if the intent is not stored, if no client is registered for it, or if the store fails.
    pub async fn decide(&self, id: IntentId, decision: Decision, by: &str) -> Result<Decided, JournalError> {
        let by = by.trim();
        if by.is_empty() {
            return Err(ValidationError::new("by", "must say who decides").into());
        }
        let decided = self.inner().amend(id, |view, loaded| {
            // Only a review is decided. Everything else resolves itself, or is resolved.
            if loaded.head.state != State::NeedsReview {
                return (None, (Decided::NotInReview(loaded.head.state), None));
            }
            let source = format!("decision:{}:{by}", loaded.last_sequence());
            let (amendment, state) = plan::learned(view, loaded, Fact::Decided(decision), &source, None);
            (amendment, (Decided::Stored(state), Some(loaded.row.key.clone())))
        });
        let (decided, key) = decided.await?;
        if let Some(key) = key {
            trace::decided(id, &key, decision);
        }
        self.inner().wake.notify_one();
        Ok(decided)
    }
}
