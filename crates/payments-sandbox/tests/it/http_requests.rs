//! Well-formed, unusual and malformed HTTP requests.

use std::time::Duration;

use payments_sandbox::Sandbox;
use proptest::prelude::*;

use crate::support::{Connection, End, Response, authority, connect, get, request, withdrawal};

/// Asserts that these bytes get a 400, that the connection ends, and that the sandbox keeps running.
async fn check_rejected(bytes: &[u8]) {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    connection.write(bytes).await;
    let (received, end) = connection.read_to_end().await;
    let preview = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
    assert_eq!((Response::from_bytes(&received).status, end), (400, End::Fin), "{preview:?}");
    assert_eq!(sandbox.ledger().entries(), []);
    get(&sandbox, "balance").await.expect_status(200);
    sandbox.finish();
}

fn withdrawal_head(sandbox: &Sandbox, fields: &str) -> Vec<u8> {
    let key = sandbox.turbopay().api_key();
    format!("POST /api/withdraw/new HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n{fields}\r\n").into_bytes()
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    for number in 0..20 {
        let body = withdrawal(&format!("order-{number}"));
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&body))).await;
        connection.response().await.expect_status(201);
        connection.write(&request(&sandbox, "GET", "balance", None)).await;
        connection.response().await.expect_status(200);
    }
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 20);
    sandbox.finish();
}

#[tokio::test]
async fn pipelined_requests_get_their_responses_in_order() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    let withdraw = request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")));
    let balance = request(&sandbox, "GET", "balance", None);
    connection.write(&[withdraw.clone(), balance, withdraw].concat()).await;
    let statuses =
        [connection.response().await.status, connection.response().await.status, connection.response().await.status];
    assert_eq!(statuses, [201, 200, 422]);
    sandbox.finish();
}

#[tokio::test]
async fn a_request_may_arrive_byte_by_byte() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    for byte in request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1"))) {
        connection.write(&[byte]).await;
        tokio::task::yield_now().await;
    }
    connection.response().await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn the_connection_is_closed_after_the_response_if_the_client_requests_it() {
    let sandbox = Sandbox::builder().start().await;
    let host = authority(sandbox.turbopay().base_url()).to_owned();
    for (version, field) in [("1.1", "Connection: close\r\n"), ("1.1", "Connection: TE, Close\r\n"), ("1.0", "")] {
        let mut connection = connect(&sandbox).await;
        connection.write(format!("GET /api/nothing HTTP/{version}\r\nHost: {host}\r\n{field}\r\n").as_bytes()).await;
        connection.response().await.expect_status(404);
        assert_eq!(connection.read_to_end().await, (Vec::new(), End::Fin), "{version} {field}");
    }
    let mut connection = Connection::open(authority(sandbox.control_url())).await;
    connection.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    connection.response().await.expect_status(200);
    assert_eq!(connection.read_to_end().await, (Vec::new(), End::Fin));
    sandbox.finish();
}

#[tokio::test]
async fn a_chunked_body_may_have_extensions_and_trailers() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    for (number, trailers) in ["", "X-Checksum: 1\r\nX-More: 2\r\n"].into_iter().enumerate() {
        let body = withdrawal(&format!("order-{number}")).to_string();
        let (first, second) = body.split_at(7);
        connection.write(&withdrawal_head(&sandbox, "Transfer-Encoding: chunked\r\n")).await;
        connection.write(format!("{:x};name=value\r\n{first}\r\n", first.len()).as_bytes()).await;
        connection.write(format!("{:X}\r\n{second}\r\n0\r\n{trailers}\r\n", second.len()).as_bytes()).await;
        connection.response().await.expect_status(201);
    }
    connection.write(&request(&sandbox, "GET", "balance", None)).await;
    connection.response().await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn a_request_that_expects_100_continue_gets_it() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    let body = withdrawal("order-1").to_string();
    let fields = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", body.len());
    connection.write(&withdrawal_head(&sandbox, &fields)).await;
    assert_eq!(connection.read_exact(25).await, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write(body.as_bytes()).await;
    connection.response().await.expect_status(201);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_incomplete_request_is_not_executed() {
    let sandbox = Sandbox::builder().start().await;
    let whole = request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")));
    for length in [0, 1, 40, whole.len() / 2, whole.len() - 1] {
        let mut connection = connect(&sandbox).await;
        connection.write(&whole[..length]).await;
        drop(connection);
        get(&sandbox, "balance").await.expect_status(200);
    }
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_complete_request_is_executed_even_if_the_client_disconnects() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    drop(connection);
    crate::support::wait_until("the withdrawal is executed", || sandbox.ledger().order("order-1").executions() == 1)
        .await;
    sandbox.finish();
}

#[tokio::test]
async fn malformed_http_is_rejected() {
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdefg\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ] {
        check_rejected(bytes).await;
    }
}

#[tokio::test]
async fn requests_over_the_size_limits_are_rejected() {
    let long = |length: usize| "x".repeat(length);
    check_rejected(format!("GET /{} HTTP/1.1\r\n\r\n", long(70_000)).as_bytes()).await;
    check_rejected(format!("GET / HTTP/1.1\r\nX: {}", long(70_000)).as_bytes()).await;
    check_rejected(format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100)).as_bytes()).await;
    check_rejected(format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", 2 << 20, long(2 << 20)).as_bytes()).await;
    let chunk = format!("10000\r\n{}\r\n", long(0x10000));
    check_rejected(format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(20)).as_bytes())
        .await;
    let extension = format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;{}", long(100_000));
    check_rejected(extension.as_bytes()).await;
}

#[tokio::test]
async fn garbage_after_a_request_ends_only_its_connection() {
    let sandbox = Sandbox::builder().start().await;
    let mut connection = connect(&sandbox).await;
    let good = request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")));
    connection.write(&[&good[..], b"\x00\xff garbage \r\n\r\n", &good].concat()).await;
    connection.response().await.expect_status(201);
    assert_eq!(connection.response().await.status, 400);
    assert_eq!(connection.read_to_end().await, (Vec::new(), End::Fin));
    get(&sandbox, "balance").await.expect_status(200);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_hundred_idle_connections_do_not_block_other_requests() {
    let sandbox = Sandbox::builder().start().await;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(connect(&sandbox).await);
    }
    get(&sandbox, "balance").await.expect_status(200);
    drop(idle);
    sandbox.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn no_input_stops_the_sandbox(
        garbage in prop::collection::vec(any::<u8>(), 0..600),
        cut in any::<prop::sample::Index>(),
        to_control in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::builder().start().await;
            let url = if to_control { sandbox.control_url() } else { sandbox.turbopay().base_url() };
            let good = request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")));
            let mut connection = Connection::open(authority(url)).await;
            connection.write(&[&good[..cut.index(good.len())], &garbage].concat()).await;
            drop(connection);
            let response = tokio::time::timeout(Duration::from_secs(20), get(&sandbox, "balance")).await;
            assert_eq!(response.expect("the sandbox no longer responds").status, 200);
            sandbox.finish();
        });
    }
}
