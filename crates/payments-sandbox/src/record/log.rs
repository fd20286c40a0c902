//! The records so far, within limits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::content::allocated;
use super::filter::Filter;
use super::index::{Indexes, Part, Place};
use super::{Content, Mask, Record};
use crate::http::{Request, Response};

#[derive(Default)]
pub(crate) struct RecordLog {
    mode: Mode,
    mask: Mask,
    records: VecDeque<Record>,
    /// The memory of all records, in bytes.
    bytes: usize,
    /// The number of the last record.
    last: u64,
    /// Notified when a record was added.
    added: Arc<Notify>,
    indexes: Indexes,
}

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    Nothing,
    /// Everything but contents, without a limit: a test ends.
    #[default]
    WithoutContents,
    /// Everything, within the limits: a program runs on.
    WithContents,
}

impl RecordLog {
    pub(crate) fn record_nothing(&mut self) {
        self.mode = Mode::Nothing;
    }

    pub(crate) fn record_contents(&mut self, mask: Mask) {
        (self.mode, self.mask) = (Mode::WithContents, mask);
        // Only addresses are reserved here. Memory is used as records arrive, and none of them is ever moved.
        self.records.reserve_exact(MAX_RECORDS + 1);
    }

    /// Adds a record, and returns its number. The oldest records leave when a limit is exceeded.
    pub(crate) fn add(&mut self, at: Duration, make: impl FnOnce() -> Record) -> Option<u64> {
        if self.mode == Mode::Nothing {
            return None;
        }
        self.last += 1;
        let record = Record { number: self.last, at, ..make() };
        if self.mode == Mode::WithContents {
            self.bytes += memory(&record);
        }
        self.records.push_back(record);
        while self.mode == Mode::WithContents && (self.records.len() > MAX_RECORDS || self.bytes > MAX_BYTES) {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes -= memory(&oldest);
        }
        self.added.notify_waiters();
        Some(self.last)
    }

    /// True if headers and bodies are recorded.
    pub(crate) fn has_contents(&self) -> bool {
        self.mode == Mode::WithContents
    }

    /// All records that were not evicted, in order.
    pub(crate) fn records(&self) -> &VecDeque<Record> {
        &self.records
    }

    /// What is notified when a record was added.
    pub(crate) fn added(&self) -> Arc<Notify> {
        Arc::clone(&self.added)
    }

    /// The number of the first record that is kept, or of the next one if none is.
    pub(crate) fn first(&self) -> u64 {
        self.records.front().map_or(self.last + 1, |record| record.number)
    }

    /// The number of the last record; 0 if there was none.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Returns the records after the one with this number. It needs no search, because numbers have no gaps.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &Record> {
        let start = number.saturating_add(1).saturating_sub(self.first());
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(self.records.len());
        self.records.range(start..)
    }

    /// Returns the record with this number, if it is kept.
    pub(crate) fn get(&self, number: u64) -> Option<&Record> {
        self.after(number.checked_sub(1)?).next().filter(|record| record.number == number)
    }

    /// Returns at most `count` of the records that match a filter.
    pub(crate) fn part(&mut self, filter: &Filter, place: Place, count: usize) -> Part {
        let first = self.first();
        self.indexes.part(&self.records, first, filter, place, count)
    }

    /// Returns the records in the timeline.
    pub(crate) fn timeline(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter().filter(|record| record.in_timeline)
    }

    pub(crate) fn content_of_request(&self, request: &Request) -> Option<Arc<Content>> {
        self.content(|mask| Content::of_request(request, mask))
    }

    pub(crate) fn content_of_response(&self, response: &Response) -> Option<Arc<Content>> {
        self.content(|mask| Content::of_response(response, mask))
    }

    pub(crate) fn content(&self, make: impl FnOnce(&Mask) -> Content) -> Option<Arc<Content>> {
        (self.mode == Mode::WithContents).then(|| Arc::new(make(&self.mask)))
    }

    /// Masks a text of a client, if contents are recorded.
    pub(crate) fn masked(&self, text: String) -> String {
        if self.mode == Mode::WithContents { self.mask.text(&text).into_owned() } else { text }
    }
}

/// Returns the memory of a record. A content that two records share counts twice, so the limit holds in any case.
fn memory(record: &Record) -> usize {
    let texts = [record.reference.as_ref(), record.id.as_ref(), record.fault.as_ref(), Some(&record.text)];
    let texts: usize = texts.into_iter().flatten().map(|text| allocated(text.capacity())).sum();
    size_of::<Record>() + texts + record.content.as_ref().map_or(0, |content| content.memory())
}

const MAX_RECORDS: usize = 100_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{MAX_BYTES, MAX_RECORDS, RecordLog, memory};
    use crate::http::Response;
    use crate::record::content::PER_ALLOCATION;
    use crate::record::{Content, Mask, Record, RecordKind};

    fn recording() -> RecordLog {
        let mut log = RecordLog::default();
        log.record_contents(Mask::default());
        log
    }

    /// Returns a record that uses this many bytes.
    fn of_size(bytes: usize) -> Record {
        let record = Record::new(RecordKind::Note, "");
        let left = bytes - memory(&record) - PER_ALLOCATION;
        Record { text: "x".repeat(left), ..record }
    }

    #[test]
    fn a_hundred_thousand_records_of_600_bytes_on_average_are_kept() {
        let mut log = recording();
        for number in 0..MAX_RECORDS {
            log.add(Duration::ZERO, || of_size(if number % 2 == 0 { 400 } else { 800 }));
        }
        assert_eq!((log.records().len(), log.records().front().unwrap().number), (MAX_RECORDS, 1));
        log.add(Duration::ZERO, || of_size(600));
        assert_eq!((log.records().len(), log.records().front().unwrap().number), (MAX_RECORDS, 2));
    }

    #[test]
    fn the_oldest_records_leave_when_the_memory_is_used_up() {
        let mut log = recording();
        for _ in 0..100 {
            log.add(Duration::ZERO, || of_size(1024 * 1024));
        }
        assert_eq!(log.records().len(), MAX_BYTES / 1024 / 1024);
        assert_eq!(log.bytes, log.records().iter().map(memory).sum::<usize>());
        assert_eq!(log.after(90).map(|record| record.number).collect::<Vec<_>>(), (91..=100).collect::<Vec<_>>());
        assert_eq!(log.after(0).next().unwrap().number, 37);
    }

    #[test]
    fn two_records_share_one_content() {
        let log = recording();
        let content = log.content_of_response(&Response::new(200, "application/json", "{}")).unwrap();
        let record = Record::new(RecordKind::Told, "").content(Some(Arc::clone(&content)));
        assert!(std::ptr::eq::<Content>(&*record.clone().content.unwrap(), &*content));
    }

    #[test]
    fn a_log_without_contents_has_no_limit_and_a_disabled_one_has_no_records() {
        let mut log = RecordLog::default();
        for _ in 0..=MAX_RECORDS {
            log.add(Duration::ZERO, || Record::new(RecordKind::Note, "x"));
        }
        assert_eq!(log.records().len(), MAX_RECORDS + 1);
        let mut log = RecordLog::default();
        log.record_nothing();
        assert_eq!(log.add(Duration::ZERO, || unreachable!("a record was made")), None);
    }
}
