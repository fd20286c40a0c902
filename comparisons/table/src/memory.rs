//! Measures long lists: their memory, and the time per object as they grow.

use std::time::Instant;

use turratech::payments_core::http::{HeaderMap, StatusCode};
use turratech::payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use turratech::{ApiKey, Client, ListParams};

use crate::side_by_side::median;
use crate::{child, output_of, report};

/// Runs in a child process, because memory freed by another row would hide the memory of this one.
pub fn pager_memory() {
    let kib = output_of(child(&["pager"])).trim().parse().unwrap();
    report("pager-memory", "KiB", kib, 0);
}

pub fn read_lists() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Exclude the memory that is allocated once.
    runtime.block_on(read(1_000));
    let before = memory("VmRSS:");
    runtime.block_on(read(1_000_000));
    println!("{}", memory("VmHWM:").saturating_sub(before));
}

/// Compares the time per object: the slowest of the longer lists with the shortest list.
pub fn growth() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lengths = [1_000, 10_000, 100_000, 1_000_000];
    let mut times = lengths.map(|_| Vec::new());
    for round in 0..=ROUNDS {
        for (length, times) in lengths.into_iter().zip(&mut times) {
            // Read about the same number of objects for each length, so that load on the machine affects all of them.
            let lists = (100_000 / length).max(1);
            let start = Instant::now();
            (0..lists).for_each(|_| runtime.block_on(read(length)));
            let objects = u128::try_from(lists * length).unwrap();
            if round > 0 {
                times.push(u64::try_from(start.elapsed().as_nanos() * 1_000 / objects).unwrap());
            }
        }
    }
    let [first, rest @ ..] = times.map(median);
    report("pager-growth", "ps", rest.into_iter().max().unwrap(), first);
}

async fn read(length: usize) {
    let builder = Client::builder(ApiKey::new("sk_test_51ABC123DEF456").unwrap());
    let client = builder.transport(GeneratedList { length }).build().unwrap();
    let (mut customers, mut count) = (client.list_customers(ListParams::new().limit(100)), 0);
    while customers.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, length);
}

/// A transport that generates each page on request. The newest object has the highest number.
#[derive(Debug)]
struct GeneratedList {
    length: usize,
}

#[async_trait]
impl Transport for GeneratedList {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let after = request.url().split_once("starting_after=cus_").map(|(_, after)| after.parse().unwrap());
        let to: usize = after.unwrap_or(self.length);
        let from = to - 100;
        let mut page = String::from(r#"{"object":"list","data":["#);
        for number in (from..to).rev() {
            // The same number of digits in every id, so that all objects have the same size.
            page += &format!(r#"{{"id":"cus_{number:07}","object":"customer","name":"Customer {number:07}"}}"#);
            page += if number > from { "," } else { "" };
        }
        page += &format!(r#"],"has_more":{},"url":"/v1/customers"}}"#, from > 0);
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), page.into_bytes()))
    }
}

/// Returns a memory field of `/proc/self/status`, in KiB.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

const ROUNDS: usize = 7;
