//! One life: its state, its scheduler and its checks.

use std::sync::Arc;
use std::time::Duration;

use payments_journal::memory::MemoryStore;
use payments_journal::{Backoff, JournalKey, JournalKeys, Settings};
use payments_sandbox::{OutgoingMessage, Sandbox, turbo_txn, turbopay};

use super::super::faults::{provider_settings, random_fault, random_message_fault};
use super::super::process::{MERCHANT_URL, WallClock};
use super::host::World;
use super::orders::{Kind, Order};
use super::process::{Machine, Process, clients_without_faults};
use super::{Flaw, Tally};
use crate::random::Random;

pub(super) struct Life {
    pub(super) random: Random,
    pub(super) world: Arc<World>,
    pub(super) machines: Vec<Machine>,
    pub(super) database_clock: WallClock,
    pub(super) settings: Settings,
    keys: JournalKeys,
    /// Messages that were delivered, to be delivered again.
    pub(super) captured: Vec<OutgoingMessage>,
    /// True once processes start again with everything.
    pub(super) is_healing: bool,
    problem: Option<String>,
}

impl Life {
    #[expect(clippy::expect_used, reason = "the credentials are well-formed; a panic counts as a violation")]
    pub(super) fn new(seed: u64, flaw: Flaw, with_timeline: bool) -> Self {
        let mut random = Random::new(seed);
        let mut builder = provider_settings(Sandbox::builder().seed(seed), &mut random);
        let mut settings = draw_settings(&mut random);
        if random.percent(30) {
            // The merchant opts in, because a reference is accepted once.
            settings.resend_taken_once = true;
            builder = builder.turbopay(turbopay::Settings::default().opening_balance(1_000_000));
        }
        // The amount to pay may differ from the requested one (documented). The journal then asks a person.
        let changes_amounts = random.percent(30);
        if !changes_amounts {
            builder = builder.turbo_txn(turbo_txn::Settings::default().unadjusted_amounts());
        }
        let offline = if with_timeline { builder } else { builder.without_timeline() }.offline();
        offline.turratech().send_events_to(&format!("{MERCHANT_URL}/turratech"));
        offline.turbo_txn().send_callbacks_to(&format!("{MERCHANT_URL}/turbo-txn"));
        let database_clock = WallClock::new(offline.clock());
        let database = MemoryStore::with_clock(database_clock.clone());
        let mut orders = Vec::new();
        let clients = clients_without_faults(&offline, &database_clock).expect("the credentials are well-formed");
        for number in 1..=random.between(2, 7) {
            let number = usize::try_from(number).unwrap_or_default();
            orders.extend(Order::draw(&mut random, number, &offline, &clients));
        }
        let count = 2 + random.below(2);
        let injections = Random::new(random.next());
        let world = Arc::new(World::new(offline, flaw, database, count, injections));
        for order in &mut orders {
            order.amount_changed |= changes_amounts && order.kind == Kind::Upi;
        }
        world.state().audit.orders = orders;
        let machines = (0..count).map(|number| Machine {
            number,
            clock: WallClock::new(world.offline.clock()),
            process: None,
            starts_at: Duration::ZERO,
            stopped_until: Duration::ZERO,
            has_worker: random.percent(85),
            has_hook: random.percent(75),
        });
        let machines = machines.collect();
        let key = JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0").expect("the key is well-formed");
        let keys = JournalKeys::new("2026", key).expect("the key is well-formed");
        Self {
            random,
            world,
            machines,
            database_clock,
            settings,
            keys,
            captured: Vec::new(),
            is_healing: false,
            problem: None,
        }
    }

    /// Runs the life up to the first violation.
    pub(super) fn run(&mut self) -> Result<(), String> {
        self.add_initial_faults();
        self.world.set_calm(false);
        let steps = self.random.between(20, 45);
        for _ in 0..steps {
            self.step();
            self.check()?;
        }
        self.end()
    }

    fn add_initial_faults(&mut self) {
        for _ in 0..self.random.below(8) {
            let percent = self.random.between(2, 50);
            let fault = if self.random.percent(30) {
                random_message_fault(&mut self.random, percent)
            } else {
                random_fault(&mut self.random, percent, "x*")
            };
            self.world.offline.fault(&fault);
        }
    }

    pub(super) fn check(&mut self) -> Result<(), String> {
        let ledger = self.world.offline.ledger();
        let mut state = self.world.state();
        state.audit.check_ledger(&ledger);
        match self.problem.take().or_else(|| state.audit.violation.clone()) {
            Some(what) => Err(what),
            None => Ok(()),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let state = self.world.state();
        Tally { changes: state.audit.changes_applied(), ..state.tally }
    }

    pub(super) fn timeline(&self) -> String {
        self.world.offline.timeline().iter().map(|line| format!("{line}\n")).collect()
    }

    pub(super) fn finish(self) {
        let Self { machines, world, .. } = self;
        drop(machines);
        if let Some(world) = Arc::into_inner(world) {
            world.offline.abandon();
        }
    }

    pub(super) fn log(&self, what: std::fmt::Arguments<'_>) {
        self.world.log(what);
    }

    /// Lets every process run, and starts those again that crashed.
    pub(super) fn run_processes(&mut self) {
        let now = self.world.now();
        for index in 0..self.machines.len() {
            self.bury(index);
            let machine = &self.machines[index];
            if machine.process.is_none() && machine.starts_at <= now {
                self.start(index);
            }
            let machine = &self.machines[index];
            let Some(process) = &machine.process else { continue };
            if machine.stopped_until > now {
                continue;
            }
            // Until it waits for the clock.
            for _ in 0..MAX_POLLS {
                let before = self.world.activity();
                process.poll(4);
                if self.world.activity() == before || self.world.is_dead(index) {
                    break;
                }
            }
            self.bury(index);
        }
    }

    /// Lets some processes run a little, in any order, so that their steps interleave.
    pub(super) fn interleave(&mut self, rounds: usize) {
        let now = self.world.now();
        for _ in 0..rounds {
            let index = self.random.below(self.machines.len());
            let steps = 1 + self.random.below(4);
            let machine = &self.machines[index];
            if let Some(process) = machine.process.as_ref().filter(|_| machine.stopped_until <= now) {
                process.poll(steps);
            }
            self.bury(index);
        }
    }

    fn start(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        if self.is_healing {
            (machine.has_worker, machine.has_hook) = (true, true);
        }
        match Process::start(&self.world, &self.machines[index], &self.keys, self.settings) {
            Ok(process) => self.machines[index].process = Some(process),
            Err(error) => self.problem = Some(format!("a process could not be started: {error}")),
        }
    }

    /// Removes a process that crashed. It starts again later.
    fn bury(&mut self, index: usize) {
        if self.machines[index].process.is_some() && self.world.is_dead(index) {
            let pause = self.random.pick(&[0, 1, 5, 40, 200, 2000]);
            self.remove(index, Duration::from_secs(pause));
        }
    }

    /// Ends a process where it is.
    pub(super) fn remove(&mut self, index: usize, pause: Duration) {
        if self.machines[index].process.take().is_some() {
            self.world.kill(index);
            self.world.state().tally.crashes += 1;
        }
        self.machines[index].starts_at = self.world.now() + pause;
    }

    /// Lets this much time pass, from one event to the next.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.world.now() + time;
        loop {
            if self.random.percent(30) {
                let rounds = self.random.below(12);
                self.interleave(rounds);
            }
            self.run_processes();
            let now = self.world.now();
            if now >= end {
                return;
            }
            let clock = self.world.offline.clock();
            let starts =
                self.machines.iter().filter(|machine| machine.process.is_none()).map(|machine| machine.starts_at);
            let continues = self.machines.iter().map(|machine| machine.stopped_until);
            let times = starts.chain(continues).chain(clock.next_wait());
            let next = times.filter(|time| *time > now).min().unwrap_or(end).min(end);
            clock.advance(next.saturating_sub(now));
        }
    }

    /// A running process.
    pub(super) fn any_process(&mut self) -> Option<usize> {
        let running = |index: &usize| self.machines[*index].process.is_some();
        let running: Vec<usize> = (0..self.machines.len()).filter(running).collect();
        (!running.is_empty()).then(|| self.random.pick(&running))
    }
}

fn draw_settings(random: &mut Random) -> Settings {
    let seconds = Duration::from_secs;
    let mut settings = Settings::default();
    settings.poll_interval = seconds(20);
    settings.call_timeout = seconds(random.pick(&[20, 60]));
    settings.lease_margin = seconds(random.pick(&[5, 30]));
    settings.lookups = random.pick(&[1, 3, 5]);
    settings.in_flight = seconds(random.pick(&[60, 900]));
    settings.backoff = Backoff::new(seconds(1), seconds(random.pick(&[60, 600])));
    settings.polling = Backoff::new(seconds(30), seconds(3600));
    settings.concurrency = random.pick(&[1, 4, 16]);
    settings
}

/// More polls than anything takes that does not wait.
const MAX_POLLS: usize = 200;
