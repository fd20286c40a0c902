use payments_core::json::RawJson;
use payments_core::provider::Operation;
use payments_core::request::RequestBuilder;
use payments_core::time::Date;
use payments_core::{Call, Error};
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::Client;
use crate::day;
use crate::link::{LinkId, PaymentLink, WireLink};
use crate::list_links::{Interval, ListLinks};

/// Payment links, as many as tur.bo gives at once.
///
/// It documents no way to have the rest: [`PaymentList::not_shown`] says how many there are. Ask for fewer days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentList {
    /// The links.
    pub line_items: Vec<PaymentLink>,
    /// How many there are in all.
    pub total_results: u64,
    /// How many are shown, says the document's table; in its sample, how many could be.
    pub limit: u64,
    /// `OK`, or words about what is not.
    pub msg: Option<String>,
    /// What kind of list it is: `payment-detail` is the one documented.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The first day asked for, where it is said again.
    #[serde(serialize_with = "day::as_iso")]
    pub start: Option<Date>,
    /// The last day asked for, where it is said again.
    #[serde(serialize_with = "day::as_iso")]
    pub end: Option<Date>,
    /// The interval asked for, where it is said again.
    pub interval: Option<Interval>,
    /// As it came: the document shows it empty and says nothing of it.
    pub period: Option<RawJson>,
    /// The path that answered, says the sample: `/payments`, for a request to `/payments/baddef`.
    pub api_path: Option<String>,
}

impl PaymentList {
    /// How many links there are beyond those that came. There is no documented way to ask for them.
    #[must_use]
    pub fn not_shown(&self) -> u64 {
        let shown = u64::try_from(self.line_items.len()).unwrap_or(u64::MAX);
        self.total_results.saturating_sub(shown)
    }

    /// The link with this id, if it came.
    #[must_use]
    pub fn find(&self, id: &LinkId) -> Option<&PaymentLink> {
        self.line_items.iter().find(|link| link.id == *id)
    }
}

impl Client {
    /// Lists payment links. This is a read, although the provider documents it as a POST.
    ///
    /// That the path without an id returns the list is inferred, from the sample's `api_path`. For one link use
    /// [`ListLinks::only`].
    pub fn list_links(&self, list: ListLinks) -> Call<PaymentList> {
        self.connection.call(LIST_LINKS, self.request(list), |wire: WireList| Ok(wire.list()))
    }

    fn request(&self, list: ListLinks) -> Result<RequestBuilder, Error> {
        let fields = list.form()?;
        let mut form = vec![("api_key", self.key.expose())];
        form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        let request = RequestBuilder::post(list.path()).form(&form).redact(self.key.expose());
        Ok(request.log_as(list))
    }
}

/// `error` has been looked at: what says `true` does not come here.
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
    #[serde(default, deserialize_with = "day::optional")]
    start: Option<Date>,
    #[serde(default, deserialize_with = "day::optional")]
    end: Option<Date>,
    #[serde(default, deserialize_with = "label")]
    interval: Option<Interval>,
    #[serde(default)]
    period: Option<RawJson>,
    #[serde(default)]
    api_path: Option<String>,
}

impl WireList {
    fn list(self) -> PaymentList {
        PaymentList {
            line_items: self.line_items.into_iter().map(WireLink::link).collect(),
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

/// Nothing, `null` and an empty text are all "none".
fn label<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Interval>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    Ok(text.map(|text| Interval::from(&*text)))
}

const LIST_LINKS: Operation = Operation::read("list_links");
