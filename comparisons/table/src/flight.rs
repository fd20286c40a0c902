//! Measures the throughput of 256 concurrent calls.

use std::future::Future;
use std::time::Instant;

use tokio::runtime::Runtime;

use crate::side_by_side::median;
use crate::{report, server, turratech_side};

pub fn throughput() {
    let server = server::plain();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sdk, bare) = (turratech_side::sdk("http", server, None), turratech_side::bare());
    let url = format!("http://{server}/v1/payments");
    let ours = move || {
        let sdk = sdk.clone();
        async move { drop(turratech_side::with_sdk(&sdk).await) }
    };
    let theirs = move || {
        let (bare, url) = (bare.clone(), url.clone());
        async move { drop(turratech_side::by_hand(&bare, &url).await) }
    };

    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (our_rate, their_rate) = if round % 2 == 0 {
            let our_rate = rate(&runtime, ours.clone());
            (our_rate, rate(&runtime, theirs.clone()))
        } else {
            let their_rate = rate(&runtime, theirs.clone());
            (rate(&runtime, ours.clone()), their_rate)
        };
        if round > 0 {
            our_rates.push(our_rate);
            their_rates.push(their_rate);
        }
    }
    report("flight", "calls/s", median(our_rates), median(their_rates));
}

fn rate<F, W>(runtime: &Runtime, call: F) -> u64
where
    F: Fn() -> W + Clone,
    W: Future<Output = ()> + Send + 'static,
    F: Send + 'static,
{
    runtime.block_on(async {
        let start = Instant::now();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let call = call.clone();
                let calls = async move {
                    for _ in 0..CALLS_PER_TASK {
                        call().await;
                    }
                };
                tokio::spawn(calls)
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        TASKS * CALLS_PER_TASK * 1_000_000 / u64::try_from(start.elapsed().as_micros()).unwrap()
    })
}

const ROUNDS: usize = 31;
const TASKS: u64 = 256;
const CALLS_PER_TASK: u64 = 8;
