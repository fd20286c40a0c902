//! What a restored database has lost.

use std::sync::Arc;

use payments_core::ValidationError;
use payments_core::time::OffsetDateTime;
use tokio::task::JoinSet;

use super::{Inner, Journal};
use crate::error::JournalError;
use crate::intent::IntentId;
use crate::plan;
use crate::store::{Acknowledgement, Store, StoreError};

impl<S: Store> Journal<S> {
    /// Accepts the present history of a database that was restored, or whose server was replaced, and has lost what was stored after
    /// `lost_since`.
    ///
    /// Before that, each intent that may have been sent in the lost time becomes `unknown`, also if it looks `intended`: its claim may be
    /// lost. What happens to it then is what the provider offers: the same idempotency key, whose age counts from `lost_since`, a
    /// lookup, or a review. Returns the number of these intents.
    ///
    /// `PostgresStore` notices another history, and nothing is sent until it is acknowledged. A copied `SQLite` file and the snapshot
    /// of a volume show nothing: call this after each restore, before anything else uses the database.
    ///
    /// Stop the processes that used the database before, and call this before new intents are recorded: those count as sent, too. If it
    /// fails or is interrupted, call it again with the same time. If you do not know the time, choose an earlier one.
    ///
    /// Intents that are missing in the database cannot be known. Search for orders without an intent at the provider.
    ///
    /// # Errors
    ///
    /// - [`JournalError::Invalid`] if `lost_since` is in the future.
    /// - [`JournalError::Store`] if the store failed, cannot read an intent, or has got another history meanwhile. The history is not
    ///   accepted then.
    pub async fn acknowledge_history(&self, lost_since: OffsetDateTime) -> Result<usize, JournalError> {
        let inner = self.inner();
        if lost_since > inner.now() {
            return Err(ValidationError::new("lost_since", "must not be in the future").into());
        }
        let acknowledgement = Arc::new(inner.store.begin_acknowledgement(lost_since).await?);
        let (mut marked, mut after) = (0, None);
        loop {
            let page = inner.store.may_be_lost(&acknowledgement, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            marked += mark_page(inner, &acknowledgement, page).await?;
        }
        inner.store.accept_history(&acknowledgement).await?;
        inner.wake.notify_one();
        Ok(marked)
    }
}

/// Marks the intents, some at a time, and returns how many were marked.
async fn mark_page<S: Store>(
    inner: &Arc<Inner<S>>,
    acknowledgement: &Arc<Acknowledgement>,
    page: Vec<IntentId>,
) -> Result<usize, JournalError> {
    let (mut marked, mut tasks) = (0, JoinSet::new());
    let mut ids = page.into_iter();
    loop {
        while tasks.len() < inner.settings.concurrency
            && let Some(id) = ids.next()
        {
            let (inner, acknowledgement) = (Arc::clone(inner), Arc::clone(acknowledgement));
            tasks.spawn(async move { inner.mark_as_lost(id, &acknowledgement).await });
        }
        match tasks.join_next().await {
            Some(result) => marked += usize::from(result.map_err(|_| JournalError::Interrupted)??),
            None => return Ok(marked),
        }
    }
}

impl<S: Store> Inner<S> {
    /// Returns true if the intent may have been sent in the lost time.
    async fn mark_as_lost(&self, id: IntentId, acknowledgement: &Acknowledgement) -> Result<bool, StoreError> {
        let source = format!("restore:{}", acknowledgement.id);
        let marked = self.store.amend(id, |loaded| {
            let executor = self.executor(&loaded.row).ok();
            let view = executor.map(|executor| self.view(&**executor));
            let amendment = plan::restored(view.as_ref(), loaded, acknowledgement.lost_since, &source);
            let is_marked = amendment.is_some();
            (amendment, is_marked)
        });
        marked.await
    }
}

/// How many intents are read at once.
const PAGE: u32 = 500;
