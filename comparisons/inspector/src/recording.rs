//! Requests per second with and without records.

use std::time::Instant;

use payments_sandbox::{Builder, Sandbox};
use tokio::runtime::Runtime;
use turbopay::{ApiKey, Client, Currency, Money, NewWithdrawal, Traffic};

use crate::client::{self, address};
use crate::{median, report};

/// With TurboPay's SDK, as an application.
pub fn with_the_sdk() {
    compare("recording-sdk", Builder::record_contents, Builder::without_timeline, |sandbox, client| {
        let (key, url) = (sandbox.turbopay().api_key().to_owned(), sandbox.turbopay().base_url().to_owned());
        let sdk = Client::builder(ApiKey::new(key).unwrap())
            .base_url(url)
            .status_url("https://merchant.example/status")
            .traffic(Traffic::Standard)
            .build()
            .unwrap();
        client.block_on(async move {
            let tasks: Vec<_> =
                (0..CONNECTIONS).map(|connection| tokio::spawn(withdraw(sdk.clone(), connection))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

async fn withdraw(sdk: Client, connection: u64) {
    let amount = Money::parse("500", Currency::INR).unwrap();
    for number in 0..CALLS {
        let (account, bank) = ("065432123456789".parse().unwrap(), "HDFC0000053".parse().unwrap());
        let reference = format!("order-{connection}-{number}");
        let withdrawal = NewWithdrawal::bank_transfer(amount, reference, "customer-1", account, bank);
        sdk.create_withdrawal(withdrawal).send().await.unwrap();
    }
}

/// With a client that does nothing but write and read.
pub fn with_a_plain_client() {
    compare("recording-plain", Builder::record_contents, Builder::without_timeline, plain);
}

/// Against a sandbox in a test, which records everything but headers and bodies.
pub fn against_the_timeline() {
    compare("recording-timeline", Builder::record_contents, |builder| builder, plain);
}

fn plain(sandbox: &Sandbox, client: &Runtime) {
    let server = address(sandbox.turbopay().base_url());
    let headers = format!("Authorization: {}\r\n", sandbox.turbopay().api_key());
    client.block_on(async {
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let headers = headers.clone();
                tokio::spawn(async move {
                    let mut client = client::Client::connect(server).await;
                    for number in 0..CALLS {
                        let body = client::withdrawal(&format!("order-{connection}-{number}"));
                        client.post("/api/withdraw/new", &headers, &body).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Compares two sandboxes. Each round has new ones, and the one that begins changes.
fn compare(
    row: &str,
    ours: impl Fn(Builder) -> Builder,
    theirs: impl Fn(Builder) -> Builder,
    calls: impl Fn(&Sandbox, &Runtime),
) {
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rate = |setup: &dyn Fn(Builder) -> Builder| {
        let sandbox = server.block_on(setup(Sandbox::builder().seed(7)).start());
        let start = Instant::now();
        calls(&sandbox, &client);
        let elapsed = u64::try_from(start.elapsed().as_micros()).unwrap();
        let _guard = server.enter();
        sandbox.abandon();
        // What it has stored is freed by its tasks, and must not slow the next side down.
        server.block_on(tokio::time::sleep(std::time::Duration::from_millis(30)));
        CONNECTIONS * CALLS * 1_000_000 / elapsed
    };
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (our_rate, their_rate) = if round % 2 == 0 {
            let our_rate = rate(&ours);
            (our_rate, rate(&theirs))
        } else {
            let their_rate = rate(&theirs);
            (rate(&ours), their_rate)
        };
        if round > 0 {
            our_rates.push(our_rate);
            their_rates.push(their_rate);
        }
    }
    report(row, "calls/s", median(our_rates), median(their_rates));
}

const ROUNDS: usize = 21;
const CONNECTIONS: u64 = 8;
const CALLS: u64 = 250;
