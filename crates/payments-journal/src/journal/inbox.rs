//! Receives what providers send: stores it, then applies it to the intents that it is about.

use payments_core::Expected;
use payments_core::gateway::{EventReport, Hint, ReportEvent, WriteOperation};
use payments_core::webhook::Verified;

use super::{Inner, Journal};
use crate::error::JournalError;
use crate::evidence::{Fact, Observation};
use crate::gateway::{compared, is_decided, status_of};
use crate::inbox::{InboxId, Message};
use crate::intent::{Account, IntentId};
use crate::plan;
use crate::rules::Rules;
use crate::store::{Loaded, Matched, Received, Store, StoreError};
use crate::trace;

/// What the journal did with a message. In each case, it can be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: a handler may show each")]
pub enum Receipt {
    /// It is stored and applied to these intents.
    Applied(Vec<IntentId>),
    /// It is stored, and a worker applies it later. It may arrive before the intent is committed, or before the provider's id is
    /// known, or the store may have failed meanwhile.
    Kept,
    /// The same message was received before.
    Repeated,
    /// The event is about nothing that the journal keeps, such as a customer.
    NotAboutAnOrder,
}

impl<S: Store> Journal<S> {
    /// Stores a verified event durably, then applies it. Acknowledge the webhook after that.
    ///
    /// Repeated deliveries are recognised by the provider's id of the event, else by the digest of the body.
    ///
    /// # Errors
    ///
    /// Returns an error if the event cannot be read or stored. Do not acknowledge the webhook then, so that it is sent again.
    pub async fn receive<E: ReportEvent>(
        &self,
        account: &Account,
        event: &Verified<E>,
    ) -> Result<Receipt, JournalError> {
        let Some(report) = event.report().map_err(JournalError::Event)? else { return Ok(Receipt::NotAboutAnOrder) };
        let source = match &report.event_id {
            Some(id) => format!("event:{id}"),
            None => format!("digest:{}", event.digest()),
        };
        let operations = report.operations.iter().map(|operation| operation.as_str().to_owned()).collect();
        let (reference, object_id) = (report.reference.clone(), report.object_id.clone());
        let report = serde_json::to_string(&report).map_err(|error| unreadable(&error))?;
        self.0.receive(account, source, reference, object_id, operations, report).await
    }

    /// Stores an unverified hint durably, and makes a lookup due. It is never evidence.
    ///
    /// # Errors
    ///
    /// Returns an error if the hint cannot be stored. Do not acknowledge the callback then.
    pub async fn receive_hint(&self, account: &Account, hint: &Hint) -> Result<Receipt, JournalError> {
        let Hint { reference, object_id, .. } = hint.clone();
        let name =
            |text: &Option<String>| text.as_ref().map_or_else(String::new, |text| format!("{}:{text}", text.len()));
        let source = format!("hint:{}:{}", name(&reference), name(&object_id));
        let operations = WriteOperation::ALL.iter().map(|operation| operation.as_str().to_owned()).collect();
        self.0.receive(account, source, reference, object_id, operations, String::new()).await
    }
}

impl<S: Store> Inner<S> {
    async fn receive(
        &self,
        account: &Account,
        source: String,
        reference: Option<String>,
        object_id: Option<String>,
        operations: Vec<String>,
        report: String,
    ) -> Result<Receipt, JournalError> {
        account.check()?;
        let received_at = self.clock.now();
        let message =
            Message { account: account.clone(), source, reference, object_id, operations, report, received_at };
        let received = self.store.receive(&message).await?;
        trace::message_received(&message, matches!(received, Received::Repeated(_)));
        let receipt = match received {
            // A repeated hint asks again: its lookup may have seen an earlier state.
            Received::Repeated(_) if !message.is_hint() => Receipt::Repeated,
            Received::New(id) | Received::Repeated(id) => {
                // It is stored, so a failure from here on is no reason to have it sent again: a worker applies it later.
                match self.apply_one(id).await.unwrap_or_default() {
                    intents if intents.is_empty() => {
                        trace::message_kept(&message);
                        Receipt::Kept
                    }
                    intents => Receipt::Applied(intents),
                }
            }
        };
        self.wake.notify_one();
        Ok(receipt)
    }

    /// Applies the messages that match an intent by now, and returns how many are done with. One that fails holds up no other.
    ///
    /// # Errors
    ///
    /// Returns the first error, once every message was tried.
    pub(crate) async fn match_messages(&self) -> Result<usize, JournalError> {
        let (mut done, mut after, mut failed) = (0, None, None);
        loop {
            let page = self.store.matches(&self.accounts, after, LIMIT).await?;
            let Some(last) = page.last() else { return failed.map_or(Ok(done), Err) };
            after = Some(last.id);
            for matched in page {
                match self.apply(matched).await {
                    // What is left to another worker is no progress: it is still there when this one asks again.
                    Ok(applied) => done += usize::from(applied.is_complete),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
    }

    async fn apply_one(&self, id: InboxId) -> Result<Vec<IntentId>, JournalError> {
        match self.store.matches_of(&self.accounts, id).await? {
            Some(matched) => Ok(self.apply(matched).await?.intents),
            None => Ok(Vec::new()),
        }
    }

    async fn apply(&self, matched: Matched) -> Result<Applied, JournalError> {
        let mut applied = Applied::default();
        // What this version cannot read, and what has no client here, is left to another worker.
        let Ok(message) = matched.message else { return Ok(applied) };
        let Ok(report) = stored_report(&message) else { return Ok(applied) };
        applied.is_complete = true;
        for intent in matched.intents {
            match self.apply_to(intent, &message, report.as_ref()).await {
                Ok(()) => applied.intents.push(intent),
                Err(JournalError::NoClient { .. } | JournalError::Store(StoreError::Unreadable { .. })) => {
                    applied.is_complete = false;
                }
                Err(error) => return Err(error),
            }
        }
        if applied.is_complete {
            self.store.applied(matched.id).await?;
            trace::message_matched(&message, applied.intents.len());
        }
        Ok(applied)
    }

    async fn apply_to(
        &self,
        intent: IntentId,
        message: &Message,
        report: Option<&EventReport>,
    ) -> Result<(), JournalError> {
        let state = self.amend(intent, |view, loaded| {
            let Some(report) = report else { return plan::hinted(view, loaded) };
            match observe(&view.rules, report, loaded) {
                Some(seen) => {
                    plan::learned(view, loaded, Fact::Event(seen), &message.source, message.object_id.as_deref())
                }
                None => plan::hinted(view, loaded),
            }
        });
        state.await.map(drop)
    }
}

/// What became of a message.
#[derive(Default)]
struct Applied {
    /// The intents that it was applied to.
    intents: Vec<IntentId>,
    /// True if nothing is left to do with it.
    is_complete: bool,
}

fn stored_report(message: &Message) -> Result<Option<EventReport>, serde_json::Error> {
    if message.is_hint() { Ok(None) } else { serde_json::from_str(&message.report).map(Some) }
}

/// What an event says about an intent; `None` if it does not show whether the operation was executed.
fn observe(rules: &Rules, report: &EventReport, loaded: &Loaded) -> Option<Observation> {
    let operation = rules.operation;
    let status = status_of(operation, report.status.clone());
    let is_about_the_payment = rules.is_about_a_payment();
    match (&loaded.head.provider_id, &report.object_id) {
        // Another order has the same reference.
        (Some(known), Some(reported)) if known != reported => return None,
        // The reference is the payment's own, so it does not show which payment it is.
        (None, _) | (_, None) if is_about_the_payment => return None,
        _ => {}
    }
    if is_about_the_payment && !is_decided(operation, &status, report.is_final) {
        return None;
    }
    let mismatch = loaded.row.amount.and_then(|amount| {
        let expected = Expected::new(&loaded.row.key.reference, amount);
        let check = match &report.object_id {
            // The payment has its own reference.
            Some(id) if is_about_the_payment || report.reference.is_none() => report.check_object_id(id, &expected),
            _ => report.check(&expected),
        };
        check.err()
    });
    Some(compared(operation, mismatch.as_ref(), status, report.is_final))
}

fn unreadable(error: &serde_json::Error) -> JournalError {
    StoreError::Unreadable { what: "report", problem: error.to_string() }.into()
}

/// The most messages that are read at once.
const LIMIT: u32 = 100;
