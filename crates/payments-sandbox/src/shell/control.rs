//! The control API, for tests in other languages. One table of routes is its router, its index and its description.

mod events;
mod index;
mod ledger;
mod merchant;
mod openapi;
mod order_detail;
mod orders;
mod records;
mod routes;
pub(super) mod rust_test;

use std::sync::Arc;

use serde_json::{Value, json};

use super::control_access::check_content_type;
use super::inspector;
use super::route::SharedRoute;
use crate::endpoint::{ControlCall, Endpoint, Method};
use crate::http::{Request, Response, percent_decode};
use crate::problem::Problem;
use crate::state::{ProviderId, SharedState};

pub(crate) use events::Subscription;

/// Responds to a request. `HEAD` gets the response to `GET`, and the connection leaves out its body.
pub(crate) fn respond(state: &Arc<SharedState>, request: &Request) -> Reply {
    let segments: Vec<String> = request.path.trim_matches('/').split('/').map(percent_decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if segments == [MISDIRECTED] {
        state.record_misdirected(request);
        return Response::json(200, &misdirected_body()).into();
    }
    let table = table(state);
    let matching: Vec<_> =
        table.iter().filter(|(_, endpoint)| endpoint.matches(&segments).is_some()).copied().collect();
    let method = if request.method == "HEAD" { Method::Get.as_str() } else { &request.method };
    let Some((target, endpoint)) = matching.iter().find(|(_, endpoint)| endpoint.method.as_str() == method) else {
        return refuse(request, &matching).into();
    };
    if endpoint.method == Method::Post
        && let Err(rejection) = check_content_type(request)
    {
        return rejection.into();
    }
    let parameters = endpoint.matches(&segments).unwrap_or_default();
    let result =
        ControlCall::new(endpoint, parameters, actions(&table, endpoint), request).and_then(|call| match *target {
            Target::Shared(index) => match routes().nth(index) {
                Some(route) => (route.handler)(state, &call).map(Reply::Response),
                None => Err(Problem::not_found("no such endpoint")),
            },
            Target::Provider(provider, index) => {
                state.control(provider, index, &call).map(|value| Response::json(200, &value).into())
            }
            Target::Events => Subscription::new(state, &call).map(Reply::Events),
        });
    result.unwrap_or_else(|problem| error(problem.status(), &problem.to_string()).into())
}

/// The response to a request.
pub(crate) enum Reply {
    Response(Response),
    /// The head of a response, and events for as long as the client stays.
    Events(Subscription),
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

/// What handles the requests to an endpoint: the shared routes, the stream of events, or a provider's engine.
#[derive(Debug, Clone, Copy)]
enum Target {
    Shared(usize),
    Events,
    Provider(ProviderId, usize),
}

/// Returns the routes that do not belong to one provider.
fn routes() -> impl Iterator<Item = &'static SharedRoute> {
    inspector::ROUTES
        .iter()
        .chain(routes::ROUTES)
        .chain(merchant::ROUTES)
        .chain(orders::ROUTES)
        .chain(ledger::ROUTES)
        .chain(rust_test::ROUTES)
}

/// Returns all endpoints in the order of the index page.
fn table(state: &SharedState) -> Vec<(Target, &'static Endpoint)> {
    let shared = routes().enumerate().map(|(index, route)| (Target::Shared(index), &route.endpoint));
    let events = std::iter::once((Target::Events, &events::ENDPOINT));
    let state = state.lock();
    let engines = state.engines().iter().enumerate().flat_map(|(provider, engine)| {
        let endpoints = engine.endpoints().into_iter().enumerate();
        endpoints.map(move |(index, endpoint)| (Target::Provider(ProviderId::new(provider), index), endpoint))
    });
    shared.chain(events).chain(engines).collect()
}

/// Returns every action that can stand at the end of the endpoint's path, also if it has an endpoint of its own.
fn actions(table: &[(Target, &'static Endpoint)], endpoint: &Endpoint) -> Vec<&'static str> {
    let Some(place) = endpoint.path.strip_suffix("{action}") else { return Vec::new() };
    let last_segments = table.iter().filter_map(|(_, other)| other.path.strip_prefix(place));
    let mut actions: Vec<&str> = last_segments.filter(|last| *last != "{action}" && !last.contains('/')).collect();
    actions.extend(endpoint.actions);
    actions
}

/// Refuses a request that matches no endpoint, or only endpoints with other methods.
fn refuse(request: &Request, matching: &[(Target, &'static Endpoint)]) -> Response {
    if matching.is_empty() {
        return error(404, "no such endpoint; GET /api lists all endpoints");
    }
    let mut allowed = Vec::new();
    for (_, endpoint) in matching {
        let names: &[&str] = match endpoint.method {
            Method::Get => &["GET", "HEAD"],
            Method::Post => &["POST"],
            Method::Delete => &["DELETE"],
        };
        allowed.extend(names.iter().filter(|name| !allowed.contains(*name)).copied().collect::<Vec<_>>());
    }
    let allowed = allowed.join(", ");
    let problem = format!("{} is not possible here; possible: {allowed}", request.method);
    error(405, &problem).header("Allow", allowed)
}

fn error(status: u16, problem: &str) -> Response {
    Response::json(status, &json!({"error": problem}))
}

/// The body of the response to a misdirected request.
pub(super) fn misdirected_body() -> Value {
    json!({"status": "misdirected"})
}

/// The path that redirect faults lead to. It only records that the client under test followed the redirect, with any method.
/// So it is a part of the faults and not of the table.
pub(super) const MISDIRECTED: &str = "misdirected";
