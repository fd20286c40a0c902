//! A database that fails around a commit, a process that sleeps, a key that is missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::memory::{MemoryConnection, MemoryStore};
use payments_journal::store::{
    Acknowledgement, Amendment, Delivery, Inserted, Lease, Loaded, Matched, Pause, Received, Store, StuckChange,
};
use payments_journal::{
    Account, Hook, InboxId, IntentId, IntentKey, IntentRow, Journal, JournalError, JournalKey, JournalKeys, Message,
    State, Stats, StoreError,
};

use super::provider::{Answer, LOOKUP, World, gateway, journal, settings};
use super::store::forward;

/// What the database does with a change.
#[derive(Clone, Copy)]
enum Fault {
    None,
    /// It is committed, and the response is lost.
    Lost,
    /// It is committed, the response is lost, and another process takes the lease before anybody looks.
    Taken,
    /// It is rolled back.
    RolledBack,
    /// The row has something that this version does not know.
    Unreadable,
}

/// What becomes of each change, counted from zero.
type Faults = fn(usize) -> Fault;

/// A store that fails at its changes as the test says.
#[derive(Clone)]
struct Faulty {
    store: MemoryStore,
    faults: Faults,
    changes: Arc<AtomicUsize>,
}

impl Store for Faulty {
    type Connection = MemoryConnection;

    forward!(store);

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        match (self.faults)(self.changes.fetch_add(1, Ordering::SeqCst)) {
            Fault::None => return self.store.amend(id, decide).await,
            Fault::Lost => drop(self.store.amend(id, decide).await?),
            Fault::Taken => {
                drop(self.store.amend(id, decide).await?);
                let take = |loaded: &Loaded| {
                    let mut head = loaded.head.clone();
                    head.lease = Some(Lease { owner: 1, until: loaded.now + Duration::from_secs(90) });
                    (Some(Amendment { facts: Vec::new(), head, pause: None }), ())
                };
                self.store.amend(id, take).await?;
            }
            Fault::RolledBack => drop(decide(&self.store.load(id).await?)),
            Fault::Unreadable => {
                drop(decide(&self.store.load(id).await?));
                return Err(StoreError::Unreadable { what: "state", problem: "odd".to_owned() });
            }
        }
        Err(StoreError::Unavailable("the connection broke".into()))
    }
}

/// A journal on the world's database, which fails at its changes as the test says.
fn failing(world: &World, faults: Faults) -> Journal<Faulty> {
    let store = Faulty { store: world.store.clone(), faults, changes: Arc::default() };
    journal(&store, &world.provider, &world.clock, LOOKUP, settings(|_| {}))
}

#[tokio::test]
async fn a_claim_whose_commit_was_not_confirmed_is_sent_once_if_it_is_stored() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    let ticket = world.record("W_1").await;
    let journal = failing(&world, |change| if change == 0 { Fault::Lost } else { Fault::None });
    assert_eq!(journal.execute(ticket).await.expect("execute").state, State::Succeeded);
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn a_claim_that_is_not_stored_or_not_its_own_any_more_sends_nothing() {
    let faults: [(Faults, State); 2] = [(|_| Fault::RolledBack, State::Intended), (|_| Fault::Taken, State::Sending)];
    for (faults, state) in faults {
        let world = World::new();
        let ticket = world.record("W_1").await;
        let id = ticket.intent();
        let error = failing(&world, faults).execute(ticket).await.expect_err("no claim");
        assert!(matches!(error, JournalError::Store(StoreError::Unavailable(_))), "{error}");
        assert_eq!((world.provider.requests().len(), world.report(id).await.state), (0, state));
    }
}

#[tokio::test]
async fn a_row_of_a_newer_version_is_reported_as_such() {
    let world = World::new();
    let ticket = world.record("W_1").await;
    let error = failing(&world, |_| Fault::Unreadable).execute(ticket).await.expect_err("unreadable");
    assert!(matches!(error, JournalError::Store(StoreError::Unreadable { .. })), "{error}");
    assert_eq!(world.provider.requests().len(), 0);
}

#[tokio::test]
async fn a_result_that_cannot_be_stored_is_stored_later_and_the_caller_is_told_after_three_failures() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded), Answer::Accept(PaymentStatus::Succeeded)]);
    let twice = failing(&world, |change| if matches!(change, 1 | 2) { Fault::RolledBack } else { Fault::None });
    let ticket = world.record("W_1").await;
    assert_eq!(twice.execute(ticket).await.expect("execute").state, State::Succeeded);

    let often = failing(&world, |change| if matches!(change, 1..=5) { Fault::RolledBack } else { Fault::None });
    let ticket = world.record("W_2").await;
    let id = ticket.intent();
    let error = often.execute(ticket).await.expect_err("not saved yet");
    assert!(matches!(error, JournalError::NotSaved { outcome: None, .. }), "{error}");
    assert_eq!(world.report(id).await.state, State::Sending);
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.report(id).await.state, State::Succeeded);
    assert_eq!(world.provider.requests().len(), 2);
}

/// A clock on which 30 seconds pass between two looks: the process slept, or was suspended.
#[derive(Debug, Clone)]
struct Jumping {
    clock: ManualClock,
    by_wall: bool,
}

impl Clock for Jumping {
    fn now(&self) -> OffsetDateTime {
        if self.by_wall {
            self.clock.advance(Duration::from_secs(30));
        }
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        if self.by_wall {
            return Duration::ZERO;
        }
        self.clock.advance(Duration::from_secs(30));
        self.clock.monotonic()
    }
}

#[tokio::test]
async fn a_process_that_slept_after_its_claim_sends_nothing_and_asks_nothing() {
    for by_wall in [false, true] {
        let world = World::new();
        let clock = Jumping { clock: ManualClock::at(world.clock.now()), by_wall };
        let sleepy = Journal::builder(world.store.clone(), keys("1"))
            .gateway(gateway(&world.provider, LOOKUP))
            .clock(clock)
            .build()
            .expect("a journal");
        let ticket = world.record("W_1").await;
        let id = ticket.intent();
        assert_eq!(sleepy.execute(ticket).await.expect("execute").state, State::Intended);
        assert_eq!(world.provider.requests().len(), 0, "by_wall: {by_wall}");

        world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
        world.clock.advance(Duration::from_secs(60));
        world.journal.execute(payments_journal::Ticket::of(id)).await.expect("execute");
        world.clock.advance(Duration::from_secs(60));
        sleepy.worker().run_due().await.expect("the worker");
        assert_eq!(world.provider.lookups(), 0, "by_wall: {by_wall}");
        let report = world.report(id).await;
        assert_eq!(report.problem.as_deref(), Some("the lease was over before the lookup"));
    }
}

fn keys(id: &str) -> JournalKeys {
    JournalKeys::new(id, JournalKey::new("00112233445566778899aabbccddeeff").expect("a key")).expect("the keys")
}

#[tokio::test]
async fn a_process_without_the_journals_key_claims_nothing() {
    let world = World::new();
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    let other = Journal::builder(world.store.clone(), keys("2"))
        .gateway(gateway(&world.provider, LOOKUP))
        .clock(world.clock.clone())
        .build()
        .expect("a journal");
    let error = other.execute(ticket).await.expect_err("the key is missing");
    assert!(matches!(error, JournalError::Key(_)), "{error}");
    let report = world.report(id).await;
    assert_eq!((report.state, report.evidence.len()), (State::Intended, 0));
    assert_eq!(world.provider.requests().len(), 0);
}
