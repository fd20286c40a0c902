use payments_core::json::{self, RawJson};
use payments_core::provider::Operation;
use payments_core::request::RequestBuilder;
use payments_core::time::Date;
use payments_core::{Call, Error};
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::Client;
use crate::day;
use crate::id::LinkId;
use crate::link::{PaymentLink, WireLink};
use crate::list_links::{Interval, ListLinks};

/// A list of payment links, as many as tur.bo returns at once.
///
/// The API documents no way to get the rest. [`PaymentList::not_shown`] returns how many links are missing. Request
/// fewer days to see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentList {
    /// The returned links.
    pub line_items: Vec<PaymentLink>,
    /// How many links there are in total.
    pub total_results: u64,
    /// How many links are returned, according to the documented table. In the documented sample it is the maximum.
    pub limit: u64,
    /// `OK`, or a description of a problem.
    pub msg: Option<String>,
    /// The kind of list. `payment-detail` is the only documented value.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The first day of the range, if the response repeats it.
    #[serde(serialize_with = "day::serialize_iso")]
    pub start: Option<Date>,
    /// The last day of the range, if the response repeats it.
    #[serde(serialize_with = "day::serialize_iso")]
    pub end: Option<Date>,
    /// The interval, if the response repeats it.
    pub interval: Option<Interval>,
    /// An undocumented member, which is an empty list in the documented sample.
    pub period: Option<RawJson>,
    /// The API path. In the documented sample it is `/payments`, for a request to `/payments/baddef`.
    pub api_path: Option<String>,
}

impl PaymentList {
    /// Returns how many links are missing from the list.
    #[must_use]
    pub fn not_shown(&self) -> u64 {
        let shown = u64::try_from(self.line_items.len()).unwrap_or(u64::MAX);
        self.total_results.saturating_sub(shown)
    }

    /// Returns the link with this id, if the list contains it.
    #[must_use]
    pub fn find(&self, id: &LinkId) -> Option<&PaymentLink> {
        self.line_items.iter().find(|link| link.id == *id)
    }
}

impl Client {
    /// Lists payment links. The call is read-only, although it is a POST request.
    ///
    /// The path without an id is *inferred* from the sample's `api_path`. For one link, use [`ListLinks::only`].
    pub fn list_links(&self, list: ListLinks) -> Call<PaymentList> {
        self.connection.call(LIST_LINKS, self.request(list), |wire: WireList| Ok(wire.into_list()))
    }

    fn request(&self, list: ListLinks) -> Result<RequestBuilder, Error> {
        let fields = list.form()?;
        let mut form = vec![("api_key", self.key.expose())];
        form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        let request = RequestBuilder::post(list.path()).form(&form).redact(self.key.expose());
        Ok(request.log_as(list))
    }
}

/// A successful response. `error` must be a boolean; responses with `true` are handled before this is decoded.
#[derive(Deserialize)]
struct WireList {
    #[serde(rename = "error")]
    _error: bool,
    line_items: Vec<WireLink>,
    total_results: u64,
    limit: u64,
    #[serde(default)]
    msg: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "day::deserialize_optional")]
    start: Option<Date>,
    #[serde(default, deserialize_with = "day::deserialize_optional")]
    end: Option<Date>,
    #[serde(default, deserialize_with = "interval_or_none")]
    interval: Option<Interval>,
    #[serde(default)]
    period: Option<RawJson>,
    #[serde(default)]
    api_path: Option<String>,
}

impl WireList {
    fn into_list(self) -> PaymentList {
        PaymentList {
            line_items: self.line_items.into_iter().map(WireLink::into_link).collect(),
            total_results: self.total_results,
            limit: self.limit,
            msg: self.msg,
            kind: self.kind,
            start: self.start,
            end: self.end,
            interval: self.interval,
            period: self.period,
            api_path: self.api_path,
        }
    }
}

/// Decodes an interval; `None` if it is missing, `null` or empty.
fn interval_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Interval>, D::Error> {
    let label: Option<String> = json::none_if_empty(deserializer)?;
    Ok(label.map(|label| Interval::from(&*label)))
}

const LIST_LINKS: Operation = Operation::read("list_links");
