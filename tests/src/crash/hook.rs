//! The merchant's hook: it writes one row per change, in the transaction that marks the change as delivered.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use payments_journal::{Change, HookFuture};
use serde::{Deserialize, Serialize};

use super::database::{Connection, Database, insert_effect};

/// How the merchant's hook behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum HookKind {
    Works,
    /// Each process's first two calls fail, after they have written the effect.
    Fails,
    /// Each process's first two calls panic, after they have written the effect.
    Panics,
    /// It takes a third of a lease.
    IsSlow,
    /// The first process has no hook.
    IsMissing,
}

impl HookKind {
    pub(super) const ALL: &[Self] = &[Self::Works, Self::Fails, Self::Panics, Self::IsSlow, Self::IsMissing];

    fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Fails => "fails",
            Self::Panics => "panics",
            Self::IsSlow => "is-slow",
            Self::IsMissing => "is-missing",
        }
    }
}

impl fmt::Display for HookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for HookKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| format!("unknown hook `{text}`"))
    }
}

pub(super) struct MerchantHook {
    kind: HookKind,
    calls: AtomicU32,
}

impl MerchantHook {
    /// Returns the hook of a process, if it has one.
    pub(super) fn of(kind: HookKind, is_first: bool) -> Option<Arc<Self>> {
        let is_missing = kind == HookKind::IsMissing && is_first;
        (!is_missing).then(|| Arc::new(Self { kind, calls: AtomicU32::new(0) }))
    }
}

impl MerchantHook {
    #[expect(clippy::panic, reason = "a hook that panics is one of the cases")]
    pub(super) fn apply<'a, D: Database>(
        self: Arc<Self>,
        connection: &'a mut Connection<D>,
        change: &'a Change,
    ) -> HookFuture<'a> {
        Box::pin(async move {
            insert_effect::<D>(connection, change).await?;
            let is_early = self.calls.fetch_add(1, Ordering::Relaxed) < 2;
            match self.kind {
                HookKind::Fails if is_early => Err("the merchant's hook fails".into()),
                HookKind::Panics if is_early => panic!("the merchant's hook panics"),
                HookKind::IsSlow => {
                    tokio::time::sleep(Duration::from_millis(80)).await;
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }
}
