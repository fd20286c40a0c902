use std::time::Duration;

use payments_sandbox::Sandbox;

use crate::support::{
    Connection, End, Response, authority, connect, get, post, post_until_closed, request, wait_until, withdrawal,
};

async fn sandbox(fault: &str) -> Sandbox {
    Sandbox::builder().fault(fault).start().await
}

/// The phases that must look the same from outside, with how often each executes the order.
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

/// An answer that is the same whether or not anything was done.
async fn check_same_response(effect: &str) -> Response {
    let mut responses = Vec::new();
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} {effect}")).await;
        responses.push(post(&sandbox, "withdraw/new", &withdrawal("order-1")).await);
        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
    let [before, after] = responses.try_into().unwrap();
    assert_eq!((&before.head, &before.body), (&after.head, &after.body), "{effect} tells whether it was done");
    before
}

#[tokio::test]
async fn a_closed_connection_shows_a_fin_and_nothing_else_whether_or_not_it_was_done() {
    check_end("fin", End::Fin).await;
}

#[tokio::test]
async fn a_reset_reaches_the_client_whether_or_not_it_was_done() {
    check_end("rst", End::Rst).await;
}

#[tokio::test]
async fn a_stalled_connection_stays_open_and_silent_whether_or_not_it_was_done() {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} stall")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

        assert_eq!(connection.silence().await, b"");

        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
}

#[tokio::test]
async fn another_answer_looks_the_same_whether_or_not_it_was_done() {
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
        assert_eq!(json.expect(status), serde_json::json!({"message": "Something went wrong"}));
    }

    for status in [301, 302, 303, 307, 308] {
        for (phase, executions) in COMMIT_PHASES {
            let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} redirect={status}")).await;
            let redirect = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
            let astray = format!("{}/astray", sandbox.control_url());
            assert_eq!((redirect.status, redirect.header("location")), (status, Some(astray.as_str())));
            sandbox.ledger().order("order-1").executed_times(*executions);
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn a_truncated_body_ends_half_way_whether_or_not_it_was_done() {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw#1 @{phase} truncate")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let promised: usize = head.rsplit_once("Content-Length: ").unwrap().1.parse().unwrap();
        assert_eq!((body.len(), end), (promised / 2, End::Fin), "{phase}");
        assert!(head.starts_with("HTTP/1.1 201 "), "{phase}: {head}");
        sandbox.ledger().order("order-1").executed_times(*executions);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_body_can_be_truncated_after_so_many_bytes() {
    for length in [0, 1, 20] {
        let sandbox = sandbox(&format!("turbopay.withdraw @after-commit truncate={length}")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        let body = bytes.len() - (bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4);
        assert_eq!((body, end), (length, End::Fin));
        sandbox.finish();
    }
}

#[tokio::test]
async fn nothing_that_was_not_done_is_ever_answered_in_full_as_if_it_were() {
    for effect in ["truncate", "truncate=9999", "slow", "encoding=gzip", "garbage", "html=201"] {
        let sandbox = sandbox(&format!("turbopay.withdraw @before-commit {effect}")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        wait_until("the fault", || sandbox.timeline().iter().any(|entry| entry.what.contains("fault"))).await;
        sandbox.clock().advance(Duration::from_secs(3600));

        let bytes = if effect.starts_with("truncate") { connection.end().await.0 } else { connection.silence().await };

        let text = String::from_utf8_lossy(&bytes);
        let order =
            text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<serde_json::Value>(body).ok());
        assert!(order.is_none_or(|order| order["order_id"].is_null()), "{effect}: {text}");
        sandbox.ledger().order("order-1").never_executed();
        sandbox.finish();
    }
}

#[tokio::test]
async fn half_a_body_arrives_before_the_connection_ends_at_mid_body() {
    for (effect, expected) in [("fin", Some(End::Fin)), ("rst", Some(End::Rst)), ("stall", None)] {
        let sandbox = sandbox(&format!("turbopay.withdraw @mid-body {effect}")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;

        let (bytes, end) = match expected {
            Some(_) => {
                let (bytes, end) = connection.end().await;
                (bytes, Some(end))
            }
            None => (connection.silence().await, None),
        };

        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("no head arrived");
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
async fn an_encoding_that_nobody_asked_for_is_named_in_the_answer() {
    let sandbox = sandbox("turbopay.withdraw @after-commit encoding=br").await;

    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

    assert_eq!((response.status, response.header("content-encoding")), (201, Some("br")));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_delayed_answer_waits_for_the_clock_and_only_after_the_commit_is_it_done_already() {
    for (phase, executions) in COMMIT_PHASES {
        let sandbox = sandbox(&format!("turbopay.withdraw @{phase} delay=2s")).await;
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        wait_until("the fault", || sandbox.timeline().iter().any(|entry| entry.what.contains("fault"))).await;

        sandbox.clock().advance(Duration::from_millis(1999));
        assert_eq!(connection.silence().await, b"");
        sandbox.ledger().order("order-1").executed_times(*executions);

        sandbox.clock().advance(Duration::from_millis(1));
        connection.response().await.expect(201);
        sandbox.ledger().order("order-1").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_slow_answer_drips_as_the_clock_moves() {
    let sandbox = sandbox("turbopay.withdraw @after-commit slow").await;
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    wait_until("the fault", || sandbox.timeline().iter().any(|entry| entry.what.contains("fault"))).await;

    sandbox.clock().advance(Duration::from_millis(99));
    assert_eq!(connection.silence().await, b"");
    sandbox.clock().advance(Duration::from_millis(1));
    assert_eq!(connection.silence().await, b"H");
    sandbox.clock().advance(Duration::from_millis(300));
    assert_eq!(connection.silence().await, b"TTP");
    sandbox.clock().advance(Duration::from_secs(3600));
    connection.write(&request(&sandbox, "GET", "balance", None)).await;
    let rest = connection.bytes(5).await;
    assert_eq!(rest, b"/1.1 ");
    sandbox.finish();
}

#[tokio::test]
async fn a_late_commit_is_done_when_its_time_comes_and_look_ups_say_so() {
    let sandbox = sandbox("turbopay.withdraw#1 @before-commit late-commit=3s").await;

    let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    assert_eq!((bytes.as_slice(), end), (&b""[..], End::Fin));

    sandbox.clock().advance(Duration::from_millis(2999));
    assert_eq!(get(&sandbox, "merchantorder/status/order-1").await.expect(404)["message"], "Order not found");
    sandbox.ledger().order("order-1").never_executed();

    sandbox.clock().advance(Duration::from_millis(1));
    sandbox.settle().await;
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(get(&sandbox, "merchantorder/status/order-1").await.expect(200)["status"], "pending");
    sandbox.finish();
}

#[tokio::test]
async fn a_late_commit_that_another_request_overtook_is_refused_and_not_done_twice() {
    let sandbox = sandbox("turbopay.withdraw#1 @before-commit late-commit=3s").await;
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    sandbox.clock().advance(Duration::from_secs(3));

    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn late_commits_are_done_at_their_own_times_however_far_the_clock_jumps() {
    let sandbox = sandbox("turbopay.withdraw#1 @before-commit late-commit=9s").await;
    sandbox.fault("turbopay.withdraw#2 @before-commit late-commit=3s");
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("later")).await;
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("sooner")).await;

    sandbox.clock().advance(Duration::from_secs(60));

    let order: Vec<String> = sandbox.ledger().entries().iter().map(|entry| entry.reference.clone()).collect();
    assert_eq!(order, ["sooner", "later"]);
    // Each had its two seconds at the bank by now.
    assert_eq!(sandbox.turbopay().order("later").status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_connection_can_end_as_it_is_accepted() {
    for (effect, expected) in [("fin", End::Fin), ("rst", End::Rst)] {
        let sandbox = sandbox(&format!("turbopay @accept {effect}")).await;

        let (bytes, end) = post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

        assert_eq!((bytes.as_slice(), end), (&b""[..], expected), "{effect}");
        sandbox.ledger().order("order-1").never_executed();
        post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_client_that_still_writes_on_a_closed_connection_is_not_reset() {
    let sandbox = sandbox("turbopay @accept fin").await;
    let mut connection = connect(&sandbox).await;
    assert_eq!(connection.end().await, (Vec::new(), End::Fin));

    for byte in request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1"))) {
        assert!(connection.try_write(&[byte]).await, "it was reset as it wrote");
        tokio::task::yield_now().await;
    }

    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_connection_can_be_accepted_and_never_read() {
    let sandbox = sandbox("turbopay#2 @accept stall").await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);

    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-2")))).await;

    assert_eq!(connection.silence().await, b"");
    sandbox.ledger().order("order-2").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_read_can_be_answered_badly_too() {
    let sandbox = sandbox("turbopay.balance @query html=502").await;
    sandbox.fault("turbopay.merchant-order-status @query fin");

    assert_eq!(get(&sandbox, "balance").await.status, 502);
    assert_eq!(get(&sandbox, "balance").await.status, 200);
    let mut connection = connect(&sandbox).await;
    connection.write(&request(&sandbox, "GET", "merchantorder/status/order-1", None)).await;
    assert_eq!(connection.end().await, (Vec::new(), End::Fin));
    sandbox.finish();
}

#[tokio::test]
async fn a_fault_ends_the_connection_that_it_hits_and_no_other() {
    let sandbox = sandbox("turbopay.withdraw order=order-1 @after-commit rst").await;
    let (mut hit, mut spared) = (connect(&sandbox).await, connect(&sandbox).await);
    spared.write(&request(&sandbox, "GET", "balance", None)).await;
    spared.response().await.expect(200);

    hit.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    assert_eq!(hit.end().await, (Vec::new(), End::Rst));

    spared.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-2")))).await;
    spared.response().await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn an_idle_connection_is_closed_when_that_is_asked_for() {
    let sandbox = Sandbox::builder().idle_close(Duration::from_millis(20)).start().await;
    let mut connection = Connection::open(authority(sandbox.turbopay().base_url())).await;
    connection.write(&request(&sandbox, "GET", "balance", None)).await;
    connection.response().await.expect(200);

    assert_eq!(connection.end().await, (Vec::new(), End::Fin));
    sandbox.finish();
}
