use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    Name(String),
    Index(usize),
}

impl Segment {
    /// True if a part of a pattern stands for this step.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        match self {
            Self::Name(name) => pattern == "*" || pattern == name,
            Self::Index(_) => pattern == "*",
        }
    }
}

/// The steps of serde's path.
pub(super) fn segments(path: &serde_path_to_error::Path) -> Vec<Segment> {
    let step = |segment: &serde_path_to_error::Segment| match segment {
        serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
        serde_path_to_error::Segment::Map { key } => Some(Segment::Name(key.clone())),
        serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
    };
    path.iter().map_while(step).collect()
}

/// Where the values at a path are in the text: several if a name occurs more than once.
pub(super) fn spans(text: &str, path: &[Segment]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = std::iter::once(0..text.len()).collect();
    for segment in path {
        let inside = |span: Range<usize>| {
            let part = &text[span.clone()];
            let values: Vec<&RawValue> = match segment {
                Segment::Name(name) => {
                    members(part).into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
                }
                Segment::Index(index) => elements(part).get(*index).copied().into_iter().collect(),
            };
            values.into_iter().map(|value| span_in(text, value.get())).collect::<Vec<_>>()
        };
        found = found.into_iter().flat_map(inside).collect();
    }
    found
}

/// The path of the innermost value at an offset; of a name, the path of its member.
pub(super) fn path_at(text: &str, offset: usize) -> Vec<Segment> {
    let (mut path, mut span) = (Vec::new(), 0..text.len());
    loop {
        let part = &text[span.clone()];
        // A name is in front of its value: the first value that ends after the offset is the member's.
        let member = members(part).into_iter().map(|(name, value)| (Segment::Name(name.into_owned()), value));
        let element = elements(part).into_iter().enumerate().map(|(index, value)| (Segment::Index(index), value));
        let next = member.chain(element).map(|(step, value)| (step, span_in(text, value.get())));
        let Some((step, inner)) = next.into_iter().find(|(_, inner)| offset < inner.end) else { return path };
        path.push(step);
        if offset < inner.start {
            return path;
        }
        span = inner;
    }
}

/// The text with other values at these places.
pub(super) fn replace(text: &str, spans: &[Range<usize>], value: &str) -> String {
    let mut out = String::with_capacity(text.len() + value.len());
    let mut end = 0;
    for span in spans {
        out.push_str(&text[end..span.start]);
        out.push_str(value);
        end = span.end;
    }
    out.push_str(&text[end..]);
    out
}

/// The text without the members of this path, however often the name occurs.
pub(super) fn remove(text: &str, path: &[Segment]) -> Option<String> {
    let (Segment::Name(name), parent) = path.split_last()? else { return None };
    let parents = spans(text, parent);
    let span = parents.first()?.clone();
    let kept: Vec<String> = members(&text[span.clone()])
        .into_iter()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.into_owned())))
        .collect();
    Some(replace(text, &[span], &format!("{{{}}}", kept.join(","))))
}

fn span_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// The members of an object in order, also those whose names occur twice; nothing if the text is no object.
fn members(text: &str) -> Vec<(Cow<'_, str>, &RawValue)> {
    struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);
    impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Object;
            impl<'de> Visitor<'de> for Object {
                type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let mut members = Vec::new();
                    while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                        members.push((name, value));
                    }
                    Ok(members)
                }
            }
            deserializer.deserialize_map(Object).map(Members)
        }
    }
    serde_json::from_str::<Members<'_>>(text).map_or_else(|_| Vec::new(), |members| members.0)
}

/// The elements of an array; nothing if the text is no array.
fn elements(text: &str) -> Vec<&RawValue> {
    serde_json::from_str(text).unwrap_or_default()
}
