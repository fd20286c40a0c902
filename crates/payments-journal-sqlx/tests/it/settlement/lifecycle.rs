//! Findings over several runs.

use payments_core::PaymentStatus;
use payments_journal::settlement::{FindingKind, Line, SettlementStore, Statement as _};
use payments_journal::{JournalError, State, StoreError};

use super::{DAY, HOUR, account, is_empty, journal, kinds, line, now, reconcile, record, rupees, settle, statement};
use crate::backend::{Backend, on_both};

on_both! {
    a_finding_is_resolved_once_a_run_no_longer_finds_it,
    a_run_over_another_day_resolves_nothing,
    an_accepted_finding_is_open_again_once_it_changes,
    a_new_run_ends_an_earlier_one_and_removes_its_lines,
    a_statement_that_fails_leaves_no_finding,
    the_sources_of_an_account_are_independent,
}

async fn a_finding_is_resolved_once_a_run_no_longer_finds_it(database: impl Backend<Store: SettlementStore>) {
    let journal = journal(database.store());
    record(&database, ["amount", "status", "missing", "duplicate", "still"].map(str::to_owned)).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let failed = || Line { status: PaymentStatus::Failed, ..line("status") };
    let second = || line("duplicate").id("second");
    let lines = [
        line("amount").amount(rupees(1)),
        failed(),
        line("duplicate"),
        second(),
        line("orphan"),
        line("still").amount(rupees(2)),
    ];
    let (findings, _) = reconcile(database.store(), statement(lines)).await;
    assert_eq!(findings.len(), 6);

    // The provider corrects its list, and the second order is returned.
    let returned = Line { status: PaymentStatus::Refunded, ..second() };
    let lines =
        [line("amount"), line("status"), line("missing"), line("duplicate"), returned, line("still").amount(rupees(3))];
    let (findings, progress) = reconcile(database.store(), statement(lines)).await;

    assert_eq!(kinds(&findings), [(FindingKind::AmountDiffers, "still")]);
    assert_eq!(findings[0].reported, Some(rupees(3)));
    assert_eq!(progress.resolved, 5);
    assert_eq!(kinds(&journal.findings(None, 10).await.unwrap()), [(FindingKind::AmountDiffers, "still")]);
    let resolved = "SELECT kind FROM payments_findings WHERE resolved_at IS NOT NULL ORDER BY kind";
    assert_eq!(database.texts(resolved).await, ["amount_differs", "duplicate", "missing", "orphan", "status_differs"]);
    // It comes back.
    let (findings, _) = reconcile(database.store(), statement([line("status"), failed()])).await;
    assert!(kinds(&findings).contains(&(FindingKind::StatusDiffers, "status")), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.resolved_at.is_none()));
}

async fn a_run_over_another_day_resolves_nothing(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["missing", "amount"].map(str::to_owned)).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let (findings, _) =
        reconcile(database.store(), statement([line("amount").amount(rupees(1)), line("orphan")])).await;
    assert_eq!(findings.len(), 3);

    let (start, end) = (now() - 10 * DAY, now() - 9 * DAY);
    let earlier = super::Coverage::new([super::Movement::Payout], start..end);
    let lines = [Ok::<_, super::StatementError>(line("an-old-one").time(start + HOUR))];
    let (findings, progress) = reconcile(database.store(), super::Lines::new("bank", earlier, lines)).await;

    assert_eq!(kinds(&findings), [(FindingKind::Orphan, "an-old-one")]);
    assert_eq!(progress.resolved, 0);
}

async fn an_accepted_finding_is_open_again_once_it_changes(database: impl Backend<Store: SettlementStore>) {
    let journal = journal(database.store());
    let (findings, _) = reconcile(database.store(), statement([line("dashboard")])).await;
    let id = findings[0].id;

    assert!(journal.accept_finding(id, "alice").await.unwrap());
    assert!(!journal.accept_finding(id, "bob").await.unwrap());

    assert_eq!(journal.findings(None, 10).await.unwrap(), []);
    let (findings, _) = reconcile(database.store(), statement([line("dashboard")])).await;
    assert_eq!(findings[0].accepted.as_ref().map(|accepted| accepted.by.as_str()), Some("alice"));
    assert_eq!(journal.findings(None, 10).await.unwrap(), []);

    let (findings, _) = reconcile(database.store(), statement([line("dashboard").amount(rupees(7))])).await;
    assert_eq!((findings[0].id, &findings[0].accepted), (id, &None));
    assert_eq!(journal.findings(None, 10).await.unwrap().len(), 1);
    assert_eq!(journal.findings(Some(id), 10).await.unwrap(), []);
}

async fn a_new_run_ends_an_earlier_one_and_removes_its_lines(database: impl Backend<Store: SettlementStore>) {
    let journal = journal(database.store());
    let references: Vec<String> = (0..2_500).map(|number| format!("order-{number}")).collect();
    record(&database, references.iter().cloned()).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let lines = || {
        let lines = references.iter().map(|reference| line(reference));
        statement(lines.chain([line("orphan")]).collect::<Vec<_>>())
    };
    // Stopped while it reads, as if it was killed.
    let (sender, mut steps) = tokio::sync::mpsc::unbounded_channel();
    let mut stopped = journal.reconcile(account(), lines()).on_progress(move |progress| {
        sender.send(progress.lines).unwrap();
    });
    tokio::select! {
        biased;
        () = async { while steps.recv().await.unwrap() < 1_000 {} } => {}
        _ = stopped.try_next() => panic!("the run has ended"),
    }
    assert!(!is_empty(&database, "payments_settlement_lines").await);

    // Another one reads while a third one begins.
    let mut slow = lines();
    let page = slow.next_page().await.unwrap().unwrap();
    assert_eq!(page.len(), 1_000);
    let (findings, progress) = reconcile(database.store(), lines()).await;

    assert_eq!(kinds(&findings), [(FindingKind::Orphan, "orphan")]);
    assert_eq!(progress.matched, 2_500);
    assert!(is_empty(&database, "payments_settlement_lines").await);
    let error = stopped.try_next().await.unwrap_err();
    assert!(matches!(error, JournalError::Store(StoreError::RunEnded)), "{error}");
    let ended = "SELECT 'ended' FROM payments_settlements WHERE ended_at IS NOT NULL";
    assert_eq!(database.texts(ended).await.len(), 2);
    assert_eq!(database.texts("SELECT kind FROM payments_findings").await, ["orphan"]);
}

async fn a_statement_that_fails_leaves_no_finding(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["missing".to_owned()]).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let lines =
        (0..1_500).map(|number| if number < 1_200 { Ok(line(&format!("orphan-{number}"))) } else { Err("line 1200") });
    let mut run = journal(database.store()).reconcile(account(), super::Lines::new("bank", super::coverage(), lines));

    let error = run.try_next().await.unwrap_err();

    assert!(matches!(&error, JournalError::Statement(_)), "{error}");
    assert_eq!(error.to_string(), "the statement cannot be read: line 1200");
    assert!(run.try_next().await.is_err());
    assert!(is_empty(&database, "payments_findings").await);
}

async fn the_sources_of_an_account_are_independent(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["order".to_owned()]).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let of = |source: &str, lines: Vec<Line>| {
        super::Lines::new(source, super::coverage(), lines.into_iter().map(Ok::<_, super::StatementError>))
    };
    let (findings, _) = reconcile(database.store(), of("bank", vec![])).await;
    assert_eq!(kinds(&findings), [(FindingKind::Missing, "order")]);

    let (findings, progress) = reconcile(database.store(), of("provider", vec![line("order")])).await;

    assert_eq!((findings.len(), progress.resolved), (0, 0));
    assert_eq!(journal(database.store()).findings(None, 10).await.unwrap().len(), 1);
}
