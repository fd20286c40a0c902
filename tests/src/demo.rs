//! The demo: the main flows and a lost response at each provider, and a killed process, in the sandbox.

mod card3ds;
mod killed;
mod plain_http;
mod report;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use std::path::Path;

pub use killed::application;
use turbopay::PayoutScene;

/// An error that stops the demo.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The results of the demo.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    tours: Vec<Tour>,
    /// The lost payout response, in an application that treats a closed connection as a failure.
    naive: PayoutScene,
    /// The lost payout response, in an application with the SDK.
    sdk: PayoutScene,
    /// The killed process, in an application with an order table only.
    killed_naive: PayoutScene,
    /// The killed process, in an application with the journal.
    killed_journaled: PayoutScene,
}

/// The flows of one provider.
#[derive(Debug)]
struct Tour {
    provider: &'static str,
    about: &'static str,
    flows: Vec<Flow>,
}

/// One flow, step by step.
#[derive(Debug)]
struct Flow {
    title: &'static str,
    steps: Vec<String>,
    /// True if the result and the sandbox's ledger are as expected.
    as_expected: bool,
}

impl Report {
    /// Returns true if every flow is as expected, the naive applications paid twice, and the SDK and the journal paid once.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        let mut flows = self.tours.iter().flat_map(|tour| &tour.flows);
        let payouts = [&self.naive, &self.sdk, &self.killed_naive, &self.killed_journaled].map(|scene| scene.payouts);
        flows.all(|flow| flow.as_expected) && payouts == [2, 1, 2, 1]
    }
}

/// Runs the demo in the sandbox. `program` is the demo's own program, which is started again for the processes that are killed.
///
/// # Errors
///
/// Returns an error if the sandbox or a process cannot be started, or if a payment fails that should succeed.
pub async fn run(seed: u64, program: &Path) -> Result<Report, Failed> {
    let tours = vec![
        turratech::tour(seed).await?,
        turbo_txn::tour(seed).await?,
        turbo_link::tour(seed).await?,
        card3ds::tour(seed).await?,
        turbopay::tour(seed).await?,
    ];
    let (naive, sdk) = turbopay::lost_payout_response(seed).await?;
    let (killed_naive, killed_journaled) = killed::killed_payouts(seed, program).await?;
    Ok(Report { seed, tours, naive, sdk, killed_naive, killed_journaled })
}

/// Formats a step: the SDK call or the event, and its result.
fn step(name: &str, result: impl std::fmt::Display) -> String {
    format!("{name:<22}{result}")
}
