//! The tokio runtime that a future or a blocking call runs on.

use tokio::runtime::Handle;

/// Returns an error if tokio does not run this thread. Its timers and sockets would panic.
pub(crate) fn check_async() -> Result<(), &'static str> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => {
            Err("no tokio runtime runs this call: use `send_blocking` of the `blocking` feature, or await it in tokio")
        }
    }
}

#[cfg(feature = "blocking")]
pub(crate) use blocking::{blocking_handle, is_blocking};

#[cfg(feature = "blocking")]
mod blocking {
    use std::io;
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::thread;

    use tokio::runtime::{Builder, Handle};

    /// Returns the runtime that all blocking calls of this process share. The first call starts it.
    ///
    /// Its thread always runs. So an idle connection that the server closes leaves the pool before it is used again.
    pub(crate) fn blocking_handle() -> io::Result<Handle> {
        if let Some(handle) = SHARED.get() {
            return Ok(handle.clone());
        }
        // A failure to start is not kept, so that the next call tries again.
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        match SHARED.get() {
            Some(handle) => Ok(handle.clone()),
            None => start().map(|handle| SHARED.get_or_init(|| handle).clone()),
        }
    }

    fn start() -> io::Result<Handle> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(std::future::pending::<()>());
        thread::Builder::new().name("payments-blocking".to_owned()).spawn(run)?;
        Ok(handle)
    }

    /// Returns true on the runtime of blocking calls.
    pub(crate) fn is_blocking() -> bool {
        SHARED.get().is_some_and(|shared| Handle::try_current().is_ok_and(|current| current.id() == shared.id()))
    }

    static SHARED: OnceLock<Handle> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
}
