//! Imperfect bodies: plain about what happened, and unlike the document elsewhere.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::engine::Imperfections;
use crate::http::Response;

/// How a body differs from the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imperfect {
    /// A byte order mark before the body.
    Bom,
    /// Texts that are not UTF-8.
    Bytes,
    /// Texts with half of a surrogate pair.
    Surrogate,
    /// Numbers in place of other values.
    Number,
    /// Empty arrays in place of other values.
    Array,
    /// Objects in place of other values.
    Object,
    /// Members that occur twice.
    Twice,
}

impl Imperfect {
    /// Every kind, with its name in a fault.
    pub(super) const ALL: &[(&'static str, Self)] = &[
        ("bom", Self::Bom),
        ("bytes", Self::Bytes),
        ("surrogate", Self::Surrogate),
        ("number", Self::Number),
        ("array", Self::Array),
        ("object", Self::Object),
        ("twice", Self::Twice),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Changes the members of a response that only describe, and adds one that the document does not have.
    pub(crate) fn change(self, response: Response, allowed: &Imperfections) -> Response {
        let is_about_texts = matches!(self, Self::Bytes | Self::Surrogate);
        let may_change =
            |name: &str| allowed.descriptive.contains(&name) || is_about_texts && allowed.prose.contains(&name);
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let mut body = self.rewritten(&text, &may_change);
        if let Some(end) = body.iter().rposition(|byte| *byte == b'}') {
            let note = [b",\"note\":".as_slice(), &self.value(b"\"note\"")].concat();
            body.splice(end..end, note);
        }
        if self == Self::Bom {
            body.splice(0..0, *b"\xef\xbb\xbf");
        }
        Response { body, ..response }
    }

    /// Amounts stay as they are written: they never become floats.
    fn rewritten(self, json: &str, may_change: &impl Fn(&str) -> bool) -> Vec<u8> {
        let joined = |parts: Vec<Vec<u8>>| parts.join(b",".as_slice());
        if let Ok(members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json) {
            let members = members.into_iter().map(|(name, value)| {
                let value = value.get();
                let quoted = [b"\"", name.as_bytes(), b"\":"].concat();
                let changed = may_change(&name) && value != "null";
                let new = if changed { self.value(value.as_bytes()) } else { self.rewritten(value, may_change) };
                let twice = if changed && self == Self::Twice { [b",", &*quoted, &*new].concat() } else { Vec::new() };
                [quoted, new, twice].concat()
            });
            [b"{", &*joined(members.collect()), b"}"].concat()
        } else if let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(json) {
            [b"[", &*joined(items.iter().map(|item| self.rewritten(item.get(), may_change)).collect()), b"]"].concat()
        } else {
            json.as_bytes().to_vec()
        }
    }

    /// The value in place of a member's own one.
    fn value(self, documented: &[u8]) -> Vec<u8> {
        match self {
            Self::Bom | Self::Twice => documented.to_vec(),
            Self::Bytes => b"\"Yetersiz bakiye, l\xfctfen ba\xfeka kart\"".to_vec(),
            Self::Surrogate => br#""ok \ud83d""#.to_vec(),
            Self::Number => b"402".to_vec(),
            Self::Array => b"[]".to_vec(),
            Self::Object => br#"{"en":[1.50]}"#.to_vec(),
        }
    }
}
