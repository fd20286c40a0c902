//! A request's parameters, with typed access.

use serde_json::{Map, Value};

use super::object_store::{Cursor, Page};
use super::responses::ErrorResponse;
use crate::http::percent_decode;

/// The members of a JSON object or a query. Unknown members are accepted.
#[derive(Debug, Default)]
pub(crate) struct Params {
    members: Map<String, Value>,
    /// The object's name within the body; empty for the body itself.
    name: String,
}

impl Params {
    /// Parses a body. An empty body has no parameters.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self, ErrorResponse> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members, name: String::new() }),
            Ok(_) => Err(ErrorResponse::unreadable("The request's body must be a JSON object.")),
            Err(_) => Err(ErrorResponse::unreadable("The request's body is not valid JSON.")),
        }
    }

    pub(crate) fn of_query(query: &str) -> Self {
        let text = |part: &str| percent_decode(&part.replace('+', " "));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let members = pairs.map(|(name, value)| (text(name), Value::String(text(value)))).collect();
        Self { members, name: String::new() }
    }

    /// Returns a canonical text that does not depend on the parameters' order or white space.
    pub(crate) fn canonical(&self) -> String {
        let mut text = String::new();
        write_object(&self.members, &mut text);
        text
    }

    /// Returns a member's full name: `card[number]`.
    fn named(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.name) }
    }

    /// Returns a member. `null` counts as missing.
    fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn read<'a, T>(
        &'a self,
        name: &str,
        rule: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ErrorResponse> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| ErrorResponse::invalid(self.named(name), rule))
    }

    /// Returns an error if the value is missing.
    pub(crate) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, ErrorResponse> {
        value.ok_or_else(|| ErrorResponse::missing(self.named(name)))
    }

    /// Creates the error of an invalid parameter.
    pub(crate) fn invalid(&self, name: &str, rule: &str) -> ErrorResponse {
        ErrorResponse::invalid(self.named(name), rule)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ErrorResponse> {
        self.read(name, "must be a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn required_text(&self, name: &str) -> Result<String, ErrorResponse> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        self.required(name, text)
    }

    /// Returns an integer. `2000.0` and `2e3` are not integers.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ErrorResponse> {
        self.read(name, "must be an integer", Value::as_i64)
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ErrorResponse> {
        self.optional_flag(name).map(Option::unwrap_or_default)
    }

    pub(crate) fn optional_flag(&self, name: &str) -> Result<Option<bool>, ErrorResponse> {
        self.read(name, "must be true or false", Value::as_bool)
    }

    /// Returns an object unchanged.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Value>, ErrorResponse> {
        self.read(name, "must be an object", |value| value.is_object().then(|| value.clone()))
    }

    /// Returns an object for typed access to its members.
    pub(crate) fn inner(&self, name: &str) -> Result<Option<Self>, ErrorResponse> {
        let inner = |value: &Value| Some(Self { members: value.as_object()?.clone(), name: self.named(name) });
        self.read(name, "must be an object", inner)
    }

    /// Returns a list of objects for typed access to their members.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<Self>>, ErrorResponse> {
        let Some(values) = self.read(name, "must be an array", Value::as_array)? else { return Ok(None) };
        let list = values.iter().enumerate().map(|(index, value)| {
            let name = format!("{}[{index}]", self.named(name));
            match value {
                Value::Object(members) => Ok(Self { members: members.clone(), name }),
                _ => Err(ErrorResponse::invalid(name, "must be an object")),
            }
        });
        list.collect::<Result<_, _>>().map(Some)
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ErrorResponse> {
        let texts = |value: &Value| {
            let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        };
        self.read(name, "must be an array of strings", texts)
    }

    pub(crate) fn metadata(&self) -> Result<Option<Map<String, Value>>, ErrorResponse> {
        let Some(Value::Object(pairs)) = self.object("metadata")? else { return Ok(None) };
        match pairs.iter().find(|(_, value)| !value.is_string()) {
            Some((name, _)) => Err(ErrorResponse::invalid(format!("metadata[{name}]"), "must be a string")),
            None => Ok(Some(pairs)),
        }
    }

    /// Returns the requested page of a list.
    pub(crate) fn page(&self) -> Result<Page, ErrorResponse> {
        let limit = match self.text("limit")? {
            None => DEFAULT_LIMIT,
            Some(text) => {
                let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit.ok_or_else(|| self.invalid("limit", "must be an integer from 1 to 100"))?
            }
        };
        let cursor = match (self.text("starting_after")?, self.text("ending_before")?) {
            (Some(_), Some(_)) => return Err(self.invalid("ending_before", "cannot be combined with starting_after")),
            (Some(id), None) => Some(Cursor::StartingAfter(id)),
            (None, Some(id)) => Some(Cursor::EndingBefore(id)),
            (None, None) => None,
        };
        Ok(Page { limit, cursor })
    }
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => write_object(members, text),
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn write_object(members: &Map<String, Value>, text: &mut String) {
    // Another crate in the build may have enabled serde_json's `preserve_order`, so the members are sorted here.
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| name.as_str());
    text.push('{');
    for (name, value) in members {
        text.push_str(&Value::String(name.clone()).to_string());
        text.push(':');
        write(value, text);
        text.push(',');
    }
    text.push('}');
}

/// The default and the maximum of `limit` (documented).
const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;
