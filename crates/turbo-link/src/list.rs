use payments_core::json::{self, DecodeError, ProviderMessage, RawJson, Read, UnreadableItem, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::RequestBuilder;
use payments_core::time::Date;
use payments_core::{Call, Error, Poller};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::client::Client;
use crate::day;
use crate::error::SPEC;
use crate::id::LinkId;
use crate::link::PaymentLink;
use crate::list_links::{Interval, ListLinks};

/// A list of payment links, as many as tur.bo returns at once.
///
/// The API documents no way to get the rest. [`PaymentList::not_shown`] returns how many links are missing. Request
/// fewer days to see them.
///
/// A list is serialized, but cannot be loaded. Store its links: a [`PaymentLink`] can be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentList {
    /// The returned links. One whose id or status cannot be read is an [`UnreadableItem`]; the others are not affected.
    #[serde(serialize_with = "serialize_items")]
    pub line_items: Vec<Result<PaymentLink, UnreadableItem>>,
    /// How many links there are in total.
    pub total_results: u64,
    /// How many links are returned, according to the documented table. In the documented sample it is the maximum.
    pub limit: Option<u64>,
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
    #[serde(serialize_with = "serialize_masked")]
    pub period: Option<RawJson>,
    /// The API path. In the documented sample it is `/payments`, for a request to `/payments/baddef`.
    pub api_path: Option<String>,
    #[serde(skip)]
    unreadable: UnreadableMembers,
}

impl PaymentList {
    /// Returns how many links are missing from the list. Unreadable links are not missing.
    #[must_use]
    pub fn not_shown(&self) -> u64 {
        let shown = u64::try_from(self.line_items.len()).unwrap_or(u64::MAX);
        self.total_results.saturating_sub(shown)
    }

    /// Returns the link with this id; `None` if the list does not contain it.
    ///
    /// # Errors
    ///
    /// Returns the unreadable item that has this id. If no link has the id, also returns an unreadable item without a
    /// readable id, because it may be the link.
    pub fn find(&self, id: &LinkId) -> Result<Option<&PaymentLink>, UnreadableItem> {
        let link = self.line_items.iter().flatten().find(|link| link.id == *id);
        let unreadable = || self.line_items.iter().filter_map(|item| item.as_ref().err());
        let item = unreadable().find(|item| item.id.as_deref() == Some(id.as_str()));
        match item.or_else(|| unreadable().find(|item| link.is_none() && item.id.is_none())) {
            Some(item) => Err(item.clone()),
            None => Ok(link),
        }
    }

    /// Returns the members of the response that could not be read as documented. Usually there are none.
    ///
    /// Members of links are included, such as `line_items[1].created`. Unreadable links are not: they are in
    /// [`PaymentList::line_items`].
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireList>) -> Result<Self, DecodeError> {
        let Read { value: wire, mut unreadable, .. } = read;
        let line_items = read_items(&wire.line_items)?;
        let mut in_links = UnreadableMembers::default();
        for (index, link) in line_items.iter().enumerate() {
            if let Ok(link) = link {
                unreadable = unreadable.with_part(&item_path(index), link.unreadable_members().clone());
                in_links = in_links.with_part(&item_path(index), link.unreadable_members().clone());
            }
        }
        // The call records the other members.
        in_links.trace(SPEC.provider, LIST_LINKS);
        Ok(Self {
            line_items,
            total_results: wire.total_results,
            limit: wire.limit,
            msg: wire.msg,
            kind: wire.kind,
            start: wire.start,
            end: wire.end,
            interval: wire.interval,
            period: wire.period,
            api_path: wire.api_path,
            unreadable,
        })
    }
}

impl Client {
    /// Lists a link repeatedly until it is `completed` or `refunded`, or until the timeout.
    ///
    /// At the timeout it returns the last status. If no response contained the link, it returns an error: the documented
    /// sample contains another link than the requested one.
    pub fn wait_until_final(&self, link: &LinkId) -> Poller<PaymentLink> {
        let (client, link) = (self.clone(), link.clone());
        Poller::new(&self.connection, move || client.find_link(&link), |link| link.status.is_final())
    }

    fn find_link(&self, id: &LinkId) -> Call<PaymentLink> {
        let (request, id) = (self.request(ListLinks::new().only(id.clone())), id.clone());
        self.connection.call(LIST_LINKS, request, move |read| match PaymentList::of(read)?.find(&id) {
            Ok(Some(link)) => Ok(link.clone()),
            Ok(None) => Err(DecodeError::new("line_items", "does not contain the requested link")),
            Err(unreadable) => Err(unreadable.error),
        })
    }

    /// Lists payment links. The call is read-only, although it is a POST request.
    ///
    /// The path without an id is *inferred* from the sample's `api_path`. For one link, use [`ListLinks::only`].
    pub fn list_links(&self, list: ListLinks) -> Call<PaymentList> {
        self.connection.call(LIST_LINKS, self.request(list), PaymentList::of)
    }

    fn request(&self, list: ListLinks) -> Result<RequestBuilder, Error> {
        let fields = list.form()?;
        let mut form = vec![("api_key", self.key.expose())];
        form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        let request = RequestBuilder::post(list.path()?).form(&form).redact(self.key.expose());
        Ok(request.log_as(list))
    }
}

/// A successful response. `error` must be a boolean; responses with `true` are handled before this is decoded.
#[derive(Deserialize)]
pub(crate) struct WireList {
    #[serde(rename = "error")]
    _error: bool,
    // Decoded item by item.
    line_items: RawJson,
    total_results: u64,
    #[serde(default)]
    limit: Option<u64>,
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

impl ProviderMessage for WireList {
    // `line_items` can have any shape here. It is checked item by item.
    const DECIDING: &'static [&'static str] = &["error", "total_results"];
}

/// Reads the items of a list; `null` is an empty list.
fn read_items(items: &RawJson) -> Result<Vec<Result<PaymentLink, UnreadableItem>>, DecodeError> {
    let items: Option<Vec<RawJson>> = items.decode().map_err(|error| error.within("line_items"))?;
    let items = items.unwrap_or_default().into_iter().enumerate();
    Ok(items.map(|(index, raw)| read_item(index, raw)).collect())
}

fn read_item(index: usize, raw: RawJson) -> Result<PaymentLink, UnreadableItem> {
    json::read(raw.as_str().as_bytes()).and_then(PaymentLink::of).map_err(|error| {
        let id = json::read::<WireId>(raw.as_str().as_bytes()).ok();
        let id = id.map(|read| read.value.id.as_str().to_owned());
        UnreadableItem::new(index, id, error.within(&item_path(index)), raw)
    })
}

fn item_path(index: usize) -> String {
    format!("line_items[{index}]")
}

/// The id of an item that cannot be read otherwise.
#[derive(Deserialize)]
struct WireId {
    id: LinkId,
}

impl ProviderMessage for WireId {
    const DECIDING: &'static [&'static str] = &["id"];
}

/// Serializes the links, and of an unreadable one its id and the problem. Its text could contain anything.
fn serialize_items<S: Serializer>(
    items: &[Result<PaymentLink, UnreadableItem>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    struct Unreadable<'a>(&'a UnreadableItem);
    impl Serialize for Unreadable<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("id", &self.0.id)?;
            map.serialize_entry("unreadable", &self.0.error.to_string())?;
            map.end()
        }
    }
    let mut list = serializer.serialize_seq(Some(items.len()))?;
    for item in items {
        match item {
            Ok(link) => list.serialize_element(link)?,
            Err(item) => list.serialize_element(&Unreadable(item))?,
        }
    }
    list.end()
}

/// Serializes a member that could contain anything, with possible card numbers masked.
fn serialize_masked<S: Serializer>(raw: &Option<RawJson>, serializer: S) -> Result<S::Ok, S::Error> {
    raw.as_ref().map(RawJson::masked).serialize(serializer)
}

/// Decodes an interval; `None` if it is missing, `null` or empty.
fn interval_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Interval>, D::Error> {
    let label: Option<String> = json::none_if_empty(deserializer)?;
    Ok(label.map(|label| Interval::from(&*label)))
}

const LIST_LINKS: Operation = Operation::read("list_links");
