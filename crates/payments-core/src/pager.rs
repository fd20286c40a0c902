use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::{Call, Error, ErrorKind, Outcome, RetryPolicy, ValidationError};

/// A list that is fetched page by page while it is read.
///
/// Only one page is held in memory. To continue later, store [`Pager::cursor`] and pass it to [`Pager::resume`].
#[must_use = "a pager fetches nothing until it is read"]
pub struct Pager<T> {
    fetch: Fetch<T>,
    options: PageOptions,
    /// The unread items of the current page.
    page: VecDeque<T>,
    page_cursor: Option<String>,
    next_cursor: Option<String>,
    has_more: bool,
    /// True if the cursor of the next page repeats.
    is_endless: bool,
    cycles: CycleDetector,
}

/// What was set for the call of each page.
#[derive(Default)]
struct PageOptions {
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    retry: Option<RetryPolicy>,
    headers: Vec<(&'static str, String)>,
}

impl PageOptions {
    fn apply<T>(&self, mut call: Call<T>) -> Call<T> {
        if let Some(timeout) = self.timeout {
            call = call.timeout(timeout);
        }
        if let Some(timeout) = self.attempt_timeout {
            call = call.attempt_timeout(timeout);
        }
        if let Some(retry) = self.retry {
            call = call.retry(retry);
        }
        self.headers.iter().fold(call, |call, (name, value)| call.with_header(name, value))
    }
}

type Fetch<T> = Box<dyn Fn(Option<&str>) -> Call<Page<T>> + Send + Sync>;

/// A page of a list, as a provider crate decodes it.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<String>,
}

impl<T: fmt::Debug + Send> Pager<T> {
    /// Creates a pager that starts at the beginning of the list. `fetch` fetches the page at a cursor.
    pub fn new(fetch: impl Fn(Option<&str>) -> Call<Page<T>> + Send + Sync + 'static) -> Self {
        Self {
            fetch: Box::new(fetch),
            options: PageOptions::default(),
            page: VecDeque::new(),
            page_cursor: None,
            next_cursor: None,
            has_more: true,
            is_endless: false,
            cycles: CycleDetector::default(),
        }
    }

    /// Starts at the cursor of an earlier pager.
    pub fn resume(mut self, cursor: impl Into<String>) -> Self {
        let cursor = Some(cursor.into());
        (self.page_cursor, self.next_cursor) = (cursor.clone(), cursor);
        self
    }

    /// Sets the timeout of each page: all attempts, all waits, and waiting for the provider's rate limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sets the timeout of one attempt to fetch a page.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how often the call of each page is retried.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.options.retry = Some(retry);
        self
    }

    /// Adds a header to the call of each page, for extension traits of providers with special headers.
    ///
    /// An invalid header value makes the call fail before it is sent.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.options.headers.push((name, value.to_owned()));
        self
    }

    /// Returns the cursor from which the list can be resumed without missing an item; `None` is the beginning.
    ///
    /// In the middle of a page and at the end of the list, this is the cursor of the current page. The items that were
    /// already read from that page are then returned again.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        let page_is_read = self.page.is_empty() && self.has_more;
        if page_is_read { self.next_cursor.as_deref() } else { self.page_cursor.as_deref() }
    }

    /// Returns the next item, or `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// Returns an error if a page cannot be fetched; the next call fetches it again. Also returns an error if the cursor of
    /// the next page repeats, because the list would never end.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Ok(Some(item));
            }
            if !self.has_more {
                return Ok(None);
            }
            self.page = self.fetch_page().await?.into();
        }
    }

    /// Returns the unread items of the current page, or else the next page; `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Pager::try_next`].
    pub async fn try_next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        if !self.page.is_empty() {
            return Ok(Some(std::mem::take(&mut self.page).into()));
        }
        while self.has_more {
            let page = self.fetch_page().await?;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Reads the whole list, if it has at most `limit` items.
    ///
    /// ```
    /// # use payments_core::{Error, Pager};
    /// async fn newest_first(payments: Pager<String>) -> Result<Vec<String>, Error> {
    ///     payments.try_collect(1_000).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the list has more items: a list that was cut off would look complete. Also returns the errors of
    /// [`Pager::try_next`].
    pub async fn try_collect(mut self, limit: usize) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            if items.len() == limit {
                let rule = format!("must not be less than the number of items: the list has more than {limit}");
                return Err(ValidationError::new("limit", rule).into());
            }
            items.push(item);
        }
        Ok(items)
    }

    async fn fetch_page(&mut self) -> Result<Vec<T>, Error> {
        let call = self.options.apply((self.fetch)(self.next_cursor.as_deref()));
        if self.is_endless {
            let (provider, operation) = call.names();
            let problem = "the list would never end: the cursor of the next page repeats";
            let error = Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, problem);
            return Err(error.with_call(provider, operation.name, operation.effect));
        }
        let Page { items, next } = call.send().await?;
        self.advance(next);
        Ok(items)
    }

    /// Moves on to the next page. If its cursor would make the list endless, the error follows after the page's items.
    fn advance(&mut self, next: Option<String>) {
        match next {
            Some(next) if self.next_cursor.as_deref() == Some(&next) || self.cycles.is_repeated(&next) => {
                self.page_cursor.clone_from(&self.next_cursor);
                self.is_endless = true;
            }
            Some(next) => self.page_cursor = self.next_cursor.replace(next),
            None => {
                self.page_cursor.clone_from(&self.next_cursor);
                self.has_more = false;
            }
        }
    }
}

#[cfg(feature = "stream")]
impl<T: fmt::Debug + Send + 'static> Pager<T> {
    /// Converts the pager to a stream of items, which ends after the first error.
    pub fn into_stream(self) -> impl futures_core::Stream<Item = Result<T, Error>> + Send {
        ItemStream { next: Some(Box::pin(next_item(self))) }
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("buffered", &self.page.len())
            .field("has_more", &self.has_more)
            .finish_non_exhaustive()
    }
}

/// Detects a cycle of cursors with Brent's algorithm, which remembers only one cursor.
///
/// The remembered cursor is the one of the last page whose number is a power of two. A cycle returns to it.
#[derive(Default)]
struct CycleDetector {
    remembered: Option<String>,
    pages: u64,
    /// The number of pages at which the next cursor is remembered.
    remember_at: u64,
}

impl CycleDetector {
    fn is_repeated(&mut self, next: &str) -> bool {
        if self.remembered.as_deref() == Some(next) {
            return true;
        }
        self.pages += 1;
        if self.pages >= self.remember_at {
            self.remembered = Some(next.to_owned());
            self.remember_at = self.pages.saturating_mul(2);
        }
        false
    }
}

/// The stream of [`Pager::into_stream`].
#[cfg(feature = "stream")]
struct ItemStream<T> {
    /// `None` after the last item or the first error.
    next: Option<NextItem<T>>,
}

#[cfg(feature = "stream")]
type NextItem<T> = std::pin::Pin<Box<dyn Future<Output = (Pager<T>, Result<Option<T>, Error>)> + Send>>;

#[cfg(feature = "stream")]
async fn next_item<T: fmt::Debug + Send>(mut pager: Pager<T>) -> (Pager<T>, Result<Option<T>, Error>) {
    let item = pager.try_next().await;
    (pager, item)
}

#[cfg(feature = "stream")]
impl<T: fmt::Debug + Send + 'static> futures_core::Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let Some(next) = &mut self.next else { return std::task::Poll::Ready(None) };
        let (pager, item) = std::task::ready!(next.as_mut().poll(context));
        self.next = matches!(item, Ok(Some(_))).then(|| Box::pin(next_item(pager)) as NextItem<T>);
        std::task::Poll::Ready(item.transpose())
    }
}
