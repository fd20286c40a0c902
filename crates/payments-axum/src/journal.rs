//! Webhooks that a journal stores before they are acknowledged.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use axum::handler::Handler;
use axum::response::{IntoResponse as _, Response};
use payments_core::gateway::{ReportEvent, ToHint};
use payments_core::webhook::{Unverified, Verified};
use payments_journal::{Account, Journal, JournalError, Receipt, Store};

use crate::webhook::read;
use crate::{Acknowledge, WebhookRejection, WebhookSource};

/// Receives the webhooks of one account into a journal. It is a handler for [`post`](axum::routing::post).
///
/// It verifies or parses a delivery, stores it durably, applies it to the intents that it is about, and then acknowledges it.
/// If the delivery is not stored, the response is an error, so that the provider sends it again.
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use payments_axum::{ForJournal, Inbox, WebhookSource};
/// use payments_journal::{Journal, Store};
///
/// fn app(journal: Journal<impl Store>, verifier: impl WebhookSource<Output: ForJournal>) -> Router {
///     Router::new().route("/turbopay", post(Inbox::new(journal, "turbopay", verifier)))
/// }
/// ```
///
/// Use [`JournaledWebhook`] to write the handler yourself.
pub struct Inbox<S: WebhookSource> {
    account: Account,
    source: S,
    journal: Arc<dyn Receive<S::Output>>,
}

impl<S: WebhookSource<Output: ForJournal>> Inbox<S> {
    /// Creates the inbox of an account. `source` is the verifier, decryptor or parser of the account's provider.
    pub fn new(journal: Journal<impl Store>, account: impl Into<Account>, source: S) -> Self {
        Self { account: account.into(), source, journal: Arc::new(journal) }
    }
}

impl<S: WebhookSource> Inbox<S> {
    async fn receive(&self, request: Request) -> Result<(S::Output, Receipt), WebhookRejection> {
        let (headers, body) = read::<S>(request).await?;
        let output = self.source.receive(&body, &headers).map_err(WebhookRejection::of)?;
        match self.journal.receive(&self.account, &output).await {
            Ok(receipt) => Ok((output, receipt)),
            Err(error) => {
                let rejection = match error {
                    JournalError::Event(_) => WebhookRejection::Unreadable,
                    _ => WebhookRejection::NotStored,
                };
                tracing::error!(account = %self.account, %error, "{rejection}");
                Err(rejection)
            }
        }
    }
}

impl<S: WebhookSource> Clone for Inbox<S> {
    fn clone(&self) -> Self {
        Self { account: self.account.clone(), source: self.source.clone(), journal: Arc::clone(&self.journal) }
    }
}

impl<S: WebhookSource> fmt::Debug for Inbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("account", &self.account).finish_non_exhaustive()
    }
}

impl<S: WebhookSource, State> Handler<Inbox<S>, State> for Inbox<S> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, _: State) -> Self::Future {
        Box::pin(async move {
            match self.receive(request).await {
                Ok(_) => Acknowledge::<S>::new().into_response(),
                Err(rejection) => rejection.into_response(),
            }
        })
    }
}

/// An extractor for webhooks and callbacks that a journal has stored: the output of [`Webhook`](crate::Webhook), and the receipt.
///
/// It takes the [`Inbox`] of the source from the router's state. A delivery that is not stored never reaches the handler.
///
/// axum drops a handler when its client disconnects. So act on payments in the hook of the journal's worker, not in the handler.
pub struct JournaledWebhook<S: WebhookSource>(
    /// The output of the source.
    pub S::Output,
    /// What the journal did with the delivery.
    pub Receipt,
);

impl<S: WebhookSource<Output: fmt::Debug>> fmt::Debug for JournaledWebhook<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JournaledWebhook").field(&self.0).field(&self.1).finish()
    }
}

impl<State, S> FromRequest<State> for JournaledWebhook<S>
where
    State: Send + Sync,
    S: WebhookSource,
    Inbox<S>: FromRef<State>,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, state: &State) -> Result<Self, WebhookRejection> {
        let (output, receipt) = Inbox::<S>::from_ref(state).receive(request).await?;
        Ok(Self(output, receipt))
    }
}

/// The output of a source that a journal can receive: a verified event, or an unverified callback that names what to look up.
///
/// The callbacks of a 3-D Secure payment name nothing that can be looked up:
///
/// ```compile_fail,E0277
/// # use payments_axum::{Inbox, ThreeDsSuccessCallback};
/// # use payments_journal::{Journal, Store};
/// fn inbox(journal: Journal<impl Store>) -> Inbox<ThreeDsSuccessCallback> {
///     Inbox::new(journal, "card3ds", ThreeDsSuccessCallback)
/// }
/// ```
pub trait ForJournal: sealed::Sealed + Sync {
    /// Stores it, and applies it to the intents that it is about.
    #[doc(hidden)]
    fn receive<D: Store>(
        &self,
        journal: &Journal<D>,
        account: &Account,
    ) -> impl Future<Output = Result<Receipt, JournalError>> + Send;
}

impl<E: ReportEvent + Sync> ForJournal for Verified<E> {
    fn receive<D: Store>(
        &self,
        journal: &Journal<D>,
        account: &Account,
    ) -> impl Future<Output = Result<Receipt, JournalError>> + Send {
        journal.receive(account, self)
    }
}

impl<H: ToHint + Sync> ForJournal for Unverified<H> {
    async fn receive<D: Store>(&self, journal: &Journal<D>, account: &Account) -> Result<Receipt, JournalError> {
        journal.receive_hint(account, &self.hint()).await
    }
}

mod sealed {
    use payments_core::webhook::{Unverified, Verified};

    #[expect(unnameable_types, reason = "only verified events and unverified callbacks are received")]
    pub trait Sealed {}

    impl<E> Sealed for Verified<E> {}
    impl<H> Sealed for Unverified<H> {}
}

/// A journal on any store.
trait Receive<T>: Send + Sync {
    fn receive<'a>(
        &'a self,
        account: &'a Account,
        output: &'a T,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, JournalError>> + Send + 'a>>;
}

impl<T: ForJournal, D: Store> Receive<T> for Journal<D> {
    fn receive<'a>(
        &'a self,
        account: &'a Account,
        output: &'a T,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, JournalError>> + Send + 'a>> {
        Box::pin(output.receive(self, account))
    }
}
