//! Foreign web pages and unknown host names cannot use the control API.

use payments_sandbox::Sandbox;
use serde_json::json;

use crate::support::{authority, control, control_with};

const JSON: &str = "Content-Type: application/json\r\n";
const ADVANCE: &str = "{\"seconds\": 600}";

/// Tries to advance the clock with these headers, and returns the status, the error, and whether the clock moved.
async fn advance(sandbox: &Sandbox, headers: &str) -> (u16, String, bool) {
    let before = sandbox.clock().now();
    let response = control_with(sandbox, "POST", "/clock/advance", headers, ADVANCE).await;
    let error = response.json()["error"].as_str().unwrap_or_default().to_owned();
    (response.status, error, sandbox.clock().now() != before)
}

#[tokio::test]
async fn a_foreign_page_cannot_advance_the_clock_or_add_a_fault() {
    let sandbox = Sandbox::builder().start().await;
    let host = authority(sandbox.control_url());

    for origin in ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"] {
        let headers = format!("Host: {host}\r\nOrigin: {origin}\r\n{JSON}");
        let (status, error, moved) = advance(&sandbox, &headers).await;
        assert_eq!((status, moved), (403, false), "{origin}: {error}");
        for part in ["`Origin`", origin, sandbox.control_url(), "--allow-origin", "Builder::allow_origin"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        let fault = json!({"spec": "turbopay.withdraw @after-commit fin"}).to_string();
        control_with(&sandbox, "POST", "/faults", &headers, &fault).await.expect_status(403);
    }

    assert_eq!(control(&sandbox, "GET", "/faults", "").await.expect_status(200), json!([]));
    sandbox.finish();
}

#[tokio::test]
async fn a_post_needs_a_json_content_type_with_any_body() {
    let sandbox = Sandbox::builder().start().await;
    let host = authority(sandbox.control_url());

    for header in ["", "Content-Type: text/plain\r\n", "Content-Type: application/json-seq\r\n"] {
        let (status, error, moved) = advance(&sandbox, &format!("Host: {host}\r\n{header}")).await;
        assert_eq!((status, moved), (415, false), "{header:?}: {error}");
        assert!(error.contains("`Content-Type`") && error.contains("application/json"), "{error}");
    }
    control_with(&sandbox, "POST", "/webhooks/release", &format!("Host: {host}\r\n"), "").await.expect_status(415);

    for content_type in ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"] {
        let (status, error, moved) =
            advance(&sandbox, &format!("Host: {host}\r\nContent-Type: {content_type}\r\n")).await;
        assert_eq!((status, moved), (200, true), "{content_type}: {error}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_host_that_is_not_loopback_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    for host in [
        "evil.example",
        "evil.example:9000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::2]",
        "::1",
        "",
    ] {
        let response = control_with(&sandbox, "GET", "/timeline", &format!("Host: {host}\r\n"), "").await;
        let error = response.expect_status(403)["error"].as_str().unwrap().to_owned();
        for part in ["`Host`", host, "127.0.0.0/8", "--allow-host", "Builder::allow_host"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    for headers in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        control_with(&sandbox, "GET", "/timeline", headers, "").await.expect_status(403);
    }
    sandbox.finish();
}

#[tokio::test]
async fn loopback_hosts_with_any_port_and_pages_of_the_same_origin_are_accepted() {
    let sandbox = Sandbox::builder().start().await;
    for host in ["127.0.0.1", "127.255.0.1:1", "localhost", "LocalHost:8080", "[::1]", "[::1]:9000"] {
        control_with(&sandbox, "GET", "/timeline", &format!("Host: {host}\r\n"), "").await.expect_status(200);
        // A page behind an SSH port forward sends these headers.
        let (status, error, moved) =
            advance(&sandbox, &format!("Host: {host}\r\nOrigin: http://{host}\r\n{JSON}")).await;
        assert_eq!((status, moved), (200, true), "{host}: {error}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn other_hosts_and_origins_can_be_allowed() {
    let builder = Sandbox::builder().allow_host("sandbox.test").allow_origin("http://localhost:3000");
    let sandbox = builder.start().await;
    for headers in [
        "Host: sandbox.test:9000\r\n",
        "Host: SANDBOX.test\r\nOrigin: http://SANDBOX.test\r\n",
        "Host: localhost\r\nOrigin: http://localhost:3000\r\n",
    ] {
        let (status, error, moved) = advance(&sandbox, &format!("{headers}{JSON}")).await;
        assert_eq!((status, moved), (200, true), "{headers}: {error}");
    }
    let (status, ..) = advance(&sandbox, &format!("Host: other.test\r\n{JSON}")).await;
    assert_eq!(status, 403);

    // A browser sends a preflight request first, and gives a page only the responses it may read.
    let page = "Host: localhost\r\nOrigin: http://localhost:3000\r\n";
    let preflight = control_with(&sandbox, "OPTIONS", "/clock/advance", page, "").await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
    let read = control_with(&sandbox, "GET", "/ledger", page, "").await;
    assert_eq!(read.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let own = control(&sandbox, "GET", "/ledger", "").await;
    assert_eq!(own.header("access-control-allow-origin"), None);
    sandbox.finish();
}

#[tokio::test]
async fn a_preflight_from_a_foreign_page_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    let page = "Host: localhost\r\nOrigin: https://evil.example\r\n";
    let preflight = control_with(&sandbox, "OPTIONS", "/clock/advance", page, "").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (403, None));
    sandbox.finish();
}

#[tokio::test]
async fn providers_accept_addresses_and_short_names_and_reject_names_that_can_be_rebound() {
    let sandbox = Sandbox::builder().allow_host("pay.test").start().await;
    for (host, status) in [
        ("172.17.0.1:9001", 404),
        ("192.168.1.5", 404),
        ("[fd00::1]:9001", 404),
        ("sandbox:9001", 404),
        ("pay.test", 404),
        ("evil.example", 403),
        ("172.17.0.1.evil.example:9001", 403),
        ("localhost.", 403),
    ] {
        let request = format!("GET /nothing HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let mut connection = crate::support::Connection::open(authority(sandbox.card3ds().base_url())).await;
        connection.write(request.as_bytes()).await;
        assert_eq!(connection.response().await.status, status, "{host}");
    }
    sandbox.finish();
}
