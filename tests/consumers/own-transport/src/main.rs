//! Creates a deposit at the given base URL through `ureq`.

mod transport;

use turbopay::payments_core::clock::{Sleep, Timer};
use turbopay::{ApiKey, Client, Currency, Money, NewDeposit, Traffic};

use crate::transport::Ureq;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: own-transport BASE_URL")?;
    let client = Client::builder(ApiKey::from_env()?)
        .base_url(base_url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(Traffic::Standard)
        .transport(Ureq::new())
        .timer(Blocking)
        .build()?;

    let price = Money::parse("2000", Currency::INR)?;
    let order = NewDeposit::upi(price, "own-transport-1", "customer-9");
    let deposit = pollster::block_on(client.create_deposit(order).send())?;

    println!("send the customer to {}", deposit.form_url);
    Ok(())
}

/// A timer for a program that may block: it sleeps on the thread, and leaves deadlines to the transport.
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
