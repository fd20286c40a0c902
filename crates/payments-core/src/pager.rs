use std::collections::VecDeque;
use std::fmt;

use crate::{Call, Error, ErrorKind, Outcome};

/// A list that is fetched page by page, as it is read.
///
/// It holds one page at a time, however long the list is, and can be taken up again from [`Pager::cursor`].
#[must_use = "nothing is fetched until it is read"]
pub struct Pager<T> {
    fetch: Fetch<T>,
    page: VecDeque<T>,
    /// Where the page that is being read began.
    here: Option<String>,
    /// Where the next one begins.
    cursor: Option<String>,
    more: bool,
    cycles: CycleDetector,
}

type Fetch<T> = Box<dyn Fn(Option<&str>) -> Call<Page<T>> + Send + Sync>;

/// One page, as a provider crate reads it.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins; nothing after the last.
    pub next: Option<String>,
}

impl<T: fmt::Debug + Send> Pager<T> {
    /// A list whose page at a cursor is fetched by `fetch`, from the beginning.
    pub fn new(fetch: impl Fn(Option<&str>) -> Call<Page<T>> + Send + Sync + 'static) -> Self {
        Self {
            fetch: Box::new(fetch),
            page: VecDeque::new(),
            here: None,
            cursor: None,
            more: true,
            cycles: CycleDetector::default(),
        }
    }

    /// Starts at a cursor that an earlier pager gave.
    pub fn resume(mut self, cursor: impl Into<String>) -> Self {
        let cursor = Some(cursor.into());
        (self.here, self.cursor) = (cursor.clone(), cursor);
        self
    }

    /// Where to take the list up again without leaving anything out; nothing for its beginning.
    ///
    /// In the middle of a page, and at the end of the list, that is where the page began, so that what was read of it comes
    /// again.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        let done_with_page = self.page.is_empty() && self.more;
        if done_with_page { self.cursor.as_deref() } else { self.here.as_deref() }
    }

    /// The next item, or nothing at the end.
    ///
    /// # Errors
    ///
    /// When a page cannot be fetched. Calling it again tries the same page again.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Ok(Some(item));
            }
            if !self.more {
                return Ok(None);
            }
            self.page = self.fetch_page().await?.into();
        }
    }

    /// The rest of the page that is being read, or else the next page; nothing at the end.
    ///
    /// # Errors
    ///
    /// As [`Pager::try_next`].
    pub async fn try_next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        if !self.page.is_empty() {
            return Ok(Some(std::mem::take(&mut self.page).into()));
        }
        while self.more {
            let page = self.fetch_page().await?;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    async fn fetch_page(&mut self) -> Result<Vec<T>, Error> {
        let call = (self.fetch)(self.cursor.as_deref());
        let (provider, operation) = call.names();
        let Page { items, next } = call.send().await?;
        self.turn(items, next).map_err(|error| error.of_call(provider, operation.name, operation.effect))
    }

    /// Goes on to the next page, unless it would be this one again, for ever.
    fn turn(&mut self, items: Vec<T>, next: Option<String>) -> Result<Vec<T>, Error> {
        match next {
            Some(next)
                if items.is_empty() || self.cursor.as_deref() == Some(&next) || self.cycles.is_repeated(&next) =>
            {
                let problem = "the list says that more follows, but leads back to where it was";
                Err(Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, problem))
            }
            Some(next) => {
                self.here = self.cursor.replace(next);
                Ok(items)
            }
            None => {
                self.here.clone_from(&self.cursor);
                self.more = false;
                Ok(items)
            }
        }
    }
}

/// Notices a list that goes round in circles, with one cursor to remember (Brent's way): that of the page whose number was
/// the last power of two. Whoever goes round comes past it again.
#[derive(Default)]
struct CycleDetector {
    remembered: Option<String>,
    made: u64,
    until: u64,
}

impl CycleDetector {
    fn is_repeated(&mut self, next: &str) -> bool {
        if self.remembered.as_deref() == Some(next) {
            return true;
        }
        self.made += 1;
        if self.made >= self.until {
            self.remembered = Some(next.to_owned());
            self.until = self.made.saturating_mul(2);
        }
        false
    }
}

#[cfg(feature = "stream")]
impl<T: fmt::Debug + Send + 'static> Pager<T> {
    /// The items as a stream; it ends after the first error.
    pub fn into_stream(self) -> impl futures_core::Stream<Item = Result<T, Error>> + Send {
        Items { state: Some(Box::pin(step(self))) }
    }
}

#[cfg(feature = "stream")]
type Step<T> = std::pin::Pin<Box<dyn Future<Output = (Pager<T>, Result<Option<T>, Error>)> + Send>>;

#[cfg(feature = "stream")]
async fn step<T: fmt::Debug + Send>(mut pager: Pager<T>) -> (Pager<T>, Result<Option<T>, Error>) {
    let item = pager.try_next().await;
    (pager, item)
}

#[cfg(feature = "stream")]
struct Items<T> {
    state: Option<Step<T>>,
}

#[cfg(feature = "stream")]
impl<T: fmt::Debug + Send + 'static> futures_core::Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let Some(state) = &mut self.state else { return std::task::Poll::Ready(None) };
        let (pager, item) = std::task::ready!(state.as_mut().poll(context));
        self.state = matches!(item, Ok(Some(_))).then(|| Box::pin(step(pager)) as Step<T>);
        std::task::Poll::Ready(item.transpose())
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").field("buffered", &self.page.len()).field("more", &self.more).finish_non_exhaustive()
    }
}
