//! Pays out at the given base URL with the key in `TURBOPAY_API_KEY`, from a program without an async runtime.

use turbopay::{ApiKey, Client, Currency, ErrorKind, Money, NewWithdrawal, Outcome, Traffic};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: blocking BASE_URL")?;
    let client = Client::builder(ApiKey::from_env()?)
        .base_url(base_url)
        .status_url("http://127.0.0.1:9/turbopay")
        .traffic(Traffic::Standard)
        .build()?;

    let amount = Money::parse("500", Currency::INR)?;
    let reference: turbopay::MerchantOrderId = "blocking-1".parse()?;
    let (account, ifsc) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    let withdrawal = NewWithdrawal::bank_transfer(amount, reference.clone(), "customer-9", account, ifsc);

    // An executor without tokio's timers and sockets: nothing is sent, and the error says what to use.
    let err = futures_executor::block_on(client.create_withdrawal(withdrawal.clone()).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent), "{err:?}");
    println!("{err}");

    let sent = client.create_withdrawal(withdrawal).send_blocking()?;
    let order = client.lookup(&reference).send_blocking()?;
    assert_eq!(order.order_id, sent.order_id);

    // Any other thread shares the connections.
    let available = std::thread::spawn(move || client.balance(Currency::INR).send_blocking());
    let available = available.join().map_err(|_| "the thread panicked")??.available()?;

    println!("{reference} is {}, and the balance is {available}", order.status);
    Ok(())
}
