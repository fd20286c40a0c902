//! Reads the balance at the given base URL with the key in `TURBOPAY_API_KEY`, and then at the documented one.

use turbopay::{ApiKey, Client, Currency, ErrorKind, Outcome};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: no-root-certificates BASE_URL")?;
    let client = Client::builder(ApiKey::from_env()?).base_url(base_url).build()?;
    let available = client.balance(Currency::INR).send().await?.available()?;
    println!("loopback: {available}");

    let err = Client::builder(ApiKey::from_env()?).build().expect_err("no server can be verified");
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent));
    println!("https: {err}");
    Ok(())
}
