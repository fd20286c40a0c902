//! Random walks: customers and a back office use the shop, providers and networks fail, and the shop is killed.
//!
//! A walk has a sandbox and a shop of its own. At the end, everything comes to rest, the back office decides what is in review by
//! the ledger, and the shop's books are compared with the ledger. The seed determines the steps. The shop is a real process with
//! real sockets, so the same seed repeats the same intentions, and not the same timing.

mod bank;
mod browser;
mod customer;
mod faults;
mod html;
mod judge;
mod mutants;
mod office;
mod report;
mod settle;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payments_proof::Random;
use payments_sandbox::{Entry, EntryKind, turbopay};
use payments_test_progress::Progress;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use browser::Browser;
use customer::{Act, Customer};
use office::{Office, Task};

pub use mutants::mutants;
pub use report::{Outcome, Report, Tally};

use crate::{Failed, Stage};

/// Which walks to make.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The seed of all walks.
    pub seed: u64,
    /// The numbers of the walks.
    pub walks: std::ops::Range<u64>,
    /// The number of walks at the same time.
    pub jobs: usize,
    /// The shop's program. Default: `shop` beside this program.
    pub program: Option<PathBuf>,
    /// Shows a progress bar.
    pub progress: Progress,
}

impl Options {
    /// Makes this many walks, several at a time.
    #[must_use]
    pub fn new(seed: u64, walks: std::ops::Range<u64>) -> Self {
        Self { seed, walks, jobs: JOBS, program: None, progress: Progress::hidden() }
    }
}

/// Makes the walks.
///
/// # Errors
///
/// Returns an error if a stage cannot be started.
pub async fn run(options: &Options) -> Result<Report, Failed> {
    let (slots, mut walks) = (Arc::new(Semaphore::new(options.jobs.max(1))), JoinSet::new());
    for number in options.walks.clone() {
        let (slots, options) = (Arc::clone(&slots), options.clone());
        walks.spawn(async move {
            let _slot = slots.acquire().await;
            walk(&options, number).await
        });
    }
    let mut report = Report::new(options.seed, options.walks.end - options.walks.start == 1);
    while let Some(ended) = walks.join_next().await {
        report.add(ended.map_err(|error| Failed::new(error.to_string()))??);
        options.progress.advance();
    }
    Ok(report)
}

/// One walk, while it runs.
#[derive(Debug)]
struct Walk {
    stage: Stage,
    customers: Vec<Customer>,
    office: Office,
    /// Sends what banks decide to the sandbox.
    outside: Browser,
    /// Held while a bank decides.
    bank: tokio::sync::Mutex<()>,
    /// True if failed payments succeed in the end, which TurboPay documents as rare. Some orders are then paid twice.
    lets_failed_succeed: bool,
    paid_after_failure: Mutex<Vec<String>>,
    tally: Mutex<Tally>,
    steps: Mutex<Vec<String>>,
}

/// Makes one walk from its start to the verdict.
async fn walk(options: &Options, number: u64) -> Result<Outcome, Failed> {
    let mut random = Random::of(options.seed, number);
    let turbopay = turbopay::Settings::default().opening_balance(1_000_000);
    let mut builder = Stage::builder().seed(random.next()).sandbox(|sandbox| sandbox.turbopay(turbopay));
    if let Some(program) = &options.program {
        builder = builder.program(program);
    }
    let stage = builder.start().await?;
    let port = stage.shop().port();
    let customers = (1..=random.between(2, 4)).map(|number| Customer::new(number.try_into().unwrap_or_default(), port));
    let walk = Arc::new(Walk {
        customers: customers.collect::<Result<_, _>>()?,
        office: Office::new(port)?,
        outside: Browser::new(port)?,
        bank: tokio::sync::Mutex::default(),
        lets_failed_succeed: number.is_multiple_of(RARE_WALKS),
        paid_after_failure: Mutex::default(),
        tally: Mutex::default(),
        steps: Mutex::default(),
        stage,
    });
    let judged = walk.clone().run(&mut random).await;
    let violations = match judged {
        Ok(violations) => violations,
        Err(failed) => vec![failed.to_string()],
    };
    let mut tally = lock(&walk.tally).clone();
    tally.steps = u64::try_from(lock(&walk.steps).len()).unwrap_or_default();
    let steps = lock(&walk.steps).clone();
    let log = if violations.is_empty() { String::new() } else { walk.stage.shop().last_lines() };
    // All that shares the walk has ended. Without the sandbox's own verdict, which has no excuses.
    if let Some(walk) = Arc::into_inner(walk) {
        walk.stage.abandon();
    }
    Ok(Outcome { number, violations, steps, log, tally })
}

impl Walk {
    async fn run(self: Arc<Self>, random: &mut Random) -> Result<Vec<String>, Failed> {
        for customer in &self.customers {
            customer.arrive(&self).await;
        }
        for _ in 0..random.between(8, 14) {
            self.round(random).await?;
        }
        self.note("walk", "ends: no more faults, and everything is delivered", "");
        self.clear_faults();
        self.kill("for the last time");
        self.start().await?;
        self.resend();
        self.settle().await?;
        if self.lets_failed_succeed {
            bank::let_failed_succeed(&self);
            self.settle().await?;
        }
        // A decision can be followed by another one: the provider reports something else.
        while self.office.decide_reviews(&self).await > 0 {
            self.settle().await?;
        }
        self.judge().await
    }

    /// A few things at the same time, and perhaps a fault, a kill, or some hours.
    async fn round(self: &Arc<Self>, random: &mut Random) -> Result<(), Failed> {
        if random.percent(50) {
            for _ in 0..random.between(1, 2) {
                let fault = faults::draw(random);
                self.note("sandbox", &fault, "");
                self.stage.sandbox().fault(&fault);
            }
        }
        let acts = self.acts(random);
        match random.below(10) {
            0 => {
                let wait = Duration::from_millis(random.between(0, 80));
                let kill = async {
                    sleep(wait).await;
                    self.kill("at a random moment");
                };
                tokio::join!(acts, kill);
            }
            1 | 2 => {
                let before = self.stage.sandbox().ledger().entries().len();
                for fault in faults::STALLS {
                    self.stage.sandbox().fault(fault);
                }
                let executed = timeout(WAITS_FOR_KILL, self.executed_after(before));
                let kill = async {
                    if let Ok(what) = executed.await {
                        self.kill(&format!("in the middle of {what}"));
                        self.count(|tally| tally.kills_in_calls += 1);
                    }
                };
                tokio::join!(acts, kill);
                self.clear_faults();
            }
            3 => {
                acts.await;
                self.kill("at rest");
            }
            _ => acts.await,
        }
        if self.lets_failed_succeed && random.one_in(2) {
            bank::fail_unpaid(self);
        }
        // Sometimes it stays dead for a while, and customers and providers find it closed.
        if !random.one_in(4) {
            self.start().await?;
        }
        if random.one_in(3) {
            self.clear_faults();
        }
        if random.percent(60) {
            let seconds = random.pick(&[1, 3, 3, 10, 40, 70, 400, 960, 4_000, 30_000]);
            self.advance(Duration::from_secs(seconds));
            sleep(Duration::from_millis(random.between(0, 250))).await;
        }
        if random.one_in(8) && self.stage.shop().is_running() {
            // Whoever decides waits until no request is on its way.
            self.clear_faults();
            self.advance(Duration::from_secs(1_800));
            self.office.decide_reviews(self).await;
        }
        Ok(())
    }

    /// Starts what customers, back office and banks do in a round, and returns when all of it has ended.
    fn acts(self: &Arc<Self>, random: &mut Random) -> impl Future<Output = ()> + use<> {
        let mut acts = JoinSet::new();
        for _ in 0..random.between(2, 5) {
            let (walk, mut own) = (Arc::clone(self), Random::new(random.next()));
            let (role, customer) = (random.below(100), random.below(self.customers.len()));
            let (act, task) = (random.pick(ACTS), random.pick(TASKS));
            acts.spawn(async move {
                match role {
                    0..=73 => walk.customers[customer].act(&walk, act, &mut own).await,
                    74..=87 => walk.office.act(&walk, task, &mut own).await,
                    _ => bank::act(&walk, &mut own).await,
                }
            });
        }
        async move { while acts.join_next().await.is_some() {} }
    }

    /// Waits until a provider has executed a request of the shop after these first entries.
    async fn executed_after(&self, before: usize) -> String {
        loop {
            let ledger = self.stage.sandbox().ledger();
            if let Some(entry) = ledger.entries()[before..].iter().find(|entry| is_call(entry)) {
                return format!("{} of {}", entry.operation, entry.reference);
            }
            sleep(STEP).await;
        }
    }

    fn kill(&self, when: &str) {
        if self.stage.shop().is_running() {
            self.stage.kill();
            self.count(|tally| tally.kills += 1);
            self.note("walk", &format!("kills the shop {when}"), "");
        }
    }

    async fn start(&self) -> Result<(), Failed> {
        if !self.stage.shop().is_running() {
            self.stage.start().await?;
            self.note("walk", "starts the shop", "");
        }
        Ok(())
    }

    fn advance(&self, by: Duration) {
        self.stage.sandbox().clock().advance(by);
        self.note("walk", &format!("advances the clock by {} s", by.as_secs()), "");
    }

    /// Ends all faults, and sends what they hold.
    fn clear_faults(&self) {
        let faults = self.stage.sandbox().control("GET", "/faults", "");
        let faults: Vec<Value> = serde_json::from_str(&faults).unwrap_or_default();
        let fired: u64 = faults.iter().filter_map(|fault| fault["fired"].as_u64()).sum();
        self.count(|tally| tally.faults += fired);
        self.stage.sandbox().clear_faults();
        self.stage.sandbox().release();
    }

    /// Sends again what was lost, as a provider does on request: only so does the shop learn of a later chargeback.
    fn resend(&self) {
        use payments_sandbox::DeliveryState::{Dropped, Failed, Waiting};
        let sandbox = self.stage.sandbox();
        for delivery in sandbox.deliveries() {
            if !matches!(delivery.state, Dropped | Failed | Waiting) {
                continue;
            }
            let turbopay = sandbox.turbopay().order(&delivery.reference);
            if turbopay.status().is_some() {
                // A new message: the one that failed may have been tampered with.
                turbopay.resend();
            } else {
                sandbox.control("POST", &format!("/deliveries/{}/resend", delivery.number), "{}");
            }
        }
    }

    /// The newest payment of an order that TurboPay has: the one whose QR code is shown.
    fn newest_payment(&self, order: &str) -> Option<String> {
        let turbopay = self.stage.sandbox().turbopay();
        let references = (1..10).rev().map(|number| format!("{order}-{number}"));
        references.into_iter().find(|reference| turbopay.order(reference).status().is_some())
    }

    fn note(&self, who: &str, what: &str, result: &str) {
        let arrow = if result.is_empty() { "" } else { " -> " };
        let step = format!("{who} {what}{arrow}{result}");
        self.stage.sandbox().note(&step);
        lock(&self.steps).push(step);
    }

    fn count(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut lock(&self.tally));
    }
}

/// True if a call of the shop was executed, and nothing that a customer did on a provider's page.
fn is_call(entry: &Entry) -> bool {
    let is_checkout = entry.operation == "card3ds.checkout";
    match entry.kind {
        EntryKind::Begun | EntryKind::Confirmed | EntryKind::Refunded => true,
        EntryKind::Executed => !is_checkout,
        _ => false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// More than the processors, because a walk mostly waits.
const JOBS: usize = 12;

/// Every so many walks, failed payments succeed in the end.
const RARE_WALKS: u64 = 4;

/// How long a round waits for the call in whose middle the shop is killed.
const WAITS_FOR_KILL: Duration = Duration::from_millis(1000);
const STEP: Duration = Duration::from_millis(2);

/// What customers do, the frequent acts several times.
const ACTS: &[Act] = &[
    Act::Order,
    Act::Pay,
    Act::Pay,
    Act::Pay,
    Act::Pay,
    Act::SendOldForm,
    Act::Look,
    Act::UsePage,
    Act::UsePage,
    Act::UsePage,
    Act::UsePage,
    Act::UsePage,
    Act::UsePage,
    Act::SendReturnAgain,
    Act::PayByUpiApp,
    Act::EnterUtr,
    Act::EnterUtr,
    Act::Cancel,
    Act::Cancel,
];

const TASKS: &[Task] = &[Task::Refund, Task::Refund, Task::PayOut, Task::PayOut, Task::SendOldForm, Task::Look];
