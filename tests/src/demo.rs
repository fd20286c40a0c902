//! The demo: what happens, apart from how it is shown. A file for each provider.

mod card3ds;
mod naive;
mod show;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use turbopay::Side;

/// Anything that keeps the demo from being shown.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What came of it.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    tours: Vec<Tour>,
    /// What a closed connection does to an application that takes it for a failure.
    naive: Side,
    /// The same with this SDK.
    sdk: Side,
}

/// What one provider does, and what becomes of an answer that it gives and nobody gets.
#[derive(Debug)]
struct Tour {
    provider: &'static str,
    about: &'static str,
    flows: Vec<Flow>,
}

/// One thing that is done, step by step.
#[derive(Debug)]
struct Flow {
    title: &'static str,
    steps: Vec<String>,
    /// It came out as it should, by the ledger and not by what the client says.
    works: bool,
}

impl Report {
    /// True when everything came out as it should, and the lost payout cost the naive application a second one and the SDK
    /// none.
    #[must_use]
    pub fn holds(&self) -> bool {
        let flows = self.tours.iter().flat_map(|tour| &tour.flows);
        flows.into_iter().all(|flow| flow.works) && self.naive.payouts == 2 && self.sdk.payouts == 1
    }
}

/// Runs it all, in the sandbox.
///
/// # Errors
///
/// When the sandbox cannot be started, or a payment that should work does not.
pub async fn run(seed: u64) -> Result<Report, Failed> {
    let tours = vec![
        turratech::tour(seed).await?,
        turbo_txn::tour(seed).await?,
        turbo_link::tour(seed).await?,
        card3ds::tour(seed).await?,
        turbopay::tour(seed).await?,
    ];
    let (naive, sdk) = turbopay::lost_answer(seed).await?;
    Ok(Report { seed, tours, naive, sdk })
}
