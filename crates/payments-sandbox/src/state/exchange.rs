//! One exchange: the response to a request, and how a fault changes it on the wire.

use std::time::Duration;

use base64::Engine as _;
use serde_json::json;

use super::subject::Subject;
use super::{ProviderId, SharedState, State};
use crate::engine::ProviderSpec;
use crate::fault::{CallNumber, ConnectionMoment, FaultEffect, FaultPoint, Phase};
use crate::http::{Request, Response, gzip};
use crate::record::{Record, RecordKind, Told, ToldEnd};

/// A request whose head has been read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// The request's number in order of arrival, over all providers.
    number: u64,
    /// The operation and this call's number; `None` if the request is no API operation.
    call: Option<(&'static str, CallNumber)>,
    /// A fault that closes the connection before the request is complete.
    pub(crate) cut: Option<(Phase, Close)>,
}

/// The bytes on the wire, and when they are sent.
pub(crate) struct Exchange {
    /// When the response is sent, on the clock since its start.
    ///
    /// It is set with the exchange, so that a clock that is advanced right afterwards releases the response.
    pub(crate) at: Duration,
    pub(crate) wire: Wire,
    pub(crate) subject: Subject,
}

pub(crate) enum Wire {
    Response(Response),
    /// These bytes only, and then the end of the connection.
    Part(Vec<u8>, Close),
    /// One byte at a time, and then the end of the connection if there is one.
    Slow(Vec<u8>, Option<Close>),
    /// A body that never ends.
    Endless(Response),
    /// The request is executed later.
    Deferred(Request),
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    Fin,
    /// A FIN without the TLS `close_notify` before it.
    Eof,
    /// The TLS alert `handshake_failure`.
    Alert,
    Rst,
    /// The connection stays open and silent until the client closes it.
    Stall,
}

impl SharedState {
    /// Returns the fault of a connection at a moment at which the operation is unknown.
    pub(crate) fn connection_fault(&self, provider: ProviderId, moment: ConnectionMoment) -> Option<Close> {
        let mut state = self.lock();
        let name = state.engine(provider).spec().name;
        let effect = state.faults.take_for_connection(name, moment)?;
        let (what, phase) = match moment {
            ConnectionMoment::Accepted => ("connection accepted", Phase::Accept),
            ConnectionMoment::RequestBegun => ("first byte of a request", Phase::FirstByte),
            ConnectionMoment::Idle => ("idle connection", Phase::Idle),
        };
        let close = close_of(&effect);
        state.records.add(self.clock.elapsed(), || {
            let record = Record::new(RecordKind::Fault, format_args!("{name}: {what}, fault {effect}")).of(name, None);
            record.fault(format_args!("{phase} {effect}")).told(nothing(close))
        });
        close
    }

    /// Records how many bytes the client sent on a connection that was closed when it was accepted.
    pub(crate) fn record_unread(&self, provider: ProviderId, unread: usize) {
        let mut state = self.lock();
        let name = state.engine(provider).spec().name;
        let text = format_args!("{name}: the closed connection received {unread} bytes");
        state.records.add(self.clock.elapsed(), || Record::new(RecordKind::Page, text).of(name, None));
    }

    /// Counts a request whose head has been read, and returns the fault that cuts it off.
    ///
    /// Such a fault names an operation, so it needs the whole head. [`ConnectionMoment::RequestBegun`] comes earlier.
    pub(crate) fn arrive(&self, provider: ProviderId, head: &Request) -> Arrival {
        let mut state = self.lock();
        state.tick(&self.clock);
        state.requests += 1;
        let number = state.requests;
        let engine = state.engine(provider);
        let (name, operation) = (engine.spec().name, engine.operation(head));
        let Some((operation, _)) = operation else { return Arrival { number, call: None, cut: None } };
        let call = state.faults.count(name, operation);
        let point = FaultPoint { provider: name, operation: Some(operation), reference: None, number: call };
        let fault = state.faults.take(point, &[Phase::Head, Phase::Body]);
        let cut = fault.and_then(|(phase, effect)| {
            let (count, close) = (call.of_operation, close_of(&effect));
            let content = state.records.content_of_request(head);
            state.records.add(self.clock.elapsed(), || {
                let text = format_args!("{name}.{operation}#{count}: request {number}, {phase}, fault {effect}");
                let record = Record::new(RecordKind::Request, text).of(name, Some(operation)).request(number);
                record.fault(format_args!("{phase} {effect}")).told(nothing(close)).content(content)
            });
            close.map(|close| (phase, close))
        });
        Arrival { number, call: Some((operation, call)), cut }
    }

    /// Executes a request and applies the fault that matches it.
    pub(crate) fn exchange(&self, provider: ProviderId, request: Request, arrival: Arrival) -> Exchange {
        let mut request = Request { number: arrival.number, ..request };
        let mut state = self.lock();
        state.tick(&self.clock);
        let engine = state.engine(provider);
        let (name, reference) = (engine.spec().name, engine.operation(&request).and_then(|(_, reference)| reference));
        let content = state.records.content_of_request(&request);
        let Some((operation, number)) = arrival.call else {
            let (order, id) = state.engine(provider).page_order(&request).unzip();
            request.record = state.records.add(self.clock.elapsed(), || {
                let text = format_args!("{name}: {} outside the API, request {}", request.method, request.number);
                let record = Record::new(RecordKind::Page, text).of(name, None).about(order.as_deref()).id(id);
                record.request(request.number).content(content)
            });
            let mut subject = Subject::new(name, None, None, &request);
            let response = state.respond(provider, &request, &self.clock);
            let content = state.records.content_of_response(&response);
            subject.will_be_told(&response, content);
            drop(state);
            self.wake.notify_one();
            return Exchange::now(subject, Wire::Response(response));
        };
        let call = FaultPoint { provider: name, operation: Some(operation), reference: reference.as_deref(), number };
        let label = format!("{name}.{operation}#{} {}", number.of_operation, reference.as_deref().unwrap_or("-"));
        request.record = state.records.add(self.clock.elapsed(), || {
            let subject = Subject::new(name, Some(operation), reference.as_deref(), &request);
            subject.record(RecordKind::Request, format_args!("{label}: request {}", request.number)).content(content)
        });
        let subject = Subject::new(name, Some(operation), reference.as_deref(), &request);
        let phases: &[Phase] = if state.engine(provider).spec().read_only_operations.contains(&operation) {
            &[Phase::BeforeCommit, Phase::AfterCommit, Phase::MidBody, Phase::Query]
        } else {
            &[Phase::BeforeCommit, Phase::AfterCommit, Phase::MidBody]
        };
        let fault = state.faults.take(call, phases);
        if let Some((phase, effect)) = &fault {
            state.records.add(self.clock.elapsed(), || {
                let record = subject.record(RecordKind::Fault, format_args!("{label}: {phase}, fault {effect}"));
                record.fault(format_args!("{phase} {effect}"))
            });
        }
        let exchange = self.apply_fault(&mut state, provider, request, subject, fault);
        drop(state);
        self.wake.notify_one();
        exchange
    }

    /// Executes a request, now, later or not at all, and changes the response as the fault says.
    fn apply_fault(
        &self,
        state: &mut State,
        provider: ProviderId,
        request: Request,
        mut subject: Subject,
        fault: Option<(Phase, FaultEffect)>,
    ) -> Exchange {
        let now = self.clock.elapsed();
        match fault {
            Some((Phase::BeforeCommit, FaultEffect::LateCommit(after))) => {
                let now = self.clock.now();
                state.engine(provider).begin(&request, now);
                let due = (now + after, request.number);
                state.delayed.insert(due, (provider, request));
                Exchange::now(subject, Wire::Part(Vec::new(), Close::Fin))
            }
            Some((Phase::BeforeCommit, FaultEffect::Delay(after))) => {
                state.engine(provider).begin(&request, self.clock.now());
                Exchange { at: now + after, wire: Wire::Deferred(request), subject }
            }
            Some((Phase::BeforeCommit, effect)) => {
                let response = state.engine(provider).respond_without_commit(&request, self.clock.now());
                let spec = state.engine(provider).spec();
                Exchange::of(subject, &effect, response, Committed::No, now, &self.control_url, spec).told(state)
            }
            fault => {
                let response = state.respond(provider, &request, &self.clock);
                let content = state.records.content_of_response(&response);
                state.records.add(self.clock.elapsed(), || {
                    let text = format_args!("response {} to request {}", response.status, request.number);
                    subject.record(RecordKind::Response, text).content(content.clone())
                });
                subject.will_be_told(&response, content);
                match fault {
                    None => Exchange::now(subject, Wire::Response(response)),
                    Some((Phase::MidBody, effect)) => {
                        let half = response.body.len() / 2;
                        let close = close_of(&effect).unwrap_or(Close::Fin);
                        Exchange::now(subject, partial_response(&response, half, close))
                    }
                    Some((_, effect)) => {
                        let spec = state.engine(provider).spec();
                        Exchange::of(subject, &effect, response, Committed::Yes, now, &self.control_url, spec)
                            .told(state)
                    }
                }
            }
        }
    }

    /// Executes a request that was deferred.
    pub(crate) fn respond_now(&self, provider: ProviderId, request: &Request, subject: &mut Subject) -> Response {
        let mut state = self.lock();
        state.tick(&self.clock);
        let response = state.respond(provider, request, &self.clock);
        let content = state.records.content_of_response(&response);
        state.records.add(self.clock.elapsed(), || {
            let text = format_args!("request {} is executed now: response {}", request.number, response.status);
            subject.record(RecordKind::Response, text).content(content.clone())
        });
        subject.will_be_told(&response, content);
        drop(state);
        self.wake.notify_one();
        response
    }
}

/// Whether the request was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Committed {
    Yes,
    No,
}

impl Exchange {
    fn now(subject: Subject, wire: Wire) -> Self {
        Self { at: Duration::ZERO, wire, subject }
    }

    /// Records the response that the fault made, in place of the provider's.
    fn told(mut self, state: &State) -> Self {
        if let Wire::Response(response) | Wire::Endless(response) = &self.wire {
            let content = state.records.content_of_response(response);
            self.subject.will_be_told(response, content);
        }
        self
    }

    /// Applies a fault to a response.
    fn of(
        subject: Subject,
        effect: &FaultEffect,
        response: Response,
        committed: Committed,
        now: Duration,
        control_url: &str,
        spec: &ProviderSpec,
    ) -> Self {
        let wire = match effect {
            FaultEffect::Truncate(bytes) => {
                // At least one byte is cut off, or there would be no fault.
                let most = response.body.len().saturating_sub(1);
                partial_response(&response, bytes.unwrap_or(response.body.len() / 2).min(most), Close::Fin)
            }
            FaultEffect::MidStatus => Wire::Part(b"HTTP/1.1 2".to_vec(), Close::Fin),
            FaultEffect::MidHeaders => {
                let head = response.head();
                Wire::Part(head[..head.len() * 2 / 3].to_vec(), Close::Fin)
            }
            FaultEffect::BadChunk => {
                let mut bytes = response.chunked_head();
                let chunk = &response.body[..response.body.len().min(5)];
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\nno length\r\n");
                Wire::Part(bytes, Close::Fin)
            }
            FaultEffect::Continue => Wire::Part(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), Close::Fin),
            FaultEffect::Endless => Wire::Endless(response),
            FaultEffect::Garbage => Wire::Response(Response::new(200, "application/json", *b"\xff\xfe{{garbage\x00")),
            FaultEffect::Imperfect(kind) => {
                let (status, refusal) = spec.imperfections.refusal;
                let plain = match committed {
                    Committed::Yes => response,
                    Committed::No => Response::new(status, "application/json", refusal),
                };
                Wire::Response(kind.change(plain, &spec.imperfections))
            }
            FaultEffect::Html(status) => {
                Wire::Response(Response::html(*status, "<html><body><h1>Something went wrong</h1></body></html>"))
            }
            FaultEffect::Json(status) => {
                Wire::Response(Response::json(*status, &json!({"message": "Something went wrong"})))
            }
            FaultEffect::Redirect(status) => {
                Wire::Response(Response::redirect(*status, &format!("{control_url}/misdirected")))
            }
            FaultEffect::Encoding(name) => Wire::Response(encode(response, name, committed)),
            FaultEffect::Slow => {
                let mut bytes = [response.head(), response.body].concat();
                // The response to a request that was not executed must never arrive completely.
                let end = (committed == Committed::No).then_some(Close::Stall);
                if end.is_some() {
                    bytes.pop();
                }
                return Self { at: now, wire: Wire::Slow(bytes, end), subject };
            }
            FaultEffect::Delay(after) => return Self { at: now + *after, wire: Wire::Response(response), subject },
            FaultEffect::Fin
            | FaultEffect::Eof
            | FaultEffect::TlsAlert
            | FaultEffect::Rst
            | FaultEffect::Stall
            | FaultEffect::LateCommit(_)
            | FaultEffect::Duplicate
            | FaultEffect::Reorder
            | FaultEffect::Drop
            | FaultEffect::Tamper
            | FaultEffect::Hold => Wire::Part(Vec::new(), close_of(effect).unwrap_or(Close::Fin)),
        };
        Self::now(subject, wire)
    }
}

/// Adds a `Content-Encoding` that the client did not request. Only gzip is really encoded.
///
/// The response to a request that was not executed is made unreadable, whatever the client can decode.
fn encode(mut response: Response, name: &str, committed: Committed) -> Response {
    if committed == Committed::No {
        response.body = base64::engine::general_purpose::STANDARD.encode(&response.body).into_bytes();
    } else if name == "gzip" {
        response.body = gzip::stored(&response.body);
    }
    response.header("Content-Encoding", name)
}

fn partial_response(response: &Response, body_bytes: usize, close: Close) -> Wire {
    let mut bytes = response.head();
    bytes.extend_from_slice(&response.body[..body_bytes.min(response.body.len())]);
    Wire::Part(bytes, close)
}

impl From<Close> for ToldEnd {
    fn from(close: Close) -> Self {
        match close {
            Close::Fin => Self::Fin,
            Close::Eof => Self::Eof,
            Close::Alert => Self::Alert,
            Close::Rst => Self::Rst,
            Close::Stall => Self::Stall,
        }
    }
}

/// What the client of a connection is told that ends before the response.
fn nothing(close: Option<Close>) -> Told {
    Told { bytes: 0, of: None, status: None, end: close.unwrap_or(Close::Fin).into() }
}

fn close_of(effect: &FaultEffect) -> Option<Close> {
    match effect {
        FaultEffect::Fin => Some(Close::Fin),
        FaultEffect::Eof => Some(Close::Eof),
        FaultEffect::TlsAlert => Some(Close::Alert),
        FaultEffect::Rst => Some(Close::Rst),
        FaultEffect::Stall => Some(Close::Stall),
        _ => None,
    }
}

/// The time between two bytes of a slow response, on the clock.
pub(crate) const SLOW_BYTE_INTERVAL: Duration = Duration::from_millis(100);
