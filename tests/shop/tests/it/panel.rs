//! Each button of the panel, over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::stage::panel::Panel;
use ::stage::{Shop, Stage};
use payments_sandbox::{DeliveryState, RecordKind};
use payments_test_postgres::Server;
use reqwest::StatusCode;
use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use reqwest::redirect::Policy;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::customer::{Customer, LONGEST, stage};

struct Running {
    panel: Arc<Panel>,
    address: SocketAddr,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        Self::on(stage().await).await
    }

    async fn on(stage: Stage) -> Self {
        let panel = Panel::new(stage);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&panel);
        let served = tokio::spawn(async move {
            let ended = async { drop(stopped.await) };
            serving.serve(listener, ended).await.unwrap();
        });
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { panel, address, client, stop, served }
    }

    async fn page(&self) -> String {
        self.client.get(format!("http://{}/", self.address)).send().await.unwrap().text().await.unwrap()
    }

    /// Sends a form with these headers besides its own.
    async fn send(&self, path: &str, operation: &str, headers: HeaderMap) -> (StatusCode, String) {
        let request = self.client.post(format!("http://{}{path}", self.address)).headers(headers);
        let response = request.form(&[("operation", operation)]).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    /// Uses a button, as the panel's page does.
    async fn press(&self, path: &str, operation: &str) {
        let own = HeaderValue::from_str(&format!("http://{}", self.address)).unwrap();
        let (status, text) = self.send(path, operation, HeaderMap::from_iter([(ORIGIN, own)])).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {text}");
    }

    /// Waits until the page contains a text.
    async fn page_with(&self, text: &str) -> String {
        let seen = timeout(LONGEST, async {
            loop {
                let page = self.page().await;
                if page.contains(text) {
                    return page;
                }
                sleep(STEP).await;
            }
        });
        match seen.await {
            Ok(page) => page,
            Err(_) => panic!("the page never contains {text:?}:\n{}", self.page().await),
        }
    }

    async fn stop(self) {
        drop(self.panel);
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }
}

/// Pays for an order with a saved card, and returns the payment's reference.
async fn pay(customer: &Customer<'_>) -> String {
    let card = customer.save_card().await;
    let order = customer.order().await;
    customer.pay(&order, "saved-card", &[("saved_card", &card)]).await;
    format!("{order}-1")
}

#[tokio::test]
async fn a_lost_response_is_armed_shown_and_removed() {
    let running = Running::start().await;
    running.press("/faults/lose-response", "turratech.create-payment").await;
    assert!(running.page().await.contains("turratech.create-payment @after-commit fin"));

    let reference = pay(&Customer::of(running.panel.stage())).await;
    let page = running.page_with("occurred: once").await;
    assert!(page.contains("Nothing is armed.") && page.contains(">Occurred</h3>"), "{page}");
    running.page_with(">equal</strong>").await;
    running.panel.stage().sandbox().ledger().order(&reference).executed_once();

    running.press("/faults/1/remove", "").await;
    assert!(!running.page().await.contains(">Occurred</h3>"));
    // The list may be older than the sandbox's.
    running.press("/faults/1/remove", "").await;
    running.stop().await;
}

#[tokio::test]
async fn the_next_webhook_is_delivered_twice_and_booked_once() {
    let running = Running::start().await;
    let stage = running.panel.stage();
    running.press("/faults/webhook-twice", "turratech.create-payment").await;

    pay(&Customer::of(stage)).await;
    running.page_with(">equal</strong>").await;
    let delivered = || {
        let deliveries = stage.sandbox().deliveries();
        deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Delivered).count()
    };
    timeout(LONGEST, async {
        while delivered() < 2 {
            sleep(STEP).await;
        }
    })
    .await
    .unwrap();
    stage.books().await.unwrap().all_equal();
    running.stop().await;
}

#[tokio::test]
async fn the_next_webhook_is_delivered_late() {
    let running = Running::start().await;
    let stage = running.panel.stage();
    running.press("/faults/webhook-late", "turratech.create-payment").await;

    pay(&Customer::of(stage)).await;
    assert_eq!(stage.sandbox().deliveries()[0].state, DeliveryState::Waiting);
    stage.sandbox().clock().advance(Duration::from_secs(20));
    timeout(LONGEST, async {
        while stage.sandbox().deliveries()[0].state != DeliveryState::Delivered {
            sleep(STEP).await;
        }
    })
    .await
    .unwrap();
    running.stop().await;
}

#[tokio::test]
async fn the_webhook_arrives_before_the_response() {
    let running = Running::start().await;
    let stage = running.panel.stage();
    let customer = Customer::of(stage);
    let card = customer.save_card().await;
    let order = customer.order().await;
    running.press("/faults/webhook-first", "turratech.create-payment").await;

    let delivered = async {
        while !stage.sandbox().deliveries().iter().any(|delivery| delivery.state == DeliveryState::Delivered) {
            sleep(STEP).await;
        }
        // The response still waits.
        stage.sandbox().clock().advance(Duration::from_secs(5));
    };
    let fields = [("saved_card", card.as_str())];
    let paid = timeout(LONGEST, async { tokio::join!(customer.pay(&order, "saved-card", &fields), delivered) });
    paid.await.unwrap();
    let reference = format!("{order}-1");
    let first = |kind| {
        let records = stage.sandbox().records();
        let record =
            records.iter().find(|record| record.kind == kind && record.reference.as_deref() == Some(&reference));
        record.map(|record| record.number)
    };
    let (delivered, told) = (first(RecordKind::Attempt), first(RecordKind::Told));
    assert!(delivered.is_some() && delivered < told, "{delivered:?} {told:?}");
    running.page_with(">equal</strong>").await;
    running.stop().await;
}

#[tokio::test]
async fn the_shop_is_killed_when_the_payout_is_executed_and_started_again() {
    let running = Running::start().await;
    let stage = running.panel.stage();
    let customer = Customer::of(stage);
    customer.log_in().await;
    let (csrf, payout) = customer.payout_form().await;
    running.press("/faults/kill-when-executed", "turbopay.withdraw").await;
    assert!(running.page().await.contains("then the shop is killed"));

    customer.pay_out(&csrf, &payout).await.unwrap_err();
    let page = running.page_with("Not running").await;
    assert!(page.contains("signal: 9") && page.contains(">open</strong>"), "{page}");

    running.press("/shop/1/start", "").await;
    assert!(stage.shop().is_running());
    running.page_with("<strong class=\"good\">Running</strong>").await;
    // The lease of the killed process expires.
    stage.sandbox().clock().advance(Duration::from_secs(60));
    running.page_with(">equal</strong>").await;
    stage.sandbox().ledger().order(&payout).executed_once();
    running.stop().await;
}

#[tokio::test]
async fn a_removed_kill_kills_nothing() {
    let running = Running::start().await;
    let stage = running.panel.stage();
    let customer = Customer::of(stage);
    customer.log_in().await;
    running.press("/faults/kill-when-executed", "turbopay.withdraw").await;
    running.press("/faults/1/remove", "").await;

    let (csrf, payout) = customer.payout_form().await;
    customer.pay_out(&csrf, &payout).await.unwrap();
    running.page_with(">equal</strong>").await;
    assert!(stage.shop().is_running());
    running.stop().await;
}

#[tokio::test]
async fn the_shop_is_killed_now_and_started_once() {
    let running = Running::start().await;
    running.press("/shop/1/kill", "").await;
    assert!(!running.panel.stage().shop().is_running());
    running.press("/shop/1/kill", "").await;

    let (first, second) = tokio::join!(running.press("/shop/1/start", ""), running.press("/shop/1/start", ""));
    assert_eq!((first, second), ((), ()));
    assert!(running.panel.stage().shop().is_running());
    running.stop().await;
}

#[tokio::test]
async fn either_of_two_processes_can_be_killed_and_the_other_one_goes_on() {
    let Some(server) = Server::of_test() else { return };
    let running = Running::on(Stage::builder().seed(7).postgres(server).start().await.unwrap()).await;
    let stage = running.panel.stage();
    let customer = Customer::of(stage);
    customer.log_in().await;
    let (csrf, payout) = customer.payout_form().await;
    running.press("/faults/kill-when-executed", "turbopay.withdraw").await;

    customer.pay_out(&csrf, &payout).await.unwrap_err();
    running.page_with("Not running").await;
    assert_eq!(stage.shops().iter().map(Shop::is_running).collect::<Vec<_>>(), [false, true]);
    // The second process finds out what happened once the lease of the first one is over, by the database's clock.
    running.page_with(">equal</strong>").await;
    stage.sandbox().ledger().order(&payout).executed_once();

    running.press("/shop/1/start", "").await;
    running.press("/shop/2/kill", "").await;
    assert_eq!(stage.shops().iter().map(Shop::is_running).collect::<Vec<_>>(), [true, false]);
    pay(&customer).await;
    running.page_with("<strong>2</strong> equal").await;
    running.stop().await;
}

#[tokio::test]
async fn a_foreign_page_can_do_nothing() {
    let running = Running::start().await;
    let stage = running.panel.stage();
    let shop = HeaderValue::from_str(&stage.url()).unwrap();
    let sandbox = HeaderValue::from_str(stage.sandbox().control_url()).unwrap();
    let site = HeaderName::from_static("sec-fetch-site");
    for (name, value) in [
        (ORIGIN, HeaderValue::from_static("https://shop.example")),
        (ORIGIN, HeaderValue::from_static("null")),
        (ORIGIN, shop),
        (ORIGIN, sandbox),
        (HOST, HeaderValue::from_static("rebound.example")),
        (site.clone(), HeaderValue::from_static("cross-site")),
        (site, HeaderValue::from_static("same-site")),
    ] {
        for path in ["/shop/1/kill", "/faults/lose-response", "/faults/1/remove"] {
            let headers = HeaderMap::from_iter([(name.clone(), value.clone())]);
            let (status, _) = running.send(path, "turbopay.withdraw", headers).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {name}: {value:?}");
        }
    }
    assert!(stage.shop().is_running());
    assert!(running.page().await.contains("Nothing is armed."));
    running.stop().await;
}

#[tokio::test]
async fn an_unknown_action_or_operation_is_an_error() {
    let running = Running::start().await;
    for (path, operation, expected) in [
        ("/shop/2/kill", "", StatusCode::NOT_FOUND),
        ("/shop/0/start", "", StatusCode::NOT_FOUND),
        ("/faults/explode", "turbopay.withdraw", StatusCode::NOT_FOUND),
        ("/faults/lose-response", "turbopay.explode", StatusCode::BAD_REQUEST),
        ("/faults/lose-response", "turbopay.withdraw @accept fin", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(running.send(path, operation, HeaderMap::new()).await.0, expected, "{path} {operation}");
    }
    running.stop().await;
}

/// What a page can load is limited, and so is who can frame it.
#[tokio::test]
async fn every_response_has_the_policy() {
    let running = Running::start().await;
    for path in ["/", "/panel.css", "/panel.js", "/nothing"] {
        let response = running.client.get(format!("http://{}{path}", running.address)).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
    running.stop().await;
}

const STEP: Duration = Duration::from_millis(20);
