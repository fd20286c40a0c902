//! Payments at the sandbox, whose ledger judges what the journal has done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payments_core::gateway::PaymentRequest;
use payments_core::{Currency, Money};
use payments_journal::{
    Account, Backoff, Gateway, Intent, IntentId, Journal, JournalKey, JournalKeys, Settings, State, Store as _,
};
use payments_journal_sqlx::PostgresStore;
use payments_sandbox::turbo_txn::Settings as Provider;
use payments_sandbox::{Ledger, Sandbox};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::broadcast::Sender;
use tokio::task::JoinSet;
use turbo_txn::{Client, ClientId, SecretKey};

/// A provider that executes each request, however often it arrives, and finds an order by its reference.
pub(super) struct Judge {
    pub(super) sandbox: Sandbox,
    /// How often a worker was told that the database failed.
    failures: Arc<AtomicUsize>,
}

impl Judge {
    pub(super) async fn new() -> Self {
        let builder = Sandbox::builder().seed(7).turbo_txn(Provider::default().unadjusted_amounts());
        Self { sandbox: builder.without_timeline().start().await, failures: Arc::default() }
    }

    pub(super) fn journal(&self, store: PostgresStore) -> Journal<PostgresStore> {
        let provider = self.sandbox.turbo_txn();
        let (id, key) = (ClientId::new(provider.client_id()).unwrap(), SecretKey::new(provider.secret_key()).unwrap());
        let client = Client::builder(id, key).base_url(provider.base_url()).build().unwrap();
        let gateway = Gateway::new(Account::at("turbo-txn"), &Client::capabilities());
        let mut settings = Settings::default();
        settings.poll_interval = Duration::from_millis(50);
        settings.call_timeout = Duration::from_secs(11);
        settings.lease_margin = Duration::from_millis(500);
        settings.in_flight = Duration::from_millis(500);
        settings.lookups = 2;
        settings.backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(200));
        let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
        Journal::builder(store, JournalKeys::new("1", key).unwrap())
            .gateway(gateway.starts_payments(client.clone()).looks_up(client))
            .settings(settings)
            .build()
            .unwrap()
    }

    /// Starts workers, each with a pool of its own, as in other processes.
    pub(super) async fn start(&self, options: &PgConnectOptions, count: u32) -> Workers {
        let (stop, _) = tokio::sync::broadcast::channel(1);
        let mut workers = Workers { stop, tasks: JoinSet::new() };
        for _ in 0..count {
            let worker = self.journal(store(options).await).worker();
            let (failures, problems) = (Arc::clone(&self.failures), Arc::clone(&self.failures));
            let worker = worker.on_failure(move |_| _ = failures.fetch_add(1, Ordering::SeqCst));
            let worker = worker.on_problem(move |_, _| _ = problems.fetch_add(1, Ordering::SeqCst));
            let mut stopped = workers.stop.subscribe();
            workers.tasks.spawn(async move { worker.run(async move { drop(stopped.recv().await) }).await });
        }
        workers
    }

    pub(super) fn failures(&self) -> usize {
        self.failures.load(Ordering::SeqCst)
    }

    pub(super) fn executed(&self) -> usize {
        self.sandbox.ledger().executions("turbo-txn.initiate")
    }

    pub(super) async fn wait_for_executions(&self, count: usize) {
        while self.executed() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nothing changes any more, and compares each intent with the ledger. Returns how many need a review.
    pub(super) async fn judge(&self, options: &PgConnectOptions, count: usize) -> usize {
        let store = store(options).await;
        let open = "SELECT count(*) FROM payments_intents WHERE state NOT IN ('pending', 'needs_review')";
        loop {
            let open: Result<i64, _> = sqlx::query_scalar(open).fetch_one(store.pool()).await;
            if matches!(open, Ok(0)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let ledger = self.sandbox.ledger();
        assert_eq!(ledger.double_executions(), []);
        let mut reviews = 0;
        for number in 1..=count {
            reviews += usize::from(agrees(&store, &ledger, number).await);
        }
        reviews
    }
}

/// Compares an intent with the ledger, and returns true if a person must look at it.
async fn agrees(store: &PostgresStore, ledger: &Ledger, number: usize) -> bool {
    let loaded = store.load(IntentId::new(i64::try_from(number).unwrap())).await.unwrap();
    let executions = ledger.order(&loaded.row.key.reference).executions();
    match loaded.head.state {
        State::Pending => assert_eq!(executions, 1, "{loaded:?}"),
        State::NeedsReview => return true,
        other => panic!("{other}: {loaded:?}"),
    }
    false
}

pub(super) async fn store(options: &PgConnectOptions) -> PostgresStore {
    let pool = PgPoolOptions::new().max_connections(6);
    PostgresStore::new(pool.connect_with(options.clone()).await.unwrap())
}

pub(super) struct Workers {
    stop: Sender<()>,
    tasks: JoinSet<()>,
}

impl Workers {
    pub(super) async fn stop(mut self) {
        self.stop.send(()).unwrap();
        while let Some(result) = self.tasks.join_next().await {
            result.unwrap();
        }
    }

    /// Ends the workers where they are.
    pub(super) async fn kill(mut self) {
        self.tasks.shutdown().await;
    }
}

pub(super) fn payment(reference: &str) -> Intent {
    let amount = Money::parse("300", Currency::INR).unwrap();
    let request = PaymentRequest::new(reference, amount).return_url("https://shop.example/thanks");
    Intent::new("turbo-txn", request)
}

/// Records payments, each with the number of its row in its reference.
pub(super) async fn record(judge: &Judge, options: &PgConnectOptions, numbers: std::ops::Range<usize>) {
    let store = store(options).await;
    let journal = judge.journal(store.clone());
    let mut transaction = store.pool().begin().await.unwrap();
    for number in numbers {
        journal.record(&mut transaction, &payment(&format!("P{number}"))).await.unwrap();
    }
    transaction.commit().await.unwrap();
}
