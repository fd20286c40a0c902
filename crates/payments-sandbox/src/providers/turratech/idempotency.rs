//! Idempotency keys: what was answered under each, for a day.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::refusal::Refusal;
use crate::http::Response;

/// What is known of every key. One account's keys are one set, whichever of its API keys they came with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    known: HashMap<String, Known>,
    /// In the order in which they will be forgotten.
    ages: VecDeque<(OffsetDateTime, String)>,
    /// What the key of a request had been answered when it arrived, while it waits to be done.
    arrived: HashMap<u64, (Fingerprint, Response)>,
}

#[derive(Debug, Clone)]
struct Known {
    since: OffsetDateTime,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// This request has arrived, and is not done yet.
    UnderWay(u64),
    /// A digest, since parameters may hold a card's number.
    Answered(Fingerprint, Response),
}

/// What a key was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    pub(crate) fn of(path: &str, parameters: &str) -> Self {
        Self(Sha256::digest(format!("{path}\n{parameters}")).to_vec())
    }
}

impl Keys {
    /// The answer that the key has already; nothing where its request is to be done.
    pub(crate) fn answer(
        &mut self,
        key: &str,
        fingerprint: &Fingerprint,
        request: u64,
        now: OffsetDateTime,
    ) -> Result<Option<Response>, Refusal> {
        self.forget(now);
        let (known, answer) = match (self.arrived.remove(&request), self.known.get(key).map(|known| &known.state)) {
            (Some(answered), _) => answered,
            (None, Some(State::Answered(known, answer))) => (known.clone(), answer.clone()),
            (None, Some(State::UnderWay(first))) if *first != request => {
                return Err(Refusal::conflict(
                    "idempotency_key_in_use",
                    "Another request with the same idempotency key is being processed.",
                ));
            }
            (None, Some(State::UnderWay(_)) | None) => return Ok(None),
        };
        if known == *fingerprint {
            return Ok(Some(answer));
        }
        Err(Refusal::conflict(
            "idempotency_key_reused",
            "The idempotency key was used for another request, with other parameters or at another address.",
        ))
    }

    /// A request has arrived that will be done later. Its key is looked at now: by then it may be forgotten.
    pub(crate) fn begin(&mut self, key: &str, request: u64, now: OffsetDateTime) {
        self.forget(now);
        match self.known.get(key).map(|known| &known.state) {
            None => self.keep(key, State::UnderWay(request), now),
            Some(State::Answered(known, answer)) => {
                self.arrived.insert(request, (known.clone(), answer.clone()));
            }
            Some(State::UnderWay(_)) => {}
        }
    }

    /// A request was done, and this is its answer for as long as the key lives.
    pub(crate) fn store(&mut self, key: &str, fingerprint: Fingerprint, answer: &Response, now: OffsetDateTime) {
        let state = State::Answered(fingerprint, answer.clone());
        match self.known.get_mut(key) {
            Some(known) => known.state = state,
            None => self.keep(key, state, now),
        }
    }

    /// A request is no longer under way. If it came to nothing, its key is as good as new.
    pub(crate) fn let_go(&mut self, key: &str, request: u64) {
        self.arrived.remove(&request);
        if matches!(self.known.get(key), Some(Known { state: State::UnderWay(first), .. }) if *first == request) {
            self.known.remove(key);
        }
    }

    fn keep(&mut self, key: &str, state: State, now: OffsetDateTime) {
        self.known.insert(key.to_owned(), Known { since: now, state });
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
