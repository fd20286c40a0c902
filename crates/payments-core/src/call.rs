use std::fmt;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::api::{Api, Draft, Operation};
use crate::executor::{self, Plan};
use crate::json::DecodeError;
use crate::transport::Answer;
use crate::{Error, Invalid, RetryPolicy, Timeouts};

/// A call that has been put together but not sent.
///
/// Nothing happens until [`Call::send`]; with money, that should be visible.
///
/// An idempotency key exists only where the provider has keys:
///
/// ```compile_fail,E0599
/// use payments_core::{Call, IdempotencyKey};
/// fn unkeyed(call: Call<()>, key: IdempotencyKey) {
///     let _ = call.idempotency_key(key);
/// }
/// ```
///
/// One that is forgotten is a warning, and an error for those who deny it:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// fn forgotten(call: payments_core::Call<()>) {
///     call; // and `.send().await`?
/// }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct Call<T, K = Unkeyed> {
    api: Api,
    operation: Operation,
    draft: Result<Draft, Error>,
    read: Read<T>,
    timeouts: Timeouts,
    retry: RetryPolicy,
    key: K,
}

/// Turns a successful answer into what the caller gets.
type Read<T> = Box<dyn Fn(&Answer) -> Result<T, DecodeError> + Send + Sync>;

/// The provider has no idempotency keys for this operation.
#[derive(Debug, Clone, Copy)]
pub struct Unkeyed;

/// The call goes out under an idempotency key.
#[derive(Debug, Clone)]
pub struct Keyed(pub(crate) IdempotencyKey);

/// What a call says of its key to the executor.
pub(crate) trait Key {
    fn key(&self) -> Option<&IdempotencyKey>;
}

impl Key for Unkeyed {
    fn key(&self) -> Option<&IdempotencyKey> {
        None
    }
}

impl Key for Keyed {
    fn key(&self) -> Option<&IdempotencyKey> {
        Some(&self.0)
    }
}

impl<T, K> Call<T, K> {
    pub(crate) fn new(api: Api, operation: Operation, draft: Result<Draft, Error>, read: Read<T>, key: K) -> Self {
        let (timeouts, retry) = (api.shared.timeouts, api.shared.retry);
        Self { api, operation, draft, read, timeouts, retry, key }
    }

    /// How long the whole call may take: every attempt, every wait, and the provider's limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.total = timeout;
        self
    }

    /// How long one attempt may take.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.attempt = timeout;
        self
    }

    /// How often this call is tried again, where that is safe.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The operation, as the client's method for it is called.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation.name
    }

    pub(crate) fn map_draft(mut self, change: impl FnOnce(Draft) -> Result<Draft, Error>) -> Self {
        self.draft = self.draft.and_then(change);
        self
    }

    /// The provider and the operation.
    pub(crate) fn names(&self) -> (&'static str, Operation) {
        (self.api.shared.dialect.provider, self.operation)
    }

    pub(crate) fn total_timeout(&self) -> Duration {
        self.timeouts.total
    }
}

#[expect(private_bounds, reason = "the two kinds of key are closed: `Keyed` and `Unkeyed`")]
impl<T: fmt::Debug + Send, K: Key> Call<T, K> {
    /// Sends it, and waits for what comes of it.
    ///
    /// Dropping the returned future once it has been polled is an unknown outcome like any other: the request may be
    /// on its way. A web handler is dropped when its browser goes away, so spawn what moves money.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether it may have been done.
    pub async fn send(self) -> Result<T, Error> {
        self.send_full().await.map(|full| full.value)
    }

    /// Sends it, and gives the answer's status, request id and raw body beside the value.
    ///
    /// # Errors
    ///
    /// As [`Call::send`].
    pub async fn send_full(self) -> Result<Full<T>, Error> {
        let Self { api, operation, draft, read, timeouts, retry, key } = self;
        let plan = Plan { api: &api, operation, timeouts, retry, key: key.key() };
        let mut value = None;
        let mut accept = |answer: &Answer| -> Result<(), DecodeError> {
            value = Some(read(answer)?);
            Ok(())
        };
        let done = executor::run(plan, draft, &mut accept).await?;
        match value {
            Some(value) => {
                done.observe(&api, operation, &value);
                Ok(Full { value, answer: done.answer })
            }
            // The executor succeeds only once the answer was accepted.
            None => Err(Error::configuration("an answer was taken without being read")),
        }
    }
}

impl<T> Call<T, Keyed> {
    /// Sends it under this key: the caller's own, or one that an earlier call gave back.
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.key = Keyed(key);
        self
    }

    /// Sends it under a key that is [derived](IdempotencyKey::derived) from the operation and this reference.
    ///
    /// `since` is when the order was made, as the merchant has stored it; never the time of now.
    pub fn derived_key(self, reference: &str, since: OffsetDateTime) -> Self {
        let key = IdempotencyKey::derived(self.operation.name, reference, since);
        self.idempotency_key(key)
    }

    /// The key that it will be sent under, so that it can be stored first.
    #[must_use]
    pub fn key(&self) -> &IdempotencyKey {
        &self.key.0
    }
}

impl<T, K: fmt::Debug> fmt::Debug for Call<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("operation", &self.operation.name).field("key", &self.key).finish_non_exhaustive()
    }
}

/// A value and the answer that it was read from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Full<T> {
    /// What the answer says.
    pub value: T,
    /// The answer: status, request id, headers, raw body.
    pub answer: Answer,
}

/// A key under which a provider does a thing at most once, since when there is such a key, and whether anything may have
/// been sent under it.
///
/// A key protects only for as long as the provider remembers it, so its age belongs to it: store [`IdempotencyKey::value`]
/// and [`IdempotencyKey::made`] together, and give both to [`IdempotencyKey::new`] afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    value: Box<str>,
    made: OffsetDateTime,
    perhaps_used: bool,
}

impl IdempotencyKey {
    /// A key of the merchant's own, of 1 to 255 visible ASCII characters, and since when there is one.
    ///
    /// It counts as one that may have been sent before: by an earlier process, say, that had stored it. A call under it begins
    /// as unknown, and once the provider no longer remembers it nothing is sent. [`IdempotencyKey::unused`] says otherwise.
    ///
    /// # Errors
    ///
    /// When it is empty, longer, or holds anything else.
    pub fn new(value: impl Into<String>, made: OffsetDateTime) -> Result<Self, Invalid> {
        let value = value.into();
        if !(1..=255).contains(&value.len()) || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Invalid::new("idempotency_key", "must be 1 to 255 visible ASCII characters"));
        }
        Ok(Self { value: value.into(), made, perhaps_used: true })
    }

    /// A fresh key: a version 4 UUID, under which nothing was sent.
    ///
    /// It lives as long as this value does. Where a payment is to survive the process, store the key before sending, or
    /// use one that is [derived](Self::derived).
    ///
    /// # Errors
    ///
    /// When this machine gives no randomness.
    #[cfg(feature = "random-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "random-keys")))]
    pub fn random(made: OffsetDateTime) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::configuration("this machine gives no randomness for an idempotency key"))?;
        Ok(Self { value: uuid(bytes, 4).into(), made, perhaps_used: false })
    }

    /// The key of an order, the same in every process: made of what is done (`"refund"`) and of the merchant's own
    /// reference for it.
    ///
    /// `since` is when the order was made, **as the merchant has stored it**: a time of now would make the key young for ever,
    /// and pay again once the provider has forgotten it. Because an earlier process may have used the key, a call under it
    /// begins as unknown.
    #[must_use]
    pub fn derived(what: &str, reference: &str, since: OffsetDateTime) -> Self {
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        let digest: [u8; 32] =
            Sha256::new().chain_update(format!("{}:{what}:", what.len())).chain_update(reference).finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self { value: uuid(bytes, 8).into(), made: since, perhaps_used: true }
    }

    /// What stands in for a key on a call that is never sent.
    #[cfg(feature = "random-keys")]
    pub(crate) fn none() -> Self {
        Self { value: "none".into(), made: OffsetDateTime::UNIX_EPOCH, perhaps_used: false }
    }

    /// The same key, under which nothing was sent: the caller vouches for it.
    #[must_use]
    pub fn unused(self) -> Self {
        Self { perhaps_used: false, ..self }
    }

    pub(crate) fn used(self) -> Self {
        Self { perhaps_used: true, ..self }
    }

    /// The key itself.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Since when there is such a key: its age counts from here.
    #[must_use]
    pub fn made(&self) -> OffsetDateTime {
        self.made
    }

    /// True when something may have been sent under it.
    #[must_use]
    pub fn is_perhaps_used(&self) -> bool {
        self.perhaps_used
    }
}

/// Sixteen bytes as a UUID of this version (RFC 9562): 4 is random, 8 is the maker's own.
fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.extend([byte >> 4, byte & 0x0f].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
    }
    text
}
