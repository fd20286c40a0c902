//! Idempotency keys: what was answered under each, for a day.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::responses::ErrorResponse;
use crate::http::Response;

/// What is known of every key. One account's keys are one set, whichever of its API keys they came with.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdempotencyKeys {
    known: HashMap<String, KeyRecord>,
    /// In the order in which they will be forgotten.
    ages: VecDeque<(OffsetDateTime, String)>,
    /// What the key of a request had been answered when it arrived, while it waits to be done.
    arrived: HashMap<u64, (Fingerprint, Response)>,
}

#[derive(Debug, Clone)]
struct KeyRecord {
    since: OffsetDateTime,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// This request has arrived, and is not done yet.
    InProgress(u64),
    /// A digest, since parameters may hold a card's number.
    Completed(Fingerprint, Response),
}

/// What a key was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    pub(crate) fn of(path: &str, parameters: &str) -> Self {
        Self(Sha256::digest(format!("{path}\n{parameters}")).to_vec())
    }
}

impl IdempotencyKeys {
    /// The answer that the key has already; nothing where its request is to be done.
    pub(crate) fn stored_response(
        &mut self,
        key: &str,
        fingerprint: &Fingerprint,
        request: u64,
        now: OffsetDateTime,
    ) -> Result<Option<Response>, ErrorResponse> {
        self.forget(now);
        let (known, response) = match (self.arrived.remove(&request), self.known.get(key).map(|known| &known.state)) {
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
            "The idempotency key was used for another request, with other parameters or at another address.",
        ))
    }

    /// A request has arrived that will be done later. Its key is looked at now: by then it may be forgotten.
    pub(crate) fn begin(&mut self, key: &str, request: u64, now: OffsetDateTime) {
        self.forget(now);
        match self.known.get(key).map(|known| &known.state) {
            None => self.keep(key, State::InProgress(request), now),
            Some(State::Completed(known, response)) => {
                self.arrived.insert(request, (known.clone(), response.clone()));
            }
            Some(State::InProgress(_)) => {}
        }
    }

    /// A request was done, and this is its answer for as long as the key lives.
    pub(crate) fn store(&mut self, key: &str, fingerprint: Fingerprint, response: &Response, now: OffsetDateTime) {
        let state = State::Completed(fingerprint, response.clone());
        match self.known.get_mut(key) {
            Some(known) => known.state = state,
            None => self.keep(key, state, now),
        }
    }

    /// A request is no longer under way. If it came to nothing, its key is as good as new.
    pub(crate) fn release(&mut self, key: &str, request: u64) {
        self.arrived.remove(&request);
        if matches!(self.known.get(key), Some(KeyRecord { state: State::InProgress(first), .. }) if *first == request) {
            self.known.remove(key);
        }
    }

    fn keep(&mut self, key: &str, state: State, now: OffsetDateTime) {
        self.known.insert(key.to_owned(), KeyRecord { since: now, state });
        self.ages.push_back((now, key.to_owned()));
    }

    fn forget(&mut self, now: OffsetDateTime) {
        while self.ages.front().is_some_and(|(since, _)| now - *since >= LIFETIME) {
            let Some((since, key)) = self.ages.pop_front() else { return };
            // One that was let go of and used again is younger than its first entry here.
            if self.known.get(&key).is_some_and(|known| known.since == since) {
                self.known.remove(&key);
            }
        }
    }
}

/// Documented: 24 hours.
const LIFETIME: Duration = Duration::hours(24);
