//! Faults that replace, delay or cut off a response, before and after the commit.

use std::time::Duration;

use payments_sandbox::Sandbox;

use crate::support::{
    Connection, End, Response, authority, connect, get, post, post_until_closed, request, wait_until, withdrawal,
};

async fn sandbox(fault: &str) -> Sandbox {
    Sandbox::builder().fault(fault).start().await
}

/// The phases that a client cannot tell apart, and how often the order is executed in each.
const COMMIT_PHASES: &[(&str, usize)] = &[("before-commit", 0), ("after-commit", 1)];

async fn check_end(effect: &str, expected: End) {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} {effect}")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        assert_eq!((String::from_utf8(bytes).unwrap().as_str(), end), ("", expected), "{phase} {effect}");
        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
}

/// Returns the response under an effect after asserting that it is the same before and after the commit.
async fn check_same_response(effect: &str) -> Response {
    let mut responses = Vec::new();
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} {effect}")).await;
        responses.push(post(&sandbox, "withdraw/new", &withdrawal("order-1")).await);
        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
    let [before, after] = responses.try_into().unwrap();
    assert_eq!(
        (&before.head, &before.body),
        (&after.head, &after.body),
        "{effect}: the response reveals whether the order was executed"
    );
    before
}

#[tokio::test]
async fn a_closed_connection_sends_only_a_fin_before_and_after_the_commit() {
    check_end("fin", End::Fin).await;
}

#[tokio::test]
async fn a_reset_reaches_the_client_before_and_after_the_commit() {
    check_end("rst", End::Rst).await;
}

#[tokio::test]
async fn a_stalled_connection_stays_open_and_silent_before_and_after_the_commit() {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} stall")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

        assert_eq!(connection.read_until_quiet().await, b"");

        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
}

#[tokio::test]
async fn an_imperfect_body_says_plainly_whether_the_request_was_executed() {
    for (kind, sent) in [
        ("bom", b"\xef\xbb\xbf{".as_slice()),
        ("bytes", b"\"note\":\"Yetersiz bakiye, l\xfctfen ba\xfeka kart\""),
        ("surrogate", b"\"note\":\"ok \\ud83d\""),
        ("number", b"\"note\":402"),
        ("array", b"\"note\":[]"),
        ("object", b"\"note\":{\"en\":[1.50]}"),
        ("twice", b"\"note\":\"note\""),
    ] {
        for (phase, executions) in COMMIT_PHASES {
            let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} imperfect={kind}")).await;
            let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
            let contains = |part: &[u8]| response.body.windows(part.len()).any(|window| window == part);
            assert!(contains(sent), "{kind}: {}", String::from_utf8_lossy(&response.body));
            let (status, plain) = if *executions == 1 { (201, "\"status\":\"new\"") } else { (422, "\"message\":") };
            assert_eq!((response.status, contains(plain.as_bytes())), (status, true), "{kind} {phase}");
            sandbox.ledger().order("order-1").executed_times(*executions);
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn only_members_that_describe_are_imperfect_and_amounts_stay_as_they_are() {
    let sandbox = sandbox("turbopay.order-status @query imperfect=array").await;
    let created = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    let id = created.expect_status(201)["order_id"].as_str().unwrap().to_owned();
    let body = get(&sandbox, &format!("order/status/{id}")).await.text();
    assert!(body.contains("\"reason\":[]") && body.contains("\"amount\":\"500.00\""), "{body}");
    assert!(body.contains(&id) && body.contains("\"merchant_order_id\":\"order-1\""), "{body}");
    sandbox.finish();
}

#[tokio::test]
async fn a_replaced_response_looks_the_same_before_and_after_the_commit() {
    let garbage = check_same_response("garbage").await;
    assert_eq!(garbage.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&garbage.body).is_err());

    for status in [200, 404, 502, 504] {
        let html = check_same_response(&format!("html={status}")).await;
        assert_eq!((html.status, html.header("content-type")), (status, Some("text/html; charset=utf-8")));
        assert!(html.text().starts_with("<html>"), "{}", html.text());
    }

    for status in [429, 500] {
        let json = check_same_response(&format!("json={status}")).await;
        assert_eq!(json.expect_status(status), serde_json::json!({"message": "Something went wrong"}));
    }

    for status in [301, 302, 303, 307, 308] {
        for (phase, executions) in COMMIT_PHASES {
            let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} redirect={status}")).await;
            let redirect = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
            let location = format!("{}/misdirected", sandbox.control_url());
            assert_eq!((redirect.status, redirect.header("location")), (status, Some(location.as_str())));
            sandbox.ledger().order("order-1").executed_times(*executions);
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn a_truncated_body_ends_halfway_before_and_after_the_commit() {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} truncate")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let content_length: usize = head.rsplit_once("Content-Length: ").unwrap().1.parse().unwrap();
        assert_eq!((body.len(), end), (content_length / 2, End::Fin), "{phase}");
        assert!(head.starts_with("HTTP/1.1 201 "), "{phase}: {head}");
        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_body_can_be_truncated_after_a_given_number_of_bytes() {
    for length in [0, 1, 20] {
        let sandbox = sandbox(&format!("turbopay.withdraw @after-commit truncate={length}")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        let body = bytes.len() - (bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4);
        assert_eq!((body, end), (length, End::Fin));
        sandbox.finish();
    }
}

#[tokio::test]
async fn an_order_that_was_not_executed_never_gets_a_complete_success_response() {
    for effect in ["truncate", "truncate=9999", "slow", "encoding=gzip", "garbage", "html=201"] {
        let sandbox = sandbox(&format!("turbopay.withdraw @before-commit {effect}")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        wait_until("the fault fires", || sandbox.timeline().iter().any(|entry| entry.text.contains("fault"))).await;
        sandbox.clock().advance(Duration::from_secs(3600));

        let bytes = if effect.starts_with("truncate") {
            connection.read_to_end().await.0
        } else {
            connection.read_until_quiet().await
        };

        let text = String::from_utf8_lossy(&bytes);
        let order =
            text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<serde_json::Value>(body).ok());
        assert!(order.is_none_or(|order| order["order_id"].is_null()), "{effect}: {text}");
        sandbox.ledger().order("order-1").never_executed();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_fault_at_mid_body_delivers_half_of_the_body() {
    for (effect, expected) in [("fin", Some(End::Fin)), ("rst", Some(End::Rst)), ("stall", None)] {
        let sandbox = sandbox(&format!("turbopay.withdraw @mid-body {effect}")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

        let (bytes, end) = match expected {
            Some(_) => {
                let (bytes, end) = connection.read_to_end().await;
                (bytes, Some(end))
            }
            None => (connection.read_until_quiet().await, None),
        };

        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("no response head arrived");
        assert!(head.starts_with("HTTP/1.1 201 Created\r\n"), "{head}");
        assert!(
            body.starts_with("{\"order_id\":") && serde_json::from_str::<serde_json::Value>(body).is_err(),
            "{body}"
        );
        assert_eq!(end, expected, "{effect}");
        sandbox.ledger().order("order-1").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn an_unrequested_content_encoding_is_named_in_the_response() {
    let sandbox = sandbox("turbopay.withdraw @after-commit encoding=br").await;

    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

    assert_eq!((response.status, response.header("content-encoding")), (201, Some("br")));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_delayed_response_waits_for_the_clock_before_and_after_the_commit() {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw @{phase} delay=2s")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        wait_until("the fault fires", || sandbox.timeline().iter().any(|entry| entry.text.contains("fault"))).await;

        sandbox.clock().advance(Duration::from_millis(1999));
        assert_eq!(connection.read_until_quiet().await, b"");
        sandbox.ledger().order("order-1").executed_times(*executions);

        sandbox.clock().advance(Duration::from_millis(1));
        connection.response().await.expect_status(201);
        sandbox.ledger().order("order-1").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_slow_response_sends_one_byte_per_100_milliseconds() {
    let sandbox = sandbox("turbopay.withdraw @after-commit slow").await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    wait_until("the fault fires", || sandbox.timeline().iter().any(|entry| entry.text.contains("fault"))).await;

    sandbox.clock().advance(Duration::from_millis(99));
    assert_eq!(connection.read_until_quiet().await, b"");
    sandbox.clock().advance(Duration::from_millis(1));
    assert_eq!(connection.read_until_quiet().await, b"H");
    sandbox.clock().advance(Duration::from_millis(300));
    assert_eq!(connection.read_until_quiet().await, b"TTP");
    sandbox.clock().advance(Duration::from_secs(3600));
    connection.write(&request(&sandbox, "GET", "balance", None)).await;
    let rest = connection.read_exact(5).await;
    assert_eq!(rest, b"/1.1 ");
    sandbox.finish();
}

#[tokio::test]
async fn a_late_commit_executes_at_its_time_and_lookups_show_it() {
    let sandbox = sandbox("turbopay.withdraw#1 @before-commit late-commit=3s").await;

    let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    assert_eq!((bytes.as_slice(), end), (&b""[..], End::Fin));

    sandbox.clock().advance(Duration::from_millis(2999));
    assert_eq!(get(&sandbox, "merchantorder/status/order-1").await.expect_status(404)["message"], "Order not found");
    sandbox.ledger().order("order-1").never_executed();

    sandbox.clock().advance(Duration::from_millis(1));
    sandbox.settle().await;
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(get(&sandbox, "merchantorder/status/order-1").await.expect_status(200)["status"], "pending");
    sandbox.finish();
}

#[tokio::test]
async fn a_late_commit_is_not_executed_after_another_request_was() {
    let sandbox = sandbox("turbopay.withdraw#1 @before-commit late-commit=3s").await;
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.clock().advance(Duration::from_secs(3));

    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn late_commits_execute_in_the_order_of_their_times_when_the_clock_jumps() {
    let sandbox = sandbox("turbopay.withdraw#1 @before-commit late-commit=9s").await;
    sandbox.fault("turbopay.withdraw#2 @before-commit late-commit=3s");
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("later")).await;
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("sooner")).await;

    sandbox.clock().advance(Duration::from_secs(60));

    let references: Vec<String> = sandbox.ledger().entries().iter().map(|entry| entry.reference.clone()).collect();
    assert_eq!(references, ["sooner", "later"]);
    // Both withdrawals have settled by now, two seconds after their commit.
    assert_eq!(sandbox.turbopay().order("later").status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_connection_can_end_when_it_is_accepted() {
    for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
        let sandbox = sandbox(&format!("turbopay @accept {effect}")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        assert_eq!((bytes.as_slice(), end), (&b""[..], expected), "{effect}");
        sandbox.ledger().order("order-1").never_executed();
        post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_client_that_writes_to_a_closed_connection_is_not_reset() {
    let sandbox = sandbox("turbopay @accept fin").await;
    let mut connection = connect(&sandbox).await;
    assert_eq!(connection.read_to_end().await, (Vec::new(), End::Fin));

    for byte in request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1"))) {
        assert!(connection.try_write(&[byte]).await, "the connection was reset during a write");
        tokio::task::yield_now().await;
    }

    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_connection_can_be_accepted_and_never_read() {
    let sandbox = sandbox("turbopay#2 @accept stall").await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);

    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-2")))).await;

    assert_eq!(connection.read_until_quiet().await, b"");
    sandbox.ledger().order("order-2").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_read_only_request_can_fail_too() {
    let sandbox = sandbox("turbopay.balance @query html=502").await;
    sandbox.fault("turbopay.merchant-order-status @query fin");

    assert_eq!(get(&sandbox, "balance").await.status, 502);
    assert_eq!(get(&sandbox, "balance").await.status, 200);
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "GET", "merchantorder/status/order-1", None)).await;
    assert_eq!(connection.read_to_end().await, (Vec::new(), End::Fin));
    sandbox.finish();
}

#[tokio::test]
async fn a_fault_ends_only_the_connection_it_applies_to() {
    let sandbox = sandbox("turbopay.withdraw order=order-1 @after-commit rst").await;
    let (mut faulted, mut unaffected) = (connect(&sandbox).await, connect(&sandbox).await);
    unaffected.write(&request(&sandbox, "GET", "balance", None)).await;
    unaffected.response().await.expect_status(200);

    faulted.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    assert_eq!(faulted.read_to_end().await, (Vec::new(), End::Rst));

    unaffected.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-2")))).await;
    unaffected.response().await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_configured_time() {
    let sandbox = Sandbox::builder().idle_close(Duration::from_millis(20)).start().await;
    let mut connection = Connection::open(authority(sandbox.turbopay().base_url())).await;
    connection.write(&request(&sandbox, "GET", "balance", None)).await;
    connection.response().await.expect_status(200);

    assert_eq!(connection.read_to_end().await, (Vec::new(), End::Fin));
    sandbox.finish();
}
