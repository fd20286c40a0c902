//! Starts a UPI payment at one provider, or at another if the first certainly did not execute the request.
//!
//! `cargo run --example failover --features turbopay,turbo-txn`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments::gateway::{Lookup, NextAction, PaymentRequest, StartPayment, StartedPayment};
use payments::{Currency, Error, Expected, Money, Outcome, turbo_txn, turbopay};
use payments_sandbox::Sandbox;

/// A provider of UPI payments that can be looked up.
trait Upi: StartPayment + Lookup {}
impl<T: StartPayment + Lookup> Upi for T {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().start().await;
    let first = turbopay_client(&sandbox)?;
    let second = turbo_txn_client(&sandbox)?;
    let providers: [(&str, &dyn Upi); 2] = [("TurboPay", &first), ("Turbo Transactions", &second)];

    // The first provider rejects the first order. For the second order, its response is lost.
    for (reference, fault) in [("order-1", "json=422"), ("order-2", "fin")] {
        let phase = if fault == "fin" { "after-commit" } else { "before-commit" };
        sandbox.fault(&format!("turbopay.deposit @{phase} {fault}"));
        let request = PaymentRequest::new(reference, Money::parse("300", Currency::INR)?)
            .customer("customer-9")
            .return_url("https://shop.example/thanks");
        match start(&providers, &request).await {
            Ok((provider, started)) => {
                println!("{reference}: {} at {provider}, {}", started.amount, describe(&started.next))
            }
            Err((provider, err)) => {
                println!("{reference}: {provider} may have executed it, so no other provider is tried: {err}");
                let payment = first.lookup_payment(&Expected::new(reference, request.amount)).await?;
                println!("{reference}: the lookup at {provider} returns {}", payment.status);
            }
        }
    }
    sandbox.finish();
    Ok(())
}

/// Tries the next provider only if the previous one certainly did not execute the request.
async fn start<'a>(
    providers: &[(&'a str, &dyn Upi)],
    request: &PaymentRequest,
) -> Result<(&'a str, StartedPayment), (&'a str, Error)> {
    let mut last = None;
    for (name, provider) in providers {
        match provider.start_payment(request).await {
            Ok(started) => return Ok((name, started)),
            Err(err) => match err.outcome() {
                Outcome::NotSent | Outcome::Refused => last = Some((*name, err)),
                Outcome::Unknown => return Err((name, err)),
            },
        }
    }
    Err(last.unwrap_or_else(|| ("no provider", Error::configuration("there is no provider"))))
}

fn describe(next: &NextAction) -> String {
    match next {
        NextAction::Redirect { url } => format!("payment page {url}"),
        other => format!("{other:?}"),
    }
}

fn turbopay_client(sandbox: &Sandbox) -> Result<turbopay::Client, Error> {
    let simulated = sandbox.turbopay();
    turbopay::Client::builder(turbopay::ApiKey::new(simulated.api_key())?)
        .base_url(simulated.base_url())
        .status_url("https://shop.example/turbopay")
        .redirect_url("https://shop.example/thanks")
        .traffic(turbopay::Traffic::Standard)
        .build()
}

fn turbo_txn_client(sandbox: &Sandbox) -> Result<turbo_txn::Client, Error> {
    let simulated = sandbox.turbo_txn();
    let id = turbo_txn::ClientId::new(simulated.client_id())?;
    let key = turbo_txn::SecretKey::new(simulated.secret_key())?;
    turbo_txn::Client::builder(id, key).base_url(simulated.base_url()).build()
}
