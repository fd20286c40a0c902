//! A run with a pause: a process is stopped past its lease, another one recovers, and then the first one goes on.

use rustix::process::{Pid, Signal, kill_process};

use super::Failed;
use super::job::Outcome;
use super::run::{Attended, Merchant, Process};

/// Returns true if a process can be paused at this point. Within a transaction it holds the database's only write lock.
pub(super) fn can_pause(point: &str) -> bool {
    let is_request = |verb: &str| point == format!("before {verb}") || point == format!("after {verb}");
    is_request("POST") || is_request("PUT") || is_request("GET") || point == "after writing"
}

/// What a run with a pause leaves behind.
pub(super) struct Paused {
    /// The name of the point; `None` if the process ended before it, or could not be paused there.
    pub(super) at: Option<String>,
    pub(super) outcome: Result<Outcome, String>,
}

/// Stops the first process at a point until a second one has recovered, and lets it go on. A third one reads the result.
pub(super) async fn run(merchant: &mut Merchant<'_>, point: usize) -> Result<Paused, Failed> {
    let mut first = merchant.start(Some(point)).await?;
    let at = match merchant.attend(&mut first).await {
        Attended::Reached(name) => Some(name).filter(|name| can_pause(name)),
        Attended::Ended(Err(problem)) => return Ok(Paused { at: None, outcome: Err(problem) }),
        Attended::Ended(Ok(_)) => return Ok(Paused { at: None, outcome: merchant.end().await? }),
    };
    if at.is_some() {
        signal(&first, Signal::STOP)?;
        let mut second = merchant.start(None).await?;
        let recovered = merchant.attend(&mut second).await;
        signal(&first, Signal::CONT)?;
        // Another task of the paused process may hold the lock. Then the second one cannot work, and ends.
        if let Attended::Ended(Err(problem)) = recovered
            && !problem.contains("database is locked")
        {
            return Ok(Paused { at, outcome: Err(problem) });
        }
    }
    first.go_on().await;
    if let Attended::Ended(Err(problem)) = merchant.attend(&mut first).await {
        return Ok(Paused { at, outcome: Err(problem) });
    }
    Ok(Paused { at, outcome: merchant.end().await? })
}

fn signal(process: &Process, signal: Signal) -> Result<(), Failed> {
    let number = process.child.id().and_then(|id| i32::try_from(id).ok());
    let id = number.and_then(Pid::from_raw).ok_or("the process has ended")?;
    Ok(kill_process(id, signal)?)
}
