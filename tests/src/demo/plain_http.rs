//! Plain HTTP requests: an application without the SDK, and a customer's browser.

use super::Failed;

/// Sends a payout as an application without the SDK does.
pub(super) async fn withdraw(url: &str, key: &str, order: &str) -> Result<u16, &'static str> {
    let body = serde_json::json!({
        "method": "bank_transfer",
        "amount": 500,
        "currency": "INR",
        "traffic": "std",
        "merchant_order_id": order,
        "merchant_customer_id": "customer-9",
        "customer_bank_account": "065432123456789",
        "bank_code": "HDFC0000053",
        "status_url": "http://127.0.0.1:9/status",
    });
    let client = client().map_err(|_| "no HTTP client")?;
    let response = client.post(url).header("authorization", key).body(body.to_string()).send().await;
    response.map(|response| response.status().as_u16()).map_err(|_| "connection closed")
}

/// Opens a hosted page and presses one of its buttons, as a customer does.
pub(super) async fn press_button(page: &str, button: &str) -> Result<(), Failed> {
    let browser = client()?;
    browser.get(page).send().await?.error_for_status()?;
    let form = browser.post(page).header("content-type", "application/x-www-form-urlencoded");
    form.body(format!("action={button}")).send().await?.error_for_status()?;
    Ok(())
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}
