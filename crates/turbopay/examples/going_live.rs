//! Runs TurboPay's go-live checklist, as far as a program can.
//!
//! `cargo run --example going_live` runs it in a local sandbox. With `TURBOPAY_API_KEY` set, it runs at TurboPay and
//! **creates orders there**. Use the key of a test account, and the base URL from its setup sheet:
//!
//! ```sh
//! cargo run --example going_live -- base-url=https://.. status-url=https://.. redirect-url=https://..
//! ```
//!
//! - `amount=500` sets the amount of the orders.
//! - `traffic=ftd` sets the other kind of traffic.
//! - `account=.. ifsc=..` sets the beneficiary of a withdrawal. Without a beneficiary, no withdrawal is created at
//!   TurboPay. **With a live key, the withdrawal pays out real money.**
//!
//! The program exits with a failure if a step failed. Steps that need a person are printed as `by hand`.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::process::ExitCode;

use payments_sandbox::Sandbox;
use turbopay::ApiKey;

#[path = "going_live/steps.rs"]
mod steps;

use steps::{Arguments, Merchant, Step, StepResult};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let merchant = match ApiKey::from_env() {
        Ok(key) => Merchant::at_turbopay(key, arguments)?,
        Err(err) => {
            println!("{err}: using a local sandbox\n");
            Merchant::in_sandbox(Sandbox::builder().start().await, arguments)?
        }
    };

    let (mut ok, mut failed, mut by_hand) = (0, 0, 0);
    let report = |step: Step| {
        println!("{step}");
        match step.result {
            StepResult::Ok(_) => ok += 1,
            StepResult::Failed(_) => failed += 1,
            StepResult::ByHand(_) => by_hand += 1,
        }
    };
    steps::run_all(&merchant, report).await;

    println!("\n{ok} ok, {failed} failed, {by_hand} to be done by hand");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
