//! What goes over wires that are not there.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::http::{Request, Response};
use crate::world::{Close, DRIP, Exchange, Provider, Wire, World};

/// One request, as it would go out.
///
/// `Debug` shows neither headers nor the body: they hold keys and card numbers.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "callers build it")]
pub struct WireRequest {
    /// In upper case.
    pub method: String,
    /// The whole address, percent-encoded.
    pub url: String,
    /// Names in either case.
    pub headers: Vec<(String, String)>,
    /// Empty where there is none.
    pub body: Vec<u8>,
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What a request's wire shows in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireEnd {
    /// A whole answer.
    Whole(WireAnswer),
    /// The whole head of an answer, and a body that breaks off, cannot be read, or has no end.
    CutOff(WireAnswer),
    /// The connection ended before the head of an answer was whole.
    Closed(HowFar),
    /// No provider is at that address, so that nothing was sent.
    NoConnection,
}

/// How far a request had got when its connection ended, which a client cannot always tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HowFar {
    /// Nothing was read from the connection.
    Accepted,
    /// A part of the request was.
    InPart,
    /// The whole request was, or more: the answer had begun.
    Whole,
}

/// An answer, or as much of one as came.
///
/// `Debug` shows neither headers nor the body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireAnswer {
    /// The HTTP status.
    pub status: u16,
    /// As they were written.
    pub headers: Vec<(String, String)>,
    /// What came of it.
    pub body: Vec<u8>,
}

impl fmt::Debug for WireAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The wires to every provider.
#[derive(Clone)]
pub(crate) struct Wires {
    world: Arc<World>,
    /// How many connections are kept open.
    idle: Arc<Mutex<[usize; Provider::ALL.len()]>>,
}

impl Wires {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { world, idle: Arc::default() }
    }

    #[cfg(feature = "sdk-transport")]
    pub(crate) fn clock(&self) -> &crate::Clock {
        &self.world.clock
    }

    pub(crate) async fn send(self: Arc<Self>, request: WireRequest) -> WireEnd {
        let Some((origin, rest)) = split(&request.url) else { return WireEnd::NoConnection };
        let place = ORIGINS.iter().position(|known| *known == origin);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let astray = origin == CONTROL;
        let mut headers = request.headers;
        headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        let request = Request { number: 0, method: request.method, path, query, headers, body: request.body };
        let Some((place, provider)) = place.and_then(|place| Some((place, *Provider::ALL.get(place)?))) else {
            if astray {
                self.world.stray(&request);
                return WireEnd::Whole(Response::json(200, &serde_json::json!({"status": "astray"})).into());
            }
            return WireEnd::NoConnection;
        };
        if !self.take_idle(place)
            && let Some(close) = self.world.accept(provider)
        {
            return ended(close, HowFar::Accepted).await;
        }
        if let Some(close) = self.world.first_byte(provider) {
            return ended(close, HowFar::InPart).await;
        }
        let end = self.exchange(provider, request).await;
        if matches!(end, WireEnd::Whole(_))
            && self.world.idle(provider).is_none()
            && let Some(idle) = self.idle().get_mut(place)
        {
            *idle += 1;
        }
        end
    }

    async fn exchange(&self, provider: Provider, request: Request) -> WireEnd {
        let arrival = self.world.arrive(provider, &request);
        if let Some((_, close)) = arrival.cut {
            return ended(close, HowFar::InPart).await;
        }
        let Exchange { at, wire } = self.world.exchange(provider, request, arrival);
        match wire {
            Wire::Undone(request) => {
                let mut held = Held { world: &self.world, provider, at, request: Some(request) };
                self.world.clock.sleep_until(at).await;
                match held.request.take() {
                    Some(request) => WireEnd::Whole(self.world.do_now(provider, &request).into()),
                    None => WireEnd::Closed(HowFar::Whole),
                }
            }
            Wire::Answer(response) => {
                self.world.clock.sleep_until(at).await;
                WireEnd::Whole(response.into())
            }
            Wire::Part(bytes, close) => read(&bytes, close).await,
            Wire::Slow(bytes, end) => {
                let drops = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.world.clock.sleep_until(at.saturating_add(DRIP.saturating_mul(drops))).await;
                read(&bytes, end.unwrap_or(Close::Fin)).await
            }
            // Whoever reads it to its limit has read enough.
            Wire::Endless(response) => WireEnd::CutOff(response.into()),
        }
    }

    fn take_idle(&self, place: usize) -> bool {
        let mut idle = self.idle();
        let Some(count) = idle.get_mut(place).filter(|count| **count > 0) else { return false };
        *count -= 1;
        true
    }

    fn idle(&self) -> MutexGuard<'_, [usize; Provider::ALL.len()]> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is yet to be done, and is even if its client goes away.
struct Held<'a> {
    world: &'a World,
    provider: Provider,
    at: Duration,
    request: Option<Request>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.world.do_late(self.at, self.provider, request);
        }
    }
}

/// What a client reads of these bytes and no more.
async fn read(bytes: &[u8], close: Close) -> WireEnd {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(length)) = head.parse(bytes) else { return ended(close, HowFar::Whole).await };
    let status = head.code.unwrap_or_default();
    if status < 200 {
        // It announces an answer, and is none.
        return ended(close, HowFar::Whole).await;
    }
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
    let answer = WireAnswer { status, headers, body: bytes[length..].to_vec() };
    let announced = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let announced = announced.and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<usize>().ok());
    match close {
        _ if announced.is_some_and(|length| answer.body.len() >= length) => WireEnd::Whole(answer),
        Close::Stall => std::future::pending().await,
        Close::Fin | Close::Eof | Close::Alert | Close::Rst => WireEnd::CutOff(answer),
    }
}

/// The connection ends, unless it does not.
async fn ended(close: Close, how_far: HowFar) -> WireEnd {
    match close {
        Close::Fin | Close::Eof | Close::Alert | Close::Rst => WireEnd::Closed(how_far),
        Close::Stall => std::future::pending().await,
    }
}

/// The origin of an address, and what is behind it.
fn split(url: &str) -> Option<(&str, &str)> {
    let authority = url.find("://")? + 3;
    let end = url[authority..].find('/')? + authority;
    Some(url.split_at(end))
}

impl From<Response> for WireAnswer {
    fn from(response: Response) -> Self {
        let Response { status, headers, body } = response;
        Self { status, headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), body }
    }
}

/// Where the providers are, in their order. Nothing listens there, so that whoever tries a socket is refused.
pub(crate) const ORIGINS: [&str; Provider::ALL.len()] =
    ["http://localhost:1", "http://localhost:2", "http://localhost:3", "http://localhost:4", "http://localhost:5"];

/// Where a redirect leads that must not be followed.
pub(crate) const CONTROL: &str = "http://localhost:6";

/// No answer here has more.
const MOST_FIELDS: usize = 32;
