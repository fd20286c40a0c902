//! The listing that both endpoints return, with its members in the sample's order.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::json;
use serde_json::value::RawValue;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::fee::Charge;
use super::filter::Filter;
use super::link::Link;
use super::settings::{FeeValue, Settings};
use crate::http::Response;
use crate::money;

/// The members of a response: the document's sample and its table differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// The members of the sample only.
    Sample,
    /// The members of the table too: `type`, `start`, `end`, `interval` and a link's `url`.
    Table,
}

/// The error response to a rejected request.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    message: String,
}

impl ErrorResponse {
    pub(crate) fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned() }
    }

    /// Returns the error under this HTTP status. Its `error` is true under any status.
    pub(crate) fn response(&self, http_status: u16) -> Response {
        Response::json(http_status, &json!({"error": true, "msg": self.message}))
    }
}

pub(crate) fn listing(
    links: &[&Link],
    filter: &Filter,
    members: Members,
    settings: &Settings,
    origin: &str,
) -> Response {
    let table = members == Members::Table;
    let item = |link: &&Link| LineItem {
        id: link.id.clone(),
        amount: in_dollars(link.amount),
        status: link.status.as_str(),
        url: table.then(|| link.url(origin)),
        qr: link.qr(origin),
        created: format_time(link.created),
        convenience_fee: convenience_fee(link, settings),
    };
    let listing = Listing {
        error: false,
        msg: "OK",
        kind: table.then_some("payment-detail"),
        start: filter.start.as_deref().filter(|_| table),
        end: filter.end.as_deref().filter(|_| table),
        interval: filter.interval.as_deref().filter(|_| table),
        period: Period::of(filter),
        api_path: "/payments",
        total_results: links.len(),
        limit: LIMIT,
        line_items: links.iter().take(LIMIT).map(item).collect(),
    };
    Response::new(200, "application/json", serde_json::to_vec(&listing).unwrap_or_default())
}

#[derive(Serialize)]
struct Listing<'a> {
    error: bool,
    msg: &'static str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<&'a str>,
    period: Period,
    api_path: &'static str,
    total_results: usize,
    limit: usize,
    line_items: Vec<LineItem>,
}

#[derive(Serialize)]
struct LineItem {
    id: String,
    amount: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    qr: String,
    created: String,
    convenience_fee: ConvenienceFee,
}

/// An empty list, as in the sample; an object if the request filters by days.
#[derive(Serialize)]
#[serde(untagged)]
enum Period {
    All([&'static str; 0]),
    Days {
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        end: Option<String>,
    },
}

impl Period {
    fn of(filter: &Filter) -> Self {
        let day = |date: Date| date.format(format_description!("[month]/[day]/[year]")).unwrap_or_default();
        match (filter.first, filter.last) {
            (None, None) => Self::All([]),
            (first, last) => Self::Days { start: first.map(day), end: last.map(day) },
        }
    }
}

/// An object, as in the sample, or a list, as in the table.
#[derive(Serialize)]
#[serde(untagged)]
enum ConvenienceFee {
    Object(FeeMembers),
    List([FeeMembers; 1]),
}

#[derive(Serialize)]
struct FeeMembers {
    setting: Option<&'static str>,
    status: &'static str,
    value: Option<Charged>,
}

fn convenience_fee(link: &Link, settings: &Settings) -> ConvenienceFee {
    let members = FeeMembers {
        setting: link.charge.setting(),
        status: if link.charge == Charge::Disabled { "disabled" } else { "enabled" },
        value: link.charge.on(link.amount).map(|cents| Charged { cents, form: settings.fee_value }),
    };
    if settings.fees_as_lists { ConvenienceFee::List([members]) } else { ConvenienceFee::Object(members) }
}

struct Charged {
    cents: i64,
    form: FeeValue,
}

impl Serialize for Charged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = money::with_two_decimals(self.cents);
        match self.form {
            FeeValue::Number => RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer),
            FeeValue::Text => text.serialize(serializer),
            FeeValue::Dollars => in_dollars(self.cents).serialize(serializer),
        }
    }
}

/// Formats cents as `$1,234.50`.
pub(crate) fn in_dollars(cents: i64) -> String {
    let amount = money::with_two_decimals(cents);
    let (whole, fraction) = amount.split_once('.').unwrap_or((&amount, "00"));
    let groups: Vec<&str> = whole.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    format!("${}.{fraction}", groups.join(","))
}

fn format_time(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]")).unwrap_or_default()
}

/// The most links in one response, as in the sample.
const LIMIT: usize = 25;

#[cfg(test)]
mod tests {
    use super::in_dollars;

    #[test]
    fn dollars_have_commas_between_thousands() {
        for (cents, text) in [
            (1, "$0.01"),
            (100, "$1.00"),
            (99_999, "$999.99"),
            (100_000, "$1,000.00"),
            (123_450, "$1,234.50"),
            (12_345_678_900, "$123,456,789.00"),
        ] {
            assert_eq!(in_dollars(cents), text);
        }
    }
}
