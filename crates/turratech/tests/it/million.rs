//! A million objects, in the memory of a page.

use turratech::payments_core::http::{HeaderMap, StatusCode};
use turratech::payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use turratech::{Client, ListParams};

use crate::support::{KEY, builder, clock, in_a_child, told};
use payments_core::test_util::Script;

const MILLION: usize = 1_000_000;

/// A list whose pages are made when they are asked for. The newest object has the highest number.
#[derive(Debug)]
struct OnTheFly;

#[async_trait]
impl Transport for OnTheFly {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let place = |name: &str| {
            let (_, text) = request.url().split_once(&format!("{name}=cus_"))?;
            text.split('&').next()?.parse::<usize>().ok()
        };
        let (from, to) = match (place("starting_after"), place("ending_before")) {
            (Some(after), _) => (after.saturating_sub(100), after),
            (_, Some(before)) => (before + 1, (before + 101).min(MILLION)),
            _ => (MILLION - 100, MILLION),
        };
        let newer = place("ending_before").is_some();
        let has_more = if newer { to < MILLION } else { from > 0 };
        let mut page = String::from(r#"{"object":"list","data":["#);
        for at in (from..to).rev() {
            page += &format!(r#"{{"id":"cus_{at}","object":"customer","name":"Customer {at}"}}"#);
            page += if at > from { "," } else { "" };
        }
        page += &format!(r#"],"has_more":{has_more},"url":"/v1/customers"}}"#);
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), page.into_bytes()))
    }
}

fn client() -> Client {
    builder(KEY, &Script::new([]), &clock()).transport(OnTheFly).build().unwrap()
}

#[tokio::test]
async fn reading_in_a_process_of_its_own() {
    let Some(direction) = told("DIRECTION") else { return };
    let client = client();
    // Whatever is set up once is not the list's.
    client.list_customers(ListParams::new().limit(100)).try_next().await.unwrap();
    let list = ListParams::new().limit(100);
    let (list, mut expected) = match direction.as_str() {
        "newer" => (list.ending_before("cus_0".parse().unwrap()), Order { next: Some(1), step: 1 }),
        _ => (list, Order { next: Some(MILLION - 1), step: -1 }),
    };
    let before = memory("VmRSS:");
    let (mut customers, mut count) = (client.list_customers(list), 0);
    while let Some(customer) = customers.try_next().await.unwrap() {
        assert_eq!(customer.id.as_str(), format!("cus_{}", expected.take()));
        count += 1;
    }
    println!("read {count}, grew by {} KiB", memory("VmHWM:").saturating_sub(before));
}

/// The numbers that are due, without holding them.
struct Order {
    next: Option<usize>,
    step: isize,
}

impl Order {
    fn take(&mut self) -> usize {
        let next = self.next.unwrap();
        self.next = next.checked_add_signed(self.step);
        next
    }
}

/// In KiB, as the kernel counts it.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().map_or(0, |number| number.parse().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_million_objects_take_less_than_four_mib_in_either_direction() {
    let directions = [("older", MILLION), ("newer", MILLION - 1)];
    let run = |direction| in_a_child("million::reading_in_a_process_of_its_own", ("DIRECTION", direction));
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
