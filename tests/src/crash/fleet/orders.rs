//! The merchant's orders: recorded while the fleet works, and compared with the sandbox's ledger at the end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use payments_core::clock::{Clock as _, SystemClock};
use payments_core::time::OffsetDateTime;
use payments_journal::{IntentId, Journal, Report, State};
use payments_journal_sqlx::PostgresStore;
use payments_sandbox::turbo_txn::Settings as TurboTxn;
use payments_sandbox::turbopay::{Settings as TurboPay, Settle};
use payments_sandbox::{Clock, Sandbox};
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;

use super::host::Records;
use super::measure::{Lookups, Resolution};
use super::report::{FleetReport, Row};
use super::{Failed, FleetOptions, worker};
use crate::crash::database::{self, Database as _, Postgres, insert_order};
use crate::crash::job::{Effect, Outcome, Prepared};
use crate::crash::scenario::{self, Scenario};
use crate::crash::verdict;

/// The operation whose orders are final with a webhook only.
pub(super) const WITH_WEBHOOKS: &str = "turbopay.pay-out";

/// The operations of each ten intents.
const OPERATIONS: [&str; 10] = [
    "turratech.start-payment",
    "turbo-txn.start-payment",
    "card3ds.start-payment/checkout",
    WITH_WEBHOOKS,
    "turratech.start-payment",
    "turbo-txn.start-payment",
    "turratech.start-payment",
    "turbo-txn.start-payment",
    "turbopay.start-payment/hosted",
    "turratech.start-payment",
];

/// Responses that are lost without a kill. Those of `TurboPay` cost a lookup each, and a minute has 60: in all, a few minutes.
const FAULTS: [&str; 6] = [
    "turratech.create-payment p=2% @after-commit fin x*",
    "turratech.create-payment p=1% @before-commit rst x*",
    "turbo-txn.initiate p=2% @after-commit rst x*",
    "turbo-txn.initiate p=1% @before-commit fin x*",
    "turbopay.withdraw p=14% @after-commit fin x*",
    "turbopay.deposit p=12% @after-commit rst x*",
];

/// Responses of the control. Each kill then most likely comes between an execution and its response, where the mistake shows.
const SLOW_RESPONSES: [&str; 2] =
    ["turbopay.withdraw @after-commit delay=800ms x*", "turbopay.deposit @after-commit delay=800ms x*"];

pub(super) struct Orders {
    sandbox: Sandbox,
    url: String,
    prepared: BTreeMap<String, Prepared>,
    database: Postgres,
    journal: Journal<PostgresStore>,
    recorded: Vec<Recorded>,
}

struct Recorded {
    id: IntentId,
    reference: String,
    scenario: &'static Scenario,
}

/// What the ledger has.
#[derive(Default)]
struct Executions {
    /// By the operation and the reference.
    counts: HashMap<(&'static str, String), usize>,
    /// When the first one was, by the reference.
    first: HashMap<String, OffsetDateTime>,
}

impl Orders {
    /// Starts the sandbox, and creates the tables.
    pub(super) async fn start(options: &FleetOptions, database: PgConnectOptions) -> Result<Self, Failed> {
        let turbopay = TurboPay::default().opening_balance(1_000_000_000).withdrawals(Settle::AtOnce);
        let builder = Sandbox::builder().seed(options.seed).clock(Clock::running());
        let builder = builder.turbopay(turbopay.without_unique_references());
        let sandbox = builder.turbo_txn(TurboTxn::default().unadjusted_amounts()).try_start().await?;
        let faults: &[&str] = if options.control { &SLOW_RESPONSES } else { &FAULTS };
        faults.iter().for_each(|fault| sandbox.fault(fault));
        let url = database::postgres_url(&database);
        let database = Postgres::connect(&url, CONNECTIONS).await?;
        database.migrate().await?;
        let mut prepared = BTreeMap::new();
        for name in OPERATIONS {
            let scenario = scenario::named(name)?;
            prepared.insert(scenario.provider_name().to_owned(), (scenario.prepare)(&sandbox).await?);
        }
        let journal = Journal::builder(database.store(), worker::keys()?).build()?;
        let mut transaction = database.begin().await?;
        Postgres::run(&mut transaction, Postgres::TABLES.to_owned()).await?;
        transaction.commit().await?;
        Ok(Self { sandbox, url, prepared, database, journal, recorded: Vec::new() })
    }

    /// The number of intents so far.
    pub(super) fn recorded(&self) -> usize {
        self.recorded.len()
    }

    /// Records orders with their intents, up to this number.
    pub(super) async fn record(&mut self, count: usize) -> Result<(), Failed> {
        for number in self.recorded.len()..count {
            let mut transaction = self.database.begin().await?;
            let scenario = scenario::named(OPERATIONS[number % OPERATIONS.len()])?;
            let prepared = self.prepared.get(scenario.provider_name()).ok_or("a provider is not prepared")?;
            let reference = format!("order-{number}");
            let intent = (scenario.intent)(prepared, &reference)?;
            insert_order::<Postgres>(&mut transaction, &reference).await?;
            let id = self.journal.record(&mut transaction, &intent).await?.ticket().intent();
            transaction.commit().await?;
            self.recorded.push(Recorded { id, reference, scenario });
        }
        Ok(())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn prepared(&self) -> &BTreeMap<String, Prepared> {
        &self.prepared
    }

    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The number of intents that do not rest.
    pub(super) async fn open(&self) -> Result<usize, Failed> {
        let query = "SELECT count(*)::text FROM payments_intents WHERE state IN ('intended', 'sending', 'unknown') \
            OR (state = 'needs_review' AND due_at IS NOT NULL) \
            OR (state = 'pending' AND operation = 'pay_out')";
        let count = self.database.texts(query).await?.pop().ok_or("no row")?;
        Ok(count.parse()?)
    }

    pub(super) async fn all_changes_are_delivered(&self) -> Result<bool, Failed> {
        let query = "SELECT 'change' FROM payments_changes WHERE delivered_at IS NULL LIMIT 1";
        Ok(self.database.texts(query).await?.is_empty())
    }

    /// Compares every intent with the ledger.
    pub(super) async fn judge(
        &self,
        options: &FleetOptions,
        records: &Records,
        rests: bool,
    ) -> Result<FleetReport, Failed> {
        let mut report = FleetReport::new(options, records.clone());
        let Executions { counts: mut executions, first: executed_at } = self.executions();
        let mut effects = self.effects().await?;
        let mut reports = self.reports().await?;
        for Recorded { id, reference, scenario } in &self.recorded {
            let known = reports.remove(&id.number()).ok_or("an intent is lost")?;
            let count = executions.remove(&(scenario.name, reference.clone())).unwrap_or_default();
            let crashed_at = records.crashes.get(&id.number());
            let resolution = crashed_at.and_then(|at| Resolution::of(&known, *at, executed_at.get(reference).copied()));
            report.resolutions.extend(resolution.map(|resolution| (scenario.provider_name(), resolution)));
            let state = known.state;
            let outcome = Outcome {
                points: Vec::new(),
                rests: rests || !matches!(state, State::Intended | State::Sending | State::Unknown),
                state,
                review: known.review,
                problem: known.problem,
                evidence: known.evidence.into_iter().map(|entry| entry.evidence.fact).collect(),
                orders: 1,
                effects: effects.remove(&id.number()).unwrap_or_default(),
            };
            report.add(scenario.name, &Row { executions: count, state });
            for violation in verdict::violations(scenario, count, &Ok(outcome), None) {
                report.violates(format!("{reference} ({}): {violation}", scenario.name));
            }
        }
        let strangers = executions.len() + effects.len();
        if strangers > 0 {
            report.violates(format!("{strangers} orders or effects belong to no intent"));
        }
        if !rests {
            report.violates("not all intents rest in time".to_owned());
        }
        report.lookups = Lookups::of(&self.sandbox.timeline());
        if report.lookups.most_in_a_minute > worker::LOOKUPS as usize || report.lookups.refused > 0 {
            report.violates(format!("the limit of lookups was exceeded: {:?}", report.lookups));
        }
        Ok(report)
    }

    fn executions(&self) -> Executions {
        let scenarios: HashMap<&str, &'static Scenario> =
            self.recorded.iter().map(|order| (order.reference.as_str(), order.scenario)).collect();
        let answered = super::measure::answered(&self.sandbox.timeline());
        let began = SystemClock::new().now() - self.sandbox.clock().elapsed();
        let mut executions = Executions::default();
        for entry in self.sandbox.ledger().entries() {
            let Some(scenario) = scenarios.get(entry.reference.as_str()) else { continue };
            if scenario.is_execution(entry) {
                *executions.counts.entry((scenario.name, entry.reference.clone())).or_default() += 1;
                if let Some(at) = entry.request.and_then(|request| answered.get(&request)) {
                    executions.first.entry(entry.reference.clone()).or_insert(began + *at);
                }
            }
        }
        executions
    }

    async fn effects(&self) -> Result<HashMap<i64, Vec<Effect>>, Failed> {
        let query = "SELECT intent || ' ' || before || ' ' || after FROM effects ORDER BY id";
        let mut effects: HashMap<i64, Vec<Effect>> = HashMap::new();
        for row in self.database.texts(query).await? {
            let [intent, before, after] = row.split(' ').collect::<Vec<_>>()[..] else {
                return Err("an effect has no states".into());
            };
            let state = |name| State::from_name(name).ok_or("an effect has an unknown state");
            effects.entry(intent.parse()?).or_default().push(Effect { before: state(before)?, after: state(after)? });
        }
        Ok(effects)
    }

    async fn reports(&self) -> Result<HashMap<i64, Report>, Failed> {
        let (mut loading, mut reports) = (JoinSet::new(), HashMap::new());
        let ids: Arc<[IntentId]> = self.recorded.iter().map(|order| order.id).collect();
        for part in 0..CONNECTIONS as usize {
            let (journal, ids) = (self.journal.clone(), Arc::clone(&ids));
            loading.spawn(async move {
                let mut reports = Vec::new();
                for id in ids.iter().skip(part).step_by(CONNECTIONS as usize) {
                    reports.push((id.number(), journal.report(*id).await?));
                }
                Ok::<_, Failed>(reports)
            });
        }
        while let Some(loaded) = loading.join_next().await {
            reports.extend(loaded??);
        }
        Ok(reports)
    }

    pub(super) async fn end(self) {
        self.sandbox.abandon();
        self.database.store().pool().close().await;
    }
}

const CONNECTIONS: u32 = 4;
