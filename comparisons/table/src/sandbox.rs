//! Measures the sandbox: payments created per second, and the time until it is ready.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use payments_sandbox::{Offline, Sandbox, WireEnd, WireRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::side_by_side::median;
use crate::{child, report};

pub fn all() {
    measure_creates();
    measure_start();
}

/// Compares the sandbox's own server with axum, both with the sandbox's engine.
fn measure_creates() {
    // The same seed gives both sandboxes the same keys.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        // A new sandbox each round, so that the size of the ledger does not matter.
        let sandbox = runtime.block_on(Sandbox::builder().seed(7).start());
        let address = sandbox.turratech().base_url().split('/').nth(2).unwrap().parse().unwrap();
        let key = sandbox.turratech().api_key().to_owned();
        let axum = runtime.block_on(axum(Sandbox::builder().seed(7).offline()));
        let (our_rate, their_rate) = if round % 2 == 0 {
            let our_rate = client.block_on(rate(address, &key));
            (our_rate, client.block_on(rate(axum, &key)))
        } else {
            let their_rate = client.block_on(rate(axum, &key));
            (client.block_on(rate(address, &key)), their_rate)
        };
        if round > 0 {
            our_rates.push(our_rate);
            their_rates.push(their_rate);
        }
        let _guard = runtime.enter();
        sandbox.finish();
    }
    report("sandbox-creates", "calls/s", median(our_rates), median(their_rates));
}

async fn axum(offline: Offline) -> SocketAddr {
    let state = Arc::new((offline.turratech().base_url().to_owned(), offline));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/v1/payments", post(create)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn create(State(state): State<Arc<(String, Offline)>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let (base_url, offline) = &*state;
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
    let request = WireRequest {
        method: "POST".to_owned(),
        url: format!("{base_url}/payments"),
        headers: headers.collect(),
        body: body.into(),
    };
    let WireEnd::Whole(response) = offline.send(request).await else { panic!("the response is incomplete") };
    let framing = ["content-length", "connection", "transfer-encoding"];
    let copied =
        response.headers.iter().filter(|(name, _)| !framing.iter().any(|framing| name.eq_ignore_ascii_case(framing)));
    let headers: HeaderMap = copied.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    (StatusCode::from_u16(response.status).unwrap(), headers, response.body)
}

/// Returns the number of payments created per second, by a minimal client.
async fn rate(server: SocketAddr, key: &str) -> u64 {
    let start = Instant::now();
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let key = key.to_owned();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(server).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut response = vec![0; 8192];
                for number in 0..PAYMENTS_PER_CONNECTION {
                    let request = request(&key, &format!("{server}-{connection}-{number}"));
                    stream.write_all(request.as_bytes()).await.unwrap();
                    read(&mut stream, &mut response).await;
                }
            })
        })
        .collect();
    for connection in connections {
        connection.await.unwrap();
    }
    CONNECTIONS * PAYMENTS_PER_CONNECTION * 1_000_000 / u64::try_from(start.elapsed().as_micros()).unwrap()
}

fn request(key: &str, idempotency_key: &str) -> String {
    let body = r#"{"amount":2000,"currency":"gbp","payment_method":"pm_card_visa","confirm":true,"description":"Order #12345"}"#;
    format!(
        "POST /v1/payments HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n\
         idempotency-key: {idempotency_key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn read(stream: &mut TcpStream, response: &mut [u8]) {
    let mut length = 0;
    loop {
        let read = stream.read(&mut response[length..]).await.unwrap();
        assert!(read > 0, "the connection was closed");
        length += read;
        let Some(end) = response[..length].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&response[..end]).unwrap();
        assert!(head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 201"), "{head}");
        let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        let body: usize = fields.find(|(name, _)| is_length(name)).unwrap().1.parse().unwrap();
        if length == end + 4 + body {
            return;
        }
    }
}

/// Measures the time from the start of the process until the sandbox is ready.
fn measure_start() {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let mut process = child(&["sandbox"]).stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let elapsed = start.elapsed();
        assert!(line.starts_with("http://"), "{line}");
        drop(process.stdin.take());
        process.wait().unwrap();
        u64::try_from(elapsed.as_micros()).unwrap()
    });
    report("sandbox-ready", "us", median(times.collect()), 0);
}

/// Runs a sandbox until the standard input is closed.
pub fn serve() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::builder().start());
    println!("{}", sandbox.turratech().base_url());
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read_line(&mut String::new());
    sandbox.finish();
}

const ROUNDS: usize = 21;
const CONNECTIONS: u64 = 16;
const PAYMENTS_PER_CONNECTION: u64 = 200;
