//! Changes of state, delivered to the merchant's own code.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};

use crate::intent::{IntentId, IntentKey};
use crate::review::Review;
use crate::state::State;

/// A row that says which state became which. Delivered exactly once, in the transaction of the hook's own effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Change {
    /// The intent.
    pub intent: IntentId,
    /// The intent's key, with the merchant's reference.
    pub key: IntentKey,
    /// The intended amount, if the operation has one.
    pub amount: Option<Money>,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// The provider's status, if one was known.
    pub status: Option<PaymentStatus>,
    /// The order's amount at the provider, if it differs from the intended one. After `succeeded`, book this amount: the
    /// provider documents that the amount of its response counts.
    pub order_amount: Option<Money>,
    /// Why a person must look at it, if one must.
    pub review: Option<Review>,
    /// When the state changed.
    pub at: OffsetDateTime,
}

/// The store's id of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeId(i64);

impl ChangeId {
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

/// The merchant's effect of a change, on a connection inside the transaction that marks the change as delivered.
///
/// Every closure of this form is a hook: `|connection, change| Box::pin(async move { … })`.
pub trait Hook<C>: Send + Sync {
    /// Applies the effect.
    ///
    /// # Errors
    ///
    /// After an error the transaction is rolled back, and the change is delivered again later.
    fn apply<'a>(&'a self, connection: &'a mut C, change: &'a Change) -> HookFuture<'a>;
}

impl<C, F> Hook<C> for F
where
    F: for<'a> Fn(&'a mut C, &'a Change) -> HookFuture<'a> + Send + Sync,
{
    fn apply<'a>(&'a self, connection: &'a mut C, change: &'a Change) -> HookFuture<'a> {
        self(connection, change)
    }
}

/// What a hook returns.
pub type HookFuture<'a> = Pin<Box<dyn Future<Output = Result<(), HookError>> + Send + 'a>>;

/// The error of a hook: any error.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// Runs a hook. A panic is a failure like an error. For stores.
///
/// # Errors
///
/// Returns the failure in words.
pub async fn run_hook<C>(hook: &dyn Hook<C>, connection: &mut C, change: &Change) -> Result<(), String> {
    // The closure that makes the future can panic as well as the future.
    let apply = move || {
        let connection = connection;
        hook.apply(connection, change)
    };
    let future = catch_unwind(AssertUnwindSafe(apply)).map_err(|panic| panicked(&*panic))?;
    Guarded(future).await.map_err(|panic| panicked(&*panic))?.map_err(|error| error.to_string())
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the hook panicked: {}", text.unwrap_or("without a message"))
}

/// A future whose panics are values.
struct Guarded<'a, T>(Pin<Box<dyn Future<Output = T> + Send + 'a>>);

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
