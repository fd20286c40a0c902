//! The network of one process.

use std::collections::BTreeMap;
use std::time::Duration;

use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_sandbox::OfflineTransport;

use super::host::Host;

/// The network of one process. The process may crash before it sends, and after the response has arrived.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) sandbox: OfflineTransport,
    pub(super) host: Host,
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let checked_at = self.host.world.now();
        self.host.point("before a request is sent").await;
        if self.host.connection_is_refused() {
            return Err(TransportError::not_sent("no connection could be established"));
        }
        if let Some(key) = request.headers().get("idempotency-key")
            && self.is_forgotten(key.as_bytes(), checked_at)
        {
            return Err(TransportError::not_sent("the provider has forgotten the idempotency key"));
        }
        let result = self.sandbox.send(request).await;
        self.host.point("after a response").await;
        result
    }
}

impl Wire {
    /// True if the request stood before its first byte until the provider had forgotten its key. It is kept back.
    ///
    /// No journal can prevent that it is sent and executed again, so it is a documented limit and no violation.
    fn is_forgotten(&self, key: &[u8], checked_at: Duration) -> bool {
        let now = self.host.world.now();
        let mut state = self.host.world.state();
        if state.keys.expires_between(key, checked_at, now) {
            state.tally.forgotten_keys += 1;
            return true;
        }
        state.keys.first_sent.entry(key.to_owned()).or_insert(now);
        false
    }
}

/// When each idempotency key was first sent.
#[derive(Debug, Default)]
pub(super) struct Keys {
    first_sent: BTreeMap<Vec<u8>, Duration>,
}

impl Keys {
    fn expires_between(&self, key: &[u8], checked_at: Duration, now: Duration) -> bool {
        self.first_sent.get(key).is_some_and(|first| checked_at < *first + KEY_LIFETIME && now >= *first + KEY_LIFETIME)
    }
}

/// How long TurraTech remembers a key (documented).
const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
