//! A transaction: initiated, its answer lost, and looked up.
//!
//! `cargo run --example collect` talks to a sandbox on this machine, which loses the answer. With `TURBO_TXN_BASE_URL`,
//! `TURBO_TXN_CLIENT_ID` and `TURBO_TXN_SECRET_KEY` set it talks to Turbo Transactions.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments_sandbox::Sandbox;
use turbo_txn::{Client, ClientId, Currency, Expected, MerchantOrderId, Money, NewTransaction, Outcome, SecretKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(client) = real()? {
        return collect(&client).await;
    }
    println!("there are no credentials in the environment, so this is a sandbox");
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 @after-commit fin");
    let there = sandbox.turbo_txn();
    let client = Client::builder(ClientId::new(there.client_id())?, SecretKey::new(there.secret_key())?)
        .base_url(there.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()?;
    collect(&client).await?;
    for entry in sandbox.ledger().entries() {
        println!("Turbo Transactions' ledger: {entry}");
    }
    sandbox.finish();
    Ok(())
}

async fn collect(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    // An order id is to be unique; a shop has its own numbers. Stored before sending: it is what to ask about.
    let number = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    let order: MerchantOrderId = format!("example-{number}").parse()?;
    let price = Money::parse("300", Currency::INR)?;

    match client.initiate(NewTransaction::new(order.clone(), price, "https://shop.example/thanks")).send().await {
        Ok(transaction) => {
            println!("{} is to be paid at {}", transaction.amount, transaction.sdk_url);
            let details = client.lookup(&order).send().await?;
            details.check(&Expected::new(&order, transaction.amount))?;
            println!("{order} is {}", details.status);
        }
        Err(err) => match err.outcome() {
            Outcome::NotSent | Outcome::Refused => println!("there is no transaction: {err}"),
            Outcome::Unknown => {
                println!("{err}");
                println!("so ask, and send nothing again");
                let details = client.lookup(&order).send().await?;
                println!("{order} is {}, of {}", details.status, details.amount);
                if let Err(difference) = details.check(&Expected::new(&order, price)) {
                    println!("the amount that counts is another: {difference}");
                }
            }
        },
    }
    Ok(())
}

/// Turbo Transactions itself, where the environment says how to reach it.
#[expect(clippy::disallowed_methods, reason = "a program may read its own environment")]
fn real() -> Result<Option<Client>, turbo_txn::Error> {
    match (std::env::var("TURBO_TXN_BASE_URL"), ClientId::from_env(), SecretKey::from_env()) {
        (Ok(base_url), Ok(id), Ok(key)) => Client::builder(id, key).base_url(base_url).build().map(Some),
        _ => Ok(None),
    }
}
