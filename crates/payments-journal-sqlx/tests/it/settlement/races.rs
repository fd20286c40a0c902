//! Intents that change while a run goes on.

use async_trait::async_trait;
use payments_journal::settlement::{Coverage, Item, Line, Movement, SettlementStore, Statement, StatementError};
use payments_journal::{JournalError, State, StoreError};
use tokio::sync::oneshot;

use super::{DAY, HOUR, account, coverage, journal, kinds, line, now, reconcile, record, settle, statement};
use crate::backend::{Backend, on_both};

on_both! {
    what_changes_while_the_statement_is_read_is_no_finding,
    a_run_that_another_one_ended_finds_nothing_missing,
}

/// A statement that waits after its lines were read.
struct Interrupted {
    coverage: Coverage,
    items: Option<Vec<Item>>,
    is_read: Option<oneshot::Sender<()>>,
    goes_on: oneshot::Receiver<()>,
}

impl Interrupted {
    /// A statement, and what is sent after its lines were read, and before it ends.
    fn new(coverage: Coverage, lines: &[Line]) -> (Self, oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (is_read, was_read) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel();
        let items = Some(lines.iter().cloned().map(Item::from).collect());
        (Self { coverage, items, is_read: Some(is_read), goes_on }, was_read, go_on)
    }
}

#[async_trait]
impl Statement for Interrupted {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, StatementError> {
        if let Some(items) = self.items.take() {
            return Ok(Some(items));
        }
        if let Some(is_read) = self.is_read.take() {
            is_read.send(()).unwrap();
            (&mut self.goes_on).await?;
        }
        Ok(None)
    }
}

async fn what_changes_while_the_statement_is_read_is_no_finding(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["reversed", "failed", "resent"].map(str::to_owned)).await;
    settle(&database, "reference = 'reversed'", State::Succeeded, now() - DAY).await;
    let coverage = Coverage::new([Movement::Payout], now() - 2 * DAY..now() + HOUR).current().lists_everything();
    let (statement, was_read, go_on) = Interrupted::new(coverage, &[line("reversed"), line("failed")]);
    let mut run = journal(database.store()).reconcile(account(), statement);
    let changes = async {
        was_read.await.unwrap();
        // Recorded and executed, and events about older ones.
        record(&database, ["new".to_owned()]).await;
        settle(&database, "reference = 'new'", State::Succeeded, now()).await;
        settle(&database, "reference = 'failed'", State::Failed, now()).await;
        settle(&database, "reference = 'resent'", State::Succeeded, now()).await;
        settle_again(&database, "reversed", State::Reversed).await;
        go_on.send(()).unwrap();
    };

    let (found, ()) = tokio::join!(run.try_next(), changes);

    assert_eq!(found.unwrap(), None);
    assert_eq!((run.progress().matched, run.progress().unresolved), (1, 1));
}

/// A change just now.
async fn settle_again<B: Backend>(database: &B, reference: &str, state: State) {
    let statements = format!(
        "INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
         SELECT id, 3, {}, '\"not_found\"', 'event' FROM payments_intents WHERE reference = '{reference}'; \
         UPDATE payments_intents SET state = '{state}' WHERE reference = '{reference}'",
        now().unix_timestamp() * 1000
    );
    database.sql(&statements).await.unwrap();
}

async fn a_run_that_another_one_ended_finds_nothing_missing(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["order".to_owned()]).await;
    settle(&database, "reference = 'order'", State::Succeeded, now() - DAY).await;
    let (interrupted, was_read, go_on) = Interrupted::new(coverage(), &[line("order")]);
    let mut run = journal(database.store()).reconcile(account(), interrupted);
    // In a task, as an application does.
    let first = tokio::spawn(async move { run.try_next().await });
    was_read.await.unwrap();
    let (findings, _) = reconcile(database.store(), statement([line("order")])).await;
    assert_eq!(kinds(&findings), []);
    go_on.send(()).unwrap();

    let error = first.await.unwrap().unwrap_err();

    assert!(matches!(error, JournalError::Store(StoreError::RunEnded)), "{error}");
    assert_eq!(journal(database.store()).findings(None, 10).await.unwrap(), []);
}
