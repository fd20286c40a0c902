//! Where in an exchange a connection can end, beyond the commit itself.

use payments_sandbox::Sandbox;

use crate::support::{End, connect, post, post_until_closed, request, withdrawal};

/// What arrives under a fault, and how the connection ends.
async fn hit(fault: &str, executions: usize) -> (String, End) {
    let sandbox = Sandbox::builder().fault(fault).start().await;
    let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    sandbox.ledger().order("order-1").executed_times(executions);
    post(&sandbox, "withdraw/new", &withdrawal("order-2")).await.expect(201);
    sandbox.finish();
    (String::from_utf8(bytes).unwrap(), end)
}

/// The same with and without a commit, which the client cannot tell apart.
async fn hit_both(effect: &str) -> String {
    let before = hit(&format!("turbopay.withdraw#1 @before-commit {effect}"), 0).await;
    let after = hit(&format!("turbopay.withdraw#1 @after-commit {effect}"), 1).await;
    assert_eq!((before.1, after.1), (End::Fin, End::Fin), "{effect}");
    let first_line = |text: &str| text.lines().next().map(str::to_owned);
    assert_eq!((before.0.len(), first_line(&before.0)), (after.0.len(), first_line(&after.0)), "{effect}");
    after.0
}

#[tokio::test]
async fn a_connection_can_end_in_the_middle_of_a_request() {
    for phase in ["head", "body"] {
        for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
            let (text, end) = hit(&format!("turbopay.withdraw#1 @{phase} {effect}"), 0).await;
            assert_eq!((text.as_str(), end), ("", expected), "@{phase} {effect}");
        }
    }
}

#[tokio::test]
async fn a_connection_can_end_as_a_request_begins_on_it_new_or_used_before() {
    for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
        let sandbox = Sandbox::builder().fault(format!("turbopay#2 @first-byte {effect}")).start().await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        connection.response().await.expect(201);

        connection.write(b"P").await;

        assert_eq!(connection.end().await, (Vec::new(), expected), "{effect}");
        sandbox.fault(&format!("turbopay @first-byte {effect}"));
        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-2")).await;
        assert_eq!((bytes, end), (Vec::new(), expected), "{effect}, a new connection");
        sandbox.ledger().order("order-2").never_executed();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_connection_can_be_closed_once_its_request_is_answered() {
    for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
        let sandbox = Sandbox::builder().fault(format!("turbopay @idle {effect}")).start().await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "GET", "balance", None)).await;

        // A reset may overtake the answer; a FIN never does.
        let (bytes, end) = connection.end().await;

        assert_eq!(end, expected);
        assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n") || expected == End::Rst);
        assert_eq!(sandbox.connections(), 1);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_request_can_be_left_half_read() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw @body stall").start().await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

    assert_eq!(connection.silence().await, b"");

    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn an_answer_can_end_in_its_status_line_or_its_headers() {
    assert_eq!(hit_both("mid-status").await, "HTTP/1.1 2");
    let headers = hit_both("mid-headers").await;
    assert!(headers.starts_with("HTTP/1.1 201 Created\r\n") && !headers.contains("\r\n\r\n"), "{headers}");
}

#[tokio::test]
async fn an_answer_can_come_in_a_broken_chunk_or_after_a_100_alone() {
    let chunked = hit_both("bad-chunk").await;
    assert!(chunked.contains("Transfer-Encoding: chunked\r\n"), "{chunked}");
    assert!(chunked.ends_with("\r\nno length\r\n"), "{chunked}");
    assert_eq!(hit_both("continue").await, "HTTP/1.1 100 Continue\r\n\r\n");
}

#[tokio::test]
async fn a_body_can_go_on_without_an_end() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw @after-commit endless").start().await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

    assert_eq!(connection.bytes(4 * 1024 * 1024).await.len(), 4 * 1024 * 1024);

    drop(connection);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn gzip_is_really_gzip_unless_nothing_was_done() {
    for (phase, magic) in [("after-commit", true), ("before-commit", false)] {
        let fault = format!("turbopay.withdraw @{phase} encoding=gzip");
        let sandbox = Sandbox::builder().fault(fault).start().await;

        let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        assert_eq!((response.status, response.header("content-encoding")), (201, Some("gzip")));
        assert_eq!(response.body.starts_with(&[0x1f, 0x8b]), magic, "{phase}");
        sandbox.finish();
    }
}
