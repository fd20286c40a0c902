//! What the SDK costs over doing the same work by hand: one call over loopback, one webhook verified and decoded.
//!
//! Both sides run alternately, in one process, and the ratio of their medians is what counts: these machines are noisy.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails by panicking and reports by printing")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turbopay::{ApiKey, Client, Currency, Money, NewWithdrawal, Traffic, WebhookEndpoint, WebhookKey};

fn main() {
    let mut criterion = Criterion::default()
        .configure_from_args()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(6));
    call(&mut criterion);
    webhook(&mut criterion);
    criterion.final_summary();
}

/// A withdrawal, sent, answered and decoded over a kept connection.
fn call(criterion: &mut Criterion) {
    let server = serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sdk = Client::builder(ApiKey::new("bench-key").unwrap())
        .base_url(format!("http://{server}/api"))
        .status_url("https://merchant.example/status")
        .traffic(Traffic::Standard)
        .build()
        .unwrap();
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{server}/api/withdraw/new");

    let mut group = criterion.benchmark_group("call");
    group.bench_function("bare", |bencher| bencher.iter(|| runtime.block_on(bare_call(&bare, &url))));
    group.bench_function("sdk", |bencher| bencher.iter(|| runtime.block_on(sdk_call(&sdk))));
    group.finish();

    let ratio = ratio(40, 100, &mut || drop(runtime.block_on(bare_call(&bare, &url))), &mut || {
        drop(runtime.block_on(sdk_call(&sdk)));
    });
    report("one call over loopback / bare reqwest", ratio, 110);
}

async fn sdk_call(client: &Client) -> turbopay::Withdrawal {
    let withdrawal = NewWithdrawal::bank_transfer(
        Money::from_minor(50_000, Currency::INR),
        "30bfbb2b-f74a-4330-b419-327d1f4d50f8".parse().unwrap(),
        "79c56284-e27f-4fd0-bb77-61b4a9881cc7".parse().unwrap(),
        "065432123456789".parse().unwrap(),
        "HDFC0000053".parse().unwrap(),
    );
    client.create_withdrawal(withdrawal.customer_name("Raj Singh")).send().await.unwrap()
}

async fn bare_call(client: &reqwest::Client, url: &str) -> BareCreated {
    let body = BareWithdrawal {
        method: "bank_transfer",
        amount: 500,
        currency: "INR",
        customer_name: "Raj Singh",
        merchant_order_id: "30bfbb2b-f74a-4330-b419-327d1f4d50f8",
        merchant_customer_id: "79c56284-e27f-4fd0-bb77-61b4a9881cc7",
        customer_bank_account: "065432123456789",
        bank_code: "HDFC0000053",
        status_url: "https://merchant.example/status",
        traffic: "std",
    };
    let answer = client
        .post(url)
        .header("authorization", "bench-key")
        .header("accept", "application/json")
        .header("accept-encoding", "identity")
        .header("user-agent", "bench/1")
        .header("content-type", "application/json")
        .timeout(Duration::from_secs(30))
        .body(serde_json::to_vec(&body).unwrap())
        .send()
        .await
        .unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[derive(Serialize)]
struct BareWithdrawal<'a> {
    method: &'a str,
    amount: i64,
    currency: &'a str,
    customer_name: &'a str,
    merchant_order_id: &'a str,
    merchant_customer_id: &'a str,
    customer_bank_account: &'a str,
    bank_code: &'a str,
    status_url: &'a str,
    traffic: &'a str,
}

#[derive(Deserialize)]
struct BareCreated {
    #[expect(dead_code, reason = "decoded, as the SDK decodes it")]
    order_id: String,
    #[expect(dead_code, reason = "decoded, as the SDK decodes it")]
    status: String,
}

/// A deposit's webhook, verified and decoded.
fn webhook(criterion: &mut Criterion) {
    let endpoint = WebhookEndpoint::new(WebhookKey::new("bench-webhook-key").unwrap());
    let keyed = Hmac::<Sha256>::new_from_slice(b"bench-webhook-key").unwrap();
    let mut mac = keyed.clone();
    mac.update(EVENT);
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();

    let mut bare = || {
        let mut mac = keyed.clone();
        mac.update(EVENT);
        let mut tag = [0; 32];
        for (byte, pair) in tag.iter_mut().zip(signature.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        mac.verify_slice(&tag).unwrap();
        drop(black_box(serde_json::from_slice::<BareEvent>(EVENT).unwrap()));
    };
    let mut sdk = || drop(black_box(endpoint.verify_signature(EVENT, signature.as_bytes()).unwrap()));

    let mut group = criterion.benchmark_group("webhook");
    group.throughput(Throughput::Bytes(EVENT.len().try_into().unwrap()));
    group.bench_function("bare", |bencher| bencher.iter(&mut bare));
    group.bench_function("sdk", |bencher| bencher.iter(&mut sdk));
    group.finish();

    let ratio = ratio(200, 2_000, &mut bare, &mut sdk);
    report("a webhook verified and decoded / bare HMAC and serde_json", ratio, 125);
}

/// The same members in types that hold as much: ids as text, the amount exact.
#[derive(Deserialize)]
#[expect(dead_code, reason = "decoded, as the SDK decodes it")]
struct BareEvent {
    order_id: String,
    merchant_order_id: String,
    status: String,
    reason: Option<String>,
    #[serde(with = "payments_core::json::decimal")]
    amount: payments_core::rust_decimal::Decimal,
    utr: Option<String>,
    target_upi_id: Option<String>,
    merchant_customer_id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    claim_id: Option<String>,
}

const EVENT: &[u8] = br#"{"order_id":"849655cf-ceba-49bc-951a-cbfbf8d63274","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"pending","reason":"some reason","amount":"200.00","utr":"409876543210","target_upi_id":  "deposit@test", "merchant_customer_id":  "aaaaaaa99-1290-3e9f-a08e-c03aedc68b35"}"#;

/// The medians' ratio, in hundredths, over `rounds` of `each` turns a side, the sides alternating.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the real time")]
fn ratio(rounds: usize, each: u32, bare: &mut dyn FnMut(), sdk: &mut dyn FnMut()) -> u128 {
    let time = |side: &mut dyn FnMut()| {
        let began = std::time::Instant::now();
        (0..each).for_each(|_| side());
        began.elapsed().as_nanos()
    };
    let (mut bare_times, mut sdk_times): (Vec<u128>, Vec<u128>) = (0..rounds).map(|_| (time(bare), time(sdk))).unzip();
    bare_times.sort_unstable();
    sdk_times.sort_unstable();
    sdk_times[rounds / 2] * 100 / bare_times[rounds / 2]
}

fn report(what: &str, ratio: u128, limit: u128) {
    let verdict = if ratio <= limit { "within" } else { "above" };
    println!("\n{what}: {}.{:02} ({verdict} {}.{:02})\n", ratio / 100, ratio % 100, limit / 100, limit % 100);
}

/// A server that gives every request the same answer. One thread serves both sides, so that neither is luckier with
/// the core that its own thread runs on.
fn serve() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
    });
    address
}

/// Both sides send head and body in one write, and wait for the answer before they send again.
async fn answer(mut stream: tokio::net::TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut request = [0; 4096];
    while stream.read(&mut request).await.ok()? > 0 {
        stream.write_all(ANSWER).await.ok()?;
    }
    None
}

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 69\r\n\r\n\
{\"order_id\": \"291fe219-af94-4512-8ea5-9efd56bf84c3\", \"status\": \"new\"}";
