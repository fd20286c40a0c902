//! API keys: each client sends its own, and a rotated key shares the limit on lookups.

use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::{Reply, Script};
use payments_core::transport::Transport;
use turbopay::{ApiKey, Client, Traffic};

use crate::support::{order, scripted_with_clock, withdrawal};

#[tokio::test]
async fn two_merchants_can_share_one_transport() {
    let created = || Reply::json(201, r#"{"order_id":"o-1","status":"new"}"#);
    let script = Script::new([created(), created()]);
    let shared: Arc<dyn Transport> = Arc::new(script.clone());
    for key in ["first-key", "second-key"] {
        let merchant = Client::builder(ApiKey::new(key).unwrap()).transport(Arc::clone(&shared));
        let merchant = merchant.status_url("https://m.example/s").traffic(Traffic::Standard).build().unwrap();
        merchant.create_withdrawal(withdrawal()).send().await.unwrap();
    }
    let keys: Vec<_> = script.requests().iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(keys, ["first-key", "second-key"]);
}

#[tokio::test]
async fn lookups_are_counted_for_each_key() {
    let (client, _, clock) = scripted_with_clock((0..122).map(|_| order("r-1", "new")));
    let other = client.with_credentials(ApiKey::new("next-key").unwrap()).unwrap();
    let reference = "r-1".parse().unwrap();
    for _ in 0..60 {
        client.lookup(&reference).send().await.unwrap();
        other.lookup(&reference).send().await.unwrap();
    }
    assert_eq!(clock.monotonic(), Duration::ZERO);

    other.lookup(&reference).timeout(Duration::from_secs(90)).send().await.unwrap();

    assert_eq!(clock.monotonic(), Duration::from_secs(60));
}
