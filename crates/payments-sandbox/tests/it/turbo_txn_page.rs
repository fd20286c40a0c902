//! The payment page behind Turbo Transactions' `sdkUrl`.

use std::time::Duration;

use payments_sandbox::Sandbox;

use crate::support::Response;
use crate::turbo_txn::initiate;

/// Sends a request as a browser does, without a key.
async fn browse(sandbox: &Sandbox, method: &str, target: &str, form: &str) -> Response {
    crate::support::browse(sandbox.turbo_txn().base_url(), method, target, form).await
}

/// Initiates an order and returns the request target of its payment page.
async fn initiate_for_page(sandbox: &Sandbox, order: &str) -> String {
    let response = initiate(sandbox, order, 300).await.expect_status(200);
    let url = response["data"]["sdkUrl"].as_str().unwrap();
    url.strip_prefix(sandbox.turbo_txn().base_url()).expect("the page belongs to another server").to_owned()
}

#[tokio::test]
async fn the_page_shows_the_adjusted_amount_and_no_secret() {
    let sandbox = Sandbox::builder().start().await;
    let target = initiate_for_page(&sandbox, "order-1").await;
    let page = browse(&sandbox, "GET", &target, "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
    assert!(text.contains("300.01 INR") && text.contains("order-1") && text.contains("I have paid"), "{text}");
    let txn = sandbox.turbo_txn();
    for private in [txn.client_id(), txn.secret_key(), txn.callback_key()] {
        assert!(!text.contains(private), "the page shows {private}");
    }
    assert!(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_is_redirected_without_the_result_after_paying_or_declining() {
    let sandbox = Sandbox::builder().start().await;
    for (action, status, later) in [("pay", "Pending", "Approved"), ("reject", "Rejected", "Rejected")] {
        let target = initiate_for_page(&sandbox, action).await;
        let response = browse(&sandbox, "POST", &target, &format!("action={action}")).await;
        assert_eq!(
            (response.status, response.header("location")),
            (303, Some("https://merchant.example/back?order=1"))
        );
        assert_eq!(sandbox.turbo_txn().order(action).status().as_deref(), Some(status));
        let page = browse(&sandbox, "GET", &target, "").await.text();
        assert!(page.contains(status) && !page.contains("I have paid"), "{page}");
        sandbox.clock().advance(Duration::from_secs(2));
        assert_eq!(sandbox.turbo_txn().order(action).status().as_deref(), Some(later));
    }
    sandbox.finish();
}

#[tokio::test]
async fn leaving_the_page_changes_nothing_and_the_customer_can_return() {
    let sandbox = Sandbox::builder().start().await;
    let target = initiate_for_page(&sandbox, "order-1").await;
    let response = browse(&sandbox, "POST", &target, "action=leave").await;
    assert_eq!((response.status, response.header("location")), (200, None));
    assert!(response.text().contains(&format!("<a href=\"{target}\">")), "{}", response.text());
    assert_eq!(sandbox.turbo_txn().order("order-1").status().as_deref(), Some("Initiated"));
    assert_eq!(browse(&sandbox, "POST", &target, "action=pay").await.status, 303);
    sandbox.finish();
}

#[tokio::test]
async fn a_repeated_or_unknown_action_is_rejected_and_changes_nothing() {
    let sandbox = Sandbox::builder().start().await;
    for (first, status) in [("pay", "Pending"), ("reject", "Rejected"), ("", "Initiated")] {
        for second in ["pay", "reject", "explode", ""] {
            if first.is_empty() && matches!(second, "pay" | "reject") {
                continue;
            }
            let order = format!("{first}-{second}");
            let target = initiate_for_page(&sandbox, &order).await;
            browse(&sandbox, "POST", &target, &format!("action={first}")).await;
            let response = browse(&sandbox, "POST", &target, &format!("action={second}")).await;
            assert_eq!(response.status, 409, "{order}");
            let way_on = match second {
                "pay" | "reject" => "<a href=\"https://merchant.example/back?order=1\">Back to the shop</a>",
                _ => &format!("<a href=\"{target}\">Back to the payment</a>"),
            };
            assert!(response.text().contains(way_on), "{order}: {}", response.text());
            assert_eq!(sandbox.turbo_txn().order(&order).status().as_deref(), Some(status), "{order}");
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_page_returns_404_and_a_hostile_order_id_is_escaped() {
    let sandbox = Sandbox::builder().start().await;
    let target = initiate_for_page(&sandbox, "\"><script>alert('1')</script>&amp;").await;
    let text = browse(&sandbox, "GET", &target, "").await.text();
    assert!(!text.contains("<script"), "{text}");
    assert!(text.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"), "{text}");
    for target in ["/utr/payment", "/utr/payment?data=", "/utr/payment?data=%3Cscript%3E", "/utr/payment?data=order-1"]
    {
        let response = browse(&sandbox, "POST", target, "action=pay").await;
        assert_eq!(response.status, 404, "{target}");
        assert!(!response.text().contains("script"), "{}", response.text());
    }
    sandbox.finish();
}
