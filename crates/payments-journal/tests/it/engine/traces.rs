//! Spans and events: their names, levels, messages and fields are those of the documentation, and they tell nothing private.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use payments_core::gateway::RefundRequest;
use payments_core::{ErrorKind, Outcome, PaymentStatus};
use payments_journal::{Account, Change, Decision, Intent, StoreError, Ticket, events};
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::events::succeeded;
use super::provider::{Answer, LOOKUP, World, journal, order, rupees, settings};
use super::store::FailingStore;

/// A span or an event as a subscriber sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    levels: BTreeSet<String>,
    message: String,
    fields: BTreeSet<String>,
}

/// What this thread has emitted, by name.
#[derive(Default)]
struct Emitted {
    all: BTreeMap<String, Seen>,
    texts: String,
    /// The values of each event, such as `outcome=accepted`.
    lines: Vec<String>,
    /// The parents of each span, by the span's name.
    parents: BTreeMap<String, Option<String>>,
}

thread_local! {
    static EMITTED: RefCell<Emitted> = RefCell::default();
}

/// Starts to collect what this thread emits.
///
/// All tests share one subscriber. With one per test, a thread without a subscriber could disable a call site for all.
fn collect() {
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    SUBSCRIBER.get_or_init(|| {
        let subscriber = tracing_subscriber::registry().with(Collector);
        tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
    });
    EMITTED.take();
}

struct Collector;

struct Values<'a>(&'a mut Seen, String);

impl Visit for Values<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        self.1 += &format!(" {}={}", field.name(), value.trim_matches('"'));
        if field.name() == "message" {
            self.0.message = value;
        } else {
            self.0.fields.insert(field.name().to_owned());
        }
    }
}

fn seen(metadata: &Metadata<'_>, record: impl FnOnce(&mut Values<'_>)) {
    if metadata.target() != events::TARGET {
        return;
    }
    EMITTED.with_borrow_mut(|emitted| {
        let seen = emitted.all.entry(metadata.name().to_owned()).or_default();
        seen.levels.insert(metadata.level().to_string().to_lowercase());
        let mut values = Values(seen, metadata.name().to_owned());
        record(&mut values);
        let line = values.1;
        emitted.texts += &format!("{line}\n");
        emitted.lines.push(line);
    });
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        seen(event.metadata(), |values| event.record(values));
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let parent = context.span(id).and_then(|span| span.parent().map(|parent| parent.name().to_owned()));
        EMITTED.with_borrow_mut(|emitted| emitted.parents.insert(metadata.name().to_owned(), parent));
        seen(metadata, |values| attributes.record(values));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        seen(span.metadata(), |values| record.record(values));
    }
}

/// The rows of the tables of spans and events, in their order.
fn documented() -> Vec<(String, Seen)> {
    const INTENT: &str = "`tenant`, `provider`, `account`, `operation`, `intent`";
    let page = include_str!("../../../src/events.md");
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let mut rows: Vec<(String, Seen)> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| `payments_")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let &[name, levels, message, fields] = cells.as_slice() else { unreachable!("{line}") };
        let name = name.trim_matches('`').to_owned();
        let is_span = !events::ALL.contains(&name.as_str());
        let levels = levels.split(|c: char| !c.is_ascii_lowercase());
        let levels =
            levels.filter(|word| ["debug", "info", "warn", "error"].contains(word)).map(str::to_owned).collect();
        let fields = match rows.last() {
            Some((_, above)) if fields == "the same" => above.fields.clone(),
            _ => quoted(&fields.replace("*intent*", INTENT).replace("*account*", "`tenant`, `provider`, `account`")),
        };
        let message = if is_span { String::new() } else { message.to_owned() };
        rows.push((name, Seen { levels, message, fields }));
    }
    rows
}

#[test]
fn the_names_of_events_are_those_of_the_documentation() {
    let rows = documented();
    let (spans, rows): (Vec<_>, Vec<_>) = rows.iter().partition(|(name, _)| !events::ALL.contains(&name.as_str()));
    assert_eq!(spans.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["payments_send", "payments_look_up"]);
    assert_eq!(rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), events::ALL);
    let alerts = rows.iter().filter(|(_, row)| row.levels.contains("error")).map(|(name, _)| name.as_str());
    assert_eq!(alerts.collect::<Vec<_>>(), events::ALERTS);
}

const HOOK_TEXT: &str = "the-ledger-of-the-canary";

/// Lets everything happen that an event tells.
async fn everything() {
    calls().await;
    messages().await;
    hooks().await;
    leases_and_reviews().await;
    failures().await;
}

async fn calls() {
    let world = World::new();
    world.provider.answers([
        Answer::Fail(ErrorKind::Timeout, Outcome::Unknown),
        Answer::Accept(PaymentStatus::Succeeded),
        Answer::Fail(ErrorKind::Authentication, Outcome::Refused),
    ]);
    world.pay("W_1").await;
    // A lookup that fails, one that finds nothing, and one that finds the order.
    world.provider.loses_a_lookup();
    world.provider.finds([None, order(PaymentStatus::Succeeded, true)]);
    for _ in 0..3 {
        world.pass(Duration::from_secs(60)).await;
    }
    world.pay("W_2").await;
    world.pay("W_3").await;
    world.journal.resume(&Account::at("acme")).await.expect("resume");
    world.journal.shut_down().await;
}

async fn messages() {
    let world = World::new();
    let account = Account::at("acme");
    world.journal.receive(&account, &succeeded("evt_1")).await.expect("receive");
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    world.pay("W_1").await;
    world.journal.receive(&account, &succeeded("evt_1")).await.expect("receive");
    world.journal.receive(&account, &succeeded("evt_2")).await.expect("receive");
}

async fn hooks() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded), Answer::Accept(PaymentStatus::Succeeded)]);
    world.pay("W_1").await;
    world.pay("W_2").await;
    let worker = world.journal.worker().on_change(move |_: &mut _, change: &Change| {
        let is_first = change.key.reference == "W_1";
        Box::pin(async move { if is_first { Err(HOOK_TEXT.into()) } else { Ok(()) } })
    });
    for _ in 0..5 {
        worker.run_due().await.expect("the worker");
        world.clock.advance(Duration::from_secs(600));
    }
}

async fn leases_and_reviews() {
    let world = World::with(&[], settings(|_| {}));
    let resume = Arc::new(Notify::new());
    let unknown = Box::new(Answer::Fail(ErrorKind::Timeout, Outcome::Unknown));
    world.provider.answers([Answer::Until(Arc::clone(&resume), unknown)]);
    let ticket = world.record("W_4").await;
    let id = ticket.intent();
    let journal = world.journal.clone();
    let call = tokio::spawn(async move { journal.execute(ticket).await });
    world.provider.is_asked().await;
    world.pass(Duration::from_secs(3600)).await;
    let decided = world.journal.decide(id, Decision::NotDone, "ops").await.expect("decide");
    assert!(matches!(decided, payments_journal::Decided::Stored(_)));
    resume.notify_one();
    call.await.expect("the call").expect("execute");
}

async fn failures() {
    let world = World::new();
    let store = FailingStore::new(world.store.clone(), || StoreError::Unavailable("the disk is full".into()));
    let journal = journal(&store, &world.provider, &world.clock, LOOKUP, settings(|_| {}));
    let resume = Arc::new(Notify::new());
    let accept = Box::new(Answer::Accept(PaymentStatus::Succeeded));
    world.provider.answers([Answer::Until(Arc::clone(&resume), accept)]);
    let ticket = world.record("W_5").await;
    let call = tokio::spawn({
        let (journal, ticket) = (journal.clone(), Ticket::of(ticket.intent()));
        async move { journal.execute(ticket).await }
    });
    world.provider.is_asked().await;
    store.fail_amends(1);
    resume.notify_one();
    call.await.expect("the call").expect("execute");

    let mut transaction = world.store.begin();
    let refund = Intent::new("acme", RefundRequest::new("R_1", "pay_1", rupees(100)));
    world.journal.record(&mut transaction, &refund).await.expect("record");
    transaction.commit().expect("commit");
    world.journal.worker().run_due().await.expect_err("no client");
    store.fail_agendas(1);
    let left = store.clone();
    let done = async move {
        while left.agendas_left() > 0 {
            tokio::task::yield_now().await;
        }
    };
    journal.worker().run(done).await;
}

#[tokio::test]
async fn what_is_emitted_is_what_is_documented() {
    collect();

    everything().await;

    let emitted = EMITTED.take();
    let documented: BTreeMap<_, _> = documented().into_iter().collect();
    for (name, seen) in &emitted.all {
        assert_eq!(Some(seen), documented.get(name), "{name}");
    }
    assert_eq!(emitted.all.keys().collect::<Vec<_>>(), documented.keys().collect::<Vec<_>>());
    // Neither references, accounts of customers, the provider's ids and codes, nor what a hook says.
    for private in ["W_", "R_1", "50100012345678", "HDFC", "C_1", "po_1", "evt_", "250000", "2500", HOOK_TEXT] {
        assert!(!emitted.texts.contains(private), "{private} in {}", emitted.texts);
    }
}

#[tokio::test]
async fn the_spans_of_a_payout_tell_how_it_ended_and_are_inside_the_callers() {
    collect();
    let world = World::new();
    world.provider.answers([Answer::Fail(ErrorKind::Timeout, Outcome::Unknown)]);
    world.provider.finds([order(PaymentStatus::Succeeded, true)]);

    tracing::Instrument::instrument(world.pay("W_1"), tracing::info_span!("checkout")).await;
    world.pass(Duration::from_secs(60)).await;

    let Emitted { lines, parents, .. } = EMITTED.take();
    for (span, recorded) in [
        ("payments_send", " tenant= provider=acme account= operation=pay_out intent=1"),
        ("payments_send", " outcome=unknown"),
        ("payments_send", " state=unknown"),
        ("payments_look_up", " outcome=found"),
        ("payments_look_up", " state=succeeded"),
    ] {
        assert!(lines.contains(&format!("{span}{recorded}")), "{span}{recorded} in {lines:#?}");
    }
    assert_eq!(parents["payments_send"].as_deref(), Some("checkout"));
    assert_eq!(parents["payments_look_up"], None);
}
