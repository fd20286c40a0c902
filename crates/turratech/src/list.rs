use std::fmt;

use payments_core::json::{self, DecodeError, ProviderMessage, RawJson, Read, UnreadableItem, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Error, ErrorKind, Extra, Outcome, Page, Pager, ProviderError, ValidationError, extra_setter};
use serde::Deserialize;

use crate::client::Client;
use crate::error::SPEC;
use crate::fields::raw_id;

/// The parameters of a list: which part to read, and in which direction.
///
/// | parameter | direction |
/// |---|---|
/// | neither cursor | from the newest object to older ones (inferred) |
/// | [`starting_after`](Self::starting_after) | from that object to older ones (inferred) |
/// | [`ending_before`](Self::ending_before) | from that object to newer ones (inferred); each page is reversed, so that the order is consistent |
///
/// ```no_run
/// use turratech::{Client, ListParams};
///
/// # async fn example(client: Client) -> Result<(), turratech::Error> {
/// let mut payments = client.list_payments(ListParams::new().limit(100));
/// while let Some(payment) = payments.try_next().await? {
///     match payment {
///         Ok(payment) => println!("{} {}", payment.id, payment.status),
///         Err(unreadable) => eprintln!("{unreadable}"), // the list goes on
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// An object that cannot be read is an [`UnreadableItem`] and does not end the list. If your code needs every object, write
/// `payment?`: the item converts to an [`Error`].
///
/// A cursor is an object's id, not a number. So objects that are added or removed while you read do not shift the list:
/// no object is returned twice, and no object that existed at the start is skipped. New objects are returned only if you
/// read towards newer ones.
///
/// To continue later:
///
/// - Towards older objects, store the id of the last object that you processed and pass it to
///   [`starting_after`](Self::starting_after). No object is skipped or repeated.
/// - To find objects newer than those you know, pass the newest known id to [`ending_before`](Self::ending_before).
/// - [`Pager::cursor`] skips no object either, but restarts at the beginning of its page.
#[must_use = "no page is fetched until the list is read"]
#[derive(Clone, PartialEq, Eq)]
pub struct ListParams<I> {
    limit: Option<u32>,
    starting_after: Option<I>,
    ending_before: Option<I>,
    extra: Extra,
}

impl<I> ListParams<I> {
    /// Creates parameters for the whole list: newest first (inferred), ten objects per page (documented).
    pub fn new() -> Self {
        Self { limit: None, starting_after: None, ending_before: None, extra: Extra::default() }
    }

    /// Sets the number of objects per page, 1 to 100. The default is 10 (documented).
    ///
    /// If a page is larger than the client's limit for responses, set a smaller number.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Starts after this object, excluding it, and reads towards older ones.
    ///
    /// The direction is inferred: the document says only that the list starts after the object.
    pub fn starting_after(mut self, id: I) -> Self {
        self.starting_after = Some(id);
        self
    }

    /// Starts at this object, excluding it, and reads towards newer ones, nearest first.
    ///
    /// The direction and the order are inferred: the document says only that the page ends before the object. Cannot be
    /// combined with [`starting_after`](Self::starting_after).
    pub fn ending_before(mut self, id: I) -> Self {
        self.ending_before = Some(id);
        self
    }

    extra_setter!();
}

impl<I> Default for ListParams<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: fmt::Debug> fmt::Debug for ListParams<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListParams")
            .field("limit", &self.limit)
            .field("starting_after", &self.starting_after)
            .field("ending_before", &self.ending_before)
            .field("extra", &self.extra)
            .finish()
    }
}

impl<I: AsRef<str> + fmt::Debug + Clone + Send + Sync + 'static> ListParams<I> {
    fn request(&self, path: &'static str, cursor: Option<&str>) -> Result<RequestBuilder, Error> {
        self.extra.check(&["limit", "starting_after", "ending_before"])?;
        if cursor.is_some_and(str::is_empty) {
            let error = ProviderError::default();
            let (kind, outcome) = (ErrorKind::MalformedResponse, Outcome::Unknown);
            return Err(Error::from_provider(SPEC.provider, kind, outcome, NO_CURSOR, error));
        }
        let mut path = Path::new(path);
        if let Some(limit) = self.limit {
            if !(1..=100).contains(&limit) {
                return Err(ValidationError::new("limit", "must be 1 to 100").into());
            }
            path = path.query("limit", &limit.to_string());
        }
        path = match (&self.starting_after, &self.ending_before) {
            (Some(_), Some(_)) => {
                return Err(ValidationError::new("ending_before", "cannot be combined with `starting_after`").into());
            }
            (_, Some(before)) => path.query("ending_before", cursor.unwrap_or(before.as_ref())),
            (after, None) => match cursor.or(after.as_ref().map(AsRef::as_ref)) {
                Some(after) => path.query("starting_after", after),
                None => path,
            },
        };
        for (name, value) in self.extra.fields()? {
            path = path.query(name, &value);
        }
        Ok(RequestBuilder::get(path).log_as(self.clone()))
    }
}

/// Returns a pager over the objects at `path`.
pub(crate) fn pager<W, T, I, R>(
    client: &Client,
    operation: Operation,
    path: &'static str,
    list: ListParams<I>,
    read: R,
) -> Pager<Result<T, UnreadableItem>>
where
    W: ProviderMessage,
    T: fmt::Debug + Send + 'static,
    I: AsRef<str> + fmt::Debug + Clone + Send + Sync + 'static,
    R: Fn(Read<'_, W>) -> Result<T, DecodeError> + Clone + Send + Sync + 'static,
{
    let client = client.clone();
    Pager::new(move |cursor| {
        let request = client.unless_publishable(|| list.request(path, cursor));
        let (read, towards_newer) = (read.clone(), list.ending_before.is_some());
        client.connection.call(operation, request, move |page: Read<'_, WireList>| {
            let Read { value, unreadable, .. } = page;
            Ok(value.into_page(towards_newer, |index, raw| read_item(operation, index, raw, &unreadable, &read)))
        })
    })
}

/// Reads an item of a page. An item that cannot be read does not affect the others.
fn read_item<W: ProviderMessage, T>(
    operation: Operation,
    index: usize,
    raw: RawJson,
    unreadable: &UnreadableMembers,
    read: impl Fn(Read<'_, W>) -> Result<T, DecodeError>,
) -> Result<T, UnreadableItem> {
    // The list replaces invalid Unicode before its items are read.
    let is_damaged = |name: &&&str| unreadable.concerns(&format!("data[{index}].{name}"));
    let item = match W::DECIDING.iter().find(is_damaged) {
        Some(name) => Err(DecodeError::new(*name, "contains invalid Unicode")),
        None => json::read::<W>(raw.as_str().as_bytes()).and_then(|message| {
            message.unreadable.trace(SPEC.provider, operation);
            read(message)
        }),
    };
    let path = format!("data[{index}]");
    item.map_err(|problem| UnreadableItem::new(index, raw_id(&raw), problem.within(&path), raw))
}

#[derive(Deserialize)]
struct WireList {
    data: Vec<RawJson>,
    has_more: bool,
}

impl ProviderMessage for WireList {
    // The empty name stands for no item: what an item contains does not decide about the list.
    const DECIDING: &'static [&'static str] = &["data.", "has_more"];
}

impl WireList {
    fn into_page<T>(
        mut self,
        towards_newer: bool,
        read: impl Fn(usize, RawJson) -> Result<T, UnreadableItem>,
    ) -> Page<Result<T, UnreadableItem>> {
        // The cursor is the id of the last item, whether or not the item can be read otherwise. If an item has no id, the
        // list continues after the last one that has: the next page repeats an item rather than skipping one.
        let cursor =
            if towards_newer { self.data.iter().find_map(raw_id) } else { self.data.iter().rev().find_map(raw_id) };
        let next = self.has_more.then(|| cursor.unwrap_or_default());
        let mut items: Vec<_> = self.data.drain(..).enumerate().map(|(index, raw)| read(index, raw)).collect();
        if towards_newer {
            items.reverse();
        }
        Page { items, next }
    }
}

/// What is wrong with a page that announces more but has no item to continue after.
const NO_CURSOR: &str = "the list cannot be continued: a page with `has_more` contains no id";
