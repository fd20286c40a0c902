//! The faults of a test.

use std::collections::HashMap;

use crate::record::{Record, RecordKind};
use crate::rust_code::literal;
use crate::state::SharedState;

/// The faults of the whole run that no recorded action added, in their text form.
pub(super) fn of_the_run(state: &SharedState, records: &[Record]) -> Vec<String> {
    let mut added: Vec<String> = records.iter().filter_map(added_by).collect();
    let mut faults = Vec::new();
    for fault in state.lock().faults.list() {
        match added.iter().position(|known| normal(known) == fault.spec) {
            Some(index) => {
                added.remove(index);
            }
            None => faults.push(line(&fault.spec, fault.fired > 0)),
        }
    }
    faults
}

/// The faults that hit the order. Calls and messages are counted as they are in a test of this order alone.
pub(super) fn of_the_order(relevant: &[&Record]) -> Vec<String> {
    let mut counts: HashMap<(bool, &str, &str), u32> = HashMap::new();
    let mut faults = Vec::new();
    for record in relevant {
        let (Some(provider), Some(operation)) = (record.provider, record.operation) else { continue };
        let is_message = record.kind == RecordKind::Message;
        let count = counts.entry((is_message, provider, operation)).or_default();
        if is_message || record.kind == RecordKind::Request {
            *count += 1;
        }
        if let (RecordKind::Message | RecordKind::Request | RecordKind::Fault, Some(fault)) =
            (record.kind, &record.fault)
        {
            faults.push(line(&format!("{provider}.{operation}#{count} {fault}"), true));
        }
    }
    faults
}

/// The line that adds a fault. One that never occurred would make the test fail, so it is a comment.
pub(super) fn line(fault: &str, has_fired: bool) -> String {
    let call = format!("sandbox.fault({});", literal(fault));
    if has_fired { format!("    {call}\n") } else { format!("    // It never occurred: {call}\n") }
}

/// The fault that an action added.
pub(super) fn added_by(record: &Record) -> Option<String> {
    let content = record.content.as_ref().filter(|content| {
        record.kind == RecordKind::Action && record.provider.is_none() && content.start == "POST /faults"
    })?;
    let body: serde_json::Value = serde_json::from_str(content.body.as_ref()?).ok()?;
    body["spec"].as_str().map(str::to_owned)
}

/// The faults that an action added, and that never occurred. A fault that was removed is known by the records only.
pub(super) fn unfired(state: &SharedState, records: &[Record]) -> Vec<String> {
    let listed = state.lock().faults.list();
    let has_fired = |spec: &String| match listed.iter().find(|fault| fault.spec == *spec) {
        Some(fault) => fault.fired > 0,
        None => records.iter().filter_map(|record| record.fault.as_ref()).any(|fault| spec.contains(fault.as_str())),
    };
    records.iter().filter_map(added_by).map(|fault| normal(&fault)).filter(|spec| !has_fired(spec)).collect()
}

/// The text form that lists of faults have.
pub(super) fn normal(fault: &str) -> String {
    fault.parse::<crate::fault::Fault>().map_or_else(|_| fault.to_owned(), |fault| fault.to_string())
}
