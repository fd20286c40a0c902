//! Creates a deposit at `http://sandbox:PORT/api`, as in a compose file, with the key in `TURBOPAY_API_KEY`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use turbopay::payments_core::transport::reqwest::ReqwestTransport;
use turbopay::{ApiKey, Client, Currency, ErrorKind, Money, NewDeposit, Traffic};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: http-settings PORT")?.parse()?;
    let transport = ReqwestTransport::builder()
        .connect_timeout(Duration::from_secs(2))
        .max_idle_per_host(8)
        // What the compose file's DNS does.
        .addresses("sandbox", [SocketAddr::from(([127, 0, 0, 1], port))])
        .local_address(IpAddr::from([127, 0, 0, 1]))
        .root_certificates_only([])
        .build()?;
    let builder = |key| {
        Client::builder(key)
            .base_url(format!("http://sandbox:{port}/api"))
            .plain_http_host("sandbox")
            .status_url("http://127.0.0.1:9/turbopay")
            .redirect_url("http://127.0.0.1:9/thanks")
            .traffic(Traffic::Standard)
            .transport(transport.clone())
    };

    // Plain `http` is for test keys only.
    let err = builder(ApiKey::new("a-live-key")?).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Configuration);
    println!("{err}");

    let client = builder(ApiKey::from_env()?).build()?;
    let price = Money::parse("2000", Currency::INR)?;
    let order = NewDeposit::upi(price, "http-settings-1", "customer-9");
    let deposit = client.create_deposit(order).send().await?;

    println!("send the customer to {}", deposit.form_url);
    Ok(())
}
