//! A callback that decrypts, and is a lie all the same: only the status check counts.
//!
//! `cargo run --example callback --features test-util` forges one, against a sandbox on this machine. With
//! `TURBO_TXN_BASE_URL`, `TURBO_TXN_CLIENT_ID`, `TURBO_TXN_SECRET_KEY` and `TURBO_TXN_CALLBACK_KEY` set it reads a
//! callback's body from its input, and asks Turbo Transactions about it.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::io::Read as _;

use payments_sandbox::Sandbox;
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientId, Currency, Lookup as _, Money, NewTransaction, SecretKey,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some((client, key)) = real()? {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body)?;
        return on_callback(&client, &CallbackDecryptor::new(key), &body).await;
    }
    println!("there are no credentials in the environment, so this is a sandbox");
    let sandbox = Sandbox::builder().start().await;
    let there = sandbox.turbo_txn();
    let client = Client::builder(ClientId::new(there.client_id())?, SecretKey::new(there.secret_key())?)
        .base_url(there.base_url())
        .build()?;
    let price = Money::parse("300", Currency::INR)?;
    let order = "order-7421".parse()?;
    client.initiate(NewTransaction::new(order, price, "https://shop.example/thanks")).send().await?;

    let key = CallbackKey::new(there.callback_key())?;
    let lie = br#"{"utr":"402393486736","amount":300000,"orderId":"order-7421","txnStatus":"Approved"}"#;
    let body = turbo_txn::test_util::callback(&key, [7; 16], lie);
    on_callback(&client, &CallbackDecryptor::new(key), body.as_bytes()).await?;
    sandbox.finish();
    Ok(())
}

/// What a handler does: store the order to ask about, acknowledge, and then ask.
async fn on_callback(
    client: &Client,
    callbacks: &CallbackDecryptor,
    body: &[u8],
) -> Result<(), Box<dyn std::error::Error>> {
    let hint = callbacks.decrypt(body)?;
    println!("a callback about {}: answered {:?}", hint.claimed(), CallbackDecryptor::ACKNOWLEDGEMENT);
    let details = hint.lookup(client).send().await?;
    println!("whatever it said, {} is {}, of {}", details.order_id, details.status, details.amount);
    Ok(())
}

/// Turbo Transactions itself, where the environment says how to reach it.
#[expect(clippy::disallowed_methods, reason = "a program may read its own environment")]
fn real() -> Result<Option<(Client, CallbackKey)>, turbo_txn::Error> {
    let base_url = std::env::var("TURBO_TXN_BASE_URL");
    match (base_url, ClientId::from_env(), SecretKey::from_env(), CallbackKey::from_env()) {
        (Ok(base_url), Ok(id), Ok(secret), Ok(key)) => {
            let client = Client::builder(id, secret).base_url(base_url).build()?;
            Ok(Some((client, key)))
        }
        _ => Ok(None),
    }
}
