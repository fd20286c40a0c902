//! The journal records 3-D Secure completions: one callback charges the card once, judged by the sandbox's ledger.

use std::collections::BTreeMap;
use std::time::Duration;

use payments::card3ds::{Payment, PaymentId, ThreeDsCallback, Unverified};
use payments::gateway::PaymentRequest;
use payments::journal::memory::MemoryStore;
use payments::journal::{
    Executed, Intent, IntentId, Journal, JournalError, JournalKey, JournalKeys, Recorded, Response, Review, State,
    StoreError, Ticket,
};
use payments::journaled::ThreeDsCompletions;
use payments::payments_core::test_util::{Reply, Script};
use payments::{Card, Expiry, Money, Outcome, card3ds, journaled};
use payments_sandbox::{Record, RecordKind, Sandbox};

use crate::support::{card, card3ds_builder, card3ds_client, lira};

/// The books of a merchant, a process that uses them, and a challenge that the customer has passed.
struct Shop {
    sandbox: Sandbox,
    store: MemoryStore,
    journal: Journal<MemoryStore>,
    payment_id: PaymentId,
}

impl Shop {
    async fn new() -> Self {
        Self::with_card(card()).await
    }

    async fn with_card(card: Card) -> Self {
        let sandbox = Sandbox::builder().start().await;
        let store = MemoryStore::with_clock(sandbox.clock());
        let journal = process(&sandbox, &store, card3ds_client(&sandbox));
        let request = PaymentRequest::new("order-1", price())
            .card(card)
            .customer_address("198.51.100.7:52144".parse().unwrap())
            .return_url("http://127.0.0.1:9/success")
            .failure_url("http://127.0.0.1:9/failure");
        let start = Intent::new("card3ds", request).expires_after(Duration::from_secs(60));
        let ticket = record(&store, &journal, &start).await.ticket();
        let Some(Response::Started(started)) = journal.execute(ticket).await.unwrap().response else {
            panic!("no payment was started")
        };
        let payment_id: PaymentId = started.id.unwrap().parse().unwrap();
        sandbox.card3ds().challenge(payment_id.as_str()).approve();
        Self { sandbox, store, journal, payment_id }
    }

    /// The form that the browser posts, and posts again if the page is reloaded.
    fn callback(&self) -> Unverified<ThreeDsCallback> {
        ThreeDsCallback::parse(&self.sandbox.deliveries().last().unwrap().body).unwrap()
    }

    fn intent(&self) -> Intent {
        ThreeDsCompletions::intent("card3ds", "order-1", price(), &self.payment_id, self.callback()).unwrap()
    }

    async fn record(&self, intent: &Intent) -> Recorded {
        record(&self.store, &self.journal, intent).await
    }

    /// What the handler of the posted form does.
    async fn complete(&self) -> Executed {
        let ticket = self.record(&self.intent()).await.ticket();
        self.journal.execute(ticket).await.unwrap()
    }

    /// A worker of a process that never had the callback.
    async fn work(&self) {
        process(&self.sandbox, &self.store, card3ds_client(&self.sandbox)).worker().run_due().await.unwrap();
    }

    async fn verdict(&self, id: IntentId) -> (State, Option<Review>) {
        let report = self.journal.report(id).await.unwrap();
        assert_eq!(report.key.operation, ThreeDsCompletions::OPERATION);
        (report.state, report.review)
    }

    /// Counts the completions that arrived at the provider.
    fn requests(&self) -> usize {
        let records = self.sandbox.records();
        let is_completion =
            |record: &&Record| record.kind == RecordKind::Request && record.operation == Some("complete-3ds");
        records.iter().filter(is_completion).count()
    }

    fn charges(&self) -> usize {
        self.sandbox.ledger().executions("card3ds.complete-3ds")
    }
}

fn price() -> Money {
    lira("100.50")
}

fn process(sandbox: &Sandbox, store: &MemoryStore, client: card3ds::Client) -> Journal<MemoryStore> {
    let keys = JournalKeys::new("1", JournalKey::new("00112233445566778899aabbccddeeff").unwrap()).unwrap();
    let journal = Journal::builder(store.clone(), keys).clock(sandbox.clock()).timer(sandbox.clock());
    journal.gateway(journaled::card3ds("card3ds", client)).build().unwrap()
}

async fn record(store: &MemoryStore, journal: &Journal<MemoryStore>, intent: &Intent) -> Recorded {
    let mut transaction = store.begin();
    let recorded = journal.record(&mut transaction, intent).await.unwrap();
    transaction.commit().unwrap();
    recorded
}

#[tokio::test]
async fn a_callback_charges_the_card_once_however_often_the_page_is_reloaded() {
    let shop = Shop::new().await;

    // The start of the payment has the same reference, and is an intent of its own.
    let executed = shop.complete().await;

    assert_eq!(executed.state, State::Succeeded);
    let Some(Response::Native(response)) = executed.response else { panic!("no response") };
    assert_eq!(response.downcast::<Payment>().unwrap().amount(), Ok(price()));
    for _ in 0..2 {
        let again = shop.record(&shop.intent()).await;
        let Recorded::Existing(ticket, State::Succeeded) = again else { panic!("{again:?}") };
        assert_eq!(
            shop.journal.report(ticket.intent()).await.unwrap().provider_id.as_deref(),
            Some(shop.payment_id.as_str())
        );
        assert_eq!(shop.journal.execute(ticket).await.unwrap().state, State::Succeeded);
        shop.work().await;
    }
    assert_eq!((shop.requests(), shop.charges()), (1, 1));
    shop.sandbox.ledger().order("order-1").executed_once();
    shop.sandbox.finish();
}

#[tokio::test]
async fn a_callback_of_another_payment_is_an_error_before_anything_is_recorded() {
    let shop = Shop::new().await;
    let other: PaymentId = "123e4567-e89b-12d3-a456-426614174000".parse().unwrap();

    let error = ThreeDsCompletions::intent("card3ds", "order-1", price(), &other, shop.callback()).unwrap_err();

    assert_eq!(error.field(), "callback");
    // The order's payment id was replaced after the first callback was recorded.
    shop.record(&shop.intent()).await;
    let form = format!("paymentId={other}&securityKey=another-key");
    let late = ThreeDsCallback::parse(form.as_bytes()).unwrap();
    let late = ThreeDsCompletions::intent("card3ds", "order-1", price(), &other, late).unwrap();
    let refused = shop.journal.record(&mut shop.store.begin(), &late).await;
    assert!(matches!(refused, Err(JournalError::Different { .. })), "{refused:?}");
    assert_eq!(shop.requests(), 0);
    shop.sandbox.finish();
}

#[tokio::test]
async fn only_a_process_with_the_callback_sends_a_completion_and_without_one_it_is_abandoned() {
    let shop = Shop::new().await;
    let ticket = shop.record(&shop.intent()).await.ticket();
    let id = ticket.intent();

    // The worker of the same process, and another process that finds the intent.
    shop.journal.worker().run_due().await.unwrap();
    let other = process(&shop.sandbox, &shop.store, card3ds_client(&shop.sandbox));
    let executed = other.execute(Ticket::of(id)).await.unwrap();
    assert_eq!((executed.state, executed.error.is_none()), (State::Intended, true));
    shop.sandbox.clock().advance(ThreeDsCompletions::EXPIRES_AFTER - Duration::from_secs(1));
    shop.work().await;
    assert_eq!(shop.verdict(id).await, (State::Intended, None));
    shop.sandbox.clock().advance(Duration::from_secs(1));
    shop.work().await;

    assert_eq!(shop.verdict(id).await, (State::Abandoned, None));
    // The handler comes too late, and so does the reload of the page.
    assert_eq!(shop.journal.execute(ticket).await.unwrap().state, State::Abandoned);
    assert_eq!(shop.complete().await.state, State::Abandoned);
    assert_eq!(shop.requests(), 0);
    shop.sandbox.ledger().order("order-1").never_executed();
    shop.sandbox.finish();
}

#[tokio::test]
async fn after_a_crash_before_the_request_a_reload_of_the_page_completes_the_payment() {
    let shop = Shop::new().await;
    drop(shop.record(&shop.intent()).await);
    let restarted = process(&shop.sandbox, &shop.store, card3ds_client(&shop.sandbox));

    let recorded = record(&shop.store, &restarted, &shop.intent()).await;

    let Recorded::Existing(ticket, State::Intended) = recorded else { panic!("{recorded:?}") };
    assert_eq!(restarted.execute(ticket).await.unwrap().state, State::Succeeded);
    assert_eq!((shop.requests(), shop.charges()), (1, 1));
    shop.sandbox.finish();
}

#[tokio::test]
async fn a_completion_that_was_not_sent_is_sent_when_the_page_is_reloaded() {
    let shop = Shop::new().await;
    let unreachable = card3ds_builder(&shop.sandbox).transport(Script::new((0..5).map(|_| Reply::not_connected())));
    let offline = process(&shop.sandbox, &shop.store, unreachable.build().unwrap());

    let ticket = record(&shop.store, &offline, &shop.intent()).await.ticket();
    let executed = offline.execute(ticket).await.unwrap();

    assert_eq!((executed.state, executed.error.unwrap().outcome()), (State::Intended, Outcome::NotSent));
    shop.work().await;
    assert_eq!(shop.requests(), 0);
    assert_eq!(shop.complete().await.state, State::Succeeded);
    assert_eq!((shop.requests(), shop.charges()), (1, 1));
    shop.sandbox.finish();
}

#[tokio::test]
async fn a_lost_response_needs_a_review_and_nothing_is_sent_again() {
    for (phase, charges) in [("after-commit", 1), ("before-commit", 0)] {
        let shop = Shop::new().await;
        shop.sandbox.fault(&format!("card3ds.complete-3ds#1 @{phase} fin"));

        let ticket = shop.record(&shop.intent()).await.ticket();
        let id = ticket.intent();
        let executed = shop.journal.execute(ticket).await.unwrap();

        assert_eq!((executed.state, executed.error.unwrap().outcome()), (State::Unknown, Outcome::Unknown), "{phase}");
        shop.work().await;
        assert_eq!(shop.verdict(id).await, (State::NeedsReview, Some(Review::NothingToAsk)), "{phase}");
        assert_eq!(shop.complete().await.state, State::NeedsReview, "{phase}");
        assert_eq!((shop.requests(), shop.charges()), (1, charges), "{phase}");
        shop.sandbox.finish();
    }
}

#[tokio::test]
async fn a_crash_after_the_request_needs_a_review_as_soon_as_the_lease_is_over() {
    let shop = Shop::new().await;
    shop.sandbox.fault("card3ds.complete-3ds#1 @after-commit stall");
    // Its waits are real, so it waits until the process ends.
    let simulated = shop.sandbox.card3ds();
    let key = card3ds::ApiKey::new(simulated.api_key()).unwrap();
    let client = card3ds::Client::builder(key, card3ds::ApiSecret::new(simulated.api_secret()).unwrap());
    let client = client.base_url(simulated.base_url()).clock(shop.sandbox.clock()).build().unwrap();
    let journal = process(&shop.sandbox, &shop.store, client);
    let ticket = record(&shop.store, &journal, &shop.intent()).await.ticket();
    let id = ticket.intent();
    let dying = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    drop(dying.spawn(async move { journal.execute(ticket).await.map(drop) }));
    until("the card is charged", || shop.charges() == 1).await;

    // While the request is in progress, a reload of the page sends nothing.
    let reload = shop.complete().await;
    assert_eq!((reload.state, reload.response.is_none()), (State::Sending, true));
    dying.shutdown_background();
    shop.work().await;
    assert_eq!(shop.verdict(id).await, (State::Sending, None));
    shop.sandbox.clock().advance(Duration::from_secs(91));
    shop.work().await;

    assert_eq!(shop.verdict(id).await, (State::NeedsReview, Some(Review::NothingToAsk)));
    assert_eq!(shop.complete().await.state, State::NeedsReview);
    assert_eq!((shop.requests(), shop.charges()), (1, 1));
    shop.sandbox.finish();
}

/// Polls until something is so. The limit is far above what it takes.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), wait).await.is_ok(), "{what}: not within a minute");
}

#[tokio::test]
async fn a_declined_card_fails_and_a_wrong_key_is_refused() {
    let (number, code) = ("4000000000000002".parse().unwrap(), "916".parse().unwrap());
    let shop = Shop::with_card(Card::new("John Doe", number, Expiry::new(4, 2028).unwrap(), code)).await;
    let executed = shop.complete().await;
    let Some(Response::Native(response)) = executed.response else { panic!("no response") };
    let message = response.downcast::<Payment>().unwrap().result_message;
    assert_eq!((executed.state, message.as_deref()), (State::Failed, Some("The card was declined")));
    assert_eq!(shop.complete().await.state, State::Failed);
    assert_eq!((shop.requests(), shop.charges()), (1, 0));
    shop.sandbox.finish();

    let shop = Shop::new().await;
    let form = format!("paymentId={}&securityKey=not-the-key", shop.payment_id);
    let forged = ThreeDsCallback::parse(form.as_bytes()).unwrap();
    let forged = ThreeDsCompletions::intent("card3ds", "order-1", price(), &shop.payment_id, forged).unwrap();
    let ticket = shop.record(&forged).await.ticket();
    let executed = shop.journal.execute(ticket).await.unwrap();
    assert_eq!((executed.state, executed.error.unwrap().outcome()), (State::Refused, Outcome::Refused));
    assert_eq!((shop.requests(), shop.charges()), (1, 0));
    shop.sandbox.finish();
}

#[tokio::test]
async fn a_charge_of_another_order_or_amount_needs_a_review() {
    for (reference, amount) in [("order-2", price()), ("order-1", lira("100.49")), ("order-1", lira("1.00"))] {
        let shop = Shop::new().await;
        let intent = ThreeDsCompletions::intent("card3ds", reference, amount, &shop.payment_id, shop.callback());

        let ticket = shop.record(&intent.unwrap()).await.ticket();
        let id = ticket.intent();
        let state = shop.journal.execute(ticket).await.unwrap().state;

        assert_eq!((state, shop.charges()), (State::NeedsReview, 1), "{reference} {amount}");
        assert_eq!(shop.verdict(id).await.1, Some(Review::Contradiction), "{reference} {amount}");
        shop.sandbox.finish();
    }
}

#[tokio::test]
async fn each_response_is_taken_for_what_it_proves() {
    let shop = Shop::new().await;
    let order = |members: &str| format!(r#"{{"paymentId":"{}",{members}}}"#, shop.payment_id);
    let paid = r#""status":"SUCCESS","orderId":"order-1","amount":100.50,"currency":"TRY""#;
    let (unknown, contradiction) = (Some(Review::NothingToAsk), Some(Review::Contradiction));
    for (body, state, review) in [
        (order(paid), State::Succeeded, None),
        (order(&paid.replace("100.50", "100.51")), State::NeedsReview, contradiction),
        (order(&paid.replace("TRY", "USD")), State::NeedsReview, contradiction),
        (order(&paid.replace("order-1", "order-2")), State::NeedsReview, contradiction),
        (order(r#""status":"SUCCESS","orderId":"order-1""#), State::NeedsReview, contradiction),
        (order(r#""status":"SUCCESS","amount":100.50,"currency":"TRY""#), State::NeedsReview, contradiction),
        (order(r#""status":"FAILED""#), State::Failed, None),
        (order(r#""status":"FAILED","orderId":"order-1","amount":0,"currency":"TRY""#), State::Failed, None),
        (order(r#""status":"FAILED","orderId":"order-2""#), State::NeedsReview, contradiction),
        (order(r#""status":"FAILED","resultMessage":"Duplicate: already paid""#), State::NeedsReview, unknown),
        (order(r#""status":"ENROLLED","orderId":"order-1""#), State::NeedsReview, unknown),
        (order(r#""status":"SETTLING","orderId":"order-1""#), State::NeedsReview, unknown),
        ("<html>502</html>".to_owned(), State::NeedsReview, unknown),
    ] {
        let store = MemoryStore::with_clock(shop.sandbox.clock());
        let client = card3ds_builder(&shop.sandbox).transport(Script::new([Reply::json(200, &body)]));
        let journal = process(&shop.sandbox, &store, client.build().unwrap());

        let ticket = record(&store, &journal, &shop.intent()).await.ticket();
        let id = ticket.intent();
        journal.execute(ticket).await.unwrap();
        journal.worker().run_due().await.unwrap();

        let report = journal.report(id).await.unwrap();
        assert_eq!((report.state, report.review), (state, review), "{body}");
    }
    shop.sandbox.finish();
}

#[tokio::test]
async fn an_intent_that_this_version_cannot_send_is_not_sent() {
    let shop = Shop::new().await;
    let native = |reference: &str, version, members: &[(&str, &str)]| {
        let parameters: BTreeMap<&str, &str> = members.iter().copied().collect();
        let operation = ThreeDsCompletions::OPERATION;
        Intent::native("card3ds", operation, reference, Some(price()), version, &parameters).unwrap()
    };
    let payment_id = ("payment_id", shop.payment_id.as_str());
    let with_callback = |intent: Intent| intent.in_memory(shop.callback()).expires_after(Duration::from_secs(60));

    let unreadable: [(&str, &[(&str, &str)]); 3] =
        [("order-4", &[]), ("order-5", &[("payment_id", "")]), ("order-6", &[payment_id, ("installments", "3")])];
    for (reference, members) in unreadable {
        let ticket = shop.record(&with_callback(native(reference, 1, members))).await.ticket();
        let result = shop.journal.execute(ticket).await;
        let is_unreadable = matches!(&result, Err(JournalError::Store(StoreError::Unreadable { .. })));
        assert!(is_unreadable, "{members:?}: {result:?}");
    }
    let ticket = shop.record(&with_callback(native("order-2", 2, &[payment_id]))).await.ticket();
    let newer = shop.journal.execute(ticket).await;
    assert!(matches!(newer, Err(JournalError::NoClient { .. })), "{newer:?}");
    // Made without a callback, no process can ever send it.
    let ticket = shop.record(&native("order-3", 1, &[payment_id])).await.ticket();
    let executed = shop.journal.execute(ticket).await.unwrap();
    assert_eq!((executed.state, executed.error.unwrap().outcome()), (State::Abandoned, Outcome::NotSent));
    assert_eq!(shop.requests(), 0);
    shop.sandbox.finish();
}
