//! TurboPay's checklist for going live, as far as a program can go through it.
//!
//! `cargo run --example going_live` goes through it with a sandbox on this machine. With `TURBOPAY_API_KEY` set it does so at
//! TurboPay, and **creates orders there**: take a test account's key, and the base URL of its set-up sheet:
//!
//! ```sh
//! cargo run --example going_live -- base-url=https://.. status-url=https://.. redirect-url=https://..
//! ```
//!
//! `amount=500` is what the orders are about, `traffic=ftd` the other kind of traffic. A withdrawal is made at TurboPay only
//! when it is told where to (`account=.. ifsc=..`), for with a live key it pays out real money.
//!
//! It ends with a failure when a step failed. What a program cannot find out is printed as to be done by hand.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::process::ExitCode;

use payments_sandbox::Sandbox;
use turbopay::ApiKey;

#[path = "going_live/steps.rs"]
mod steps;

use steps::{Arguments, Found, Merchant, Step};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let merchant = match ApiKey::from_env() {
        Ok(key) => Merchant::at_turbopay(key, arguments)?,
        Err(problem) => {
            println!("{problem}, so this is a sandbox\n");
            Merchant::in_a_sandbox(Sandbox::builder().start().await, arguments)?
        }
    };

    let (mut ok, mut failed, mut by_hand) = (0, 0, 0);
    let told = |step: Step| {
        println!("{step}");
        match step.found {
            Found::Ok(_) => ok += 1,
            Found::Failed(_) => failed += 1,
            Found::ByHand(_) => by_hand += 1,
        }
    };
    steps::all(&merchant, told).await;

    println!("\n{ok} ok, {failed} failed, {by_hand} to be done by hand");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
