use std::fmt;

use payments_core::json::{DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Error, Page, Pager, ValidationError};
use serde::Deserialize;

use crate::client::Client;
use crate::parameters::{Extra, extra_setter};

/// Which part of a list to read, and in which direction.
///
/// Lists come newest first (inferred). With [`ListParams::ending_before`] they are read the other way: from that object
/// on towards the newer ones, each page turned round, so that the order is one throughout.
///
/// ```no_run
/// use turratech::{Client, ListParams};
///
/// # async fn example(client: Client) -> Result<(), turratech::Error> {
/// let mut payments = client.list_payments(ListParams::new().limit(100));
/// while let Some(payment) = payments.try_next().await? {
///     println!("{} {} {}", payment.created, payment.id, payment.status);
/// }
/// # Ok(())
/// # }
/// ```
///
/// A place in a list is an object, not a number: what appears or goes meanwhile shifts nothing, no object comes twice
/// and none that was there is left out. Reading towards older objects, new ones are not met; towards newer ones, they
/// are.
///
/// To go on later, store the id of the last object that was handled and give it to [`ListParams::starting_after`] of a
/// list that is otherwise the same: nothing is left out, and nothing comes twice. [`Pager::cursor`] leaves nothing out
/// either, but goes back to where its page began.
/// For new objects since the newest that was seen, give its id to [`ListParams::ending_before`].
#[must_use = "nothing is fetched until the list is read"]
#[derive(Clone, PartialEq, Eq)]
pub struct ListParams<I> {
    limit: Option<u32>,
    starting_after: Option<I>,
    ending_before: Option<I>,
    extra: Extra,
}

impl<I> ListParams<I> {
    /// All of it, from the newest on (inferred), ten at a time (documented).
    pub fn new() -> Self {
        Self { limit: None, starting_after: None, ending_before: None, extra: Extra::default() }
    }

    /// How many objects a page has, 1 to 100. Standard: 10 (documented).
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// From the object after this one on, towards older ones (inferred: the document says only that the list starts
    /// after it).
    pub fn starting_after(mut self, id: I) -> Self {
        self.starting_after = Some(id);
        self
    }

    /// From the object before this one on, towards newer ones: the nearest first.
    ///
    /// That a page before a cursor holds the objects nearest to it is inferred; the document says only that they end
    /// there.
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
        let mut path = Path::new(path);
        if let Some(limit) = self.limit {
            if !(1..=100).contains(&limit) {
                return Err(ValidationError::new("limit", "must be 1 to 100").into());
            }
            path = path.query("limit", &limit.to_string());
        }
        path = match (&self.starting_after, &self.ending_before) {
            (Some(_), Some(_)) => return Err(ValidationError::new("ending_before", "excludes `starting_after`").into()),
            (_, Some(before)) => path.query("ending_before", cursor.unwrap_or(before.as_ref())),
            (after, None) => match cursor.or(after.as_ref().map(AsRef::as_ref)) {
                Some(after) => path.query("starting_after", after),
                None => path,
            },
        };
        Ok(RequestBuilder::get(self.extra.query(path)?).log_as(self.clone()))
    }
}

/// A list of the objects at `path`.
pub(crate) fn pager<T, I, R>(
    client: &Client,
    operation: Operation,
    path: &'static str,
    list: ListParams<I>,
    id: fn(&T) -> &str,
    read: R,
) -> Pager<T>
where
    T: fmt::Debug + Send + 'static,
    I: AsRef<str> + fmt::Debug + Clone + Send + Sync + 'static,
    R: Fn(RawJson) -> Result<T, DecodeError> + Clone + Send + Sync + 'static,
{
    let client = client.clone();
    Pager::new(move |cursor| {
        let request = client.private(|| list.request(path, cursor));
        let (read, newer) = (read.clone(), list.ending_before.is_some());
        client.connection.call(operation, request, move |wire: WireList| wire.page(newer, id, &read))
    })
}

#[derive(Deserialize)]
struct WireList {
    data: Vec<RawJson>,
    has_more: bool,
}

impl WireList {
    fn page<T>(
        self,
        newer: bool,
        id: fn(&T) -> &str,
        read: impl Fn(RawJson) -> Result<T, DecodeError>,
    ) -> Result<Page<T>, DecodeError> {
        let mut items = Vec::with_capacity(self.data.len());
        for (at, raw) in self.data.into_iter().enumerate() {
            items.push(read(raw).map_err(|problem| problem.within(&format!("data[{at}]")))?);
        }
        if newer {
            items.reverse();
        }
        // Without objects there is no place to go on from; the pager tells of it.
        let next = self.has_more.then(|| items.last().map_or_else(String::new, |item| id(item).to_owned()));
        Ok(Page { items, next })
    }
}
