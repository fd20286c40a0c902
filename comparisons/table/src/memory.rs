//! Long lists: the memory that they take, and whether an object costs more as they grow.

use std::time::Instant;

use turratech::payments_core::http::{HeaderMap, StatusCode};
use turratech::payments_core::transport::{Response, Request, Transport, TransportError, async_trait};
use turratech::{ApiKey, Client, ListParams};

use crate::side_by_side::median;
use crate::{child, report, said};

/// In a process of its own: memory that another row has given back would hide what this one takes.
pub fn of_the_pager() {
    let kib = said(child(&["pager"])).trim().parse().unwrap();
    report("pager-memory", "KiB", kib, 0);
}

pub fn pager() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Whatever is set up once is not the list's.
    runtime.block_on(read(1_000));
    let before = memory("VmRSS:");
    runtime.block_on(read(1_000_000));
    println!("{}", memory("VmHWM:").saturating_sub(before));
}

/// An object's cost in the longest list beside the same in the shortest; and the dearest of those between.
pub fn growth() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lengths = [1_000, 10_000, 100_000, 1_000_000];
    let mut times = lengths.map(|_| Vec::new());
    for round in 0..=ROUNDS {
        for (length, times) in lengths.into_iter().zip(&mut times) {
            // As many objects in each, so that each is disturbed as often.
            let lists = (100_000 / length).max(1);
            let began = Instant::now();
            (0..lists).for_each(|_| runtime.block_on(read(length)));
            let objects = u128::try_from(lists * length).unwrap();
            if round > 0 {
                times.push(u64::try_from(began.elapsed().as_nanos() * 1_000 / objects).unwrap());
            }
        }
    }
    let [first, rest @ ..] = times.map(median);
    report("pager-growth", "ps", rest.into_iter().max().unwrap(), first);
}

async fn read(length: usize) {
    let builder = Client::builder(ApiKey::new("sk_test_51ABC123DEF456").unwrap());
    let client = builder.transport(OnTheFly { length }).build().unwrap();
    let (mut customers, mut count) = (client.list_customers(ListParams::new().limit(100)), 0);
    while customers.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, length);
}

/// A list whose pages are made when they are asked for. The newest object has the highest number.
#[derive(Debug)]
struct OnTheFly {
    length: usize,
}

#[async_trait]
impl Transport for OnTheFly {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let after = request.url().split_once("starting_after=cus_").map(|(_, after)| after.parse().unwrap());
        let to: usize = after.unwrap_or(self.length);
        let from = to - 100;
        let mut page = String::from(r#"{"object":"list","data":["#);
        for at in (from..to).rev() {
            // As many digits in each, so that the objects of a short list are not shorter.
            page += &format!(r#"{{"id":"cus_{at:07}","object":"customer","name":"Customer {at:07}"}}"#);
            page += if at > from { "," } else { "" };
        }
        page += &format!(r#"],"has_more":{},"url":"/v1/customers"}}"#, from > 0);
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), page.into_bytes()))
    }
}

/// In KiB, as the kernel counts it.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

const ROUNDS: usize = 7;
