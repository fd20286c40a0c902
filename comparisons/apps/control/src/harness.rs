//! Kills workers after the provider executed a job, and counts the executions in the provider's ledger.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use payments_sandbox::Sandbox;

/// How often the jobs were executed, by the provider's ledger.
#[derive(Debug, Default)]
pub struct Counts {
    pub jobs: usize,
    pub kills: usize,
    pub once: usize,
    pub twice: usize,
    pub more: usize,
    pub never: usize,
}

impl Counts {
    fn of(sandbox: &Sandbox, orders: &[String], kills: usize) -> Self {
        let mut counts = Self { jobs: orders.len(), kills, ..Self::default() };
        for order in orders {
            match sandbox.ledger().order(order).executions() {
                0 => counts.never += 1,
                1 => counts.once += 1,
                2 => counts.twice += 1,
                _ => counts.more += 1,
            }
        }
        counts
    }
}

/// A queue whose workers are killed.
pub trait Queue {
    /// Adds a job that charges the card of an order.
    fn push(&mut self, order: &str) -> impl Future<Output = ()>;

    /// Returns true if the queue will run no job again.
    fn is_finished(&self) -> impl Future<Output = bool>;
}

/// Runs jobs in pairs: the worker finishes the first one, and is killed during the second one.
///
/// The arguments tell a worker where the queue is.
pub async fn kill_workers(queue: &mut impl Queue, arguments: &[&str], kills: usize) -> Counts {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let mut worker = Worker::start(&sandbox, arguments);
    let mut orders = Vec::new();

    for number in 1..=kills {
        let [finished, killed] = ["finished", "killed"].map(|name| format!("order-{number}-{name}"));
        queue.push(&finished).await;
        wait(async || queue.is_finished().await).await;

        // card3ds charges the card, and the response to the first request never arrives.
        sandbox.fault(&format!("card3ds.payment order={killed} @after-commit stall"));
        queue.push(&killed).await;
        wait(async || sandbox.ledger().order(&killed).executions() == 1).await;
        drop(worker);

        worker = Worker::start(&sandbox, arguments);
        wait(async || queue.is_finished().await).await;
        orders.extend([finished, killed]);
    }
    drop(worker);
    let counts = Counts::of(&sandbox, &orders, kills);
    // `finish` would fail: orders were executed twice.
    sandbox.abandon();
    counts
}

/// A worker's process. Dropping it kills the process with SIGKILL.
struct Worker(Child);

impl Worker {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let provider = sandbox.card3ds();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("worker").arg(format!("{}/api", provider.base_url()));
        command.args([provider.api_key(), provider.api_secret()]).args(arguments);
        Self(command.stdin(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Waits until a condition is met. Panics after a minute.
async fn wait(condition: impl AsyncFn() -> bool) {
    let met = async {
        while !condition().await {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), met).await.expect("the worker made no progress within a minute");
}

const POLL_INTERVAL: Duration = Duration::from_millis(5);
