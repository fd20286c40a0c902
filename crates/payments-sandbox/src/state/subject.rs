//! The request that a record is about.

use std::fmt;
use std::sync::Arc;

use super::SharedState;
use crate::http::{Request, Response};
use crate::record::{Content, Record, RecordKind, Told, ToldEnd};

/// A request, as far as the records about it need it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    provider: &'static str,
    operation: Option<&'static str>,
    reference: Option<String>,
    number: u64,
    /// The number of the request's own record.
    record: Option<u64>,
    /// The number of bytes of the whole response, its status and its content, once there is one.
    whole: Option<u64>,
    status: Option<u16>,
    content: Option<Arc<Content>>,
}

impl Subject {
    pub(super) fn new(
        provider: &'static str,
        operation: Option<&'static str>,
        reference: Option<&str>,
        request: &Request,
    ) -> Self {
        Self {
            provider,
            operation,
            reference: reference.map(str::to_owned),
            number: request.number,
            record: request.record,
            whole: None,
            status: None,
            content: None,
        }
    }

    /// Creates a record that the request caused.
    pub(super) fn record(&self, kind: RecordKind, text: impl fmt::Display) -> Record {
        Record::new(kind, text)
            .of(self.provider, self.operation)
            .about(self.reference.as_deref())
            .request(self.number)
            .caused_by(self.record)
    }

    /// Sets the response that the client would receive as a whole.
    pub(super) fn will_be_told(&mut self, response: &Response, content: Option<Arc<Content>>) {
        (self.whole, self.status) = (Some(response.length()), Some(response.status));
        self.content = content;
    }
}

impl SharedState {
    /// Records what the client was sent.
    pub(crate) fn told(&self, subject: &Subject, bytes: u64, end: ToldEnd) {
        let told = Told { bytes, of: subject.whole, status: subject.status, end };
        let record = || {
            let record = subject.record(RecordKind::Told, format_args!("request {}: {told}", subject.number));
            record.told(told).content(subject.content.clone()).outside_the_timeline()
        };
        self.lock().records.add(self.clock.elapsed(), record);
    }

    /// Records that the client was sent the whole response, or had closed the connection.
    pub(crate) fn told_whole(&self, subject: &Subject, arrived: bool) {
        match arrived {
            true => self.told(subject, subject.whole.unwrap_or_default(), ToldEnd::Whole),
            false => self.told(subject, 0, ToldEnd::Gone),
        }
    }
}
