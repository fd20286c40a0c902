//! Initiates a transaction, and looks it up after its response was lost.
//!
//! `cargo run --example collect` uses a local sandbox, which loses the response. To use the real API, set
//! `TURBO_TXN_BASE_URL`, `TURBO_TXN_CLIENT_ID` and `TURBO_TXN_SECRET_KEY`.
#![expect(clippy::print_stdout, reason = "the example prints its results")]

use payments_sandbox::Sandbox;
use turbo_txn::{Client, ClientId, Currency, Expected, MerchantOrderId, Money, NewTransaction, Outcome, SecretKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(client) = from_env()? {
        return collect(&client).await;
    }
    println!("No credentials in the environment: using a local sandbox.");
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 @after-commit fin");
    let provider = sandbox.turbo_txn();
    let client = Client::builder(ClientId::new(provider.client_id())?, SecretKey::new(provider.secret_key())?)
        .base_url(provider.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()?;
    collect(&client).await?;
    for entry in sandbox.ledger().entries() {
        println!("The sandbox recorded: {entry}");
    }
    sandbox.finish();
    Ok(())
}

async fn collect(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    // A real shop has its own order numbers. Store the order id before sending: the lookup needs it.
    let number = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    let order: MerchantOrderId = format!("example-{number}").parse()?;
    let price = Money::parse("300", Currency::INR)?;

    match client.initiate(NewTransaction::new(order.clone(), price, "https://shop.example/thanks")).send().await {
        Ok(transaction) => {
            let amount = transaction.amount()?;
            println!("The customer pays {amount} at {}.", transaction.sdk_url);
            let details = client.lookup(&order).send().await?;
            details.check(&Expected::new(&order, amount))?;
            println!("{order} is {}.", details.status);
        }
        Err(err) => match err.outcome() {
            Outcome::NotSent | Outcome::Refused => println!("No transaction was created: {err}"),
            Outcome::Unknown => {
                println!("{err}");
                println!("Looking up the order instead of sending the request again.");
                let details = client.lookup(&order).send().await?;
                println!("{order} is {}: {}.", details.status, details.amount()?);
                if let Err(difference) = details.check(&Expected::new(&order, price)) {
                    println!("The amount differs from the request: {difference}.");
                }
            }
        },
    }
    Ok(())
}

/// Returns a client for the real API if the environment has all settings.
#[expect(clippy::disallowed_methods, reason = "a program may read its own environment")]
fn from_env() -> Result<Option<Client>, turbo_txn::Error> {
    match (std::env::var("TURBO_TXN_BASE_URL"), ClientId::from_env(), SecretKey::from_env()) {
        (Ok(base_url), Ok(id), Ok(key)) => Client::builder(id, key).base_url(base_url).build().map(Some),
        _ => Ok(None),
    }
}
