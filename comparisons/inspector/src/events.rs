//! The stream of events under load: nothing is lost, and how long a record takes to arrive.

use std::time::{Duration, Instant};

use payments_sandbox::Sandbox;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::client::{self, address};
use crate::report;

/// Posts notes at a steady rate over several connections, while one client reads the stream.
pub fn measure() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (latency, lost) = runtime.block_on(run(1_000, Duration::from_secs(10)));
    assert_eq!(lost, 0);
    report("events-latency", "us", latency, 0);
    let (latency, lost) = runtime.block_on(run(5_000, Duration::from_secs(20)));
    report("events-latency-5000", "us", latency, 0);
    report("events-lost", "records", lost, 0);
}

/// Returns the latency at the 99th percentile in microseconds, and how many records did not arrive.
async fn run(rate: u64, time: Duration) -> (u64, u64) {
    let sandbox = Sandbox::builder().record_contents().start().await;
    let control = address(sandbox.control_url());
    let origin = Instant::now();
    let total = rate * time.as_secs();
    let (ready, begun) = tokio::sync::oneshot::channel();
    let reader = tokio::spawn(async move {
        let mut stream = BufReader::new(TcpStream::connect(control).await.unwrap());
        stream.get_mut().write_all(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
        let (mut line, mut latencies, mut ready) = (String::new(), Vec::new(), Some(ready));
        while u64::try_from(latencies.len()).unwrap() < total {
            line.clear();
            let read = tokio::time::timeout(Duration::from_secs(5), stream.read_line(&mut line)).await;
            if !matches!(read, Ok(Ok(length)) if length > 0) {
                break;
            }
            assert!(!line.starts_with("event: reset"), "the client was too slow");
            if line.starts_with("id: ")
                && let Some(ready) = ready.take()
            {
                ready.send(()).unwrap();
            }
            let Some(data) = line.strip_prefix("data: ") else { continue };
            let record: Value = serde_json::from_str(data).unwrap();
            let sent: u64 = record["text"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
            latencies.push(micros(origin).saturating_sub(sent));
        }
        latencies
    });
    begun.await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            tokio::spawn(async move {
                let mut client = client::Client::connect(control).await;
                let start = Instant::now();
                for number in 0..total / WRITERS {
                    // Each writer has its own part of the interval.
                    let due = Duration::from_micros((number * WRITERS + writer) * 1_000_000 / rate);
                    tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
                    let body = format!("{{\"text\":\"note {}\"}}", micros(origin));
                    client.post("/notes", "", &body).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut latencies = reader.await.unwrap();
    latencies.sort_unstable();
    let lost = total - u64::try_from(latencies.len()).unwrap();
    let p99 = latencies.get(latencies.len() * 99 / 100).copied().unwrap_or(u64::MAX);
    sandbox.abandon();
    (p99, lost)
}

fn micros(origin: Instant) -> u64 {
    u64::try_from(origin.elapsed().as_micros()).unwrap()
}

const WRITERS: u64 = 8;
