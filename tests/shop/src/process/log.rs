//! The last lines of a process.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Keeps the last lines of all processes that it follows.
#[derive(Debug, Clone)]
pub(super) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    readers: Arc<Mutex<Vec<JoinHandle<()>>>>,
    echoes: bool,
}

impl Log {
    /// With `echoes`, each line is also printed to the standard error.
    pub(super) fn new(echoes: bool) -> Self {
        Self { lines: Arc::default(), readers: Arc::default(), echoes }
    }

    /// Reads the output in a thread of its own, until it ends. Sets `is_open` when the shop says that it is open.
    pub(super) fn follow(&self, output: Option<impl Read + Send + 'static>, is_open: Option<Arc<AtomicBool>>) {
        let (log, Some(output)) = (self.clone(), output) else { return };
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let opens = line.starts_with(READY);
                log.push(line);
                if let Some(is_open) = is_open.as_ref().filter(|_| opens) {
                    is_open.store(true, Ordering::Release);
                }
            }
        });
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }

    /// Waits until everything is read. The process must have ended.
    pub(super) fn complete(&self) {
        for reader in std::mem::take(&mut *self.readers.lock().unwrap_or_else(PoisonError::into_inner)) {
            // A reader does not panic.
            let _ = reader.join();
        }
    }

    pub(super) fn last_lines(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    #[expect(clippy::print_stderr, reason = "the panel shows the shop's log where it runs")]
    fn push(&self, line: String) {
        if self.echoes {
            eprintln!("shop: {line}");
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// What the shop prints when it accepts connections.
const READY: &str = "the shop is open at ";

/// The number of lines that are kept.
const KEPT: usize = 60;
