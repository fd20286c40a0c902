//! One row of the timeline: an arrow between two parties, or a mark on a party's line.

use std::fmt::Write as _;

use crate::html::escape;
use crate::ledger::Entry;
use crate::record::{Record, RecordKind, Told, ToldEnd};
use crate::state::State;

/// A record with what its row shows besides.
pub(in crate::shell::inspector) struct Shown {
    pub(in crate::shell::inspector) record: Record,
    pub(in crate::shell::inspector) entry: Option<Entry>,
    /// The ledger entry's amount, in the provider's unit.
    amount: String,
}

/// What the lanes of a row show.
struct Drawing {
    /// The classes of the arrow or the mark.
    class: &'static str,
    /// A short text at the arrow or in the mark.
    label: String,
    /// What a screen reader says in place of the drawing.
    spoken: &'static str,
    /// True if what was sent did not arrive as it was made.
    is_broken: bool,
}

impl Shown {
    pub(in crate::shell::inspector) fn new(record: Record, state: &State) -> Self {
        let entry = record.entry.and_then(|number| state.entry(number)).cloned();
        let spec = state.engines().iter().map(|engine| engine.spec()).find(|spec| record.provider == Some(spec.name));
        let amount = spec.zip(entry.as_ref());
        let amount = amount.map(|(spec, entry)| spec.unit.format(entry.amount.into(), &entry.currency));
        Self { record, entry, amount: amount.unwrap_or_default() }
    }

    /// Writes the row. `index` is its number in the table, for screen readers.
    pub(super) fn write(&self, html: &mut String, position: u64, index: u64) {
        let record = &self.record;
        let (number, kind) = (record.number, record.kind.as_str());
        let Drawing { class, label, spoken, is_broken } = self.drawing();
        let broken = if is_broken { " broken" } else { "" };
        let money = if record.moves_money { " money" } else { "" };
        let band = if record.request.is_some_and(|request| request % 2 == 1) { " band" } else { "" };
        let _ = write!(
            html,
            "<div role=\"row\" class=\"event {kind}{broken}{money}{band}\" aria-rowindex=\"{index}\" data-position=\"{position}\" \
             data-number=\"{number}\"><span role=\"cell\" class=\"number\"><a href=\"/inspector/records/{number}\">{number}</a></span>\
             <span role=\"cell\" class=\"at\">{}.{:03} s</span>\
             <span role=\"cell\" class=\"lanes\"><span class=\"hidden\">{spoken}: </span><span class=\"{class}\"><i>{}</i></span></span>\
             <span role=\"cell\" class=\"what\"><b>{kind}</b> {}</span><span role=\"cell\" class=\"order\">{}</span></div>",
            record.at.as_secs(),
            record.at.subsec_millis(),
            escape(&label),
            escape(&self.text()),
            escape(record.reference.as_deref().unwrap_or_default()),
        );
    }

    fn drawing(&self) -> Drawing {
        let record = &self.record;
        let operation = record.operation.unwrap_or("page").to_owned();
        let drawing = |class, label: String, spoken| Drawing { class, label, spoken, is_broken: false };
        match record.kind {
            RecordKind::Request | RecordKind::Page => Drawing {
                is_broken: record.told.is_some(),
                ..drawing("arrow client-provider", operation, "client to provider")
            },
            RecordKind::Told => self.told(),
            RecordKind::Fault => drawing("mark at-provider", effect(record), "at the provider"),
            RecordKind::Response => drawing("mark at-provider", self.status("response"), "at the provider"),
            RecordKind::Ledger => drawing("mark at-provider", self.amount(), "at the provider"),
            RecordKind::Message => Drawing {
                is_broken: record.fault.is_some() || record.text.ends_with(NOT_SENT),
                ..drawing("arrow provider-merchant due", "message".to_owned(), "provider to merchant, due")
            },
            RecordKind::Attempt => Drawing {
                is_broken: !record.text.rsplit(": ").next().is_some_and(|end| end.starts_with(ACKNOWLEDGED)),
                ..drawing("arrow provider-merchant", "attempt".to_owned(), "provider to merchant")
            },
            RecordKind::Action => {
                let name = record.text.rsplit('/').next().filter(|_| record.text.starts_with("POST "));
                let label = name.unwrap_or("action").to_owned();
                match record.provider {
                    Some(_) => drawing("arrow world-provider", label, "customer, bank or test to provider"),
                    None => drawing("mark at-world", label, "customer, bank or test"),
                }
            }
            RecordKind::Redirect => {
                Drawing { is_broken: true, ..drawing("mark at-client", "redirect".to_owned(), "at the client") }
            }
            RecordKind::Status => {
                let to = record.status.map_or("status", |change| change.to);
                drawing("mark at-provider", to.to_owned(), "at the provider")
            }
            RecordKind::Note => drawing("mark at-client", "note".to_owned(), "at the client"),
        }
    }

    /// The arrow of what the client was sent: whole, a part, or nothing.
    fn told(&self) -> Drawing {
        let label = self.status("response");
        let (class, label, spoken, is_broken) = match self.record.told {
            Some(Told { end: ToldEnd::Whole, .. }) | None => {
                ("arrow provider-client", label, "provider to client", false)
            }
            Some(Told { bytes: 0, end, .. }) => {
                ("arrow provider-client cut nothing", end.as_str().to_owned(), "provider to client, nothing sent", true)
            }
            Some(Told { end, .. }) => {
                ("arrow provider-client cut", end.as_str().to_owned(), "provider to client, cut", true)
            }
        };
        Drawing { class, label, spoken, is_broken }
    }

    /// The status of a response.
    fn status(&self, otherwise: &str) -> String {
        self.record.content.as_ref().map_or(otherwise, |content| content.start.as_str()).to_owned()
    }

    /// A ledger entry's amount, or its kind if it has none.
    fn amount(&self) -> String {
        match &self.entry {
            Some(Entry { currency, kind, .. }) if currency.is_empty() => kind.to_string(),
            Some(_) => self.amount.clone(),
            None => "entry".to_owned(),
        }
    }

    /// What happened, in one line.
    pub(in crate::shell::inspector) fn text(&self) -> String {
        let record = &self.record;
        let request = |text: String| match record.request {
            Some(number) => format!("{text} · request {number}"),
            None => text,
        };
        match (record.kind, &record.content, &record.told, &self.entry) {
            (RecordKind::Request, _, Some(told), _) => {
                request(format!("{}, {told}", record.fault.as_deref().unwrap_or_default()))
            }
            (RecordKind::Request | RecordKind::Page, Some(content), ..) => request(content.start.clone()),
            (RecordKind::Response, Some(content), ..) => request(format!("{} prepared", content.start)),
            (RecordKind::Told, content, Some(told), _) => request(match content {
                Some(content) if told.end == ToldEnd::Whole => format!("{}, {told}", content.start),
                _ => told.to_string(),
            }),
            (RecordKind::Fault, ..) => request(record.fault.clone().unwrap_or_default()),
            (RecordKind::Ledger, _, _, Some(entry)) => {
                request(format!("{} {} {}", entry.operation, entry.kind, self.amount()))
            }
            _ => record.text.clone(),
        }
    }
}

/// A fault's effect, without its moment.
fn effect(record: &Record) -> String {
    let fault = record.fault.as_deref().unwrap_or("fault");
    fault.split_once(' ').map_or(fault, |(_, effect)| effect).to_owned()
}

/// The ends of the outbox's lines.
const ACKNOWLEDGED: &str = "acknowledged";
const NOT_SENT: &str = "not sent, its URL is not a loopback http URL";
