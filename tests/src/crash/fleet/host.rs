//! The process that starts the fleet's processes, kills them and delivers webhooks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::Stdio;
use std::time::Duration;

use payments_core::clock::{Clock as _, SystemClock};
use payments_core::time::OffsetDateTime;
use payments_test_progress::Progress;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::job::{FleetJob, FromWorker, Role};
use super::orders::Orders;
use super::{Failed, FleetOptions, LONGEST};
use crate::crash::job::ToChild;
use crate::random::Random;

/// What the host has seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) kills: usize,
    pub(super) restarts: usize,
    /// When the last process died that had the intent's lease.
    pub(super) crashes: BTreeMap<i64, OffsetDateTime>,
    pub(super) failures: Vec<String>,
}

pub(super) struct Host<'a> {
    options: &'a FleetOptions,
    orders: &'a mut Orders,
    clock: SystemClock,
    random: Random,
    processes: Vec<Process>,
    /// Who has the lease of an intent: the number of a start.
    holders: HashMap<i64, usize>,
    /// When a start was killed.
    killed: HashMap<usize, OffsetDateTime>,
    starts: usize,
    leases: usize,
    /// The intents that somebody has worked on.
    begun: BTreeSet<i64>,
    acknowledged: BTreeSet<usize>,
    /// The start that a webhook was sent to.
    sent: HashMap<usize, usize>,
    sender: UnboundedSender<(usize, Option<FromWorker>)>,
    receiver: UnboundedReceiver<(usize, Option<FromWorker>)>,
    records: Records,
}

struct Process {
    role: Role,
    running: Option<Running>,
    /// When it starts again, on the monotonic clock.
    restarts_at: Duration,
}

struct Running {
    start: usize,
    child: Child,
    input: ChildStdin,
}

impl<'a> Host<'a> {
    pub(super) fn new(options: &'a FleetOptions, orders: &'a mut Orders) -> Self {
        let (sender, receiver) = unbounded_channel();
        let process = |role: &Role| Process { role: *role, running: None, restarts_at: Duration::ZERO };
        Self {
            options,
            orders,
            clock: SystemClock::new(),
            random: Random::new(options.seed),
            processes: options.roles.iter().map(process).collect(),
            holders: HashMap::new(),
            killed: HashMap::new(),
            starts: 0,
            leases: 0,
            begun: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            sent: HashMap::new(),
            sender,
            receiver,
            records: Records::default(),
        }
    }

    pub(super) fn into_records(self) -> Records {
        self.records
    }

    /// Runs the fleet, and returns true if every intent rests at the end.
    pub(super) async fn run(&mut self, progress: &Progress) -> Result<bool, Failed> {
        let end = self.clock.monotonic() + LONGEST;
        let (mut shown, mut next_look) = (0, Duration::ZERO);
        let mut next_kill = self.next_kill();
        let rests = loop {
            self.restart().await?;
            // Only a few wait, so that no interrupted intent waits behind them.
            self.orders.record(self.options.intents.min(self.begun.len() + WAITING)).await?;
            match tokio::time::timeout(STEP, self.receiver.recv()).await {
                Ok(Some((start, message))) => self.hear(start, message),
                Ok(None) => return Err("the processes are gone".into()),
                Err(_) => {}
            }
            while let Ok((start, message)) = self.receiver.try_recv() {
                self.hear(start, message);
            }
            if self.records.kills < self.options.kills && self.leases >= next_kill {
                self.kill().await?;
                next_kill = self.leases + self.next_kill();
            }
            if self.clock.monotonic() < next_look {
                continue;
            }
            next_look = self.clock.monotonic() + LOOK;
            let webhooks = self.deliver_webhooks().await;
            let open = self.orders.open().await?;
            let done = self.orders.recorded().saturating_sub(open);
            (shown..done).for_each(|_| progress.advance());
            shown = shown.max(done);
            let is_recorded = self.orders.recorded() == self.options.intents;
            if is_recorded && open == 0 && webhooks == 0 && self.orders.all_changes_are_delivered().await? {
                break true;
            }
            if self.clock.monotonic() > end {
                break false;
            }
        };
        for process in &mut self.processes {
            if let Some(mut running) = process.running.take() {
                running.child.kill().await?;
            }
        }
        Ok(rests)
    }

    /// How many leases are taken until the next kill.
    fn next_kill(&mut self) -> usize {
        // The last kill comes well before the last intent.
        let mean = self.options.intents * 3 / 4 / self.options.kills.max(1);
        1 + self.random.below(2 * mean.max(1))
    }

    fn hear(&mut self, start: usize, message: Option<FromWorker>) {
        match message {
            Some(FromWorker::Takes(intent)) => {
                self.holders.insert(intent, start);
                self.leases += 1;
                self.begun.insert(intent);
            }
            Some(FromWorker::Released(intent)) if self.holders.get(&intent) == Some(&start) => {
                self.holders.remove(&intent);
            }
            Some(FromWorker::Released(_)) => {}
            Some(FromWorker::Received(number)) => {
                self.acknowledged.insert(number);
            }
            Some(FromWorker::Failed(problem)) => self.records.failures.push(problem),
            // Everything that it had said was heard.
            None => match self.killed.get(&start) {
                Some(at) => {
                    let held = self.holders.extract_if(|_, holder| *holder == start);
                    self.records.crashes.extend(held.map(|(intent, _)| (intent, *at)));
                }
                None => self.records.failures.push("a process ended by itself".to_owned()),
            },
        }
    }

    /// Kills a process, which starts again soon.
    async fn kill(&mut self) -> Result<(), Failed> {
        let (number, pause) = (self.random.next(), self.random.between(0, LONGEST_ABSENCE));
        let mut alive: Vec<&mut Process> =
            self.processes.iter_mut().filter(|process| process.running.is_some()).collect();
        let chosen = usize::try_from(number).unwrap_or_default() % alive.len().max(1);
        let Some(process) = alive.get_mut(chosen) else { return Ok(()) };
        if let Some(mut running) = process.running.take() {
            running.child.kill().await?;
            self.killed.insert(running.start, self.clock.now());
            self.records.kills += 1;
            process.restarts_at = self.clock.monotonic() + Duration::from_millis(pause);
        }
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), Failed> {
        for number in 0..self.processes.len() {
            let process = &self.processes[number];
            if process.running.is_some() || process.restarts_at > self.clock.monotonic() {
                continue;
            }
            let running = self.start(process.role).await?;
            self.processes[number].running = Some(running);
        }
        Ok(())
    }

    async fn start(&mut self, role: Role) -> Result<Running, Failed> {
        let mut child = Command::new(&self.options.program)
            .arg(WORKER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process has no pipes".into());
        };
        self.starts += 1;
        if self.starts > self.processes.len() {
            self.records.restarts += 1;
        }
        let (start, sender) = (self.starts, self.sender.clone());
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let message = serde_json::from_str(&line);
                let message = message.unwrap_or_else(|_| FromWorker::Failed(format!("the process says: {line}")));
                // The host is gone when the run ends.
                drop(sender.send((start, Some(message))));
            }
            drop(sender.send((start, None)));
        });
        let (url, prepared, control) =
            (self.orders.url().to_owned(), self.orders.prepared().clone(), self.options.control);
        let job = FleetJob { url, role, control, prepared };
        let mut running = Running { start, child, input };
        running.write(&serde_json::to_string(&job)?).await;
        Ok(running)
    }

    /// Sends the webhooks that were not acknowledged to processes with clients, and returns how many there are.
    async fn deliver_webhooks(&mut self) -> usize {
        let deliveries = self.orders.sandbox().deliveries();
        let missing = deliveries.into_iter().filter(|delivery| !self.acknowledged.contains(&delivery.number));
        let mut count = 0;
        for delivery in missing {
            count += 1;
            let receivers = self.processes.iter_mut().filter(|process| process.role != Role::DeliversChanges);
            let mut running: Vec<&mut Running> = receivers.filter_map(|process| process.running.as_mut()).collect();
            let is_sent = self.sent.get(&delivery.number);
            if running.is_empty() || is_sent.is_some_and(|start| running.iter().any(|process| process.start == *start))
            {
                continue;
            }
            let chosen = delivery.number % running.len();
            self.sent.insert(delivery.number, running[chosen].start);
            let webhook = ToChild::Webhook { number: delivery.number, headers: delivery.headers, body: delivery.body };
            running[chosen].write(&serde_json::to_string(&webhook).unwrap_or_default()).await;
        }
        count
    }
}

impl Running {
    /// Writes a line. A process that has ended does not read it.
    async fn write(&mut self, line: &str) {
        drop(self.input.write_all(format!("{line}\n").as_bytes()).await);
    }
}

/// The argument that makes the program a process of the fleet.
pub(in crate::crash) const WORKER: &str = "worker";
const STEP: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_millis(500);
/// As many as the workers take at once.
const WAITING: usize = 32;
/// In milliseconds.
const LONGEST_ABSENCE: u64 = 500;
