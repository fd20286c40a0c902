//! Calls from programs without an async runtime.
//!
//! [`Call::send_blocking`], [`Pager::blocking`] and [`Poller::send_blocking`] wait on the thread that calls them. They
//! have the same deadlines, retries and outcomes as their async siblings. [`block_on`] waits for any other future, for
//! example of the [`gateway`](crate::gateway) traits.
//!
//! All of them share one runtime on a thread of its own, which the first call starts and which runs until the process
//! ends. So connections are reused between calls, from any thread. A client can be used from blocking and async code at
//! once: the built-in transport then has a connection pool for each. A transport of your own must do the same if its
//! connections belong to a runtime, because a connection of a runtime that stands still answers nobody.
//!
//! Inside a tokio runtime, nothing is sent and the error is a *configuration* error: waiting there could stop the very
//! tasks that the call waits for. `spawn_blocking` counts as inside, because it cannot be told apart. Use
//! `Handle::current().block_on(call.send())` there.

use std::fmt;
use std::io;

use tokio::runtime::Handle;

use crate::runtime::blocking_handle;
use crate::{Call, CallKey, Error, Pager, Poller, WithResponse};

/// Waits for a future on the shared runtime.
///
/// ```
/// use payments_core::blocking::block_on;
///
/// let answer = block_on(async { 42 })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), payments_core::blocking::BlockingError>(())
/// ```
///
/// # Errors
///
/// Returns an error inside a tokio runtime, or if no runtime can be started. The future was not polled then. The error
/// does not say whether money moved, because an earlier process may have sent the same request.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, BlockingError> {
    Ok(runtime()?.block_on(future))
}

/// There is no runtime on which to wait.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct BlockingError {
    problem: &'static str,
    #[source]
    source: Option<io::Error>,
}

impl BlockingError {
    /// Not a public `From`: only for what was not sent by an earlier process either, or is settled by its call.
    fn into_error(self) -> Error {
        Error::configuration(self.problem).with_source(self.source.map(Into::into))
    }
}

impl<T: fmt::Debug + Send, K: CallKey> Call<T, K> {
    /// Sends the call, and waits for its result on this thread.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Call::send`], and a *configuration* error inside a tokio runtime.
    pub fn send_blocking(self) -> Result<T, Error> {
        self.send_with_response_blocking().map(|sent| sent.value)
    }

    /// Sends the call, and returns the response (status, request id, raw body) with the value.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Call::send_blocking`].
    pub fn send_with_response_blocking(self) -> Result<WithResponse<T>, Error> {
        match runtime() {
            Ok(runtime) => runtime.block_on(self.send_with_response()),
            Err(error) => Err(self.not_sent(error.into_error())),
        }
    }
}

impl<T: fmt::Debug + Send> Poller<T> {
    /// Polls, and waits for the final status on this thread.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Poller::send`], and a *configuration* error inside a tokio runtime.
    pub fn send_blocking(self) -> Result<T, Error> {
        runtime().map_err(BlockingError::into_error)?.block_on(self.send())
    }
}

impl<T: fmt::Debug + Send> Pager<T> {
    /// Converts the pager to an iterator, which fetches each page when it is reached.
    pub fn blocking(self) -> BlockingPager<T> {
        BlockingPager { pager: self, ended: false }
    }
}

/// An iterator over a list, which ends after the first error.
#[derive(Debug)]
#[must_use = "an iterator fetches nothing until it is read"]
pub struct BlockingPager<T> {
    pager: Pager<T>,
    ended: bool,
}

impl<T: fmt::Debug + Send> BlockingPager<T> {
    /// Returns the cursor from which the list can be resumed. See [`Pager::cursor`].
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.pager.cursor()
    }

    /// Returns the pager, for example to read on after an error.
    pub fn into_pager(self) -> Pager<T> {
        self.pager
    }
}

impl<T: fmt::Debug + Send> Iterator for BlockingPager<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item =
            runtime().map_err(BlockingError::into_error).and_then(|runtime| runtime.block_on(self.pager.try_next()));
        self.ended = !matches!(item, Ok(Some(_)));
        item.transpose()
    }
}

impl<T: fmt::Debug + Send> std::iter::FusedIterator for BlockingPager<T> {}

/// Returns the shared runtime, unless this thread must not wait for it.
fn runtime() -> Result<Handle, BlockingError> {
    match Handle::try_current() {
        Ok(_) => Err(BlockingError {
            problem: "a blocking call inside a tokio runtime: use `send().await` instead",
            source: None,
        }),
        Err(err) if !err.is_missing_context() => {
            Err(BlockingError { problem: "a blocking call on a thread that is ending", source: None })
        }
        Err(_) => blocking_handle().map_err(|err| BlockingError {
            problem: "the runtime of blocking calls could not be started",
            source: Some(err),
        }),
    }
}
