//! Decrypts a callback and looks up its order, because the callback itself proves nothing.
//!
//! `cargo run --example callback --features test-util` forges a callback that claims `Approved`, and looks up the order
//! in a local sandbox.
//!
//! To use the real API, set `TURBO_TXN_BASE_URL`, `TURBO_TXN_CLIENT_ID`, `TURBO_TXN_SECRET_KEY` and
//! `TURBO_TXN_CALLBACK_KEY`, and pass the body of a callback on standard input.
#![expect(clippy::print_stdout, reason = "the example prints its results")]

use std::io::Read as _;

use payments_sandbox::Sandbox;
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientId, Currency, Lookup as _, Money, NewTransaction, SecretKey,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some((client, key)) = from_env()? {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body)?;
        return handle_callback(&client, &CallbackDecryptor::new(key), &body).await;
    }
    println!("No credentials in the environment: using a local sandbox.");
    let sandbox = Sandbox::builder().start().await;
    let provider = sandbox.turbo_txn();
    let client = Client::builder(ClientId::new(provider.client_id())?, SecretKey::new(provider.secret_key())?)
        .base_url(provider.base_url())
        .build()?;
    let price = Money::parse("300", Currency::INR)?;
    let order = "order-7421";
    client.initiate(NewTransaction::new(order, price, "https://shop.example/thanks")).send().await?;

    let key = CallbackKey::new(provider.callback_key())?;
    let forged = br#"{"utr":"402393486736","amount":300000,"orderId":"order-7421","txnStatus":"Approved"}"#;
    let body = turbo_txn::test_util::callback(&key, [7; 16], forged);
    handle_callback(&client, &CallbackDecryptor::new(key), body.as_bytes()).await?;
    sandbox.finish();
    Ok(())
}

/// Handles a callback. A real handler stores the order id and acknowledges the callback before it looks up the order.
async fn handle_callback(
    client: &Client,
    decryptor: &CallbackDecryptor,
    body: &[u8],
) -> Result<(), Box<dyn std::error::Error>> {
    let callback = decryptor.decrypt(body)?;
    println!("Received a callback about {}.", callback.claimed());
    let acknowledgement = CallbackDecryptor::ACKNOWLEDGEMENT;
    println!("The response to it is {} {}.", acknowledgement.status, acknowledgement.body);
    let details = callback.lookup(client).send().await?;
    println!("According to the lookup, {} is {}: {}.", details.order_id, details.status, details.amount()?);
    Ok(())
}

/// Returns a client for the real API if the environment has all settings.
#[expect(clippy::disallowed_methods, reason = "a program may read its own environment")]
fn from_env() -> Result<Option<(Client, CallbackKey)>, turbo_txn::Error> {
    let base_url = std::env::var("TURBO_TXN_BASE_URL");
    match (base_url, ClientId::from_env(), SecretKey::from_env(), CallbackKey::from_env()) {
        (Ok(base_url), Ok(id), Ok(secret), Ok(key)) => {
            let client = Client::builder(id, secret).base_url(base_url).build()?;
            Ok(Some((client, key)))
        }
        _ => Ok(None),
    }
}
