//! The stream of records: what it begins with, how it resumes, and when it ends.

use std::time::Duration;

use payments_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{authority, control, post, send, withdrawal};

/// A client of the stream.
struct Events {
    stream: BufReader<TcpStream>,
    head: String,
}

#[derive(Debug, Default, PartialEq)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

impl Event {
    fn number(&self) -> u64 {
        assert_eq!(self.name, "record", "{self:?}");
        self.data["number"].as_u64().unwrap()
    }
}

impl Events {
    async fn open(sandbox: &Sandbox, method: &str, query: &str, headers: &str) -> Self {
        let authority = authority(sandbox.control_url());
        let mut stream = BufReader::new(TcpStream::connect(authority).await.unwrap());
        let request = format!("{method} /events{query} HTTP/1.1\r\nHost: {authority}\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(timeout(LIMIT, stream.read_line(&mut head)).await.unwrap().unwrap(), 0, "{head}");
        }
        Self { stream, head }
    }

    /// Opens a stream of what happens from now on.
    async fn from_now(sandbox: &Sandbox, query: &str) -> Self {
        let mut events = Self::open(sandbox, "GET", query, "").await;
        assert_eq!(events.next().await.name, "", "the first event only has the position");
        events
    }

    /// Returns the lines up to an empty one; `None` if the stream has ended.
    async fn block(&mut self) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = timeout(LIMIT, self.stream.read_line(&mut line)).await.expect("no event arrived");
            match line.trim_end() {
                _ if read.unwrap_or(0) == 0 => return None,
                "" => return Some(lines),
                line => lines.push(line.to_owned()),
            }
        }
    }

    async fn next(&mut self) -> Event {
        let mut event = Event::default();
        for line in self.block().await.expect("the stream has ended") {
            match line.split_once(": ") {
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                Some(("retry", _)) => {}
                _ => panic!("not a field: {line}"),
            }
        }
        event
    }

    async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(self.next().await.number());
        }
        numbers
    }
}

async fn run(sandbox: &Sandbox) -> String {
    let health = control(sandbox, "GET", "/health", "").await.expect_status(200);
    health["run"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_event_is_a_record_without_its_content() {
    let sandbox = Sandbox::builder().record_contents().start().await;
    let mut events = Events::from_now(&sandbox, "").await;
    assert!(events.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", events.head);
    assert!(events.head.contains("Content-Type: text/event-stream\r\n"), "{}", events.head);
    post(&sandbox, "withdraw/new", &withdrawal("order\n1")).await.expect_status(201);

    let run = run(&sandbox).await;
    let recorded = control(&sandbox, "GET", "/records?limit=3", "").await.expect_status(200);
    for record in recorded["records"].as_array().unwrap() {
        let mut expected = record.clone();
        expected.as_object_mut().unwrap().remove("content");
        let event = events.next().await;
        assert_eq!(event.id, format!("{run}-{}", record["number"]));
        assert_eq!((event.name.as_str(), &event.data), ("record", &expected));
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_stream_resumes_after_the_event_that_the_header_or_the_query_names() {
    let sandbox = Sandbox::builder().start().await;
    for number in 1..=5 {
        sandbox.note(number);
    }
    let run = run(&sandbox).await;
    let mut by_query = Events::open(&sandbox, "GET", &format!("?last_event_id={run}-2"), "").await;
    assert_eq!(by_query.numbers(3).await, [3, 4, 5]);
    let header = format!("Last-Event-ID: {run}-4\r\n");
    let mut by_header = Events::open(&sandbox, "GET", &format!("?last_event_id={run}-2"), &header).await;
    assert_eq!(by_header.numbers(1).await, [5], "a browser connects again to the same URL, and sends its last id");
    let mut from_the_start = Events::open(&sandbox, "GET", &format!("?last_event_id={run}-0"), "").await;
    assert_eq!(from_the_start.numbers(5).await, [1, 2, 3, 4, 5]);
    sandbox.note("6");
    for events in [&mut by_query, &mut by_header, &mut from_the_start] {
        assert_eq!(events.numbers(1).await, [6]);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_stream_without_an_id_begins_with_the_next_record_and_says_where() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.note("before");
    let mut events = Events::open(&sandbox, "GET", "", "").await;
    let position = Event { id: format!("{}-1", run(&sandbox).await), ..Event::default() };
    assert_eq!(events.next().await, position, "a client that is disconnected here resumes here");
    sandbox.note("after");
    assert_eq!(events.numbers(1).await, [2]);
    sandbox.finish();
}

#[tokio::test]
async fn an_id_of_another_run_or_of_the_future_resets_the_client() {
    let (sandbox, other) = (Sandbox::builder().start().await, Sandbox::builder().start().await);
    sandbox.note("1");
    let (run, other_run) = (run(&sandbox).await, run(&other).await);
    assert_ne!(run, other_run, "the seed is the same");
    for id in [format!("{other_run}-1"), format!("{run}-2"), format!("{run}-x"), run.clone(), "1".to_owned()] {
        let mut events = Events::open(&sandbox, "GET", "", &format!("Last-Event-ID: {id}\r\n")).await;
        let reset = Event {
            id: format!("{run}-1"),
            name: "reset".to_owned(),
            data: json!({"run": run, "first": 1, "last": 1}),
        };
        assert_eq!(events.next().await, reset, "{id}");
        drop(events);
    }
    let mut events = Events::open(&sandbox, "GET", &format!("?last_event_id={other_run}-1"), "").await;
    assert_eq!(events.next().await.name, "reset");
    sandbox.note("2");
    assert_eq!(events.numbers(1).await, [2], "the stream goes on after a reset");
    sandbox.finish();
    other.finish();
}

#[tokio::test]
async fn a_reader_whose_records_were_evicted_is_reset_and_goes_on() {
    let sandbox = Sandbox::builder().record_contents().start().await;
    let run = run(&sandbox).await;
    sandbox.note("1");
    // It receives nothing until it is asked.
    let mut slow = Events::from_now(&sandbox, "").await;
    let large = "x".repeat(2 * 1024 * 1024);
    for _ in 0..45 {
        sandbox.note(&large);
        tokio::task::yield_now().await;
    }
    let first = sandbox.records()[0].number;
    assert!(first > 10, "{first}");

    let mut late = Events::open(&sandbox, "GET", &format!("?last_event_id={run}-1"), "").await;
    assert_eq!(late.next().await.data, json!({"run": run, "first": first, "last": 46}));
    let mut kept = Events::open(&sandbox, "GET", &format!("?last_event_id={run}-{}", first - 1), "").await;
    assert_eq!(kept.numbers(1).await, [first], "the record after the id is kept, so nothing is lost");

    let mut previous = 1;
    let reset = loop {
        let event = slow.next().await;
        if event.name == "reset" {
            break event;
        }
        assert_eq!(event.number(), previous + 1);
        previous += 1;
    };
    assert_eq!(reset.data["last"], 46);
    sandbox.note("the end");
    assert_eq!((slow.numbers(1).await, late.numbers(1).await), (vec![47], vec![47]));
    sandbox.finish();
}

#[tokio::test]
async fn a_stream_contains_what_its_filters_select() {
    let sandbox = Sandbox::builder().start().await;
    let mut ledger = Events::from_now(&sandbox, "?kind=ledger").await;
    let mut order = Events::from_now(&sandbox, "?order=order+2&kind=request").await;
    let mut provider = Events::from_now(&sandbox, "?provider=card3ds").await;
    for reference in ["order-1", "order 2"] {
        post(&sandbox, "withdraw/new", &withdrawal(reference)).await.expect_status(201);
    }
    send(sandbox.card3ds().base_url(), "GET", "/api/payments/1", &[], "").await;
    for reference in ["order-1", "order 2"] {
        let entry = ledger.next().await.data;
        assert_eq!((&entry["reference"], &entry["moves_money"]), (&json!(reference), &json!(true)));
    }
    assert_eq!(order.next().await.data["reference"], "order 2");
    assert_eq!(provider.next().await.data["provider"], "card3ds");
    let refused = control(&sandbox, "GET", "/events?kind=nothing", "").await.expect_status(422);
    assert!(refused["error"].as_str().unwrap().starts_with("`kind` must be one of"), "{refused}");
    sandbox.finish();
}

#[tokio::test]
async fn two_readers_receive_thousands_of_records_once_each_while_requests_run() {
    let sandbox = Sandbox::builder().record_contents().start().await;
    let mut readers = [Events::from_now(&sandbox, "").await, Events::from_now(&sandbox, "").await];
    let requests = async {
        for number in 0..800 {
            post(&sandbox, "withdraw/new", &withdrawal(&format!("order-{number}"))).await.expect_status(201);
        }
    };
    let [one, two] = &mut readers;
    let (one, two, ()) = tokio::join!(one.numbers(3200), two.numbers(3200), requests);
    let expected: Vec<u64> = (1..=3200).collect();
    assert_eq!((&one, &two), (&expected, &expected));
    sandbox.abandon();
}

#[tokio::test]
async fn a_reader_that_leaves_ends_its_stream_while_nothing_happens() {
    let sandbox = Sandbox::builder().start().await;
    let mut leaving = Events::from_now(&sandbox, "").await;
    leaving.stream.shutdown().await.unwrap();
    assert_eq!(leaving.block().await, None, "the sandbox closes the connection too");
    let mut talking = Events::from_now(&sandbox, "").await;
    talking.stream.write_all(b"nobody reads this").await.unwrap();
    sandbox.note("1");
    assert_eq!(talking.numbers(1).await, [1]);
    sandbox.finish();
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_stream() {
    let sandbox = Sandbox::builder().start().await;
    let mut events = Events::open(&sandbox, "HEAD", "", "").await;
    assert!(events.head.contains("Content-Type: text/event-stream\r\n"), "{}", events.head);
    assert_eq!(events.block().await, None);
    sandbox.finish();
}

#[tokio::test]
async fn a_page_of_another_site_receives_no_stream() {
    let sandbox = Sandbox::builder().allow_origin("http://localhost:3000").start().await;
    let events = Events::open(&sandbox, "GET", "", "Origin: http://localhost:4000\r\n").await;
    assert!(events.head.starts_with("HTTP/1.1 403 "), "{}", events.head);
    let events = Events::open(&sandbox, "GET", "", "Origin: http://localhost:3000\r\n").await;
    assert!(events.head.contains("Access-Control-Allow-Origin: http://localhost:3000\r\n"), "{}", events.head);
    sandbox.finish();
}

#[tokio::test]
async fn the_end_of_the_sandbox_ends_streams() {
    let sandbox = Sandbox::builder().start().await;
    let mut events = Events::from_now(&sandbox, "").await;
    sandbox.note("the last record");
    assert_eq!(events.numbers(1).await, [1]);
    sandbox.finish();
    assert_eq!(events.block().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_has_a_comment_with_its_position_every_fifteen_seconds() {
    let sandbox = Sandbox::builder().start().await;
    let mut events = Events::from_now(&sandbox, "?kind=ledger").await;
    sandbox.note("not selected");
    let run = run(&sandbox).await;
    for _ in 0..2 {
        let before = tokio::time::Instant::now();
        assert_eq!(events.block().await.unwrap(), [":".to_owned(), format!("id: {run}-1")]);
        assert_eq!(before.elapsed().as_secs(), 15);
    }
    sandbox.finish();
}

/// Far longer than any event takes, and longer than the time between two comments.
const LIMIT: Duration = Duration::from_secs(30);
