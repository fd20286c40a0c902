//! One run: a sandbox, a database, and processes that are killed one after the other until one of them ends by itself.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use payments_core::clock::{Clock as _, SystemClock};
use payments_sandbox::{Clock, Sandbox};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::Failed;
use super::database::{DatabaseKind, Databases, RunDatabase};
use super::hook::HookKind;
use super::job::{FromChild, Job, Outcome, Prepared, ToChild};
use super::pause;
use super::variant::Variant;
use super::verdict::{self, Violation};

/// A run to make: a variant, and the point at which each process is killed. The process after the last one is not killed.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) variant: Variant,
    pub(super) kills: Vec<usize>,
    /// The point at which the first process is paused instead.
    pub(super) pause: Option<usize>,
    pub(super) seed: u64,
    pub(super) control: bool,
    pub(super) database: DatabaseKind,
}

/// A finished run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) plan: Plan,
    /// The names of the points at which processes were killed.
    pub(super) killed: Vec<String>,
    /// The name of the point at which the first process was paused.
    pub(super) paused: Option<String>,
    pub(super) executions: usize,
    /// What the last process left behind; an error if it did not end by itself.
    pub(super) outcome: Result<Outcome, String>,
    pub(super) violations: Vec<Violation>,
    pub(super) ledger: String,
}

impl Plan {
    /// Returns the command that repeats the run.
    pub(super) fn command(&self) -> String {
        let is_default = self.database == DatabaseKind::default();
        let database = if is_default { String::new() } else { format!(" --database {}", self.database) };
        format!("cargo xtask crash{database} --seed {} --run '{self}'", self.seed)
    }
}

/// Formats a plan like `turbopay.pay-out execute works @3+7`, or `~7` with a pause.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills: Vec<String> = self.kills.iter().map(ToString::to_string).collect();
        match self.pause {
            Some(pause) => write!(f, "{} ~{pause}", self.variant),
            None => write!(f, "{} @{}", self.variant, kills.join("+")),
        }
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = |_| format!("invalid points in `{text}`; examples: `@3+7`, `~7`");
        let plan = |variant: &str| -> Result<Self, String> {
            let (kills, database) = (Vec::new(), DatabaseKind::default());
            Ok(Self { variant: variant.parse()?, kills, pause: None, seed: 0, control: false, database })
        };
        if let Some((variant, pause)) = text.split_once(" ~") {
            return Ok(Self { pause: Some(pause.parse().map_err(invalid)?), ..plan(variant)? });
        }
        let (variant, kills) = text.split_once(" @").unwrap_or((text, ""));
        let kills: Result<Vec<usize>, _> = kills.split('+').filter(|kill| !kill.is_empty()).map(str::parse).collect();
        Ok(Self { kills: kills.map_err(invalid)?, ..plan(variant)? })
    }
}

/// Runs a plan with this program as the merchant's process.
pub(super) async fn run(plan: Plan, program: &Path, databases: &Databases) -> Result<Run, Failed> {
    let builder = Sandbox::builder().seed(plan.seed).clock(clock());
    let sandbox = (plan.variant.scenario.sandbox)(builder).try_start().await?;
    let database = databases.create().await?;
    let result = run_in(plan, program, &sandbox, &database).await;
    sandbox.abandon();
    database.remove().await?;
    result
}

async fn run_in(plan: Plan, program: &Path, sandbox: &Sandbox, database: &RunDatabase) -> Result<Run, Failed> {
    let mut merchant = Merchant::create(&plan, program, sandbox, database).await?;
    let (mut killed, mut paused) = (Vec::new(), None);
    let outcome = match plan.pause {
        Some(point) => {
            let run = pause::run(&mut merchant, point).await?;
            paused = run.at;
            run.outcome
        }
        None => merchant.die(&plan.kills, &mut killed).await?,
    };
    let executions = plan.variant.scenario.executions(sandbox);
    let violations = verdict::violations(plan.variant.scenario, executions, &outcome, paused.as_deref());
    let ledger = sandbox.ledger().entries().iter().map(|entry| format!("  {entry}\n")).collect();
    Ok(Run { plan, killed, paused, executions, outcome, violations, ledger })
}

/// A clock that shows the time of day, because the merchant's processes use the system's clock. It stands still.
fn clock() -> Clock {
    let clock = Clock::manual();
    clock.advance((SystemClock::new().now() - clock.now()).try_into().unwrap_or_default());
    clock
}

/// The merchant as its processes come and go.
pub(super) struct Merchant<'a> {
    variant: Variant,
    control: bool,
    program: &'a Path,
    sandbox: &'a Sandbox,
    prepared: Prepared,
    database: &'a RunDatabase,
    has_started: bool,
    customer_has_acted: bool,
    /// The webhooks that were acknowledged.
    received: BTreeSet<usize>,
}

/// A running process.
pub(super) struct Process {
    pub(super) child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// The webhooks that were sent to it.
    sent: BTreeSet<usize>,
}

/// What became of a process.
pub(super) enum Attended {
    /// It waits at its point.
    Reached(String),
    /// It ended.
    Ended(Result<Outcome, String>),
}

impl<'a> Merchant<'a> {
    async fn create(
        plan: &Plan,
        program: &'a Path,
        sandbox: &'a Sandbox,
        database: &'a RunDatabase,
    ) -> Result<Self, Failed> {
        let variant = plan.variant;
        let prepared = (variant.scenario.prepare)(sandbox).await?;
        let received = sandbox.deliveries().iter().map(|delivery| delivery.number).collect();
        Ok(Self {
            variant,
            control: plan.control,
            program,
            sandbox,
            prepared,
            database,
            has_started: false,
            customer_has_acted: false,
            received,
        })
    }

    /// Kills one process after the other at these points, and lets the next one end.
    async fn die(&mut self, points: &[usize], killed: &mut Vec<String>) -> Result<Result<Outcome, String>, Failed> {
        let mut ended = None;
        for point in points {
            let mut process = self.start(Some(*point)).await?;
            match self.attend(&mut process).await {
                Attended::Reached(name) => {
                    process.child.kill().await?;
                    killed.push(name);
                }
                Attended::Ended(outcome) => {
                    ended = Some(outcome);
                    break;
                }
            }
        }
        let outcome = match ended {
            Some(outcome) => outcome,
            None => self.end().await?,
        };
        match outcome {
            // The only process so far has no hook. The next one delivers the changes.
            Ok(first) if self.variant.hook == HookKind::IsMissing && killed.is_empty() => {
                Ok(self.end().await?.map(|last| Outcome { points: first.points, ..last }))
            }
            outcome => Ok(outcome),
        }
    }

    /// Starts the next process and lets it end.
    pub(super) async fn end(&mut self) -> Result<Result<Outcome, String>, Failed> {
        let mut process = self.start(None).await?;
        match self.attend(&mut process).await {
            Attended::Ended(outcome) => Ok(outcome),
            Attended::Reached(name) => Ok(Err(format!("the process stops {name}"))),
        }
    }

    /// Starts the next process.
    pub(super) async fn start(&mut self, stop_at: Option<usize>) -> Result<Process, Failed> {
        let Variant { scenario, mode, hook } = self.variant;
        let mut child = Command::new(self.program)
            .arg(CHILD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process has no pipes".into());
        };
        let job = Job {
            scenario: scenario.name.to_owned(),
            mode,
            hook,
            control: self.control,
            database: self.database.place.clone(),
            prepared: self.prepared.clone(),
            is_first: !self.has_started,
            stop_at,
        };
        self.has_started = true;
        let output = BufReader::new(output).lines();
        let mut process = Process { child, input, output, sent: BTreeSet::new() };
        process.write(&serde_json::to_string(&job)?).await;
        Ok(process)
    }

    /// Plays the customer and the provider's webhooks until the process reaches its point or ends.
    pub(super) async fn attend(&mut self, process: &mut Process) -> Attended {
        match tokio::time::timeout(LONGEST, self.attend_for_ever(process)).await {
            Ok(attended) => attended,
            Err(_) => Attended::Ended(Err("the process does not end".to_owned())),
        }
    }

    async fn attend_for_ever(&mut self, process: &mut Process) -> Attended {
        loop {
            tokio::select! {
                line = process.output.next_line() => {
                    let Ok(Some(line)) = line else {
                        return Attended::Ended(Err("the process ended without a result".to_owned()));
                    };
                    match serde_json::from_str(&line) {
                        Ok(FromChild::Received(number)) => { self.received.insert(number); }
                        Ok(FromChild::Reached { name, .. }) => return Attended::Reached(name),
                        Ok(FromChild::Done(outcome)) => return Attended::Ended(Ok(*outcome)),
                        Ok(FromChild::Failed(problem)) => return Attended::Ended(Err(problem)),
                        Err(_) => return Attended::Ended(Err(format!("the process says: {line}"))),
                    }
                }
                () = tokio::time::sleep(STEP) => self.act(process).await,
            }
        }
    }

    /// Lets the customer act once the operation is executed, and sends the webhooks that were not acknowledged.
    async fn act(&mut self, process: &mut Process) {
        let scenario = self.variant.scenario;
        if let Some(act) = scenario.customer
            && !self.customer_has_acted
            && scenario.executions(self.sandbox) > 0
        {
            self.customer_has_acted = true;
            act(self.sandbox);
        }
        if !scenario.has_webhooks {
            return;
        }
        for delivery in self.sandbox.deliveries() {
            let number = delivery.number;
            if !self.received.contains(&number) && process.sent.insert(number) {
                let webhook = ToChild::Webhook { number, headers: delivery.headers, body: delivery.body };
                process.write(&serde_json::to_string(&webhook).unwrap_or_default()).await;
            }
        }
    }
}

impl Process {
    pub(super) async fn go_on(&mut self) {
        self.write(&serde_json::to_string(&ToChild::GoOn).unwrap_or_default()).await;
    }

    /// Writes a line. A process that has ended does not read it.
    async fn write(&mut self, line: &str) {
        drop(self.input.write_all(format!("{line}\n").as_bytes()).await);
    }
}

/// The argument that makes the program the merchant's process.
pub(super) const CHILD: &str = "child";

/// Longer than a process takes.
const LONGEST: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(5);
