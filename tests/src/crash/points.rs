//! The points at which a process can be killed, numbered in order of occurrence.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::job::FromChild;
use super::store::Watch;

/// The points of one process. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Points(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    stop_at: Option<usize>,
    passed: Mutex<Vec<String>>,
    may_go_on: Mutex<bool>,
    went_on: Condvar,
}

impl Points {
    pub(super) fn new(stop_at: Option<usize>) -> Self {
        let (passed, may_go_on, went_on) = (Mutex::default(), Mutex::new(false), Condvar::new());
        Self(Arc::new(Inner { stop_at, passed, may_go_on, went_on }))
    }

    /// Passes a point. At the chosen one, the whole process waits: it has one thread that does the work.
    pub(super) fn pass(&self, name: impl Into<String>) {
        let name = name.into();
        let number = {
            let mut passed = lock(&self.0.passed);
            passed.push(name.clone());
            passed.len()
        };
        if self.0.stop_at == Some(number) {
            super::child::say(&FromChild::Reached { number, name });
            let mut may_go_on = lock(&self.0.may_go_on);
            while !*may_go_on {
                may_go_on = self.0.went_on.wait(may_go_on).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Ends the wait at the chosen point.
    pub(super) fn go_on(&self) {
        *lock(&self.0.may_go_on) = true;
        self.0.went_on.notify_all();
    }

    /// The names of the points so far, in order.
    pub(super) fn passed(&self) -> Vec<String> {
        lock(&self.0.passed).clone()
    }
}

impl Watch for Points {
    fn pass(&self, name: String) {
        Self::pass(self, name);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
