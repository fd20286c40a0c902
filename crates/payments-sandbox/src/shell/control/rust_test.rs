//! The run, or one order of it, as a Rust test.

mod faults;
mod steps;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use super::super::route::SharedRoute;
use crate::endpoint::Content::Rust;
use crate::endpoint::Method::Get;
use crate::endpoint::schema::text;
use crate::endpoint::{Endpoint, Query};
use crate::http::Response;
use crate::ledger::{EntryKind, Ledger};
use crate::problem::Problem;
use crate::record::{Record, RecordKind};
use crate::rust_code::{identifier, literal};
use crate::state::SharedState;
use steps::Steps;

pub(super) const ROUTES: &[SharedRoute] = &[SharedRoute {
    endpoint: Endpoint::new(
        "rustTest",
        Get,
        "/rust-test",
        "this run as a Rust test: its seed, faults, actions and ledger, with marked places for your code",
        Rust,
    )
    .query(&[Query { name: "order", summary: "only what is about this reference", schema: text }])
    .problems(&[404, 409]),
    handler: |state, call| {
        let order = call.query("order");
        Ok(Response::new(200, "text/plain; charset=utf-8", write(state, order.as_deref())?))
    },
}];

/// Returns the source text of the test.
pub(in crate::shell) fn write(state: &Arc<SharedState>, order: Option<&str>) -> Result<String, Problem> {
    let ledger = state.ledger();
    let is_about = |record: &&Record| order.is_none() || record.reference.as_deref() == order;
    let (records, first, others) = {
        let state = state.lock();
        if !state.records.has_contents() {
            return Err(Problem::conflict("contents are not recorded: call `record_contents` on the builder"));
        }
        // A test of one order also has the actions on the whole sandbox, and knows which requests were executed late.
        let is_needed = |record: &&Record| {
            is_about(record)
                || matches!(record.kind, RecordKind::Action | RecordKind::Request if record.reference.is_none())
        };
        let log = state.records.records();
        let others = log.iter().filter(|record| record.kind == RecordKind::Request && !is_about(record));
        let others: BTreeSet<&str> = others.filter_map(|record| record.provider).collect();
        (log.iter().filter(is_needed).cloned().collect::<Vec<_>>(), state.records.first(), others)
    };
    let relevant: Vec<&Record> = records.iter().filter(is_about).collect();
    if let Some(order) = order.filter(|_| relevant.is_empty()) {
        return Err(Problem::NotFound(format!("order {order:?} has no records, so there is no test to write")));
    }
    let name = match order.map(identifier).as_deref() {
        None => "recorded_run".to_owned(),
        Some("") => "recorded_order".to_owned(),
        Some(name) => format!("recorded_{name}"),
    };
    let mut test = format!(
        "// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.\n\
         #[tokio::test]\nasync fn {name}() {{\n"
    );
    if first > 1 {
        test.push_str("    // The beginning is missing: its records were evicted.\n");
    }
    if !state.clock.is_manual() {
        test.push_str(
            "    // The recorded sandbox's clock ran in real time. This one moves only when it is advanced.\n",
        );
    }
    // Some faults exist with TLS only.
    let tls = if state.is_tls { ".tls()" } else { "" };
    let seed = state.seed;
    let _ = writeln!(test, "    let sandbox = payments_sandbox::Sandbox::builder().seed({seed}){tls}.start().await;");
    let faults = match order {
        None => faults::of_the_run(state, &records),
        Some(_) => faults::of_the_order(&relevant),
    };
    faults.iter().for_each(|fault| test.push_str(fault));
    test.push_str(&Steps::new(state, &records, &ledger, order, others).write());
    if !test.ends_with("\n\n") {
        test.push('\n');
    }
    test.push_str(&assertions(state, &ledger, &relevant, order));
    test.push_str("}\n");
    Ok(test)
}

/// What the ledger and the orders must be like at the end.
fn assertions(state: &Arc<SharedState>, ledger: &Ledger, relevant: &[&Record], order: Option<&str>) -> String {
    let mut test = String::new();
    // In the order in which they were seen first.
    let mut seen = BTreeMap::new();
    for record in relevant.iter().filter(|record| record.request.is_some() || record.status.is_some()) {
        if let Some(reference) = record.reference.as_deref() {
            seen.entry(reference).or_insert(record.number);
        }
    }
    let mut references: Vec<(&str, u64)> = seen.into_iter().collect();
    references.sort_by_key(|(_, number)| *number);
    for same in ledger.same_orders.iter() {
        if order.is_none_or(|order| same.iter().any(|reference| reference == order)) {
            let list: Vec<String> = same.iter().map(|reference| literal(reference)).collect();
            let _ = writeln!(test, "    sandbox.same_order(&[{}]);", list.join(", "));
        }
    }
    let mut executions: HashMap<&str, usize> = HashMap::new();
    for entry in ledger.entries().iter().filter(|entry| entry.kind == EntryKind::Executed) {
        *executions.entry(&entry.reference).or_default() += 1;
    }
    for (reference, _) in &references {
        let method = match executions.get(reference).copied().unwrap_or_default() {
            0 => "never_executed()".to_owned(),
            1 => "executed_once()".to_owned(),
            times => format!("executed_times({times})"),
        };
        let _ = writeln!(test, "    sandbox.ledger().order({}).{method};", literal(reference));
    }
    for (reference, _) in &references {
        if let Some(status) = state.status_of(reference) {
            let _ = writeln!(test, "    sandbox.expect_status({}, {});", literal(reference), literal(&status));
        }
    }
    // Those that `finish` reports.
    let doubles = state.doubles();
    let is_about = |references: &[String]| order.is_none_or(|order| references.iter().any(|name| name == order));
    if doubles.iter().any(|double| is_about(&double.references)) {
        test.push_str("    // An order was paid twice, so `finish` would fail.\n    sandbox.abandon();\n");
    } else {
        test.push_str("    sandbox.finish();\n");
    }
    test
}
