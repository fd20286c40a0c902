//! Idempotency keys, and the stored responses under them.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::responses::ErrorResponse;
use crate::http::Response;

/// All idempotency keys of the account, across its API keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdempotencyKeys {
    known: HashMap<String, KeyRecord>,
    /// The keys in order of creation, which is the order of expiry.
    ages: VecDeque<(OffsetDateTime, String)>,
    /// The stored response at the arrival of a request that is executed later, by the request's number.
    on_arrival: HashMap<u64, (Fingerprint, Response)>,
}

#[derive(Debug, Clone)]
struct KeyRecord {
    created_at: OffsetDateTime,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// The request with this number has arrived and is not executed yet.
    InProgress(u64),
    /// The first request's fingerprint and response.
    Completed(Fingerprint, Response),
}

/// The path and parameters of a request, as a digest, because parameters may contain a card number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    pub(crate) fn of(path: &str, parameters: &str) -> Self {
        Self(Sha256::digest(format!("{path}\n{parameters}")).to_vec())
    }
}

impl IdempotencyKeys {
    /// Returns the stored response of a key; `None` if the request must be executed.
    ///
    /// # Errors
    ///
    /// Returns an error if the key is in use, or was used for another request.
    pub(crate) fn stored_response(
        &mut self,
        key: &str,
        fingerprint: &Fingerprint,
        request: u64,
        now: OffsetDateTime,
    ) -> Result<Option<Response>, ErrorResponse> {
        self.forget(now);
        let (known, response) = match (self.on_arrival.remove(&request), self.known.get(key).map(|known| &known.state))
        {
            (Some(completed), _) => completed,
            (None, Some(State::Completed(known, response))) => (known.clone(), response.clone()),
            (None, Some(State::InProgress(first))) if *first != request => {
                return Err(ErrorResponse::conflict(
                    "idempotency_key_in_use",
                    "Another request with the same idempotency key is being processed.",
                ));
            }
            (None, Some(State::InProgress(_)) | None) => return Ok(None),
        };
        if known == *fingerprint {
            return Ok(Some(response));
        }
        Err(ErrorResponse::conflict(
            "idempotency_key_reused",
            "The idempotency key was used for another request, with other parameters or another path.",
        ))
    }

    /// Records the arrival of a request that is executed later. Its key is looked up now, because it may expire before.
    pub(crate) fn begin(&mut self, key: &str, request: u64, now: OffsetDateTime) {
        self.forget(now);
        match self.known.get(key).map(|known| &known.state) {
            None => self.keep(key, State::InProgress(request), now),
            Some(State::Completed(known, response)) => {
                self.on_arrival.insert(request, (known.clone(), response.clone()));
            }
            Some(State::InProgress(_)) => {}
        }
    }

    /// Stores the response of an executed request for the key's lifetime.
    pub(crate) fn store(&mut self, key: &str, fingerprint: Fingerprint, response: &Response, now: OffsetDateTime) {
        let state = State::Completed(fingerprint, response.clone());
        match self.known.get_mut(key) {
            Some(known) => known.state = state,
            None => self.keep(key, state, now),
        }
    }

    /// Ends a request. If it stored no response, its key can be used again.
    pub(crate) fn release(&mut self, key: &str, request: u64) {
        self.on_arrival.remove(&request);
        if matches!(self.known.get(key), Some(KeyRecord { state: State::InProgress(first), .. }) if *first == request) {
            self.known.remove(key);
        }
    }

    fn keep(&mut self, key: &str, state: State, now: OffsetDateTime) {
        self.known.insert(key.to_owned(), KeyRecord { created_at: now, state });
        self.ages.push_back((now, key.to_owned()));
    }

    fn forget(&mut self, now: OffsetDateTime) {
        while self.ages.front().is_some_and(|(created_at, _)| now - *created_at >= LIFETIME) {
            let Some((created_at, key)) = self.ages.pop_front() else { return };
            // A key that was released and used again has a later entry too.
            if self.known.get(&key).is_some_and(|known| known.created_at == created_at) {
                self.known.remove(&key);
            }
        }
    }
}

/// How long a key is remembered (documented).
const LIFETIME: Duration = Duration::hours(24);
