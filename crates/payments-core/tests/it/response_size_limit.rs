//! A response without end leads to an error and uses little memory.

use payments_core::{ErrorKind, Outcome, RetryPolicy};

use crate::support::server::{Server, http_response};
use crate::support::{Client, KEYED, PAYMENT_JSON, child_variable, client_at, run_in_child_process, settings_at};

const MIB: usize = 1024 * 1024;

/// For each endless response: a name, its beginning, and the part that repeats forever.
const ENDLESS: [(&str, &str, &str); 7] = [
    ("absurd", "HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n", "0000000000000000"),
    ("announced", "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", "0000000000000000"),
    ("chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "10\r\n0000000000000000\r\n"),
    ("unframed", "HTTP/1.1 200 OK\r\n\r\n", "0000000000000000"),
    ("headers", "HTTP/1.1 200 OK\r\n", "x-more: 0000000000000000\r\n"),
    ("one header", "HTTP/1.1 200 OK\r\nx-more: ", "0000000000000000"),
    ("status", "HTTP/1.1 200 ", "0000000000000000"),
];

async fn endless_server(row: usize) -> Server {
    let (_, start, repeated) = ENDLESS[row];
    Server::start(move |_, mut connection| async move {
        connection.read_request().await;
        connection.write(start.as_bytes()).await;
        let repeated = repeated.repeat(1024);
        while connection.write(repeated.as_bytes()).await {}
    })
    .await
}

#[tokio::test]
async fn a_response_larger_than_the_limit_leaves_the_outcome_unknown() {
    for (row, (name, _, _)) in ENDLESS.iter().enumerate() {
        let server = endless_server(row).await;
        let err = client_at(server.address).pay().send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{name}: {err}");
        let head_arrived = row < 4;
        let kind = if head_arrived { ErrorKind::MalformedResponse } else { ErrorKind::Connection };
        assert_eq!((err.kind(), err.status().is_some()), (kind, head_arrived), "{name}: {err}");
        assert_eq!(err.to_string().contains("the response body exceeds the size limit"), head_arrived, "{name}: {err}");
    }
}

#[tokio::test]
async fn the_body_limit_is_one_mib_inclusive() {
    for (length, accepted) in [(MIB, true), (MIB + 1, false)] {
        let padding = " ".repeat(length - PAYMENT_JSON.len());
        let body = format!("{PAYMENT_JSON}{padding}");
        let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        for response in [http_response(200, &body), chunked.into_bytes()] {
            let server = Server::responding(response).await;
            assert_eq!(client_at(server.address).pay().send().await.is_ok(), accepted, "{length}");
        }
    }
}

#[tokio::test]
async fn a_response_beyond_the_limit_is_fetched_once_and_the_limit_can_be_raised() {
    let body = format!("{PAYMENT_JSON}{}", " ".repeat(MIB));
    let server = Server::responding(http_response(200, &body)).await;
    let err = client_at(server.address).retrieve().send().await.unwrap_err();
    assert_eq!((err.kind(), err.attempts()), (ErrorKind::MalformedResponse, 1));
    let advice = "exceeds the size limit of 1048576 bytes: request a smaller page, or raise `response_limit`";
    assert!(err.to_string().ends_with(advice), "{err}");
    assert_eq!(server.requests().len(), 1);

    let mut settings = settings_at(&format!("http://{}", server.address));
    settings.response_limit = 2 * MIB;
    assert!(Client::new(settings, &KEYED, None).retrieve().send().await.is_ok());
}

#[tokio::test]
async fn child_process_that_reads_endless_responses() {
    let Some(row) = child_variable("ROW") else { return };
    let row = row.parse().unwrap();
    // The first call allocates what is set up once, which must not be measured.
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    client_at(server.address).pay().send().await.unwrap();
    let server = endless_server(row).await;
    let before = memory("VmRSS:");
    for _ in 0..3 {
        client_at(server.address).retrieve().retry(RetryPolicy::none()).send().await.unwrap_err();
    }
    println!("memory grew by {} KiB", memory("VmHWM:").saturating_sub(before));
}

/// Returns a field of the process status in KiB.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().map_or(0, |number| number.parse().unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_endless_response_uses_less_than_eight_mib() {
    for (row, (name, _, _)) in ENDLESS.iter().enumerate() {
        let stdout = run_in_child_process(
            "response_size_limit::child_process_that_reads_endless_responses",
            vec![("ROW", row.to_string())],
        )
        .await;
        let grew = stdout.lines().find_map(|line| line.split_once("grew by ")).unwrap().1;
        let grew: usize = grew.split(' ').next().unwrap().parse().unwrap();
        println!("{name}: {grew} KiB");
        assert!(grew < 8 * 1024, "{name}: {grew} KiB");
    }
}
