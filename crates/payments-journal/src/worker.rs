//! The worker: it does what is due.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::Timer as _;
use payments_core::time::OffsetDateTime;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::error::JournalError;
use crate::hook::{Change, Hook, HookFuture};
use crate::intent::IntentId;
use crate::journal::{Inner, Journal};
use crate::settings::later;
use crate::store::{Delivery, OtherHistory, Pause, Store, StoreError};
use crate::trace;

/// Sends what was recorded, finds out what is unknown, and delivers changes.
///
/// Any number of workers may run on one store, in any number of processes.
#[must_use]
pub struct Worker<S: Store> {
    journal: Journal<S>,
    hook: Option<Box<dyn Hook<S::Connection>>>,
    alarm: Option<Alarm>,
    on_problem: Option<ProblemAlarm>,
    on_failure: Option<FailureAlarm>,
}

type FailureAlarm = Box<dyn Fn(&JournalError) + Send + Sync>;
type Alarm = Box<dyn Fn(&Pause) + Send + Sync>;
type ProblemAlarm = Arc<dyn Fn(IntentId, &JournalError) + Send + Sync>;

impl<S: Store> fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("journal", &self.journal).finish_non_exhaustive()
    }
}

impl<S: Store> Worker<S> {
    pub(crate) fn new(journal: Journal<S>) -> Self {
        Self { journal, hook: None, alarm: None, on_problem: None, on_failure: None }
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

    /// Sets an alarm for intents that this worker cannot handle: no client is registered for them, the journal's key is missing, what is
    /// stored was changed or cannot be read, or the store failed.
    ///
    /// It is called at each try, with waits in between. [`Worker::on_failure`] is called if the store fails before the worker knows what is
    /// due.
    pub fn on_problem(mut self, alarm: impl Fn(IntentId, &JournalError) + Send + Sync + 'static) -> Self {
        self.on_problem = Some(Arc::new(alarm));
        self
    }

    /// Sets an alarm for failures of the worker's own questions to the store: what is due, which messages match, which changes to
    /// deliver. As long as they fail, nothing happens.
    ///
    /// It is also set off if the database has another history than the journal knows: then nothing is sent, until
    /// [`Journal::acknowledge_history`]. Everything else goes on.
    ///
    /// It is called at each try, once per [`Settings::poll_interval`](crate::Settings::poll_interval).
    pub fn on_failure(mut self, alarm: impl Fn(&JournalError) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Box::new(alarm));
        self
    }

    fn fails(&self, question: &'static str, error: &JournalError) {
        trace::store_failed(question, error);
        if let Some(alarm) = &self.on_failure {
            alarm(error);
        }
    }

    /// Returns true if a part of a round did something. What failed is tried again in the next round.
    fn is_busy(&self, question: &'static str, done: Result<usize, JournalError>) -> bool {
        match done {
            Ok(count) => count > 0,
            Err(error) => {
                self.fails(question, &error);
                false
            }
        }
    }

    /// Works until `shutdown` ends, then waits for the calls in progress.
    ///
    /// Drop the future to wait no longer: the leases expire, and another worker finds out.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let inner = Arc::clone(self.journal.inner());
        let worker = Arc::new(self);
        let mut shutdown = std::pin::pin!(shutdown);
        let (mut tasks, mut deliveries) = (JoinSet::new(), JoinSet::new());
        trace::worker_started(inner.accounts.len());
        let mut memory = Memory::default();
        'work: loop {
            let did_something = worker.round(&inner, &mut tasks, &mut deliveries, &mut memory);
            tokio::select! {
                biased;
                () = &mut shutdown => break 'work,
                did_something = did_something => if did_something { continue },
            }
            let mut next_look =
                inner.timer.sleep(memory.next_look(inner.clock.monotonic(), inner.settings.poll_interval));
            loop {
                tokio::select! {
                    biased;
                    () = &mut shutdown => break 'work,
                    () = inner.wake.notified() => break,
                    Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                        memory.ended(inner.now(), ended.ok());
                        break;
                    }
                    Some(ended) = deliveries.join_next(), if !deliveries.is_empty() => {
                        if worker.is_busy("changes", ended.unwrap_or_else(interrupted)) || memory.has_new_changes {
                            break;
                        }
                    }
                    () = &mut next_look => break,
                }
            }
        }
        trace::worker_stopping(tasks.len());
        // A hook that is dropped leaves nothing behind: its change is delivered again.
        deliveries.shutdown().await;
        while tasks.join_next().await.is_some() {}
        trace::worker_stopped();
    }

    /// Does everything that is due now, one after the other, and returns how many steps it took. For tests and for commands.
    ///
    /// # Errors
    ///
    /// Returns the first error, after everything else is done: an intent that cannot be handled holds up no other.
    pub async fn run_due(&self) -> Result<usize, JournalError> {
        let inner = self.journal.inner();
        let (mut steps, mut failed, mut first_error) = (0, HashSet::new(), None);
        loop {
            let mut count = 0;
            let limit = LIMIT.saturating_add(u32::try_from(failed.len()).unwrap_or(u32::MAX));
            for id in inner.store.due(&inner.accounts, limit).await? {
                if failed.contains(&id) {
                    continue;
                }
                count += 1;
                if let Err(error) = inner.work_on(id).await {
                    failed.insert(id);
                    first_error.get_or_insert(error);
                }
            }
            match inner.match_messages().await {
                Ok(done) => count += done,
                Err(error) => _ = first_error.get_or_insert(error),
            }
            count += self.deliver_changes(inner).await?;
            if count == 0 {
                return first_error.map_or(Ok(steps), Err);
            }
            steps += count;
        }
    }

    /// Starts what is due, and returns true if there may be more.
    async fn round(
        self: &Arc<Self>,
        inner: &Arc<Inner<S>>,
        tasks: &mut JoinSet<Left>,
        deliveries: &mut JoinSet<Result<usize, JournalError>>,
        memory: &mut Memory,
    ) -> bool {
        while let Some(ended) = tasks.try_join_next() {
            memory.ended(inner.now(), ended.ok());
        }
        memory.forget_what_is_over(inner.now());
        let mut free = inner.settings.concurrency.saturating_sub(tasks.len());
        let due = memory.take_due_next(inner.clock.monotonic(), free);
        free -= self.start(inner, tasks, memory, due);
        if free == 0 && memory.due_next_until.is_some() {
            return false;
        }
        let ahead = if free > 0 { READ_AHEAD.max(inner.settings.concurrency) } else { 0 };
        // What is in hand must not hide what is due behind it.
        let limit = free + ahead + memory.working.len() + memory.left.len();
        // A failure of the store is tried again in the next round: what is due stays due.
        let agenda = match inner.store.agenda(&inner.accounts, u32::try_from(limit).unwrap_or(u32::MAX)).await {
            Ok(agenda) => agenda,
            Err(error) => {
                self.fails("agenda", &error.into());
                memory.next_in = None;
                return false;
            }
        };
        memory.next_in = agenda.next_in;
        memory.report_history(self, inner, agenda.other_history);
        if free > 0 {
            memory.due_next = agenda.due.into();
            memory.due_next_until = Some(inner.clock.monotonic() + DUE_NEXT_FOR);
            let due = memory.take_due_next(inner.clock.monotonic(), free);
            self.start(inner, tasks, memory, due);
        }
        let mut is_busy = false;
        if agenda.has_messages {
            is_busy |= self.is_busy("messages", inner.match_messages().await);
        }
        // In a task of its own: slow hooks hold up neither requests nor lookups.
        memory.has_new_changes = agenda.has_changes && !deliveries.is_empty();
        if agenda.has_changes && self.hook.is_some() && deliveries.is_empty() {
            let (worker, inner) = (Arc::clone(self), Arc::clone(inner));
            deliveries.spawn(async move { worker.deliver_changes(&inner).await });
        }
        if let Some(alarm) = &self.alarm {
            for pause in agenda.pauses.iter().filter(|pause| !memory.known_pauses.contains(pause)) {
                alarm(pause);
            }
            memory.known_pauses = agenda.pauses;
        }
        is_busy
    }

    /// Starts these intents, and returns their number.
    fn start(
        &self,
        inner: &Arc<Inner<S>>,
        tasks: &mut JoinSet<Left>,
        memory: &mut Memory,
        due: Vec<IntentId>,
    ) -> usize {
        let count = due.len();
        for id in due {
            let task = tasks.spawn(work_on(Arc::clone(inner), id, self.on_problem.clone()));
            memory.working.insert(id, task);
        }
        count
    }

    async fn deliver_changes(&self, inner: &Inner<S>) -> Result<usize, JournalError> {
        let Some(hook) = &self.hook else { return Ok(0) };
        let backoff = inner.settings.backoff;
        let mut delivered = 0;
        while delivered < LIMIT as usize {
            match inner.store.deliver(&**hook, &move |failures| backoff.after(failures)).await? {
                Delivery::Nothing => break,
                Delivery::Delivered(change) => {
                    trace::change_delivered(&change);
                    delivered += 1;
                }
                Delivery::Failed(stuck) => {
                    trace::hook_failed(&stuck);
                    delivered += 1;
                }
                Delivery::Unreadable { intent, what, problem } => {
                    let error = StoreError::Unreadable { what, problem }.into();
                    trace::intent_problem(intent, &error);
                    if let Some(alarm) = &self.on_problem {
                        alarm(intent, &error);
                    }
                    delivered += 1;
                }
            }
        }
        Ok(delivered)
    }
}

/// The result of a delivery that did not end. Its own panic goes on, as if it had no task of its own.
fn interrupted(error: JoinError) -> Result<usize, JournalError> {
    match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => Err(JournalError::Interrupted),
    }
}

/// Takes the next step of an intent, and returns the intent if the worker cannot take it.
async fn work_on<S: Store>(inner: Arc<Inner<S>>, id: IntentId, alarm: Option<ProblemAlarm>) -> Left {
    let error = inner.work_on(id).await.err()?;
    // Another history is no problem of the intent, and is reported once for all.
    let is_of_intent = !matches!(error, JournalError::Closed | JournalError::OtherHistory { .. });
    if let Some(alarm) = alarm.filter(|_| is_of_intent) {
        alarm(id, &error);
    }
    match error {
        JournalError::NoClient { .. } | JournalError::Store(StoreError::Unreadable { .. }) => Some((id, PAUSE)),
        _ => Some((id, inner.settings.poll_interval)),
    }
}

/// What a worker remembers between its rounds.
#[derive(Default)]
struct Memory {
    working: HashMap<IntentId, AbortHandle>,
    /// The intents that it cannot handle, and until when it leaves them alone.
    left: HashMap<IntentId, OffsetDateTime>,
    /// The intents that were due at the last look, and are started when others end. Another worker may have taken them since.
    due_next: VecDeque<IntentId>,
    /// Until when on the monotonic clock the worker does not ask again while it has no time for more; `None` if the last look has shown all that is due.
    due_next_until: Option<Duration>,
    known_pauses: Vec<Pause>,
    /// True if there were changes to deliver while others were being delivered.
    has_new_changes: bool,
    /// The time until the next intent becomes due.
    next_in: Option<Duration>,
    /// When it was reported last that the database has another history.
    history_reported_at: Option<OffsetDateTime>,
}

/// An intent that a worker leaves alone for some time.
type Left = Option<(IntentId, Duration)>;

impl Memory {
    fn forget_what_is_over(&mut self, now: OffsetDateTime) {
        self.working.retain(|_, task| !task.is_finished());
        self.left.retain(|_, until| *until > now);
    }

    /// Reports another history, once per interval: there may be many rounds in one.
    fn report_history<S: Store>(&mut self, worker: &Worker<S>, inner: &Inner<S>, other: Option<OtherHistory>) {
        let Some(other) = other else { return self.history_reported_at = None };
        let now = inner.now();
        let is_recent = |at| later(at, inner.settings.poll_interval) > now;
        if !self.history_reported_at.is_some_and(is_recent) {
            worker.fails("history", &other.into());
            self.history_reported_at = Some(now);
        }
    }

    /// The time until the next look at the store: an expired lease does not wait for the end of an interval.
    fn next_look(&self, now: Duration, interval: Duration) -> Duration {
        let due_next = self.due_next_until.map(|until| until.saturating_sub(now));
        [self.next_in, due_next].into_iter().flatten().fold(interval, Duration::min)
    }

    /// Takes so many intents of the last look, if it was a short time ago.
    fn take_due_next(&mut self, now: Duration, count: usize) -> Vec<IntentId> {
        if self.due_next_until.is_some_and(|until| until <= now) {
            self.due_next_until = None;
            self.due_next.clear();
        }
        let mut taken = Vec::new();
        while taken.len() < count
            && let Some(id) = self.due_next.pop_front()
        {
            if !self.has(id) {
                taken.push(id);
            }
        }
        if taken.len() < count {
            self.due_next_until = None;
        }
        taken
    }

    fn has(&self, id: IntentId) -> bool {
        self.working.contains_key(&id) || self.left.contains_key(&id)
    }

    /// Remembers how a task ended. After a panic, the lease protects the intent.
    fn ended(&mut self, now: OffsetDateTime, left: Option<Left>) {
        if let Some(Some((id, pause))) = left {
            self.left.insert(id, later(now, pause));
        }
    }
}

/// How many intents a worker reads at least beside those that it starts. With short steps, most of its work would be to ask for more.
const READ_AHEAD: usize = 16;

/// For how long a worker starts what it has read ahead. Then it asks again, also for messages and changes.
const DUE_NEXT_FOR: Duration = Duration::from_millis(50);

/// How long a worker leaves an intent alone that it cannot handle. Another one may handle it meanwhile.
const PAUSE: Duration = Duration::from_secs(30);

/// The most rows that are read at once.
const LIMIT: u32 = 100;
