//! Two versions of an application on one `PostgreSQL` database: a worker leaves what it does not know to the newer one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{Recovery, WriteOperation};
use payments_core::{Currency, Error, Money, PaymentStatus};
use payments_journal::{
    Accepted, Executor, Gateway, Instruction, Intent, IntentId, Journal, JournalError, JournalKey, JournalKeys,
    Observation, Response, Rules, Settings, State,
};
use payments_journal_sqlx::PostgresStore;
use payments_test_postgres::Server;
use sqlx::AssertSqlSafe;

/// Sends transfers whose stored form has at most this version, and notes which it has sent.
#[derive(Clone)]
struct Transfers {
    newest: u32,
    sent: Arc<Mutex<Vec<(String, u32)>>>,
}

#[async_trait]
impl Executor for Transfers {
    fn rules(&self) -> Rules {
        Rules { strategies: &[Recovery::Nothing], transitions: &[], operation: WriteOperation::PayOut }
    }

    fn understands(&self, version: u32) -> bool {
        version <= self.newest
    }

    async fn execute(&self, instruction: &Instruction) -> Result<Accepted, Error> {
        self.sent.lock().unwrap().push((instruction.key.reference.clone(), instruction.version));
        let seen = Observation::Status { status: PaymentStatus::Succeeded, is_final: true };
        Ok(Accepted { seen, provider_id: None, response: Response::Native(Box::new(())) })
    }
}

/// A version of the application, as another process has it.
struct Application {
    journal: Journal<PostgresStore>,
    sent: Arc<Mutex<Vec<(String, u32)>>>,
    problems: Arc<Mutex<Vec<(IntentId, String)>>>,
}

impl Application {
    fn new(store: &PostgresStore, newest: u32) -> Self {
        let sent = Arc::default();
        let gateway = Gateway::new("turbopay".into(), &turbopay::Client::capabilities());
        let gateway = gateway.native("transfer", Transfers { newest, sent: Arc::clone(&sent) });
        let mut settings = Settings::default();
        (settings.concurrency, settings.poll_interval) = (2, Duration::from_millis(20));
        let keys = JournalKeys::new("2026", JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap()).unwrap();
        let journal = Journal::builder(store.clone(), keys).gateway(gateway).settings(settings).build().unwrap();
        Self { journal, sent, problems: Arc::default() }
    }

    async fn record(&self, reference: &str, version: u32) -> IntentId {
        let amount = Some(Money::from_minor(50_000, Currency::INR));
        let intent = Intent::native("turbopay", "transfer", reference, amount, version, &"an account").unwrap();
        let mut transaction = self.journal.store().pool().begin().await.unwrap();
        let id = self.journal.record(&mut transaction, &intent).await.unwrap().ticket().intent();
        transaction.commit().await.unwrap();
        id
    }

    /// Works until these intents have succeeded.
    async fn work_until_done(&self, ids: &[IntentId]) {
        let problems = Arc::clone(&self.problems);
        let worker = self.journal.worker().on_problem(move |id, error| {
            let problem = match error {
                JournalError::NoClient { version, .. } => format!("no client of version {version}"),
                other => other.to_string(),
            };
            problems.lock().unwrap().push((id, problem));
        });
        let done = async {
            for id in ids {
                while self.journal.report(*id).await.unwrap().state != State::Succeeded {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), worker.run(done)).await.unwrap();
    }

    fn sent(&self) -> Vec<(String, u32)> {
        let mut sent = self.sent.lock().unwrap().clone();
        sent.sort();
        sent
    }
}

async fn store(server: &Server, name: &str) -> PostgresStore {
    let options = server.create(&format!("versions_{}_{name}", std::process::id()), None).await.unwrap();
    let store = PostgresStore::connect(options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn named(kind: &str, version: u32) -> Vec<(String, u32)> {
    (0..20).map(|number| (format!("{kind}-{number:02}"), version)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_leaves_parameters_of_a_newer_version_to_the_newer_worker() {
    let Some(server) = Server::of_test() else { return };
    let store = store(&server, "parameters").await;
    let (old, new) = (Application::new(&store, 1), Application::new(&store, 2));
    // What the old worker does not know is due first.
    let (mut newer, mut older) = (Vec::new(), Vec::new());
    for (reference, version) in named("new", 2) {
        newer.push(new.record(&reference, version).await);
    }
    for (reference, version) in named("old", 1) {
        older.push(old.record(&reference, version).await);
    }

    old.work_until_done(&older).await;

    assert_eq!(old.sent(), named("old", 1));
    for id in &newer {
        let report = old.journal.report(*id).await.unwrap();
        assert_eq!((report.state, report.evidence.len(), report.problem), (State::Intended, 0, None));
    }
    let problems = old.problems.lock().unwrap().clone();
    assert!(!problems.is_empty());
    assert!(problems.iter().all(|(id, problem)| newer.contains(id) && problem == "no client of version 2"));

    tokio::join!(old.work_until_done(&newer), new.work_until_done(&newer));

    assert_eq!((old.sent(), new.sent()), (named("old", 1), named("new", 2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_leaves_an_intent_with_evidence_of_a_kind_that_it_does_not_know() {
    let Some(server) = Server::of_test() else { return };
    let store = store(&server, "evidence").await;
    let application = Application::new(&store, 1);
    let unknown = application.record("old-00", 1).await;
    let known = application.record("old-01", 1).await;
    let newer = format!(
        "INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
         VALUES ({}, 1, 1767322245000, '{{\"certified\":{{}}}}', 'certificate')",
        unknown.number()
    );
    sqlx::raw_sql(AssertSqlSafe(newer)).execute(store.pool()).await.unwrap();

    application.work_until_done(&[known]).await;

    assert_eq!(application.sent(), [("old-01".to_owned(), 1)]);
    assert!(
        application.problems.lock().unwrap().iter().any(|(id, problem)| *id == unknown && problem.contains("fact"))
    );
    let row = "SELECT state || ' ' || epoch || ' ' || tries FROM payments_intents WHERE reference = 'old-00'";
    let row: String = sqlx::query_scalar(row).fetch_one(store.pool()).await.unwrap();
    assert_eq!(row, "intended 0 0");
}
