//! Orders at the sandbox, and a shop to which customers return.

use payments_browser_tests::{Browser, Site};
use payments_sandbox::{Builder, Sandbox};
use serde_json::{Value, json};

/// A sandbox, and a shop on another site.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) shop: Site,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::of(Sandbox::builder()).await
    }

    /// Starts a sandbox that records contents, as the program does.
    pub(crate) async fn start_recording() -> Self {
        Self::of(Sandbox::builder().record_contents()).await
    }

    async fn of(sandbox: Builder) -> Self {
        let shop = Site::start().await;
        shop.page("/back", "<p>Welcome back</p>");
        Self { sandbox: sandbox.start().await, shop }
    }

    /// Starts a world whose sandbox records contents, as `serve` does.
    pub(crate) async fn recording() -> Self {
        let shop = Site::start().await;
        shop.page("/back", "<p>Welcome back</p>");
        Self { sandbox: Sandbox::builder().record_contents().start().await, shop }
    }

    /// The URL of a page of the inspector.
    pub(crate) fn inspector(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.control_url())
    }

    /// Creates a deposit at TurboPay, and returns the URL of its page.
    pub(crate) async fn deposit(&self, reference: &str) -> String {
        self.deposit_with_status_url(reference, "https://merchant.example/status").await
    }

    /// Creates a deposit at TurboPay with this URL for its webhooks, and returns the URL of its page.
    pub(crate) async fn deposit_with_status_url(&self, reference: &str, status_url: &str) -> String {
        text(&self.try_deposit_with(reference, status_url).await.expect("a deposit")["form_url"])
    }

    /// Tries to create a deposit at TurboPay. A fault may prevent it.
    pub(crate) async fn try_deposit(&self, reference: &str) {
        let _ = self.try_deposit_with(reference, "https://merchant.example/status").await;
    }

    async fn try_deposit_with(&self, reference: &str, status_url: &str) -> Result<Value, String> {
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
            "status_url": status_url,
            "redirect_url": self.shop.url("/back"),
            "traffic": "ftd",
        });
        try_send("POST", &url, &[("authorization", turbopay.api_key())], &body).await
    }

    /// Pays out at TurboPay, and gets no response because of a fault.
    pub(crate) async fn lose_withdrawal(&self, reference: &str, status_url: &str) {
        let turbopay = self.sandbox.turbopay();
        let url = format!("{}/withdraw/new", turbopay.base_url());
        let body = json!({
            "method": "bank_transfer",
            "amount": 500,
            "currency": "INR",
            "traffic": "std",
            "merchant_order_id": reference,
            "merchant_customer_id": "customer-1",
            "customer_bank_account": "065432123456789",
            "bank_code": "HDFC0000053",
            "status_url": status_url,
        });
        try_send("POST", &url, &[("authorization", turbopay.api_key())], &body).await.unwrap_err();
    }

    /// Looks up an order at TurboPay.
    pub(crate) async fn look_up(&self, reference: &str) {
        let turbopay = self.sandbox.turbopay();
        let url = format!("{}/merchantorder/status/{reference}", turbopay.base_url());
        try_send("GET", &url, &[("authorization", turbopay.api_key())], &Value::Null).await.unwrap();
    }

    /// Sends a request to the control API, as a script does.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let response = try_send(method, &self.inspector(path), &[], body).await;
        response.unwrap_or_else(|problem| panic!("{path}: {problem}"))
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
    try_send("POST", url, headers, body).await.unwrap_or_else(|problem| panic!("{url}: {problem}"))
}

/// Sends a request, and returns the JSON of a successful response.
async fn try_send(method: &str, url: &str, headers: &[(&str, &str)], body: &Value) -> Result<Value, String> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method.parse().unwrap(), url);
    if !body.is_null() {
        request = request.json(body);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = response.text().await.map_err(|error| error.to_string())?;
    if status.is_success() { serde_json::from_str(&body).map_err(|error| error.to_string()) } else { Err(body) }
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
