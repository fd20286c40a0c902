//! What all processes share, and what can happen to each of them.

use std::future::pending;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payments_journal::IntentId;
use payments_journal::memory::MemoryStore;
use payments_journal::store::StoreError;
use payments_sandbox::Offline;

use super::audit::Audit;
use super::wire::Keys;
use super::{Flaw, Tally};
use crate::random::Random;

/// The providers, the database, and what was observed.
pub(super) struct World {
    pub(super) offline: Offline,
    pub(super) flaw: Flaw,
    pub(super) database: MemoryStore,
    state: Mutex<State>,
}

pub(super) struct State {
    random: Random,
    rates: Rates,
    /// Until then, each call of the database fails.
    database_is_down_until: Duration,
    hosts: Vec<HostState>,
    /// The number of store calls and sends so far.
    activity: u64,
    pub(super) audit: Audit,
    pub(super) keys: Keys,
    pub(super) tally: Tally,
    pub(super) is_calm: bool,
}

#[derive(Clone, Copy, Default)]
struct HostState {
    incarnation: u64,
    is_dead: bool,
}

/// How often something happens, in per mille of the store calls and sends.
struct Rates {
    crash: u64,
    stall: u64,
    failure: u64,
    lost_commit: u64,
    refused_connection: u64,
    hook_failure: u64,
}

impl Rates {
    fn draw(random: &mut Random) -> Self {
        Self {
            crash: random.pick(&[0, 4, 10, 30]),
            stall: random.pick(&[0, 10, 40]),
            failure: random.pick(&[0, 0, 20, 80]),
            lost_commit: random.pick(&[0, 10, 40]),
            refused_connection: random.pick(&[0, 0, 50, 200]),
            hook_failure: random.pick(&[0, 50, 300]),
        }
    }
}

impl World {
    pub(super) fn new(offline: Offline, flaw: Flaw, database: MemoryStore, hosts: usize, mut random: Random) -> Self {
        let state = State {
            rates: Rates::draw(&mut random),
            random,
            database_is_down_until: Duration::ZERO,
            hosts: vec![HostState::default(); hosts],
            activity: 0,
            audit: Audit::default(),
            keys: Keys::default(),
            tally: Tally { lives: 1, ..Tally::default() },
            is_calm: true,
        };
        Self { offline, flaw, database, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self, what: std::fmt::Arguments<'_>) {
        self.offline.note(format_args!("      {what}"));
    }

    pub(super) fn now(&self) -> Duration {
        self.offline.clock().elapsed()
    }

    pub(super) fn activity(&self) -> u64 {
        self.state().activity
    }

    pub(super) fn set_calm(&self, is_calm: bool) {
        let mut state = self.state();
        state.is_calm = is_calm;
        if is_calm {
            state.database_is_down_until = Duration::ZERO;
        }
    }

    pub(super) fn stop_database(&self, time: Duration) {
        let until = self.now() + time;
        self.state().database_is_down_until = until;
    }

    /// Starts the next incarnation of a process.
    pub(super) fn start_host(self: &Arc<Self>, process: usize) -> Host {
        let mut state = self.state();
        let host = &mut state.hosts[process];
        *host = HostState { incarnation: host.incarnation + 1, is_dead: false };
        Host { world: Arc::clone(self), process, incarnation: host.incarnation }
    }

    /// Ends a process: nothing of it runs from here on.
    pub(super) fn kill(&self, process: usize) {
        let mut state = self.state();
        state.hosts[process].is_dead = true;
        state.audit.forget_unsaved(process);
    }

    pub(super) fn is_dead(&self, process: usize) -> bool {
        self.state().hosts[process].is_dead
    }

    /// Compares an intent with the ledger after a commit.
    pub(super) async fn committed(&self, id: IntentId) {
        let Ok(loaded) = self.database.load_intent(id).await else { return };
        let ledger = self.offline.ledger();
        let mut state = self.state();
        let State { audit, tally, .. } = &mut *state;
        let before = audit.violation.is_some();
        audit.committed(&loaded, &ledger, tally);
        let line = audit.describe(&loaded);
        let violation = audit.violation.clone().filter(|_| !before);
        drop(state);
        if let Some(line) = line {
            self.log(format_args!("{line}"));
        }
        if let Some(violation) = violation {
            self.log(format_args!("VIOLATION: {violation}"));
        }
    }
}

/// `Store::load` of the database, which never fails by itself.
trait LoadIntent {
    async fn load_intent(&self, id: IntentId) -> Result<payments_journal::store::Loaded, StoreError>;
}

impl LoadIntent for MemoryStore {
    async fn load_intent(&self, id: IntentId) -> Result<payments_journal::store::Loaded, StoreError> {
        payments_journal::Store::load(self, id).await
    }
}

/// One start of one process.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) world: Arc<World>,
    pub(super) process: usize,
    pub(super) incarnation: u64,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("process", &self.process).finish_non_exhaustive()
    }
}

/// What happens at a point.
enum Happening {
    Nothing,
    Crash,
    Stall(Duration),
}

impl Host {
    /// A point at which the process may crash or stand still. A dead process never gets past it.
    pub(super) async fn point(&self, what: &str) {
        self.point_of(what, 1).await;
    }

    /// The point at which a response is in memory only. More processes stand still here, so that more leases expire.
    pub(super) async fn point_before_save(&self) {
        self.point_of("before a response is saved", 6).await;
    }

    async fn point_of(&self, what: &str, stalls: u64) {
        tokio::task::yield_now().await;
        match self.happening(stalls) {
            Happening::Nothing => {}
            Happening::Crash => {
                self.world.log(format_args!("process {} crashes {what}", self.process));
                self.world.kill(self.process);
                pending().await
            }
            Happening::Stall(time) => {
                self.world.log(format_args!("process {} stands still for {time:?} {what}", self.process));
                self.world.offline.clock().sleep(time).await;
            }
        }
        if self.is_gone() {
            pending().await
        }
    }

    fn happening(&self, stalls: u64) -> Happening {
        let mut state = self.world.state();
        state.activity += 1;
        if state.is_calm {
            return Happening::Nothing;
        }
        let State { random, rates, .. } = &mut *state;
        let number = random.between(0, 999);
        if number < rates.crash {
            Happening::Crash
        } else if number < rates.crash + rates.stall * stalls {
            let millis = random.pick(&[50, 8_000, 31_000, 95_000, 95_000, 600_000]);
            Happening::Stall(Duration::from_millis(millis))
        } else {
            Happening::Nothing
        }
    }

    fn is_gone(&self) -> bool {
        let host = self.world.state().hosts[self.process];
        host.is_dead || host.incarnation != self.incarnation
    }

    fn chance(&self, rate: impl FnOnce(&Rates) -> u64) -> bool {
        let mut state = self.world.state();
        let State { random, rates, is_calm, .. } = &mut *state;
        !*is_calm && random.between(0, 999) < rate(rates)
    }

    /// The database before a call: it may be down, or fail.
    pub(super) async fn reach_database(&self, call: &str) -> Result<(), StoreError> {
        self.point(&format!("before {call}")).await;
        let is_down = self.world.now() < self.world.state().database_is_down_until;
        if is_down || self.chance(|rates| rates.failure) {
            self.world.state().tally.store_failures += 1;
            return Err(unavailable());
        }
        Ok(())
    }

    /// The way back from the database after a commit: the response may be lost.
    pub(super) async fn return_from_commit(&self, call: &str) -> Result<(), StoreError> {
        self.point(&format!("after {call}")).await;
        if self.chance(|rates| rates.lost_commit) {
            self.world.log(format_args!("process {}: the response to {call} is lost", self.process));
            self.world.state().tally.lost_commits += 1;
            return Err(unavailable());
        }
        Ok(())
    }

    pub(super) fn connection_is_refused(&self) -> bool {
        self.chance(|rates| rates.refused_connection)
    }

    pub(super) fn hook_fails(&self) -> bool {
        self.chance(|rates| rates.hook_failure)
    }

    /// True if the database wants a transaction repeated.
    pub(super) fn repeats_transaction(&self) -> bool {
        self.chance(|_| 20)
    }
}

pub(super) fn unavailable() -> StoreError {
    StoreError::Unavailable("the connection to the database broke".into())
}
