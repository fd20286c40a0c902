//! A server that never stops sending costs an error and no memory.

use payments_core::{ErrorKind, Outcome, RetryPolicy};

use crate::support::server::{Server, http};
use crate::support::{PAID, in_a_child, over_sockets, told};

const MIB: usize = 1024 * 1024;

/// The head of an answer, and what follows it for ever.
const ANSWERS: [(&str, &str, &str); 7] = [
    ("absurd", "HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n", "0000000000000000"),
    ("announced", "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", "0000000000000000"),
    ("chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "10\r\n0000000000000000\r\n"),
    ("unframed", "HTTP/1.1 200 OK\r\n\r\n", "0000000000000000"),
    ("headers", "HTTP/1.1 200 OK\r\n", "x-more: 0000000000000000\r\n"),
    ("one header", "HTTP/1.1 200 OK\r\nx-more: ", "0000000000000000"),
    ("status", "HTTP/1.1 200 ", "0000000000000000"),
];

async fn flood(row: usize) -> Server {
    let (_, head, more) = ANSWERS[row];
    Server::start(move |_, mut connection| async move {
        connection.request().await;
        connection.write(head.as_bytes()).await;
        let more = more.repeat(1024);
        while connection.write(more.as_bytes()).await {}
    })
    .await
}

#[tokio::test]
async fn a_body_over_the_limit_is_given_up() {
    for (row, (name, _, _)) in ANSWERS.iter().enumerate() {
        let server = flood(row).await;
        let err = over_sockets(server.address).pay().send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{name}: {err}");
        let head_came = row < 4;
        let kind = if head_came { ErrorKind::MalformedResponse } else { ErrorKind::Connection };
        assert_eq!((err.kind(), err.status().is_some()), (kind, head_came), "{name}: {err}");
        assert_eq!(err.to_string().contains("the body is longer than the limit"), head_came, "{name}: {err}");
    }
}

#[tokio::test]
async fn a_body_of_one_mib_is_read_and_one_byte_more_is_not() {
    for (length, read) in [(MIB, true), (MIB + 1, false)] {
        let padding = " ".repeat(length - PAID.len());
        let body = format!("{PAID}{padding}");
        let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        for response in [http(200, &body), chunked.into_bytes()] {
            let server = Server::answering(response).await;
            assert_eq!(over_sockets(server.address).pay().send().await.is_ok(), read, "{length}");
        }
    }
}

#[tokio::test]
async fn flooding_in_a_process_of_its_own() {
    let Some(row) = told("ROW") else { return };
    let row = row.parse().unwrap();
    // Whatever is set up once is not the flood's.
    let server = Server::answering(http(200, PAID)).await;
    over_sockets(server.address).pay().send().await.unwrap();
    let server = flood(row).await;
    let before = memory("VmRSS:");
    for _ in 0..3 {
        over_sockets(server.address).ask().retry(RetryPolicy::none()).send().await.unwrap_err();
    }
    println!("grew by {} KiB", memory("VmHWM:").saturating_sub(before));
}

/// In KiB, as the kernel counts it.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().map_or(0, |number| number.parse().unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_flood_takes_less_than_eight_mib() {
    for (row, (name, _, _)) in ANSWERS.iter().enumerate() {
        let printed = in_a_child("endless::flooding_in_a_process_of_its_own", vec![("ROW", row.to_string())]).await;
        let grew = printed.lines().find_map(|line| line.split_once("grew by ")).unwrap().1;
        let grew: usize = grew.split(' ').next().unwrap().parse().unwrap();
        println!("{name}: {grew} KiB");
        assert!(grew < 8 * 1024, "{name}: {grew} KiB");
    }
}
