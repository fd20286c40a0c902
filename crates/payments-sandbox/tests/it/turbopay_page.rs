//! TurboPay's payment page at `form_url`.

use std::time::Duration;

use payments_sandbox::Sandbox;

use crate::support::{Response, deposit, get, post, with};

/// Creates a deposit, and returns its id and the request target of its page.
async fn create_page(sandbox: &Sandbox, reference: &str) -> (String, String) {
    let order = post(sandbox, "deposit/new", &deposit(reference)).await.expect_status(201);
    let origin = sandbox.turbopay().base_url().strip_suffix("/api").unwrap();
    let target = order["form_url"].as_str().unwrap().strip_prefix(origin).expect("the page belongs to another server");
    (order["order_id"].as_str().unwrap().to_owned(), target.to_owned())
}

/// Sends a request as a browser does, without a key.
async fn browse(sandbox: &Sandbox, method: &str, target: &str, form: &str) -> Response {
    crate::support::browse(sandbox.turbopay().base_url(), method, target, form).await
}

#[tokio::test]
async fn the_page_shows_the_amount_and_the_reference_and_never_the_order_id() {
    let sandbox = Sandbox::builder().start().await;
    let (id, target) = create_page(&sandbox, "order-1").await;

    let page = browse(&sandbox, "GET", &target, "").await;

    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
    assert!(text.contains("2000.00 INR") && text.contains("order-1") && text.contains("I have paid"), "{text}");
    for private in [id.as_str(), sandbox.turbopay().api_key(), sandbox.turbopay().webhook_key()] {
        assert!(!text.contains(private), "the page shows {private}");
    }
    assert_eq!(text.matches("<script").count(), text.matches("<script src=\"/sandbox.js\" defer></script>").count());
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_who_pays_is_redirected_and_the_deposit_succeeds_later() {
    let sandbox = Sandbox::builder().start().await;
    let (_, target) = create_page(&sandbox, "order-1").await;

    let response = browse(&sandbox, "POST", &target, "action=pay").await;

    assert_eq!((response.status, response.header("location")), (303, Some("https://merchant.example/back")));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("pending"));
    let page = browse(&sandbox, "GET", &target, "").await.text();
    assert!(page.contains("pending") && !page.contains("I have paid"), "{page}");
    sandbox.clock().advance(Duration::from_secs(2));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_can_cancel_or_let_the_order_expire() {
    let sandbox = Sandbox::builder().start().await;
    for (action, status) in [("cancel", "cancelled"), ("expire", "expired")] {
        let (_, target) = create_page(&sandbox, action).await;
        let response = browse(&sandbox, "POST", &target, &format!("action={action}")).await;
        assert_eq!((response.status, response.header("location")), (303, Some("https://merchant.example/back")));
        assert_eq!(sandbox.turbopay().order(action).status(), Some(status));
    }
    sandbox.finish();
}

#[tokio::test]
async fn letting_one_order_expire_moves_no_clock_and_expires_no_other_order() {
    let sandbox = Sandbox::builder().start().await;
    let (_, target) = create_page(&sandbox, "expired").await;
    create_page(&sandbox, "other").await;

    assert_eq!(browse(&sandbox, "POST", &target, "action=expire").await.status, 303);

    assert_eq!(sandbox.turbopay().order("expired").status(), Some("expired"));
    assert_eq!(sandbox.turbopay().order("other").status(), Some("new"));
    assert_eq!(sandbox.clock().elapsed(), Duration::ZERO);
    assert_eq!(sandbox.deliveries().len(), 1);
    sandbox.clock().advance(Duration::from_secs(600));
    assert_eq!(sandbox.turbopay().order("other").status(), Some("expired"));
    assert_eq!(sandbox.deliveries().len(), 2, "the expired order does not expire again");
    sandbox.finish();
}

#[tokio::test]
async fn a_second_action_is_rejected_and_changes_nothing() {
    let sandbox = Sandbox::builder().start().await;
    for (first, status) in [("pay", "pending"), ("cancel", "cancelled"), ("expire", "expired")] {
        for second in ["pay", "cancel", "expire"] {
            let reference = format!("{first}-{second}");
            let (_, target) = create_page(&sandbox, &reference).await;
            browse(&sandbox, "POST", &target, &format!("action={first}")).await;
            let before = get(&sandbox, &format!("merchantorder/status/{reference}")).await.json();

            let response = browse(&sandbox, "POST", &target, &format!("action={second}")).await;

            let text = response.text();
            assert_eq!(response.status, 409, "{first}, then {second}: {text}");
            // The customer went back, and the browser showed the page from before.
            assert!(text.contains(&format!("This payment is <strong>{status}</strong>.")), "{text}");
            assert!(text.contains("<a href=\"https://merchant.example/back\">Back to the shop</a>"), "{text}");
            assert_eq!(get(&sandbox, &format!("merchantorder/status/{reference}")).await.json(), before);
            assert_eq!(before["status"], status);
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_action_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    let (_, target) = create_page(&sandbox, "order-1").await;
    for form in ["", "action=", "action=succeed", "nonsense", "action=%ff"] {
        let response = browse(&sandbox, "POST", &target, form).await;
        assert_eq!(response.status, 409, "{form:?}");
        assert!(response.text().contains(&format!("<a href=\"{target}\">Back to the payment</a>")), "{form:?}");
    }
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_hash_returns_404_and_is_not_echoed() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = create_page(&sandbox, "order-1").await;
    for target in ["/deposit", "/deposit?hash=", "/deposit?hash=%3Cscript%3E", &format!("/deposit?hash={id}")] {
        for method in ["GET", "POST"] {
            let response = browse(&sandbox, method, target, "action=pay").await;
            assert_eq!(response.status, 404, "{method} {target}");
            assert!(!response.text().contains("script"), "{}", response.text());
        }
    }
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
    sandbox.finish();
}

#[tokio::test]
async fn a_hostile_reference_is_escaped() {
    let sandbox = Sandbox::builder().start().await;
    let hostile = "\"><script>alert('1')</script>&amp;";
    let (_, target) = create_page(&sandbox, hostile).await;

    let text = browse(&sandbox, "GET", &target, "").await.text();

    assert!(!text.contains("<script>"), "{text}");
    assert!(text.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn a_redirect_url_with_a_line_break_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(deposit("order-1"), "redirect_url", "https://merchant.example/\r\nSet-Cookie: a=b");
    let response = post(&sandbox, "deposit/new", &body).await.expect_status(422);
    assert_eq!(response["message"], "The redirect url field must be a valid URL.");
    sandbox.finish();
}
