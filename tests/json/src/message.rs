use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON message whose members can be replaced. Numbers and names that occur twice stay as they are.
///
/// A path looks like `data.items[0].price`, as in `UnreadableMember::path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(Node);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    /// A text, a number, a boolean or `null`; or a replacement, which may be no JSON at all.
    Text(String),
}

impl Message {
    /// Parses a message.
    ///
    /// # Panics
    ///
    /// Panics if it is not JSON.
    #[track_caller]
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Node::parse(text))
    }

    /// Returns the message with another value of a member, which is added if it is missing.
    ///
    /// `value` is JSON, or `1,"name":2` for a member that occurs twice.
    ///
    /// # Panics
    ///
    /// Panics if the member is not inside an object or array of the message.
    #[track_caller]
    #[must_use]
    pub fn with(mut self, path: &str, value: &str) -> Self {
        self.0.set(path, Some(value));
        self
    }

    /// Returns the message without a member.
    ///
    /// # Panics
    ///
    /// Panics if the member is not inside an object or array of the message.
    #[track_caller]
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.0.set(path, None);
        self
    }

    /// Returns every member at any depth: its path and its JSON. Items of arrays are members too.
    #[must_use]
    pub fn members(&self) -> Vec<(String, String)> {
        let mut members = Vec::new();
        self.0.collect("", &mut members);
        members
    }
}

impl Node {
    #[track_caller]
    fn parse(text: &str) -> Self {
        let failed = |err| -> ! { panic!("{err}: {text}") };
        match text.trim_start().as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).unwrap_or_else(|err| failed(err));
                Self::Object(members.into_iter().map(|(name, value)| (name, Self::parse(value.get()))).collect())
            }
            Some(b'[') => {
                let items: Vec<Box<RawValue>> = serde_json::from_str(text).unwrap_or_else(|err| failed(err));
                Self::Array(items.into_iter().map(|item| Self::parse(item.get())).collect())
            }
            _ => Self::Text(text.trim().to_owned()),
        }
    }

    #[track_caller]
    fn set(&mut self, path: &str, value: Option<&str>) {
        let end = path.get(1..).and_then(|rest| rest.find(['.', '['])).map_or(path.len(), |end| end + 1);
        let (first, rest) = path.split_at(end);
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        match self {
            Self::Object(members) if rest.is_empty() => {
                let position = members.iter().position(|(name, _)| name == first);
                match (position, value) {
                    (Some(position), Some(value)) => members[position].1 = Self::Text(value.to_owned()),
                    (None, Some(value)) => members.push((first.to_owned(), Self::Text(value.to_owned()))),
                    (position, None) => drop(position.map(|position| members.remove(position))),
                }
            }
            Self::Object(members) => {
                let member = members.iter_mut().find(|(name, _)| name == first);
                member.unwrap_or_else(|| panic!("no member {first}")).1.set(rest, value);
            }
            Self::Array(items) => {
                let index = first.trim_matches(['[', ']']).parse::<usize>();
                let index = index.unwrap_or_else(|err| panic!("{err}: {first}"));
                match (rest, value) {
                    ("", Some(value)) => items[index] = Self::Text(value.to_owned()),
                    ("", None) => drop(items.remove(index)),
                    _ => items[index].set(rest, value),
                }
            }
            Self::Text(text) => panic!("{text} has no member {path}"),
        }
    }

    fn collect(&self, path: &str, members: &mut Vec<(String, String)>) {
        if !path.is_empty() {
            members.push((path.to_owned(), self.to_string()));
        }
        match self {
            Self::Object(inner) => {
                for (name, node) in inner {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    node.collect(&path, members);
                }
            }
            Self::Array(items) => {
                items.iter().enumerate().for_each(|(index, node)| node.collect(&format!("{path}[{index}]"), members));
            }
            Self::Text(_) => {}
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(members) => {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
                write!(f, "{{{}}}", members.join(","))
            }
            Self::Array(items) => {
                write!(f, "[{}]", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
            }
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The members of an object in order, also those that occur twice.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn only_the_named_member_changes() {
        let message = Message::new(r#"{ "a": 1.50, "b": {"c": [{"d": null}, 2]}, "a": 3 }"#);
        assert_eq!(message.to_string(), r#"{"a":1.50,"b":{"c":[{"d":null},2]},"a":3}"#);
        assert_eq!(message.clone().with("b.c[0].d", "[]").to_string(), r#"{"a":1.50,"b":{"c":[{"d":[]},2]},"a":3}"#);
        assert_eq!(message.clone().with("b.e", "7").without("b.c").to_string(), r#"{"a":1.50,"b":{"e":7},"a":3}"#);
        let paths: Vec<_> = message.members().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a", "b", "b.c", "b.c[0]", "b.c[0].d", "b.c[1]", "a"]);
    }
}
