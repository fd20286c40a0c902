//! A simulated network: requests and responses as values, with faults.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::control::misdirected_body;
use crate::fault::ConnectionMoment;
use crate::http::{Request, Response};
use crate::providers::{COUNT, Origins};
use crate::record::ToldEnd;
use crate::state::{Close, Exchange, ProviderId, SLOW_BYTE_INTERVAL, SharedState, Subject, Wire};

/// A request to a provider of an [`Offline`](crate::Offline) sandbox.
///
/// `Debug` shows neither headers nor the body, because they hold keys and card numbers.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "callers build it")]
pub struct WireRequest {
    /// The HTTP method, in upper case.
    pub method: String,
    /// The full URL, percent-encoded.
    pub url: String,
    /// The headers. Names may be in upper or lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty if the request has none.
    pub body: Vec<u8>,
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The end of a request, as its client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireEnd {
    /// A complete response.
    Whole(WireResponse),
    /// A response with a complete head, and a body that is cut off, unreadable or endless.
    CutOff(WireResponse),
    /// The connection was closed before the response's head was complete.
    Closed(Progress),
    /// No provider has this URL, so nothing was sent.
    NoConnection,
}

/// How much of a request the provider had read when the connection was closed. A client cannot always tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Progress {
    /// Nothing.
    Accepted,
    /// A part of the request.
    InPart,
    /// The whole request. The response may have begun.
    Whole,
}

/// A response, or the part of it that arrived.
///
/// `Debug` shows neither headers nor the body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names as the provider writes them.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it arrived.
    pub body: Vec<u8>,
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The client's connections to all providers.
#[derive(Clone)]
pub(crate) struct Network {
    state: Arc<SharedState>,
    origins: Origins,
    /// The number of idle connections to each provider.
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
        let request =
            Request { number: 0, record: None, method: request.method, path, query, headers, body: request.body };
        let Some(provider) = provider else {
            if misdirected {
                self.state.record_misdirected(&request);
                return WireEnd::Whole(Response::json(200, &misdirected_body()).into());
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
        let Exchange { at, wire, mut subject } = self.state.exchange(provider, request, arrival);
        match wire {
            Wire::Deferred(request) => {
                let mut deferred = DeferredRequest { state: &self.state, provider, at, request: Some(request) };
                self.state.clock.sleep_until(at).await;
                match deferred.request.take() {
                    Some(request) => {
                        let response = self.state.respond_now(provider, &request, &mut subject);
                        self.state.told_whole(&subject, true);
                        WireEnd::Whole(response.into())
                    }
                    None => WireEnd::Closed(Progress::Whole),
                }
            }
            Wire::Response(response) => {
                self.state.clock.sleep_until(at).await;
                self.state.told_whole(&subject, true);
                WireEnd::Whole(response.into())
            }
            Wire::Part(bytes, close) => {
                self.told(&subject, bytes.len(), close.into());
                parse_response(&bytes, close).await
            }
            Wire::Slow(bytes, end) => {
                let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.state.clock.sleep_until(at.saturating_add(SLOW_BYTE_INTERVAL.saturating_mul(count))).await;
                self.told(&subject, bytes.len(), end.map_or(ToldEnd::Whole, ToldEnd::from));
                parse_response(&bytes, end.unwrap_or(Close::Fin)).await
            }
            Wire::Endless(response) => {
                // A client stops reading an endless body at its own limit.
                self.told(&subject, response.chunked_head().len() + response.body.len(), ToldEnd::Gone);
                WireEnd::CutOff(response.into())
            }
        }
    }

    fn told(&self, subject: &Subject, bytes: usize, end: ToldEnd) {
        self.state.told(subject, u64::try_from(bytes).unwrap_or(u64::MAX), end);
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

/// A request that is executed later, even if its client disconnects before.
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

/// Returns what a client sees if it receives these bytes only.
async fn parse_response(bytes: &[u8], close: Close) -> WireEnd {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(head_length)) = head.parse(bytes) else {
        return closed(close, Progress::Whole).await;
    };
    let status = head.code.unwrap_or_default();
    if status < 200 {
        // An interim response (1xx) is followed by a final one, which is missing here.
        return closed(close, Progress::Whole).await;
    }
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
    let response = WireResponse { status, headers, body: bytes[head_length..].to_vec() };
    let length = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<usize>().ok());
    match close {
        _ if length.is_some_and(|length| response.body.len() >= length) => WireEnd::Whole(response),
        Close::Stall => std::future::pending().await,
        Close::Fin | Close::Eof | Close::Alert | Close::Rst => WireEnd::CutOff(response),
    }
}

/// Returns a closed connection; never returns for [`Close::Stall`].
async fn closed(close: Close, progress: Progress) -> WireEnd {
    match close {
        Close::Fin | Close::Eof | Close::Alert | Close::Rst => WireEnd::Closed(progress),
        Close::Stall => std::future::pending().await,
    }
}

/// Splits a URL into its origin and the rest.
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

/// The providers' origins. Nothing listens there, so a client that uses sockets by mistake cannot connect.
pub(crate) fn origins() -> Origins {
    std::array::from_fn(|index| format!("http://localhost:{}", index + 1))
}

/// The origin that redirect faults lead to.
pub(crate) fn control_origin() -> String {
    format!("http://localhost:{}", COUNT + 1)
}

/// More headers than any simulated response has.
const MAX_HEADERS: usize = 32;
