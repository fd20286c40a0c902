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

/// The paths of the innermost values at these offsets, each once; of a name, the path of its member.
///
/// Each part of the text is read once for each level that contains an offset, however many offsets it contains.
pub(super) fn paths_at(text: &str, mut offsets: Vec<usize>) -> Vec<Vec<Segment>> {
    offsets.sort_unstable();
    let mut found = Vec::new();
    collect_paths(text, 0..text.len(), &offsets, &mut Vec::new(), &mut found);
    found
}

fn collect_paths(
    text: &str,
    span: Range<usize>,
    offsets: &[usize],
    path: &mut Vec<Segment>,
    found: &mut Vec<Vec<Segment>>,
) {
    let part = &text[span];
    let values: Vec<(Segment, &RawValue)> = if path.len() >= MAX_DEPTH {
        Vec::new()
    } else if part.trim_ascii_start().starts_with('{') {
        members(part).into_iter().map(|(name, value)| (Segment::Name(name.into_owned()), value)).collect()
    } else {
        elements(part).into_iter().enumerate().map(|(index, value)| (Segment::Index(index), value)).collect()
    };
    let mut rest = offsets;
    for (step, value) in values {
        // A name is in front of its value: the first value that ends after the offset is the member's.
        let inner = span_in(text, value.get());
        let (here, after) = rest.split_at(rest.partition_point(|offset| *offset < inner.end));
        rest = after;
        if here.is_empty() {
            continue;
        }
        path.push(step);
        let (in_name, in_value) = here.split_at(here.partition_point(|offset| *offset < inner.start));
        if !in_name.is_empty() {
            found.push(path.clone());
        }
        if !in_value.is_empty() {
            collect_paths(text, inner, in_value, path, found);
        }
        path.pop();
    }
    if !rest.is_empty() {
        found.push(path.clone());
    }
}

/// The length of the longest path that is looked for: longer than any path that a decision depends on.
const MAX_DEPTH: usize = 8;

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
