use std::fmt;

use payments_core::json::{DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Error, Page, Pager, ValidationError};
use serde::Deserialize;

use crate::client::Client;
use crate::extra::{Extra, extra_setter};

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
///     println!("{} {} {}", payment.created, payment.id, payment.status);
/// }
/// # Ok(())
/// # }
/// ```
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
        Ok(RequestBuilder::get(self.extra.add_to_query(path)?).log_as(self.clone()))
    }
}

/// Returns a pager over the objects at `path`.
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
        let request = client.unless_publishable(|| list.request(path, cursor));
        let (read, towards_newer) = (read.clone(), list.ending_before.is_some());
        client.connection.call(operation, request, move |wire: WireList| wire.into_page(towards_newer, id, &read))
    })
}

#[derive(Deserialize)]
struct WireList {
    data: Vec<RawJson>,
    has_more: bool,
}

impl WireList {
    fn into_page<T>(
        self,
        towards_newer: bool,
        id: fn(&T) -> &str,
        read: impl Fn(RawJson) -> Result<T, DecodeError>,
    ) -> Result<Page<T>, DecodeError> {
        let mut items = Vec::with_capacity(self.data.len());
        for (index, raw) in self.data.into_iter().enumerate() {
            items.push(read(raw).map_err(|problem| problem.within(&format!("data[{index}]")))?);
        }
        if towards_newer {
            items.reverse();
        }
        // If the page has no objects, the cursor is empty, and the pager reports an error.
        let next = self.has_more.then(|| items.last().map_or_else(String::new, |item| id(item).to_owned()));
        Ok(Page { items, next })
    }
}
