//! Connections that end at every stage of an exchange, and malformed responses.

use payments_sandbox::Sandbox;

use crate::support::{End, connect, post, post_until_closed, request, withdrawal};

/// Sends a withdrawal under a fault, and returns the received text and how the connection ended.
async fn withdraw_under_fault(fault: &str, executions: usize) -> (String, End) {
    let sandbox = Sandbox::builder().fault(fault).start().await;
    let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    sandbox.ledger().order("order-1").executed_times(executions);
    post(&sandbox, "withdraw/new", &withdrawal("order-2")).await.expect_status(201);
    sandbox.finish();
    (String::from_utf8(bytes).unwrap(), end)
}

/// Returns what arrives under an effect after asserting that it looks the same before and after the commit.
async fn withdraw_in_both_phases(effect: &str) -> String {
    let before = withdraw_under_fault(&format!("turbopay.withdraw#1 @before-commit {effect}"), 0).await;
    let after = withdraw_under_fault(&format!("turbopay.withdraw#1 @after-commit {effect}"), 1).await;
    assert_eq!((before.1, after.1), (End::Fin, End::Fin), "{effect}");
    let first_line = |text: &str| text.lines().next().map(str::to_owned);
    assert_eq!((before.0.len(), first_line(&before.0)), (after.0.len(), first_line(&after.0)), "{effect}");
    after.0
}

#[tokio::test]
async fn a_connection_can_end_in_the_middle_of_a_request() {
    for phase in ["head", "body"] {
        for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
            let (text, end) = withdraw_under_fault(&format!("turbopay.withdraw#1 @{phase} {effect}"), 0).await;
            assert_eq!((text.as_str(), end), ("", expected), "@{phase} {effect}");
        }
    }
}

#[tokio::test]
async fn a_new_or_reused_connection_can_end_at_the_first_byte_of_a_request() {
    for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
        let sandbox = Sandbox::builder().fault(format!("turbopay#2 @first-byte {effect}")).start().await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        connection.response().await.expect_status(201);

        connection.write(b"P").await;

        assert_eq!(connection.read_to_end().await, (Vec::new(), expected), "{effect}");
        sandbox.fault(&format!("turbopay @first-byte {effect}"));
        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-2")).await;
        assert_eq!((bytes, end), (Vec::new(), expected), "{effect}, a new connection");
        sandbox.ledger().order("order-2").never_executed();
        sandbox.finish();
    }
}

#[tokio::test]
async fn an_idle_connection_can_end_after_a_response() {
    for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
        let sandbox = Sandbox::builder().fault(format!("turbopay @idle {effect}")).start().await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "GET", "balance", None)).await;

        // A reset may overtake the response; a FIN never does.
        let (bytes, end) = connection.read_to_end().await;

        assert_eq!(end, expected);
        assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n") || expected == End::Rst);
        assert_eq!(sandbox.connections(), 1);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_connection_can_stall_while_a_request_body_is_read() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw @body stall").start().await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

    assert_eq!(connection.read_until_quiet().await, b"");

    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_response_can_end_in_its_status_line_or_its_headers() {
    assert_eq!(withdraw_in_both_phases("mid-status").await, "HTTP/1.1 2");
    let headers = withdraw_in_both_phases("mid-headers").await;
    assert!(headers.starts_with("HTTP/1.1 201 Created\r\n") && !headers.contains("\r\n\r\n"), "{headers}");
}

#[tokio::test]
async fn a_response_can_have_a_malformed_chunk_or_end_after_100_continue() {
    let chunked = withdraw_in_both_phases("bad-chunk").await;
    assert!(chunked.contains("Transfer-Encoding: chunked\r\n"), "{chunked}");
    assert!(chunked.ends_with("\r\nno length\r\n"), "{chunked}");
    assert_eq!(withdraw_in_both_phases("continue").await, "HTTP/1.1 100 Continue\r\n\r\n");
}

#[tokio::test]
async fn a_response_body_can_be_endless() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw @after-commit endless").start().await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

    assert_eq!(connection.read_exact(4 * 1024 * 1024).await.len(), 4 * 1024 * 1024);

    drop(connection);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_gzip_response_is_compressed_only_after_the_commit() {
    for (phase, magic) in [("after-commit", true), ("before-commit", false)] {
        let fault = format!("turbopay.withdraw @{phase} encoding=gzip");
        let sandbox = Sandbox::builder().fault(fault).start().await;

        let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        assert_eq!((response.status, response.header("content-encoding")), (201, Some("gzip")));
        assert_eq!(response.body.starts_with(&[0x1f, 0x8b]), magic, "{phase}");
        sandbox.finish();
    }
}
