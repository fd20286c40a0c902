//! What all pages share: their policies, their files, and no inline code.

use payments_sandbox::Sandbox;
use serde_json::Value;

use crate::support::{Response, browse, control, deposit, post};
use crate::turbo_txn::initiate;

const CUSTOMER_POLICY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'";

/// Opens a customer page of each provider that has one, and an unknown one.
async fn customer_pages(sandbox: &Sandbox) -> Vec<Response> {
    let order: Value = post(sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    let transaction = initiate(sandbox, "order-2", 300).await.expect_status(200);
    let checkout = crate::card3ds::checkout("order-3", "https://merchant.example/back");
    let checkout = crate::card3ds::post(sandbox, "/api/checkout", &checkout).await.expect_status(200);
    let link = sandbox.turbo_link().link("abc123").url();
    let mut pages = Vec::new();
    for url in [
        order["form_url"].as_str().unwrap(),
        transaction["data"]["sdkUrl"].as_str().unwrap(),
        checkout["redirectUrl"].as_str().unwrap(),
        link.as_str(),
        &format!("{}/pay/nobody", sandbox.turbo_link().base_url()),
    ] {
        let path = url.splitn(4, '/').nth(3).unwrap();
        pages.push(browse(url, "GET", &format!("/{path}"), "").await);
    }
    pages
}

fn check_no_inline_code(text: &str) {
    for part in ["<style", "style=", "<script>", "javascript:", " onclick", " onload", " onsubmit"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("<link rel=\"icon\" href=\"data:,\">"), "a browser would request /favicon.ico: {text}");
    assert!(text.contains("<link rel=\"stylesheet\" href=\"/"), "{text}");
}

#[tokio::test]
async fn customer_pages_have_no_inline_code_and_can_be_framed() {
    let sandbox = Sandbox::builder().start().await;
    for page in customer_pages(&sandbox).await {
        check_no_inline_code(&page.text());
        assert_eq!(page.header("content-security-policy"), Some(CUSTOMER_POLICY));
        assert_eq!(page.header("x-frame-options"), None);
    }
    sandbox.finish();
}

#[tokio::test]
async fn no_page_of_the_inspector_can_be_framed_or_has_inline_code() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["/", "/api", "/inspector/deliveries", "/inspector/faults"] {
        let page = control(&sandbox, "GET", path, "").await;
        check_no_inline_code(&page.text());
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(rule), "{rule}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    }
    sandbox.finish();
}

#[tokio::test]
async fn each_port_serves_the_files_of_its_pages_without_a_record_or_a_fault() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay @before-commit fin");
    for (path, content_type) in
        [("/inspector.css", "text/css; charset=utf-8"), ("/inspector.js", "text/javascript; charset=utf-8")]
    {
        let file = browse(sandbox.control_url(), "GET", path, "").await;
        assert_eq!((file.status, file.header("content-type")), (200, Some(content_type)));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    }
    let urls = [
        sandbox.turbo_txn().base_url(),
        sandbox.turbo_link().base_url(),
        sandbox.card3ds().base_url(),
        sandbox.turbopay().base_url(),
    ];
    for url in urls {
        for (path, content_type, part) in [
            ("/sandbox.css", "text/css; charset=utf-8", "prefers-color-scheme: dark"),
            ("/sandbox.js", "text/javascript; charset=utf-8", "postMessage"),
        ] {
            let file = browse(url, "GET", path, "").await;
            assert_eq!((file.status, file.header("content-type")), (200, Some(content_type)), "{url}{path}");
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
            assert!(file.text().contains(part), "{url}{path}");
        }
    }
    assert_eq!(sandbox.timeline(), []);
    sandbox.clear_faults();
    sandbox.finish();
}
