//! The worker. Each job is a request to card3ds, which has no idempotency keys.

use std::io::Read as _;
use std::time::Duration;

use apalis::prelude::*;
use serde_json::json;

use crate::queue::{self, Charge};

/// Works until the process is killed, or until the standard input is closed because the harness has ended.
pub async fn run(database: &str, base_url: &str, key: &str, secret: &str) {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let provider = Provider {
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        url: format!("{base_url}/payment"),
        key: key.to_owned(),
        secret: secret.to_owned(),
    };
    let queue = queue::open(database).await.poll_with_interval(Duration::from_millis(50));
    // Each process has its own name, as in a cluster.
    let name = format!("worker-{}", std::process::id());
    let worker = WorkerBuilder::new(name).backend(queue).data(provider).build(charge);
    worker.run().await.unwrap();
}

#[derive(Clone)]
struct Provider {
    http: reqwest::Client,
    url: String,
    key: String,
    secret: String,
}

/// Charges the card. A job is sent again unchanged: nothing in it names the attempt.
async fn charge(job: Charge, provider: Data<Provider>) -> Result<(), BoxDynError> {
    let payment = json!({
        "orderId": job.order,
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
    let request = provider.http.post(&provider.url).header("x-api-key", &provider.key);
    request.header("x-api-secret", &provider.secret).json(&payment).send().await?.error_for_status()?;
    Ok(())
}
