//! The rows of the control API's table. The router, the index page and the OpenAPI description are made of them.

pub(crate) mod schema;
mod whole;

use serde::Deserialize;
use serde_json::Value;

use crate::http::{Request, percent_decode, percent_encode, read_json};
use crate::problem::Problem;

pub(crate) use whole::Whole;

/// A JSON Schema, as OpenAPI 3.1 embeds it.
pub(crate) type Schema = fn() -> Value;

/// An endpoint, and what handles its requests.
pub(crate) struct Route<H: 'static> {
    pub(crate) endpoint: Endpoint,
    pub(crate) handler: H,
}

/// Returns the endpoints of a table.
pub(crate) fn endpoints<H>(routes: &'static [Route<H>]) -> Vec<&'static Endpoint> {
    routes.iter().map(|route| &route.endpoint).collect()
}

/// A method and a path of the control API.
pub(crate) struct Endpoint {
    /// A unique name, for generated clients.
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    /// The path with its parameters: `/turbopay/orders/{merchant_order_id}/{action}`.
    ///
    /// A table lists a path with a constant segment before the path with a parameter in its place.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    /// The values of the path's parameter `action`; empty if it has no such parameter.
    pub(crate) actions: &'static [&'static str],
    pub(crate) query: &'static [Query],
    pub(crate) body: Body,
    pub(crate) response: Content,
    /// The statuses of the problems that the handler returns.
    pub(crate) problems: &'static [u16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// An optional parameter of the query.
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) schema: Schema,
}

/// The body of a request.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// No body, or an empty JSON object.
    None,
    /// A JSON object. If it is missing, all of its members are.
    Optional(Schema),
    /// A JSON object.
    Required(Schema),
}

/// The body of a response with the status 200.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    Html,
    Json(Schema),
    /// Server-sent events.
    Events,
    /// Rows with a header, as RFC 4180 describes them.
    Csv,
    /// Rust source text.
    Rust,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl Endpoint {
    /// Creates an endpoint without actions, body and problems.
    pub(crate) const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        summary: &'static str,
        response: Content,
    ) -> Self {
        Self { id, method, path, summary, actions: &[], query: &[], body: Body::None, response, problems: &[] }
    }

    pub(crate) const fn actions(mut self, actions: &'static [&'static str]) -> Self {
        self.actions = actions;
        self
    }

    pub(crate) const fn query(mut self, query: &'static [Query]) -> Self {
        self.query = query;
        self
    }

    pub(crate) const fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub(crate) const fn problems(mut self, problems: &'static [u16]) -> Self {
        self.problems = problems;
        self
    }

    /// Returns the path's parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(parameter)
    }

    /// Returns the path of an object and an action, encoded.
    pub(crate) fn path_for(&self, id: &str, action: &str) -> String {
        let segments = self.path.split('/').map(|segment| match parameter(segment) {
            Some("action") => action.to_owned(),
            Some(_) => percent_encode(id),
            None => segment.to_owned(),
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Returns the schema of a member of the request's body.
    pub(crate) fn member(&self, name: &str) -> Value {
        let (Body::Optional(schema) | Body::Required(schema)) = self.body else { return Value::Null };
        let schema = schema();
        let variants = schema["anyOf"].as_array().map_or(std::slice::from_ref(&schema), Vec::as_slice);
        let member = variants.iter().map(|variant| &variant["properties"][name]).find(|member| !member.is_null());
        member.cloned().unwrap_or_default()
    }

    /// Returns the parameters' values if the path's segments match.
    pub(crate) fn matches<'a>(&self, segments: &[&'a str]) -> Option<Vec<(&'static str, &'a str)>> {
        let mut expected = self.path.split('/').skip(1);
        let mut values = Vec::new();
        for segment in segments {
            let pattern = expected.next()?;
            match parameter(pattern) {
                Some(name) => values.push((name, *segment)),
                None if pattern == *segment => {}
                None => return None,
            }
        }
        expected.next().is_none().then_some(values)
    }
}

fn parameter(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// A request to an endpoint.
pub(crate) struct ControlCall<'a> {
    parameters: Vec<(&'static str, &'a str)>,
    /// All actions that the path can end with, including those of more specific endpoints.
    actions: Vec<&'static str>,
    pub(crate) request: &'a Request,
}

impl<'a> ControlCall<'a> {
    /// Creates a call. Fails if the body is not what the endpoint reads.
    pub(crate) fn new(
        endpoint: &'static Endpoint,
        parameters: Vec<(&'static str, &'a str)>,
        actions: Vec<&'static str>,
        request: &'a Request,
    ) -> Result<Self, Problem> {
        if matches!(endpoint.body, Body::None) && !request.body.is_empty() {
            let NoMembers {} = read_json(&request.body).map_err(Problem::Invalid)?;
        }
        Ok(Self { parameters, actions, request })
    }

    /// Returns the method and the decoded path, for records.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.request.method, percent_decode(&self.request.path))
    }

    /// Returns a parameter of the path, decoded.
    pub(crate) fn parameter(&self, name: &str) -> &'a str {
        self.parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Returns the parameter `action`.
    pub(crate) fn action(&self) -> &'a str {
        self.parameter("action")
    }

    /// Returns the problem that the endpoint has no such action.
    pub(crate) fn unknown_action(&self) -> Problem {
        let known = self.actions.join(", ");
        Problem::NotFound(format!("{:?} is not an action; expected one of {known}", self.action()))
    }

    /// Returns a parameter of the query, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let pairs = self.request.query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.into_iter().find(|(known, _)| percent_decode(known) == name)?.1;
        Some(percent_decode(&value.replace('+', " ")))
    }

    /// Parses a parameter of the query; `None` if it is missing.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.query(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| *number <= MAX_NUMBER);
        let problem = || Problem::Invalid(format!("`{name}` must be a whole number from 0 to {MAX_NUMBER}"));
        number.map(Some).ok_or_else(problem)
    }

    /// Parses the parameter `limit` of the query.
    pub(crate) fn limit(&self, default: u64, most: u64) -> Result<usize, Problem> {
        let limit = self.number("limit")?.unwrap_or(default);
        if !(1..=most).contains(&limit) {
            return Err(Problem::Invalid(format!("`limit` must be from 1 to {most}")));
        }
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// Parses the body.
    pub(crate) fn body<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Problem> {
        read_json(&self.request.body).map_err(Problem::Invalid)
    }

    /// Parses the body, or returns the default if there is none.
    pub(crate) fn body_or_default<T: for<'de> Deserialize<'de> + Default>(&self) -> Result<T, Problem> {
        if self.request.body.is_empty() { Ok(T::default()) } else { self.body() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoMembers {}

/// The largest integer that all JSON libraries read exactly.
pub(crate) const MAX_NUMBER: u64 = (1 << 53) - 1;
