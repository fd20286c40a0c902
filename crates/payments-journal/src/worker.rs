//! The worker: it does what is due.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use payments_core::clock::Timer as _;
use tokio::task::JoinSet;

use crate::error::JournalError;
use crate::hook::{Change, Hook, HookFuture};
use crate::journal::{Inner, Journal};
use crate::store::{Delivery, Pause, Store};

/// Sends what was recorded, finds out what is unknown, and delivers changes.
///
/// Any number of workers may run on one store, in any number of processes.
#[must_use]
pub struct Worker<S: Store> {
    journal: Journal<S>,
    hook: Option<Box<dyn Hook<S::Connection>>>,
    alarm: Option<Alarm>,
}

type Alarm = Box<dyn Fn(&Pause) + Send + Sync>;

impl<S: Store> fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("journal", &self.journal).finish_non_exhaustive()
    }
}

impl<S: Store> Worker<S> {
    pub(crate) fn new(journal: Journal<S>) -> Self {
        Self { journal, hook: None, alarm: None }
    }

    /// Sets the merchant's effect of a change. It runs in the transaction that marks the change as delivered, so its writes on
    /// that connection happen exactly once.
    ///
    /// Without a hook, changes wait for a worker that has one.
    ///
    /// ```
    /// use payments_journal::Journal;
    /// use payments_journal::memory::{MemoryConnection, MemoryStore};
    ///
    /// async fn run(journal: Journal<MemoryStore>) {
    ///     let worker = journal.worker().on_change(|connection: &mut MemoryConnection, change| {
    ///         Box::pin(async move {
    ///             println!("{}: {} -> {}", change.key, change.from, change.to);
    ///             Ok(())
    ///         })
    ///     });
    ///     worker.run(std::future::pending()).await;
    /// }
    /// ```
    pub fn on_change<F>(mut self, hook: F) -> Self
    where
        F: for<'a> Fn(&'a mut S::Connection, &'a Change) -> HookFuture<'a> + Send + Sync + 'static,
    {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Sets an alarm for accounts whose credentials were refused. Nothing is sent for them until the pause ends.
    pub fn on_pause(mut self, alarm: impl Fn(&Pause) + Send + Sync + 'static) -> Self {
        self.alarm = Some(Box::new(alarm));
        self
    }

    /// Works until `shutdown` ends, then waits for the calls in progress.
    ///
    /// Drop the future to wait no longer: the leases expire, and another worker finds out.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let inner = Arc::clone(self.journal.inner());
        let mut shutdown = std::pin::pin!(shutdown);
        let mut tasks = JoinSet::new();
        let mut known_pauses = Vec::new();
        loop {
            let round = self.round(&inner, &mut tasks, &mut known_pauses);
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                did_something = round => if did_something { continue },
            }
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = inner.wake.notified() => {}
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
                () = inner.timer.sleep(inner.settings.poll_interval) => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Does everything that is due now, one after the other, and returns how many steps it took. For tests and for commands.
    ///
    /// # Errors
    ///
    /// Returns the first error of the store. What was done before it stays done.
    pub async fn run_due(&self) -> Result<usize, JournalError> {
        let inner = self.journal.inner();
        let mut steps = 0;
        loop {
            let due = inner.store.due(&inner.accounts, LIMIT).await?;
            let mut count = due.len();
            for id in due {
                inner.work_on(id).await?;
            }
            count += inner.match_messages().await?;
            count += self.deliver_changes(inner).await?;
            if count == 0 {
                return Ok(steps);
            }
            steps += count;
        }
    }

    /// Starts what is due, and returns true if there may be more.
    async fn round(&self, inner: &Arc<Inner<S>>, tasks: &mut JoinSet<()>, known_pauses: &mut Vec<Pause>) -> bool {
        while tasks.try_join_next().is_some() {}
        let free = inner.settings.concurrency.saturating_sub(tasks.len());
        let mut is_busy = false;
        // A failure of the store is tried again in the next round: what is due stays due.
        if free > 0
            && let Ok(due) = inner.store.due(&inner.accounts, u32::try_from(free).unwrap_or(u32::MAX)).await
        {
            for id in due {
                let inner = Arc::clone(inner);
                tasks.spawn(async move {
                    // The error is in the row, or the lease expires.
                    drop(inner.work_on(id).await);
                });
            }
        }
        is_busy |= inner.match_messages().await.is_ok_and(|count| count > 0);
        is_busy |= self.deliver_changes(inner).await.is_ok_and(|count| count > 0);
        if let (Some(alarm), Ok(pauses)) = (&self.alarm, inner.store.pauses().await) {
            for pause in pauses.iter().filter(|pause| !known_pauses.contains(pause)) {
                alarm(pause);
            }
            *known_pauses = pauses;
        }
        is_busy
    }

    async fn deliver_changes(&self, inner: &Inner<S>) -> Result<usize, JournalError> {
        let Some(hook) = &self.hook else { return Ok(0) };
        let backoff = inner.settings.backoff;
        let mut delivered = 0;
        while delivered < LIMIT as usize {
            match inner.store.deliver(&**hook, &move |failures| backoff.after(failures)).await? {
                Delivery::Nothing => break,
                Delivery::Delivered(_) | Delivery::Failed(_) => delivered += 1,
            }
        }
        Ok(delivered)
    }
}

/// The most rows that are read at once.
const LIMIT: u32 = 100;
