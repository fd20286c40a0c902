//! A payment by UPI at one provider, and at another where the first provably did not take it.
//!
//! `cargo run --example failover --features turbopay,turbo-txn`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments::gateway::{Lookup, NextAction, PaymentRequest, StartPayment, StartedPayment};
use payments::{Currency, Error, Expected, Money, Outcome, turbo_txn, turbopay};
use payments_sandbox::Sandbox;

/// A provider of UPI payments that can be asked what became of one.
trait Upi: StartPayment + Lookup {}
impl<T: StartPayment + Lookup> Upi for T {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().start().await;
    let first = turbopay_at(&sandbox)?;
    let second = turbo_txn_at(&sandbox)?;
    let providers: [(&str, &dyn Upi); 2] = [("TurboPay", &first), ("Turbo Transactions", &second)];

    // The first provider says no, then it says nothing.
    for (reference, fault) in [("order-1", "json=422"), ("order-2", "fin")] {
        let phase = if fault == "fin" { "after-commit" } else { "before-commit" };
        sandbox.fault(&format!("turbopay.deposit @{phase} {fault}"));
        let order = PaymentRequest::new(reference, Money::parse("300", Currency::INR)?)
            .customer("customer-9")
            .return_url("https://shop.example/thanks");
        match start(&providers, &order).await {
            Ok((provider, started)) => {
                println!("{reference}: {} at {provider}, {}", started.amount, next(&started.next))
            }
            Err((provider, err)) => {
                println!("{reference}: {provider} may have taken it, so nobody else is asked: {err}");
                let found = first.lookup_payment(&Expected::new(reference, order.amount)).await?;
                println!("{reference}: {provider} says {}", found.status);
            }
        }
    }
    sandbox.finish();
    Ok(())
}

/// The next provider is asked only when the one before provably did not take the order.
async fn start<'a>(
    providers: &[(&'a str, &dyn Upi)],
    order: &PaymentRequest,
) -> Result<(&'a str, StartedPayment), (&'a str, Error)> {
    let mut last = None;
    for (name, provider) in providers {
        match provider.start_payment(order).await {
            Ok(started) => return Ok((name, started)),
            Err(err) => match err.outcome() {
                Outcome::NotSent | Outcome::Refused => last = Some((*name, err)),
                Outcome::Unknown => return Err((name, err)),
            },
        }
    }
    Err(last.unwrap_or_else(|| ("nobody", Error::configuration("there is no provider"))))
}

fn next(next: &NextAction) -> String {
    match next {
        NextAction::Redirect { url } => format!("to be paid at {url}"),
        other => format!("{other:?}"),
    }
}

fn turbopay_at(sandbox: &Sandbox) -> Result<turbopay::Client, Error> {
    let there = sandbox.turbopay();
    turbopay::Client::builder(turbopay::ApiKey::new(there.api_key())?)
        .base_url(there.base_url())
        .status_url("https://shop.example/turbopay")
        .redirect_url("https://shop.example/thanks")
        .traffic(turbopay::Traffic::Standard)
        .build()
}

fn turbo_txn_at(sandbox: &Sandbox) -> Result<turbo_txn::Client, Error> {
    let there = sandbox.turbo_txn();
    let (id, key) = (turbo_txn::ClientId::new(there.client_id())?, turbo_txn::SecretKey::new(there.secret_key())?);
    turbo_txn::Client::builder(id, key).base_url(there.base_url()).build()
}
