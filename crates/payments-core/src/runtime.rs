//! The tokio runtime that a future or a blocking call runs on.

use tokio::runtime::Handle;

/// Returns an error if tokio does not run this thread. Its timers and sockets would panic.
pub(crate) fn check_async() -> Result<(), &'static str> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err("no tokio runtime runs this call: use `send_blocking` of the `blocking` feature, or await it in tokio"),
    }
}

#[cfg(feature = "blocking")]
pub(crate) use blocking::{blocking_handle, is_blocking};

#[cfg(feature = "blocking")]
mod blocking {
    use std::io;
    use std::sync::{Mutex, PoisonError};
    use std::thread;

    use tokio::runtime::{Builder, Handle};

    /// Returns the runtime that all blocking calls of this process share. The first call creates it.
    ///
    /// Its thread always runs. So an idle connection that the server closes leaves the pool before it is used again.
    pub(crate) fn blocking_handle() -> io::Result<Handle> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = &*shared {
            return Ok(handle.clone());
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(std::future::pending::<()>());
        thread::Builder::new().name("payments-blocking".to_owned()).spawn(run)?;
        *shared = Some(handle.clone());
        Ok(handle)
    }

    /// Returns true on the runtime of blocking calls.
    pub(crate) fn is_blocking() -> bool {
        let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Handle::id);
        shared.is_some() && Handle::try_current().ok().map(|current| current.id()) == shared
    }

    /// Not a `OnceLock`, so that a failure to create the runtime is not final.
    static SHARED: Mutex<Option<Handle>> = Mutex::new(None);
}
