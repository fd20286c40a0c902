//! Webhooks in a framework without extractors of ours: actix-web with the plain verification functions.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use payments_sandbox::{Delivery, Sandbox};
use payments_tests::{turbo_txn_at, turbopay_at, turratech_at};
use turbo_txn::{CallbackDecryptor, CallbackKey, NewTransaction};
use turbopay::{WebhookKey, WebhookVerifier};
use turratech::WebhookSecret;

use crate::actix_app::{Shop, routes};
use crate::support::{deposit, payment, rupees};

/// A running server of the shop.
struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    stored: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(sandbox: &Sandbox) -> Self {
        let stored = Arc::new(Mutex::new(Vec::new()));
        let events = turratech::WebhookVerifier::new(WebhookSecret::new(sandbox.turratech().webhook_secret()).unwrap());
        let shop = Shop {
            turbopay: WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key()).unwrap()),
            turratech: events.clock(sandbox.clock()),
            callbacks: CallbackDecryptor::new(CallbackKey::new(sandbox.turbo_txn().callback_key()).unwrap()),
            turbo_txn: turbo_txn_at(sandbox).unwrap(),
            stored: Arc::clone(&stored),
        };
        let server = HttpServer::new(move || App::new().app_data(Data::new(shop.clone())).configure(routes));
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, handle, stored }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn stored(&self) -> Vec<String> {
        self.stored.lock().unwrap().clone()
    }

    /// Posts a body unchanged and returns the status and the body of the response.
    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> (u16, String) {
        let post = reqwest::Client::builder().no_proxy().build().unwrap().post(self.url(path)).body(body);
        let post = headers.iter().fold(post, |post, (name, value)| post.header(*name, *value));
        let response = post.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn results(sandbox: &Sandbox) -> Vec<Vec<String>> {
    sandbox.deliveries().into_iter().map(|delivery: Delivery| delivery.results).collect()
}

#[tokio::test]
async fn deliveries_of_three_providers_are_stored_and_acknowledged() {
    let sandbox = Sandbox::builder().start().await;
    let shop = Server::start(&sandbox);
    sandbox.turratech().send_events_to(&shop.url("/turratech"));
    sandbox.turbo_txn().send_callbacks_to(&shop.url("/turbo-txn"));

    let turbopay = turbopay_at(&sandbox).unwrap();
    turbopay.create_deposit(deposit("order-1").status_url(shop.url("/turbopay"))).send().await.unwrap();
    sandbox.turbopay().order("order-1").succeed();
    turratech_at(&sandbox).unwrap().create_payment(payment("order-2")).send().await.unwrap();
    let transaction = NewTransaction::new("order-3", rupees(300), "https://shop.example/thanks");
    turbo_txn_at(&sandbox).unwrap().initiate(transaction).send().await.unwrap();
    sandbox.turbo_txn().order("order-3").approve();
    sandbox.clock().advance(Duration::from_secs(10));
    sandbox.settle().await;

    let mut stored = shop.stored();
    stored.sort();
    assert_eq!(stored, ["order-1 is success", "order-3 is Approved", "payment.succeeded"]);
    assert!(results(&sandbox).iter().all(|results| *results == ["status 200"]), "{:?}", sandbox.deliveries());
    shop.handle.stop(false).await;
    sandbox.finish();
}

#[tokio::test]
async fn a_tampered_delivery_gets_a_400_and_is_not_stored() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.deposit @webhook tamper");
    sandbox.fault("turratech.create-payment @webhook tamper");
    let shop = Server::start(&sandbox);
    sandbox.turratech().send_events_to(&shop.url("/turratech"));

    let turbopay = turbopay_at(&sandbox).unwrap();
    turbopay.create_deposit(deposit("order-1").status_url(shop.url("/turbopay"))).send().await.unwrap();
    sandbox.turbopay().order("order-1").succeed();
    turratech_at(&sandbox).unwrap().create_payment(payment("order-2")).send().await.unwrap();
    sandbox.settle().await;

    assert_eq!(shop.stored(), [""; 0]);
    assert_eq!(results(&sandbox), [["status 400"], ["status 400"]]);
    shop.handle.stop(false).await;
    sandbox.finish();
}

#[tokio::test]
async fn each_failure_has_its_status_and_an_empty_body() {
    let sandbox = Sandbox::builder().start().await;
    let shop = Server::start(&sandbox);
    let key = WebhookKey::new(sandbox.turbopay().webhook_key()).unwrap();
    let signed = |body: &str| turbopay::test_util::sign(&key, body.as_bytes());
    let order = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
    let padded = |length: usize| format!("{order}{}", " ".repeat(length - order.len()));
    let (longest, too_long) = (padded(256 * 1024), padded(256 * 1024 + 1));
    let (valid, invalid) = (signed(order), signed("{}"));

    for (path, headers, body, status) in [
        ("/turbopay", vec![("x-pay-signature", valid.as_str())], order, 200),
        ("/turbopay", vec![("x-pay-signature", signed(&longest).as_str())], &longest, 200),
        ("/turbopay", vec![("x-pay-signature", signed(&too_long).as_str())], &too_long, 413),
        ("/turbopay", vec![], order, 400),
        ("/turbopay", vec![("x-pay-signature", valid.as_str()), ("x-pay-signature", valid.as_str())], order, 400),
        ("/turbopay", vec![("x-pay-signature", invalid.as_str())], order, 400),
        ("/turbopay", vec![("x-pay-signature", invalid.as_str())], "{}", 500),
        ("/turratech", vec![], "{}", 400),
        ("/turbo-txn", vec![], r#"{"encryptedData":"AAAA"}"#, 400),
    ] {
        let (response_status, response_body) = shop.post(path, &headers, body.to_owned()).await;
        assert_eq!(response_status, status, "{path} {}", &body[..body.len().min(40)]);
        assert!(status == 413 || response_body.is_empty(), "{response_body}");
    }
    assert_eq!(shop.stored(), ["O_7 is success", "O_7 is success"]);
    shop.handle.stop(false).await;
    sandbox.finish();
}

#[tokio::test]
async fn a_callback_gets_a_500_if_its_lookup_fails_and_otherwise_the_looked_up_status_is_stored() {
    let sandbox = Sandbox::builder().start().await;
    let shop = Server::start(&sandbox);
    let client = turbo_txn_at(&sandbox).unwrap();
    let transaction = NewTransaction::new("order-1", rupees(300), "https://shop.example/thanks");
    client.initiate(transaction).send().await.unwrap();
    let key = CallbackKey::new(sandbox.turbo_txn().callback_key()).unwrap();
    let callback_for = |order: &str| {
        let text = format!(r#"{{"utr":"1","amount":300,"orderId":"{order}","txnStatus":"Approved"}}"#);
        turbo_txn::test_util::callback(&key, [7; 16], text.as_bytes())
    };

    assert_eq!(shop.post("/turbo-txn", &[], callback_for("order-9")).await, (500, String::new()));
    assert_eq!(shop.post("/turbo-txn", &[], callback_for("order-1")).await, (200, "OK".to_owned()));
    assert_eq!(shop.stored(), ["order-1 is Initiated"]);
    shop.handle.stop(false).await;
    sandbox.finish();
}
