//! A deposit at the address that is given, over `ureq`.

mod transport;

use turbopay::payments_core::clock::{Sleep, Timer};
use turbopay::{ApiKey, Client, Currency, Money, NewDeposit, Traffic};

use crate::transport::Ureq;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("say where TurboPay is")?;
    let client = Client::builder(ApiKey::from_env()?)
        .base_url(base_url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(Traffic::Standard)
        .transport(Ureq::new())
        .timer(Blocking)
        .build()?;

    let price = Money::parse("2000", Currency::INR)?;
    let order = NewDeposit::upi(price, "own-transport-1".parse()?, "customer-9".parse()?);
    let deposit = pollster::block_on(client.create_deposit(order).send())?;

    println!("send the customer to {}", deposit.form_url);
    Ok(())
}

/// The time of a program that may block: a pause is slept through, and deadlines are left to the transport.
#[derive(Debug)]
struct Blocking;

impl Timer for Blocking {
    fn sleep(&self, duration: std::time::Duration) -> Sleep {
        Box::pin(async move { std::thread::sleep(duration) })
    }

    fn deadline(&self, _: std::time::Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}
