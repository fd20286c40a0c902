//! TurboPay: a process that is killed after its payout was executed, with and without the journal.

pub mod application;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings, Settle};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::Failed;
use super::turbopay::PayoutScene;

/// Kills an application between the provider's commit and the response: one with an order table only, and one with the journal.
///
/// `program` is the demo's own program.
pub(super) async fn killed_payouts(seed: u64, program: &Path) -> Result<(PayoutScene, PayoutScene), Failed> {
    tokio::try_join!(scene(seed, program, application::NAIVE), scene(seed, program, application::JOURNALED))
}

/// TurboPay executes the payout and holds the response back.
const HELD_RESPONSE: &str = "turbopay.withdraw#1 @after-commit stall";

async fn scene(seed: u64, program: &Path, application: &str) -> Result<PayoutScene, Failed> {
    let settings = Settings::default().withdrawals(Settle::AtOnce);
    let sandbox = Sandbox::builder().seed(seed).turbopay(settings).fault(HELD_RESPONSE).try_start().await?;
    let folder = tempfile::tempdir()?;
    let (url, key) = (sandbox.turbopay().base_url(), sandbox.turbopay().api_key());
    let start = || {
        let database = folder.path().join("shop.db");
        let mut command = Command::new(program);
        command.args([application::COMMAND, application]).arg(database).args([url, key]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()
    };

    let mut first = start()?;
    let is_executed = async {
        while sandbox.ledger().executions("turbopay.withdraw") == 0 {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LIMIT, is_executed).await.map_err(|_| format!("{application}: no payout was executed"))?;
    // SIGKILL: no destructor runs.
    first.start_kill()?;
    let mut steps = steps(first).await?;
    steps.push("KILLED: executed, the response is not here".to_owned());
    steps.push("The process is started again".to_owned());
    steps.extend(self::steps(start()?).await?);

    let ledger = sandbox.ledger();
    sandbox.finish();
    Ok(PayoutScene { steps, payouts: ledger.executions("turbopay.withdraw"), ledger: ledger.entries().to_vec() })
}

/// Waits until a process has ended, and returns what it printed.
async fn steps(process: Child) -> Result<Vec<String>, Failed> {
    let output = timeout(LIMIT, process.wait_with_output()).await??;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// Longer than the journal's lease in the scene.
const LIMIT: Duration = Duration::from_secs(30);
