//! Planted discrepancies: all are found, with the right kind, and nothing else.

use std::collections::BTreeSet;

use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::State;
use payments_journal::settlement::{FindingKind, Item, Line, Movement, SettlementStore, UnreadableLine};

use super::{DAY, HOUR, is_empty, kinds, line, now, reconcile, record, rupees, settle, statement};
use crate::backend::{Backend, on_both};

on_both! {
    a_thousand_discrepancies_of_five_kinds_are_found_and_nothing_else,
    what_the_journal_can_still_find_out_is_no_finding,
    what_the_statement_does_not_cover_is_not_missing,
    a_line_that_cannot_be_read_is_found_and_makes_nothing_missing,
    an_order_is_matched_by_its_id_else_by_its_reference,
    a_status_that_contradicts_the_state_is_found,
}

/// Of each kind.
const PLANTED: usize = 200;
/// Those that agree.
const AGREEING: usize = 3_000;

async fn a_thousand_discrepancies_of_five_kinds_are_found_and_nothing_else(
    database: impl Backend<Store: SettlementStore>,
) {
    let names = |kind: &str, count: usize| (0..count).map(|number| format!("{kind}-{number}")).collect::<Vec<_>>();
    let agreeing = names("ok", AGREEING);
    let amount = names("amount", PLANTED);
    let status = names("status", PLANTED);
    let missing = names("missing", PLANTED);
    let duplicate = names("duplicate", PLANTED);
    let orphan = names("orphan", PLANTED);
    for names in [&agreeing, &amount, &status, &missing, &duplicate] {
        record(&database, names.iter().cloned()).await;
    }
    let yesterday = now() - DAY;
    settle(&database, "reference NOT LIKE 'status-%'", State::Succeeded, yesterday).await;
    let half = "CAST(substr(reference, 8) AS INTEGER) % 2";
    settle(&database, &format!("reference LIKE 'status-%' AND {half} = 0"), State::Failed, yesterday).await;
    settle(&database, &format!("reference LIKE 'status-%' AND {half} = 1"), State::Refused, yesterday).await;

    let mut lines: Vec<Line> =
        agreeing.iter().chain(&status).chain(&duplicate).chain(&orphan).map(|name| line(name)).collect();
    // Some lines have the id only, or the reference only.
    for (number, line) in lines.iter_mut().enumerate().take(AGREEING) {
        match number % 3 {
            0 => line.id = None,
            1 => line.reference = None,
            _ => {}
        }
    }
    for (number, name) in amount.iter().enumerate() {
        let amount = if number % 2 == 0 { rupees(30_009) } else { Money::from_minor(30_010, Currency::EUR) };
        lines.push(line(name).amount(amount));
    }
    lines.extend(duplicate.iter().map(|name| line(name).id(format!("second-{name}")).time(now() - DAY + HOUR)));
    // Money that did not move needs no intent, and no second line is one of money.
    lines.extend(names("none", PLANTED).iter().map(|name| Line { status: PaymentStatus::Failed, ..line(name) }));
    lines.extend(
        agreeing
            .iter()
            .take(PLANTED)
            .map(|name| Line { status: PaymentStatus::Failed, ..line(name).id(format!("failed-{name}")) }),
    );
    // In an order that no list has.
    lines.sort_by_key(|line| line.reference.as_deref().map(|reference| reference.bytes().rev().collect::<Vec<_>>()));

    let (findings, progress) = reconcile(database.store(), statement(lines.clone())).await;

    let expected: BTreeSet<(FindingKind, String)> = [
        (FindingKind::AmountDiffers, amount),
        (FindingKind::StatusDiffers, status),
        (FindingKind::Missing, missing),
        (FindingKind::Duplicate, duplicate),
        (FindingKind::Orphan, orphan),
    ]
    .into_iter()
    .flat_map(|(kind, names)| names.into_iter().map(move |name| (kind, name)))
    .collect();
    let found: BTreeSet<(FindingKind, String)> =
        kinds(&findings).into_iter().map(|(kind, name)| (kind, name.to_owned())).collect();
    let differences: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(
        differences.is_empty(),
        "{} differences: {:?}",
        differences.len(),
        &differences[..differences.len().min(10)]
    );
    assert_eq!((findings.len(), progress.findings), (5 * PLANTED, 5 * PLANTED as u64));
    assert_eq!((progress.lines, progress.compared), (lines.len() as u64, lines.len() as u64));
    assert!(
        findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::Duplicate)
            .all(|finding| { finding.object_id.as_ref().is_some_and(|id| id.starts_with("second-")) })
    );
    assert!(is_empty(&database, "payments_settlement_lines").await);

    // Again: the same findings, and no new rows.
    let (again, _) = reconcile(database.store(), statement(lines)).await;
    assert_eq!(kinds(&again), kinds(&findings));
    assert!(
        again.iter().zip(&findings).all(|(again, first)| (again.id, again.first_seen) == (first.id, first.first_seen))
    );
}

async fn what_the_journal_can_still_find_out_is_no_finding(database: impl Backend<Store: SettlementStore>) {
    let cases = ["sending", "unknown", "pending", "reversed-now", "no-id", "intended"];
    record(&database, cases.map(str::to_owned)).await;
    settle(&database, "reference = 'sending'", State::Sending, now() - HOUR).await;
    settle(&database, "reference = 'unknown'", State::Unknown, now() - HOUR).await;
    settle(&database, "reference = 'pending'", State::Pending, now() - DAY).await;
    settle(&database, "reference = 'reversed-now'", State::Failed, now()).await;
    settle(&database, "reference = 'no-id'", State::Sending, now() - HOUR).await;
    database.sql("UPDATE payments_intents SET due_at = recorded_at WHERE reference <> 'reversed-now'").await.unwrap();
    let lines = [
        line("sending"),
        line("unknown").amount(rupees(1)),
        line("pending"),
        line("reversed-now"),
        // The response that names the id has not arrived yet.
        Line { reference: None, ..line("no-id") },
    ];

    let (findings, progress) = reconcile(database.store(), statement(lines)).await;

    assert_eq!(kinds(&findings), []);
    assert_eq!((progress.matched, progress.unresolved), (0, 5));
}

async fn what_the_statement_does_not_cover_is_not_missing(database: impl Backend<Store: SettlementStore>) {
    let cases = ["before", "at-the-start", "at-the-end", "after", "refused", "never-sent", "covered", "accepted"];
    record(&database, cases.map(str::to_owned)).await;
    let (start, end) = (now() - 2 * DAY, now() - HOUR);
    let minutes = |minutes: u64| std::time::Duration::from_secs(60 * minutes);
    settle(&database, "reference = 'before'", State::Succeeded, start - HOUR).await;
    settle(&database, "reference = 'at-the-start'", State::Succeeded, start + minutes(4)).await;
    settle(&database, "reference = 'at-the-end'", State::Succeeded, end - minutes(4)).await;
    settle(&database, "reference = 'after'", State::Succeeded, end + minutes(30)).await;
    settle(&database, "reference = 'refused'", State::Refused, now() - DAY).await;
    settle(&database, "reference = 'covered'", State::Succeeded, start + minutes(6)).await;
    settle(&database, "reference = 'accepted'", State::Pending, now() - DAY).await;
    let mut other = crate::support::row("other-account");
    other.key.account.name = "other".to_owned();
    database.record_row(&other).await;
    settle(&database, "reference = 'other-account'", State::Succeeded, now() - DAY).await;

    let (findings, _) = reconcile(database.store(), statement(Vec::<Line>::new())).await;
    assert_eq!(kinds(&findings), [(FindingKind::Missing, "covered")]);

    let everything = super::Lines::new(
        "list",
        super::coverage().lists_everything(),
        Vec::<Result<Line, super::StatementError>>::new(),
    );
    let (findings, _) = reconcile(database.store(), everything).await;
    assert_eq!(kinds(&findings), [(FindingKind::Missing, "accepted"), (FindingKind::Missing, "covered")]);

    // Booked within a day, `covered` is early enough. A statement of refunds says nothing about payouts.
    let late = super::coverage().booked_within(2 * DAY);
    let (findings, _) =
        reconcile(database.store(), super::Lines::new("late", late, Vec::<Result<Line, super::StatementError>>::new()))
            .await;
    assert_eq!(kinds(&findings), []);
    let now = now();
    let refunds = super::Coverage::new([Movement::Refund], now - 2 * DAY..now - HOUR);
    let (findings, _) = reconcile(
        database.store(),
        super::Lines::new("refunds", refunds, Vec::<Result<Line, super::StatementError>>::new()),
    )
    .await;
    assert_eq!(kinds(&findings), []);
}

async fn a_line_that_cannot_be_read_is_found_and_makes_nothing_missing(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["named", "unnamed", "listed"].map(str::to_owned)).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let unreadable = |id: Option<&str>| UnreadableLine {
        movement: Movement::Payout,
        id: id.map(str::to_owned),
        reference: None,
        problem: "data[3].amount is not a number".to_owned(),
    };

    let items: [Item; 2] = [line("listed").into(), unreadable(Some("id-named")).into()];
    let (findings, _) = reconcile(database.store(), statement(items)).await;
    assert_eq!(kinds(&findings), [(FindingKind::Missing, "unnamed"), (FindingKind::Unreadable, "")]);
    assert_eq!(findings[1].object_id.as_deref(), Some("id-named"));
    assert_eq!(findings[1].problem.as_deref(), Some("data[3].amount is not a number"));

    // Without an id, it may be any order.
    let items: [Item; 2] = [line("listed").into(), unreadable(None).into()];
    let (findings, progress) = reconcile(database.store(), statement(items)).await;
    assert_eq!(kinds(&findings), [(FindingKind::Unreadable, "")]);
    // The named line is gone from the period.
    assert_eq!(progress.resolved, 1);
}

async fn an_order_is_matched_by_its_id_else_by_its_reference(database: impl Backend<Store: SettlementStore>) {
    record(&database, ["by-id", "by-reference", "other-order"].map(str::to_owned)).await;
    settle(&database, "reference <> ''", State::Succeeded, now() - DAY).await;
    let lines = [
        // The statement has another reference.
        line("by-id").reference("XYZ"),
        Line { id: None, ..line("by-reference") },
        line("other-order"),
        // Money of another order under the same reference.
        line("other-order").id("id-another").amount(rupees(5)),
        // Twice on a page, as a list that grows shows it; the last one counts.
        Line { status: PaymentStatus::Processing, ..line("by-id").time(now() - DAY) },
    ];
    let mut lines = lines.to_vec();
    lines[4].time = lines[0].time;
    lines.swap(0, 4);

    let (findings, progress) = reconcile(database.store(), statement(lines)).await;

    assert_eq!(kinds(&findings), [(FindingKind::Duplicate, "other-order")]);
    assert_eq!(findings[0].object_id.as_deref(), Some("id-another"));
    assert_eq!((progress.compared, progress.matched), (5, 3));
}

async fn a_status_that_contradicts_the_state_is_found(database: impl Backend<Store: SettlementStore>) {
    let cases = [
        ("review", State::NeedsReview, PaymentStatus::Succeeded, true),
        ("review-failed", State::NeedsReview, PaymentStatus::Failed, true),
        ("old-unknown", State::Unknown, PaymentStatus::Succeeded, true),
        ("forgotten", State::Intended, PaymentStatus::Succeeded, true),
        ("charged-back", State::Succeeded, PaymentStatus::ChargedBack, true),
        ("returned", State::Succeeded, PaymentStatus::Refunded, true),
        ("in-progress", State::Succeeded, PaymentStatus::Processing, true),
        ("pending", State::Pending, PaymentStatus::Processing, false),
        ("failed", State::Failed, PaymentStatus::Failed, false),
        ("refused", State::Refused, PaymentStatus::Cancelled, false),
        ("returned-failed", State::Failed, PaymentStatus::Refunded, false),
        ("native-status", State::Succeeded, PaymentStatus::Unknown("SETTLED".to_owned()), false),
    ];
    record(&database, cases.iter().map(|(name, ..)| (*name).to_owned())).await;
    for (name, state, ..) in &cases {
        settle(&database, &format!("reference = '{name}'"), *state, now() - 3 * DAY / 2).await;
    }
    let lines = cases.iter().map(|(name, _, status, _)| Line {
        is_final: Line::payout(status.clone()).is_final,
        status: status.clone(),
        ..line(name)
    });

    let (findings, _) = reconcile(database.store(), statement(lines.collect::<Vec<_>>())).await;

    let mut expected: Vec<_> =
        cases.iter().filter(|case| case.3).map(|case| (FindingKind::StatusDiffers, case.0)).collect();
    expected.sort_unstable();
    assert_eq!(kinds(&findings), expected);
    let review = findings.iter().find(|finding| finding.reference.as_deref() == Some("review")).unwrap();
    assert!(review.advice().contains("Journal::decide"), "{}", review.advice());
    assert_eq!(
        review.to_string(),
        "tenant/turbopay/main payout status_differs `review` (id-review), 300.10 INR, journal: needs_review, statement: succeeded"
    );
}
