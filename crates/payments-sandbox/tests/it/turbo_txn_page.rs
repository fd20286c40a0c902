//! The payment page that Turbo Transactions' `sdkUrl` leads to.

use std::time::Duration;

use payments_sandbox::Sandbox;

use crate::support::Response;
use crate::turbo_txn::initiate;

/// What a browser gets: no key is needed.
async fn browse(sandbox: &Sandbox, method: &str, target: &str, form: &str) -> Response {
    crate::support::browse(sandbox.turbo_txn().base_url(), method, target, form).await
}

/// The target of an order's payment page.
async fn page_of(sandbox: &Sandbox, order: &str) -> String {
    let found = initiate(sandbox, order, 300).await.expect(200);
    let url = found["data"]["sdkUrl"].as_str().unwrap();
    url.strip_prefix(sandbox.turbo_txn().base_url()).expect("the page is elsewhere").to_owned()
}

#[tokio::test]
async fn the_page_shows_the_amount_that_counts_and_no_secret() {
    let sandbox = Sandbox::builder().start().await;
    let target = page_of(&sandbox, "order-1").await;
    let page = browse(&sandbox, "GET", &target, "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
    assert!(text.contains("300.01 INR") && text.contains("order-1") && text.contains("I have paid"), "{text}");
    let txn = sandbox.turbo_txn();
    for private in [txn.client_id(), txn.secret_key(), txn.callback_key()] {
        assert!(!text.contains(private), "{private} is shown");
    }
    assert!(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_who_pays_or_declines_is_sent_back_without_a_word_of_what_happened() {
    let sandbox = Sandbox::builder().start().await;
    for (action, status, later) in [("pay", "Pending", "Approved"), ("reject", "Rejected", "Rejected")] {
        let target = page_of(&sandbox, action).await;
        let response = browse(&sandbox, "POST", &target, &format!("action={action}")).await;
        assert_eq!(
            (response.status, response.header("location")),
            (303, Some("https://merchant.example/back?order=1"))
        );
        assert_eq!(sandbox.turbo_txn().order(action).status().as_deref(), Some(status));
        let shown = browse(&sandbox, "GET", &target, "").await.text();
        assert!(shown.contains(status) && !shown.contains("I have paid"), "{shown}");
        sandbox.clock().advance(Duration::from_secs(2));
        assert_eq!(sandbox.turbo_txn().order(action).status().as_deref(), Some(later));
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_who_leaves_changes_nothing_and_can_come_back() {
    let sandbox = Sandbox::builder().start().await;
    let target = page_of(&sandbox, "order-1").await;
    let response = browse(&sandbox, "POST", &target, "action=leave").await;
    assert_eq!((response.status, response.header("location")), (200, None));
    assert!(response.text().contains(&format!("<a href=\"{target}\">")), "{}", response.text());
    assert_eq!(sandbox.turbo_txn().order("order-1").status().as_deref(), Some("Initiated"));
    assert_eq!(browse(&sandbox, "POST", &target, "action=pay").await.status, 303);
    sandbox.finish();
}

#[tokio::test]
async fn a_second_press_or_a_button_that_there_is_not_is_refused_and_changes_nothing() {
    let sandbox = Sandbox::builder().start().await;
    for (first, status) in [("pay", "Pending"), ("reject", "Rejected"), ("", "Initiated")] {
        for second in ["pay", "reject", "explode", ""] {
            if first.is_empty() && matches!(second, "pay" | "reject") {
                continue;
            }
            let order = format!("{first}-{second}");
            let target = page_of(&sandbox, &order).await;
            browse(&sandbox, "POST", &target, &format!("action={first}")).await;
            assert_eq!(browse(&sandbox, "POST", &target, &format!("action={second}")).await.status, 409, "{order}");
            assert_eq!(sandbox.turbo_txn().order(&order).status().as_deref(), Some(status), "{order}");
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_page_is_answered_404_and_a_hostile_order_id_is_shown_as_text() {
    let sandbox = Sandbox::builder().start().await;
    let target = page_of(&sandbox, "\"><script>alert('1')</script>&amp;").await;
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
