//! The records that belong together.

use std::collections::HashSet;

use crate::record::Record;
use crate::record::log::RecordLog;

/// Returns what caused a record, everything else that it caused, the rest of its request, and the attempts of its messages, in order.
pub(super) fn of(log: &RecordLog, record: &Record) -> Vec<Record> {
    let root = root(log, record);
    let request = root.request.or(record.request);
    let mut numbers = HashSet::from([root.number]);
    let mut deliveries: Vec<usize> = root.delivery.into_iter().collect();
    let mut story = Vec::new();
    for candidate in log.after(root.number.saturating_sub(1)) {
        let belongs = candidate.number == root.number
            || (request.is_some() && candidate.request == request)
            || candidate.cause.is_some_and(|cause| cause >= root.number && numbers.contains(&cause))
            || candidate.delivery.is_some_and(|delivery| deliveries.contains(&delivery));
        if belongs {
            numbers.insert(candidate.number);
            deliveries.extend(candidate.delivery);
            story.push(candidate.clone());
        }
        if story.len() == MOST {
            break;
        }
    }
    story
}

/// Returns the first record of the causes, as far as they are kept. A cause comes before its effect.
fn root<'a>(log: &'a RecordLog, record: &'a Record) -> &'a Record {
    let mut root = record;
    while let Some(cause) = root.cause.filter(|cause| *cause < root.number).and_then(|cause| log.get(cause)) {
        root = cause;
    }
    root
}

/// The most records of a story.
pub(super) const MOST: usize = 200;
