//! The memory that a long list needs: that of one page.

use turratech::payments_core::http::{HeaderMap, StatusCode};
use turratech::payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use turratech::{Client, ListParams};

use crate::support::{KEY, builder, child_variable, clock, run_in_child};
use payments_core::test_util::Script;

const MILLION: usize = 1_000_000;

/// A list whose pages are generated on request. The newest object has the highest number.
#[derive(Debug)]
struct GeneratedList;

#[async_trait]
impl Transport for GeneratedList {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let cursor = |name: &str| {
            let (_, text) = request.url().split_once(&format!("{name}=cus_"))?;
            text.split('&').next()?.parse::<usize>().ok()
        };
        let (from, to) = match (cursor("starting_after"), cursor("ending_before")) {
            (Some(after), _) => (after.saturating_sub(100), after),
            (_, Some(before)) => (before + 1, (before + 101).min(MILLION)),
            _ => (MILLION - 100, MILLION),
        };
        let newer = cursor("ending_before").is_some();
        let has_more = if newer { to < MILLION } else { from > 0 };
        let mut page = String::from(r#"{"object":"list","data":["#);
        for number in (from..to).rev() {
            page += &format!(r#"{{"id":"cus_{number}","object":"customer","name":"Customer {number}"}}"#);
            page += if number > from { "," } else { "" };
        }
        page += &format!(r#"],"has_more":{has_more},"url":"/v1/customers"}}"#);
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), page.into_bytes()))
    }
}

fn client() -> Client {
    builder(KEY, &Script::new([]), &clock()).transport(GeneratedList).build().unwrap()
}

#[tokio::test]
async fn reads_the_list_in_its_own_process() {
    let Some(direction) = child_variable("DIRECTION") else { return };
    let client = client();
    // The first request allocates what the client sets up once.
    client.list_customers(ListParams::new().limit(100)).try_next().await.unwrap();
    let list = ListParams::new().limit(100);
    let (list, mut expected) = match direction.as_str() {
        "newer" => (list.ending_before("cus_0".parse().unwrap()), ExpectedNumbers { next: Some(1), step: 1 }),
        _ => (list, ExpectedNumbers { next: Some(MILLION - 1), step: -1 }),
    };
    let before = memory("VmRSS:");
    let (mut customers, mut count) = (client.list_customers(list), 0);
    while let Some(customer) = customers.try_next().await.unwrap() {
        assert_eq!(customer.unwrap().id.as_str(), format!("cus_{}", expected.take()));
        count += 1;
    }
    println!("read {count}, grew by {} KiB", memory("VmHWM:").saturating_sub(before));
}

/// The expected numbers, computed one at a time.
struct ExpectedNumbers {
    next: Option<usize>,
    step: isize,
}

impl ExpectedNumbers {
    fn take(&mut self) -> usize {
        let next = self.next.unwrap();
        self.next = next.checked_add_signed(self.step);
        next
    }
}

/// Returns a memory figure of this process in KiB, as the kernel reports it.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().map_or(0, |number| number.parse().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_million_objects_take_less_than_four_mib_in_either_direction() {
    let directions = [("older", MILLION), ("newer", MILLION - 1)];
    let run = |direction| run_in_child("list_memory::reads_the_list_in_its_own_process", ("DIRECTION", direction));
    let printed = std::thread::scope(|scope| {
        directions.map(|(direction, _)| scope.spawn(move || run(direction))).map(|child| child.join().unwrap())
    });
    for ((direction, count), printed) in directions.iter().zip(printed) {
        let (read, grew) = printed.split_once("read ").unwrap().1.split_once(", grew by ").unwrap();
        let grew: usize = grew.split(' ').next().unwrap().parse().unwrap();
        println!("{direction}: {read} objects, {grew} KiB");
        assert_eq!(read, count.to_string());
        assert!(grew < 4 * 1024, "{direction}: {grew} KiB");
    }
}
