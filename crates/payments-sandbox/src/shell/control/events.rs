//! The records as server-sent events.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::super::record_query;
use super::records::Members;
use crate::endpoint::{Content, ControlCall, Endpoint, Method, Query, schema};
use crate::http::Response;
use crate::problem::Problem;
use crate::record::Record;
use crate::record::filter::Filter;
use crate::state::SharedState;

pub(super) static ENDPOINT: Endpoint = Endpoint::new(
    "events",
    Method::Get,
    "/events",
    "each record from now on, as server-sent events that resume after the header `Last-Event-ID`",
    Content::Events,
)
.query(QUERY);

const QUERY: &[Query] = &[
    Query {
        name: "last_event_id",
        summary: "resumes after this event; the header `Last-Event-ID` overrides it",
        schema: schema::text,
    },
    record_query::KIND,
    record_query::ORDER,
    record_query::PROVIDER,
];

/// One client's stream of events.
#[derive(Debug)]
pub(crate) struct Subscription {
    filter: Filter,
    /// The number of the last record that was looked at.
    position: u64,
    next: Next,
    /// When the next batch may be sent.
    not_before: Instant,
}

/// What the stream begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The position, so that a client that is disconnected before the first event resumes here.
    Position,
    /// The client cannot have every record after its last one.
    Reset,
    Records,
}

impl Subscription {
    /// Creates a stream that begins where the request says.
    pub(super) fn new(state: &SharedState, call: &ControlCall<'_>) -> Result<Self, Problem> {
        let filter = record_query::filter(call)?;
        let last_event = call.request.header("last-event-id").map(str::to_owned);
        let last_event = last_event.or_else(|| call.query("last_event_id")).filter(|id| !id.is_empty());
        let last = state.lock().records.last();
        let (position, next) = match last_event {
            None => (last, Next::Position),
            Some(id) => match number_of(&id, &state.run).filter(|number| *number <= last) {
                Some(number) => (number, Next::Records),
                None => (last, Next::Reset),
            },
        };
        Ok(Self { filter, position, next, not_before: Instant::now() })
    }

    /// The response, without its body.
    pub(crate) fn head() -> Response {
        Response::new(200, "text/event-stream", "")
            .header("Cache-Control", "no-store")
            .header("X-Content-Type-Options", "nosniff")
    }

    /// Waits for events, and returns them as they are written to the wire; a comment if there are none for a while.
    ///
    /// If the future is dropped, no event is lost.
    pub(crate) async fn next(&mut self, state: &SharedState) -> Vec<u8> {
        tokio::time::sleep_until(self.not_before).await;
        let quiet = tokio::time::sleep(QUIET);
        tokio::pin!(quiet);
        loop {
            // A record that is added after this line ends the wait below.
            let recorded = state.recorded.notified();
            let events = loop {
                match self.take(state) {
                    Batch::Events(events) if events.is_empty() => {}
                    Batch::Events(events) => break Some(events),
                    Batch::End => break None,
                }
            };
            if let Some(events) = events {
                self.not_before = Instant::now() + PAUSE;
                return events.into_bytes();
            }
            tokio::select! {
                () = recorded => {}
                // The position too: with a filter, the last event may be evicted long before a matching record is added.
                () = &mut quiet => return format!(":\n{}\n", self.id(&state.run)).into_bytes(),
            }
        }
    }

    /// Takes what is new. It copies under the lock, and formats afterwards.
    fn take(&mut self, state: &SharedState) -> Batch {
        let next = std::mem::replace(&mut self.next, Next::Records);
        if next == Next::Position {
            return Batch::Events(format!("retry: {RETRY_MS}\n{}\n", self.id(&state.run)));
        }
        let locked = state.lock();
        let (first, last) = (locked.records.first(), locked.records.last());
        if next == Next::Reset || self.position + 1 < first {
            drop(locked);
            self.position = last;
            let data = json!({"run": state.run, "first": first, "last": last});
            return Batch::Events(format!("retry: {RETRY_MS}\n{}event: reset\ndata: {data}\n\n", self.id(&state.run)));
        }
        if self.position == last {
            return Batch::End;
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for record in locked.records.after(self.position).take(MOST_EXAMINED) {
            self.position = record.number;
            if self.filter.matches(record) {
                bytes += record.text.len();
                batch.push(Record { content: None, ..record.clone() });
            }
            if batch.len() == MOST_RECORDS || bytes > MOST_BYTES {
                break;
            }
        }
        drop(locked);
        Batch::Events(batch.iter().map(|record| event(&state.run, record)).collect())
    }

    fn id(&self, run: &str) -> String {
        format!("id: {run}-{}\n", self.position)
    }
}

enum Batch {
    /// Empty if no record matched. There may be more.
    Events(String),
    /// There is nothing new.
    End,
}

fn event(run: &str, record: &Record) -> String {
    // JSON escapes line feeds, so the data has one line.
    let data = serde_json::to_string(&Members::of(record)).unwrap_or_default();
    format!("id: {run}-{}\nevent: record\ndata: {data}\n\n", record.number)
}

/// Returns the number in an event's id; `None` if it is no id of this run.
fn number_of(id: &str, run: &str) -> Option<u64> {
    id.strip_prefix(run)?.strip_prefix('-')?.parse().ok()
}

/// After how long a comment shows that the connection is alive, in real time.
const QUIET: Duration = Duration::from_secs(15);

/// Between two batches, so that a busy sandbox does not write each record for itself.
const PAUSE: Duration = Duration::from_millis(4);

/// After how many milliseconds a browser connects again.
const RETRY_MS: u32 = 500;

const MOST_RECORDS: usize = 256;
/// The most bytes of texts in a batch, but for the last one.
const MOST_BYTES: usize = 256 * 1024;
/// The most records that are compared with a filter while the state is locked.
const MOST_EXAMINED: usize = 4096;
