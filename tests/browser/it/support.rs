//! Orders at the sandbox, and a shop to which customers return.

use payments_browser_tests::{Browser, Site};
use payments_sandbox::Sandbox;
use serde_json::{Value, json};

/// A sandbox, and a shop on another site.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) shop: Site,
}

impl World {
    pub(crate) async fn start() -> Self {
        let shop = Site::start().await;
        shop.page("/back", "<p>Welcome back</p>");
        Self { sandbox: Sandbox::builder().start().await, shop }
    }

    /// Creates a deposit at TurboPay, and returns the URL of its page.
    pub(crate) async fn deposit(&self, reference: &str) -> String {
        let turbopay = self.sandbox.turbopay();
        let url = format!("{}/deposit/new", turbopay.base_url());
        let body = json!({
            "method": "upi",
            "amount": 2000,
            "currency": "INR",
            "customer_email": "name@mail.example",
            "customer_phone": "+919876543210",
            "customer_name": "Raj Singh",
            "merchant_order_id": reference,
            "merchant_customer_id": "customer-1",
            "status_url": "https://merchant.example/status",
            "redirect_url": self.shop.url("/back"),
            "traffic": "ftd",
        });
        text(&post(&url, &[("authorization", turbopay.api_key())], &body).await["form_url"])
    }

    /// Initiates a transaction at Turbo Transactions, and returns the URL of its page.
    pub(crate) async fn transaction(&self, order: &str) -> String {
        let turbo_txn = self.sandbox.turbo_txn();
        let url = format!("{}/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s", turbo_txn.base_url());
        let headers = [("client-id", turbo_txn.client_id()), ("secret-key", turbo_txn.secret_key())];
        let body = json!({"orderId": order, "amount": 300, "returnUrl": self.shop.url("/back")});
        text(&post(&url, &headers, &body).await["data"]["sdkUrl"])
    }

    /// Creates a checkout at card3ds, and returns its id and the URL of its page.
    pub(crate) async fn checkout(&self, order: &str) -> (String, String) {
        let card3ds = self.sandbox.card3ds();
        let url = format!("{}/api/checkout", card3ds.base_url());
        let headers = [("x-api-key", card3ds.api_key()), ("x-api-secret", card3ds.api_secret())];
        let body = json!({
            "orderId": order,
            "amount": 100.5,
            "currency": "TRY",
            "description": "Two books",
            "callback": self.shop.url("/back"),
            "customerId": "customer-1",
            "maxInstallmentCount": 6,
            "interestPaidByCustomer": true,
        });
        let checkout = post(&url, &headers, &body).await;
        (text(&checkout["checkoutId"]), text(&checkout["redirectUrl"]))
    }
}

/// Says that the browser logs the response to a second action, which is a page for the customer.
pub(crate) fn expect_conflict(browser: &mut Browser) {
    browser.expect_error("409 (Conflict)", "Chromium logs each page whose status is an error");
}

async fn post(url: &str, headers: &[(&str, &str)], body: &Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.post(url).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{url}: {status}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
