//! What goes over wires that are not there.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::fault::ConnectionMoment;
use crate::http::{Request, Response};
use crate::providers::{COUNT, Origins};
use crate::state::{Close, Exchange, ProviderId, SLOW_BYTE_INTERVAL, SharedState, Wire};

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
    Whole(WireResponse),
    /// The whole head of an answer, and a body that breaks off, cannot be read, or has no end.
    CutOff(WireResponse),
    /// The connection ended before the head of an answer was whole.
    Closed(Progress),
    /// No provider is at that address, so that nothing was sent.
    NoConnection,
}

/// How far a request had got when its connection ended, which a client cannot always tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Progress {
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
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// As they were written.
    pub headers: Vec<(String, String)>,
    /// What came of it.
    pub body: Vec<u8>,
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The connections to every provider.
#[derive(Clone)]
pub(crate) struct Network {
    state: Arc<SharedState>,
    origins: Origins,
    /// How many connections to each are kept open.
    idle: Arc<Mutex<[usize; COUNT]>>,
}

impl Network {
    pub(super) fn new(state: Arc<SharedState>) -> Self {
        Self { state, origins: origins(), idle: Arc::default() }
    }

    #[cfg(feature = "sdk-transport")]
    pub(crate) fn clock(&self) -> &crate::Clock {
        &self.state.clock
    }

    pub(crate) async fn send(self: Arc<Self>, request: WireRequest) -> WireEnd {
        let Some((origin, rest)) = split_url(&request.url) else { return WireEnd::NoConnection };
        let provider = self.origins.iter().position(|known| known == origin).map(ProviderId::new);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let misdirected = origin == control_origin();
        let mut headers = request.headers;
        headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        let request = Request { number: 0, method: request.method, path, query, headers, body: request.body };
        let Some(provider) = provider else {
            if misdirected {
                self.state.record_misdirected(&request);
                return WireEnd::Whole(Response::json(200, &serde_json::json!({"status": "astray"})).into());
            }
            return WireEnd::NoConnection;
        };
        if !self.take_idle(provider)
            && let Some(close) = self.state.connection_fault(provider, ConnectionMoment::Accepted)
        {
            return closed(close, Progress::Accepted).await;
        }
        if let Some(close) = self.state.connection_fault(provider, ConnectionMoment::RequestBegun) {
            return closed(close, Progress::InPart).await;
        }
        let end = self.exchange(provider, request).await;
        if matches!(end, WireEnd::Whole(_)) && self.state.connection_fault(provider, ConnectionMoment::Idle).is_none() {
            self.idle()[provider.index()] += 1;
        }
        end
    }

    async fn exchange(&self, provider: ProviderId, request: Request) -> WireEnd {
        let arrival = self.state.arrive(provider, &request);
        if let Some((_, close)) = arrival.cut {
            return closed(close, Progress::InPart).await;
        }
        let Exchange { at, wire } = self.state.exchange(provider, request, arrival);
        match wire {
            Wire::Deferred(request) => {
                let mut deferred = DeferredRequest { state: &self.state, provider, at, request: Some(request) };
                self.state.clock.sleep_until(at).await;
                match deferred.request.take() {
                    Some(request) => WireEnd::Whole(self.state.respond_now(provider, &request).into()),
                    None => WireEnd::Closed(Progress::Whole),
                }
            }
            Wire::Response(response) => {
                self.state.clock.sleep_until(at).await;
                WireEnd::Whole(response.into())
            }
            Wire::Part(bytes, close) => parse_response(&bytes, close).await,
            Wire::Slow(bytes, end) => {
                let drops = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.state.clock.sleep_until(at.saturating_add(SLOW_BYTE_INTERVAL.saturating_mul(drops))).await;
                parse_response(&bytes, end.unwrap_or(Close::Fin)).await
            }
            // Whoever reads it to its limit has read enough.
            Wire::Endless(response) => WireEnd::CutOff(response.into()),
        }
    }

    fn take_idle(&self, provider: ProviderId) -> bool {
        let count = &mut self.idle()[provider.index()];
        let has_one = *count > 0;
        *count -= usize::from(has_one);
        has_one
    }

    fn idle(&self) -> MutexGuard<'_, [usize; COUNT]> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is yet to be done, and is even if its client goes away.
struct DeferredRequest<'a> {
    state: &'a SharedState,
    provider: ProviderId,
    at: Duration,
    request: Option<Request>,
}

impl Drop for DeferredRequest<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.state.respond_later(self.at, self.provider, request);
        }
    }
}

/// What a client reads of these bytes and no more.
async fn parse_response(bytes: &[u8], close: Close) -> WireEnd {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(length)) = head.parse(bytes) else { return closed(close, Progress::Whole).await };
    let status = head.code.unwrap_or_default();
    if status < 200 {
        // It announces an answer, and is none.
        return closed(close, Progress::Whole).await;
    }
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
    let response = WireResponse { status, headers, body: bytes[length..].to_vec() };
    let announced = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let announced = announced.and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<usize>().ok());
    match close {
        _ if announced.is_some_and(|length| response.body.len() >= length) => WireEnd::Whole(response),
        Close::Stall => std::future::pending().await,
        Close::Fin | Close::Eof | Close::Alert | Close::Rst => WireEnd::CutOff(response),
    }
}

/// The connection ends, unless it does not.
async fn closed(close: Close, progress: Progress) -> WireEnd {
    match close {
        Close::Fin | Close::Eof | Close::Alert | Close::Rst => WireEnd::Closed(progress),
        Close::Stall => std::future::pending().await,
    }
}

/// The origin of an address, and what is behind it.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let authority = url.find("://")? + 3;
    let end = url[authority..].find('/')? + authority;
    Some(url.split_at(end))
}

impl From<Response> for WireResponse {
    fn from(response: Response) -> Self {
        let Response { status, headers, body } = response;
        Self { status, headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), body }
    }
}

/// Where the providers are, in their order. Nothing listens there, so that whoever tries a socket is refused.
pub(crate) fn origins() -> Origins {
    std::array::from_fn(|index| format!("http://localhost:{}", index + 1))
}

/// Where a redirect leads that must not be followed.
pub(crate) fn control_origin() -> String {
    format!("http://localhost:{}", COUNT + 1)
}

/// No response here has more.
const MAX_HEADERS: usize = 32;
