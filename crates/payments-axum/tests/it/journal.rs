//! What a journal has stored when a delivery is acknowledged.

mod store;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, State as AxumState};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use http_body_util::BodyExt as _;
use payments_axum::{HostedCheckoutCallback, Inbox, JournaledWebhook};
use payments_core::gateway::{
    AcceptedPayout, Lookup, NextAction, PayOut, PaymentRequest, PaymentState, PayoutRequest, Retrieve, StartPayment,
    StartedPayment,
};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Error, Expected, Money, PaymentStatus};
use payments_journal::memory::MemoryStore;
use payments_journal::{
    Account, Gateway, Intent, IntentId, Journal, JournalKey, JournalKeys, Message, Receipt, Request as Stored, State,
};
use tower::ServiceExt as _;
use turbo_txn::{CallbackDecryptor, CallbackKey};
use turbopay::{WebhookKey, WebhookVerifier};

use self::store::UnreliableStore;
use crate::{CALLBACK_KEY, SECRET};

/// What the handler received.
type Seen = Arc<Mutex<Vec<(String, Receipt)>>>;

/// A client that accepts every order, and finds each paid.
#[derive(Clone)]
struct Provider;

#[async_trait]
impl PayOut for Provider {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        Ok(AcceptedPayout::new(Some("849655cf".to_owned()), PaymentStatus::Processing, request.amount))
    }
}

#[async_trait]
impl StartPayment for Provider {
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let (id, status) = (Some("c-1".to_owned()), PaymentStatus::AwaitingCustomer);
        Ok(StartedPayment::new(id, status, request.amount, NextAction::None))
    }
}

#[async_trait]
impl Lookup for Provider {
    async fn lookup_payment(&self, _: &Expected) -> Result<PaymentState, Error> {
        Ok(PaymentState::new(Some("c-1".to_owned()), PaymentStatus::Succeeded, true, Some(amount())))
    }
}

#[async_trait]
impl Retrieve for Provider {
    async fn retrieve(&self, _: &str, expected: &Expected) -> Result<PaymentState, Error> {
        self.lookup_payment(expected).await
    }
}

/// A shop with a journal, and a router without any handler of its own.
struct Shop {
    journal: Journal<UnreliableStore>,
    store: UnreliableStore,
    clock: ManualClock,
    app: Router,
}

impl Shop {
    fn new() -> Self {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let store = UnreliableStore::new(MemoryStore::with_clock(clock.clone()));
        let keys = JournalKeys::new("1", JournalKey::new("00112233445566778899aabbccddeeff").unwrap()).unwrap();
        let gateway = |provider, capabilities| Gateway::new(Account::at(provider), &capabilities);
        let journal = Journal::builder(store.clone(), keys)
            .gateway(gateway("turbopay", turbopay::Client::capabilities()).pays_out(Provider).looks_up(Provider))
            .gateway(
                gateway("turbo-txn", turbo_txn::Client::capabilities()).starts_payments(Provider).looks_up(Provider),
            )
            .gateway(gateway("card3ds", card3ds::Client::capabilities()).starts_payments(Provider).retrieves(Provider))
            .clock(clock.clone())
            .timer(clock.clone())
            .build()
            .unwrap();
        let app = Router::new()
            .route("/turbopay", post(Inbox::new(journal.clone(), "turbopay", verifier())))
            .route("/turbo-txn", post(Inbox::new(journal.clone(), "turbo-txn", decryptor())))
            .route("/checkout", post(Inbox::new(journal.clone(), "card3ds", HostedCheckoutCallback)));
        Self { journal, store, clock, app }
    }

    /// Records an intent, sends it, and returns its id. The provider accepts it.
    async fn execute(&self, provider: &str, request: impl Into<Stored>) -> IntentId {
        let mut transaction = self.store.memory.begin();
        let recorded = self.journal.record(&mut transaction, &Intent::new(provider, request)).await.unwrap();
        transaction.commit().unwrap();
        let ticket = recorded.ticket();
        let id = ticket.intent();
        assert_eq!(self.journal.execute(ticket).await.unwrap().state, State::Pending);
        id
    }

    async fn pay_out(&self) -> IntentId {
        self.execute("turbopay", PayoutRequest::new("O_7", amount(), "C_1", "50100012345678", "HDFC0000001")).await
    }

    async fn state(&self, id: IntentId) -> State {
        self.journal.report(id).await.unwrap().state
    }

    async fn post(&self, path: &str, signature: Option<&str>, body: &str) -> (StatusCode, String) {
        post_to(self.app.clone(), path, signature, body).await
    }

    fn messages(&self) -> Vec<Message> {
        self.store.messages.lock().unwrap().clone()
    }
}

async fn post_to(app: Router, path: &str, signature: Option<&str>, body: &str) -> (StatusCode, String) {
    let request = signature
        .into_iter()
        .fold(Request::post(path), |request, signature| request.header("x-pay-signature", signature));
    let response = app.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn amount() -> Money {
    Money::from_minor(20_000, Currency::INR)
}

fn verifier() -> WebhookVerifier {
    WebhookVerifier::new(WebhookKey::new(SECRET).unwrap())
}

fn decryptor() -> CallbackDecryptor {
    CallbackDecryptor::new(CallbackKey::new(CALLBACK_KEY).unwrap())
}

fn sign(body: &str) -> String {
    turbopay::test_util::sign(&WebhookKey::new(SECRET).unwrap(), body.as_bytes())
}

const PAID: &str = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;

#[tokio::test]
async fn a_signed_delivery_is_stored_and_applied_before_it_is_acknowledged() {
    let shop = Shop::new();
    let id = shop.pay_out().await;

    assert_eq!(shop.post("/turbopay", Some(&sign(PAID)), PAID).await, (StatusCode::OK, String::new()));

    assert_eq!(shop.messages().len(), 1);
    assert_eq!(shop.state(id).await, State::Succeeded);
}

#[tokio::test]
async fn a_delivery_that_cannot_be_stored_is_not_acknowledged_and_counts_when_it_is_sent_again() {
    let shop = Shop::new();
    let id = shop.pay_out().await;
    let signature = sign(PAID);

    shop.store.breaks(true);
    let response = shop.post("/turbopay", Some(&signature), PAID).await;
    assert_eq!(response, (StatusCode::SERVICE_UNAVAILABLE, String::new()));
    assert_eq!((shop.messages().len(), shop.state(id).await), (0, State::Pending));

    shop.store.breaks(false);
    assert_eq!(shop.post("/turbopay", Some(&signature), PAID).await.0, StatusCode::OK);
    assert_eq!((shop.messages().len(), shop.state(id).await), (1, State::Succeeded));
}

#[tokio::test]
async fn a_repeated_delivery_is_acknowledged_and_has_no_second_effect() {
    let shop = Shop::new();
    let id = shop.pay_out().await;
    let signature = sign(PAID);

    shop.post("/turbopay", Some(&signature), PAID).await;
    let evidence = shop.journal.report(id).await.unwrap().evidence;
    assert_eq!(shop.post("/turbopay", Some(&signature), PAID).await.0, StatusCode::OK);

    assert_eq!(shop.journal.report(id).await.unwrap().evidence, evidence);
}

#[tokio::test]
async fn a_delivery_before_its_intent_is_kept_and_applied_later() {
    let shop = Shop::new();
    assert_eq!(shop.post("/turbopay", Some(&sign(PAID)), PAID).await.0, StatusCode::OK);

    let id = shop.pay_out().await;
    shop.journal.worker().run_due().await.unwrap();

    assert_eq!(shop.state(id).await, State::Succeeded);
}

#[tokio::test]
async fn a_forged_or_unreadable_delivery_stores_nothing() {
    let shop = Shop::new();
    let id = shop.pay_out().await;
    for (path, signature, body, status) in [
        ("/turbopay", None, PAID, StatusCode::BAD_REQUEST),
        ("/turbopay", Some(sign("another body")), PAID, StatusCode::BAD_REQUEST),
        ("/turbopay", Some(sign("{}")), "{}", StatusCode::INTERNAL_SERVER_ERROR),
        ("/turbo-txn", None, r#"{"encryptedData":"AAAA"}"#, StatusCode::BAD_REQUEST),
        ("/checkout", None, "checkoutId=../p", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(shop.post(path, signature.as_deref(), body).await, (status, String::new()), "{path} {body}");
    }
    let long = format!("{PAID}{}", " ".repeat(256 * 1024));
    assert_eq!(shop.post("/turbopay", Some(&sign(&long)), &long).await.0, StatusCode::PAYLOAD_TOO_LARGE);

    assert_eq!((shop.messages(), shop.state(id).await), (Vec::new(), State::Pending));
}

#[tokio::test]
async fn an_unverified_callback_makes_a_lookup_due_and_proves_nothing() {
    let text = br#"{"utr":"1","amount":200,"orderId":"O_7","txnStatus":"Approved"}"#;
    let callback = turbo_txn::test_util::callback(&CallbackKey::new(CALLBACK_KEY).unwrap(), [7; 16], text);
    for (provider, path, body, acknowledgement) in
        [("turbo-txn", "/turbo-txn", callback.as_str(), "OK"), ("card3ds", "/checkout", "checkoutId=c-1", "")]
    {
        let shop = Shop::new();
        let id = shop.execute(provider, PaymentRequest::new("O_7", amount())).await;
        let polled_at = shop.journal.report(id).await.unwrap().due_at.unwrap();

        let response = shop.post(path, None, body).await;

        assert_eq!(response, (StatusCode::OK, acknowledgement.to_owned()), "{provider}");
        assert!(shop.messages()[0].is_hint(), "{provider}");
        let report = shop.journal.report(id).await.unwrap();
        assert_eq!(report.state, State::Pending, "{provider}");
        assert!(report.due_at.unwrap() < polled_at, "{provider}: {report:?}");
        shop.clock.advance(Duration::from_secs(3));
        shop.journal.worker().run_due().await.unwrap();
        assert_eq!(shop.state(id).await, State::Succeeded, "{provider}");
    }
}

#[derive(Clone, FromRef)]
struct Handlers {
    turbopay: Inbox<WebhookVerifier>,
    seen: Seen,
}

async fn on_turbopay(
    AxumState(seen): AxumState<Seen>,
    JournaledWebhook(event, receipt): JournaledWebhook<WebhookVerifier>,
) -> StatusCode {
    seen.lock().unwrap().push((event.merchant_order_id.to_string(), receipt));
    StatusCode::ACCEPTED
}

#[tokio::test]
async fn a_handler_runs_after_its_delivery_is_stored_and_never_without() {
    let shop = Shop::new();
    let id = shop.pay_out().await;
    let seen = Arc::default();
    let turbopay = Inbox::new(shop.journal.clone(), "turbopay", verifier());
    let app = Router::new().route("/turbopay", post(on_turbopay));
    let app = app.with_state(Handlers { turbopay, seen: Arc::clone(&seen) });
    let signature = sign(PAID);

    shop.store.breaks(true);
    let response = post_to(app.clone(), "/turbopay", Some(&signature), PAID).await;
    assert_eq!((response.0, seen.lock().unwrap().len()), (StatusCode::SERVICE_UNAVAILABLE, 0));

    shop.store.breaks(false);
    for _ in 0..2 {
        assert_eq!(post_to(app.clone(), "/turbopay", Some(&signature), PAID).await.0, StatusCode::ACCEPTED);
    }
    let received = |receipt| ("O_7".to_owned(), receipt);
    let expected = [received(Receipt::Applied(vec![id])), received(Receipt::Repeated)];
    assert_eq!(*seen.lock().unwrap(), expected);
}
