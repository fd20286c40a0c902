//! The job: a request to card3ds, which has no idempotency keys.

use serde_json::json;

/// card3ds in the sandbox, with the merchant's credentials.
#[derive(Clone)]
pub struct Provider {
    http: reqwest::Client,
    url: String,
    key: String,
    secret: String,
}

impl Provider {
    pub(crate) fn new(base_url: &str, key: &str, secret: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: format!("{base_url}/payment"),
            key: key.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// Charges the card. A job is sent again unchanged: nothing in it names the attempt.
    pub async fn charge(&self, order: &str) -> Result<(), reqwest::Error> {
        let payment = json!({
            "orderId": order,
            "amount": 100.5,
            "currency": "TRY",
            "cardHolderName": "John Doe",
            "pan": "5421190122090656",
            "expiryMonth": "04",
            "expiryYear": "28",
            "cvv": "916",
            "requestIp": "198.51.100.7",
            "requestPort": 52144,
        });
        let request = self.http.post(&self.url).header("x-api-key", &self.key);
        request.header("x-api-secret", &self.secret).json(&payment).send().await?.error_for_status()?;
        Ok(())
    }
}
