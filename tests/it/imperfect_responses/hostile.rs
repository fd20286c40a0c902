//! Bodies that are made to be slow to read. Every message is read in bounded time.
//!
//! To measure with bodies of 1 MiB: `cargo test --release -p payments-tests --test it hostile_bodies -- --nocapture`.

use std::time::{Duration, Instant};

use payments_test_json::Message;

use super::exchange::{Exchange, Reading};
use super::exchanges;

/// The size limit of a response. An unoptimised build reads less, so that the test stays short.
const SIZE: usize = if cfg!(debug_assertions) { 16 * 1024 } else { 1024 * 1024 };

/// The limit of `unreadable_members()`, for a message and for one part of it.
const MOST_NOTES: usize = 2 * 64;

/// Creates a body of about this size.
type Filling = fn(&Exchange, usize) -> Vec<u8>;

/// What fills the body: a text that is repeated.
const FILLINGS: &[(&str, Filling)] = &[
    ("deep nesting", |exchange, size| in_members(exchange, &"[".repeat(size))),
    ("deep objects", |exchange, size| in_members(exchange, &"{\"a\":".repeat(size / 5))),
    ("commas", |exchange, size| in_members(exchange, &format!("[{}]", ",".repeat(size)))),
    ("numbers", |exchange, size| in_members(exchange, &format!("[7{}]", ",7".repeat(size / 2)))),
    ("objects", |exchange, size| in_members(exchange, &format!("[{{}}{}]", ",{}".repeat(size / 3)))),
    ("lone surrogates", |exchange, size| in_members(exchange, &format!("\"{}\"", "\\ud83d".repeat(size / 6)))),
    ("named members", |exchange, size| {
        let members: Vec<String> = (0..size / 14).map(|number| format!("\"{number}\":[{{}}]")).collect();
        in_members(exchange, &format!("{{{}}}", members.join(",")))
    }),
    ("bytes that are not UTF-8", |exchange, size| {
        let body = in_members(exchange, &format!("\"{}\"", "?".repeat(size)));
        body.into_iter().map(|byte| if byte == b'?' { 0xff } else { byte }).collect()
    }),
    ("texts that are not UTF-8", |exchange, size| {
        let body = in_members(exchange, &format!("[\"?\"{}]", ",\"?\"".repeat(size / 4)));
        body.into_iter().map(|byte| if byte == b'?' { 0xff } else { byte }).collect()
    }),
    ("members that occur twice", |exchange, size| {
        let members = Message::new(exchange.sample).members();
        let top: Vec<String> = members
            .iter()
            .filter(|(path, _)| !path.contains(['.', '[']))
            .map(|(path, _)| format!("\"{path}\":[],"))
            .collect();
        let repeated = top.concat().repeat(size / top.concat().len());
        format!("{{{repeated}{}", &exchange.sample[1..]).into()
    }),
];

/// The sample with this value for every member that no decision depends on, or for a new one.
fn in_members(exchange: &Exchange, value: &str) -> Vec<u8> {
    let message = Message::new(exchange.sample);
    let is_free = |path: &str| !exchange.deciding.contains(&path) && !path.contains('[');
    let free: Vec<String> = message.members().into_iter().map(|(path, _)| path).filter(|path| is_free(path)).collect();
    let outermost = |path: &&String| !free.iter().any(|other| path.starts_with(&format!("{other}.")));
    let first = free.iter().find(outermost).map_or("note", String::as_str);
    message.with(first, value).with("another note", value).to_string().into()
}

#[test]
fn hostile_bodies_are_read_in_bounded_time_and_confirm_nothing_more() {
    let mut slowest = (Duration::ZERO, String::new());
    for exchange in exchanges() {
        for (filling, body) in FILLINGS {
            let body = body(exchange, SIZE / 2);
            #[expect(clippy::disallowed_methods, reason = "the time is reported, not asserted")]
            let start = Instant::now();
            let read = exchange.read(&body);
            let took = start.elapsed();
            if let Reading::Read(facts) = &read {
                assert!(facts.unreadable.iter().count() <= MOST_NOTES, "{exchange:?}, {filling}");
            }
            if took > slowest.0 {
                slowest = (took, format!("{exchange:?}, {filling}, {} bytes", body.len()));
            }
        }
    }
    println!("slowest: {:?}, {}", slowest.0, slowest.1);
}
