//! Reading messages that differ from the document: strict where a decision depends on a member, tolerant elsewhere.

mod clean;
mod locate;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::clean::Cleaned;
pub(super) use self::clean::clean;
use self::locate::{Segment, remove, replace, spans};
use super::mask_unreadable;
use super::read::{object, unquoted, without_values};
use super::{DecodeError, Facts, ROOT, RawJson};
use crate::provider::Operation;
use crate::redact::redacted_line;
use crate::reported::{ReportedAmount, ReportedCurrency};
use crate::trace;

/// A message of a provider.
///
/// Members that are not listed as deciding are descriptive: an unexpected shape never fails the message. Such a member is
/// repaired or dropped, and recorded in [`Read::unreadable`].
pub trait ProviderMessage: DeserializeOwned {
    /// The members that a decision depends on: required members, and members that are compared with the request.
    ///
    /// The names of a path are joined by `.`; `*` stands for any name or index. A number or boolean instead of a string is
    /// read as its text. Any other unexpected shape of such a member fails the message.
    const DECIDING: &'static [&'static str];

    /// Names what an error should carry if the message cannot be read: its id, status and amount.
    ///
    /// `member` returns a member that is a string or a number, as text. The names of a path are joined by `.`.
    #[must_use]
    fn facts(_member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts::default()
    }
}

/// Implements [`ProviderMessage`](crate::json::ProviderMessage) for a message without further facts.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Refund {
///     id: String,
///     status: String,
///     note: Option<String>,
/// }
/// payments_core::deciding_members!(Refund: "id", "status");
///
/// let refund = payments_core::json::read::<Refund>(br#"{"id":"re_1","status":"paid","note":[]}"#)?;
/// assert_eq!((&*refund.value.id, refund.value.note), ("re_1", None));
/// assert_eq!(refund.unreadable.iter().next().unwrap().path, "note");
/// # Ok::<(), payments_core::json::DecodeError>(())
/// ```
#[macro_export]
macro_rules! deciding_members {
    ($message:ty: $($path:literal),+ $(,)?) => {
        impl $crate::json::ProviderMessage for $message {
            const DECIDING: &'static [&'static str] = &[$($path),+];
        }
    };
}

impl ProviderMessage for RawJson {
    const DECIDING: &'static [&'static str] = &[];
}

/// A decoded message, and the members that differ from the document.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Read<'a, T> {
    /// The message.
    pub value: T,
    /// The members that were repaired or dropped.
    pub unreadable: UnreadableMembers,
    text: Cow<'a, str>,
}

impl<T> Read<'_, T> {
    /// The message as JSON text: as received, or repaired if repairs were necessary.
    #[must_use]
    pub fn raw(&self) -> RawJson {
        RawJson(self.text.as_ref().into())
    }
}

/// The members of a message that could not be read as documented. Usually there are none.
///
/// They are stored with their model, so that a comparison that fails before storing also fails after loading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableMembers(Vec<UnreadableMember>);

impl UnreadableMembers {
    /// True if every member was read as documented.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &UnreadableMember> {
        self.0.iter()
    }

    /// True if a member, or a part of it, could not be read as documented.
    ///
    /// Also true for every member if there are more unreadable members than are kept. A comparison must not treat such a
    /// member as missing.
    #[must_use]
    pub fn concerns(&self, member: &str) -> bool {
        let is_part =
            |path: &str| path.strip_prefix(member).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        self.0.len() >= FOUND_LIMIT || self.0.iter().any(|found| is_part(&found.path))
    }

    /// Returns an amount that was read from a member. An amount that was dropped, because it occurs twice, is not missing.
    #[must_use]
    pub fn amount(&self, member: &str, read: ReportedAmount) -> ReportedAmount {
        match read {
            ReportedAmount::Missing if self.concerns(member) => ReportedAmount::Unreadable(self.raw(member)),
            read => read,
        }
    }

    /// Returns a currency that was read from a member, like [`UnreadableMembers::amount`].
    #[must_use]
    pub fn currency(&self, member: &str, read: ReportedCurrency) -> ReportedCurrency {
        match read {
            ReportedCurrency::Missing if self.concerns(member) => ReportedCurrency::Unreadable(self.raw(member)),
            read => read,
        }
    }

    fn raw(&self, path: &str) -> Box<str> {
        self.0.iter().find(|member| member.path == path).map_or_else(Box::default, |member| member.raw.as_str().into())
    }

    /// Records the members in the trace, if there are any: the names of top-level members only.
    ///
    /// Calls do so for their responses. For parts of a response, and for webhooks.
    pub fn trace(&self, provider: &'static str, operation: Operation) {
        if !self.is_empty() {
            trace::unreadable(provider, operation, self);
        }
    }

    /// Adds the unreadable members of a part that was decoded separately. `path` is the part's path, such as `data`.
    #[must_use]
    pub fn with_part(mut self, path: &str, part: Self) -> Self {
        let prefixed =
            |member: UnreadableMember| UnreadableMember { path: format!("{path}.{}", member.path), ..member };
        self.0.extend(part.0.into_iter().map(prefixed));
        self
    }
}

/// A member that could not be read as documented.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnreadableMember {
    /// The member's path, such as `metadata.note`.
    pub path: String,
    /// What was expected, or what is wrong.
    pub problem: String,
    /// The beginning of the member's JSON text, with everything masked that could be a card number, and without security
    /// codes. If the member occurs several times, all of them, separated by commas. Empty if the body is long and many of its
    /// members are unreadable.
    pub raw: String,
}

impl fmt::Debug for UnreadableMember {
    /// Shows the path and the problem. The text may hold a private id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// Decodes a whole body that is an object, and tolerates unexpected shapes of descriptive members.
///
/// A documented body costs as much as with [`decode_object`](super::decode_object). Only if that fails, the body is repaired
/// and decoded again:
///
/// - A byte order mark is removed. Invalid UTF-8 and lone surrogates are replaced by U+FFFD.
/// - A number or boolean in place of a string becomes its text, and `[]` in place of an object becomes `{}`.
/// - Any other unexpected value of a descriptive member is dropped, and so is a descriptive member that occurs twice.
///
/// # Errors
///
/// Returns an error if the body is not a JSON object, if a deciding member is missing, occurs twice or has an unexpected
/// shape, or if it needed a replacement character.
pub fn read<T: ProviderMessage>(body: &[u8]) -> Result<Read<'_, T>, DecodeError> {
    if let Ok(text) = std::str::from_utf8(body)
        && let Ok(value) = object(text)
    {
        return Ok(Read { value, unreadable: UnreadableMembers::default(), text: Cow::Borrowed(text) });
    }
    let read = Repair::new(body, T::DECIDING).and_then(Repair::read);
    read.map_err(|error| error.with_facts(facts::<T>(body)))
}

/// What can be read of an unreadable message. A member that occurs twice, or that needed a replacement character, is not.
fn facts<T: ProviderMessage>(body: &[u8]) -> Facts {
    let text = clean(body).text;
    T::facts(&|name| {
        let path: Vec<Segment> = name.split('.').map(|name| Segment::Name(name.to_owned())).collect();
        let spans = spans(&text, &path);
        let [span] = spans.as_slice() else { return None };
        let raw = &text[span.clone()];
        let is_text = raw.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
        let value = is_text.then(|| unquoted(raw)).flatten()?;
        (!value.is_empty() && !value.contains(char::REPLACEMENT_CHARACTER)).then(|| value.into_owned())
    })
}

/// Decodes and repairs a body until it can be read.
struct Repair {
    deciding: &'static [&'static str],
    text: String,
    found: Vec<UnreadableMember>,
    /// How often each member was repaired.
    steps: HashMap<Vec<Segment>, u32>,
    /// How many bytes were read again: to decode the text, or to find a member in it.
    read_again: usize,
}

impl Repair {
    fn new(body: &[u8], deciding: &'static [&'static str]) -> Result<Self, DecodeError> {
        let Cleaned { text, replacements } = clean(body);
        let mut repair = Self { deciding, text, found: Vec::new(), steps: HashMap::new(), read_again: 0 };
        for path in locate::paths_at(&repair.text, replacements) {
            if path.is_empty() {
                return Err(DecodeError::not_json("not JSON, because it is not UTF-8"));
            }
            if repair.is_deciding(&path) {
                return Err(DecodeError::new(shown(&path), "contains invalid Unicode"));
            }
            repair.record(&path, "contains invalid Unicode");
        }
        Ok(repair)
    }

    fn read<T: DeserializeOwned>(mut self) -> Result<Read<'static, T>, DecodeError> {
        if !self.text.trim_ascii_start().starts_with('{') {
            // A syntax error is reported as such.
            return Err(object::<T>(&self.text).err().unwrap_or_else(|| DecodeError::not_json("not JSON")));
        }
        loop {
            self.read_again += self.text.len();
            let mut deserializer = serde_json::Deserializer::from_str(&self.text);
            let result = serde_path_to_error::deserialize::<_, T>(&mut deserializer);
            let failure = match result {
                Ok(value) => {
                    deserializer.end().map_err(|_| DecodeError::not_json("there is more after the JSON value"))?;
                    let unreadable = UnreadableMembers(self.found);
                    return Ok(Read { value, unreadable, text: Cow::Owned(self.text) });
                }
                Err(failure) => failure,
            };
            if failure.inner().classify() != serde_json::error::Category::Data {
                // The strict reader words syntax errors.
                return Err(object::<T>(&self.text).err().unwrap_or_else(|| DecodeError::not_json("not JSON")));
            }
            let path = locate::segments(failure.path());
            let problem = without_values(&failure.inner().to_string());
            self.repair(path, problem)?;
        }
    }

    /// Repairs the member at which decoding failed.
    fn repair(&mut self, mut path: Vec<Segment>, problem: String) -> Result<(), DecodeError> {
        if let Some(name) = quoted(&problem, "duplicate field `") {
            path.push(Segment::Name(name.to_owned()));
            if self.is_deciding(&path) {
                return Err(DecodeError::new(shown(&path), "occurs twice"));
            }
            if spans(&self.text, &path).is_empty() {
                // The name of a struct inside an untagged part, for example: nothing can be removed.
                return Err(DecodeError::new(redacted_line(&shown(&path)), problem));
            }
            self.record(&path, "occurs twice");
            self.text = remove(&self.text, &path).ok_or_else(|| DecodeError::new(shown(&path), problem))?;
            return Ok(());
        }
        let unreadable = |path: &[Segment]| DecodeError::new(redacted_line(&shown(path)), problem.clone());
        let occurrences = spans(&self.text, &path);
        let Some(raw) = occurrences.first().map(|span| self.text[span.clone()].to_owned()).filter(|_| !path.is_empty())
        else {
            return Err(unreadable(&path));
        };
        let step = self.steps.entry(path.clone()).or_default();
        *step += 1;
        let (step, is_scalar) =
            (*step, raw.starts_with(|c: char| c == '-' || c.is_ascii_digit() || c == 't' || c == 'f'));
        let is_deciding = self.is_deciding(&path);
        if is_deciding && !(step == 1 && is_scalar) {
            return Err(unreadable(&path));
        }
        if step == 1 {
            self.record(&path, &problem);
        }
        let over_budget = self.is_over_budget() && !is_deciding;
        let replacement = match step {
            1 if over_budget => None,
            1 if is_scalar => Some(format!("\"{raw}\"")),
            1 if raw == "[]" => Some("{}".to_owned()),
            1 | 2 => Some("null".to_owned()),
            3 => None,
            _ => return Err(unreadable(&path)),
        };
        self.text = match replacement {
            Some(replacement) => replace(&self.text, &occurrences, &replacement),
            // The whole top-level member is dropped, unless a decision depends on a part of it.
            None if self.is_deciding(&path[..1]) => return Err(unreadable(&path)),
            None => remove(&self.text, &path[..1]).ok_or_else(|| unreadable(&path))?,
        };
        Ok(())
    }

    fn is_over_budget(&self) -> bool {
        self.read_again > READ_AGAIN_LIMIT
    }

    /// True if a decision depends on the member, on the member that it is inside, or on a member inside it.
    fn is_deciding(&self, path: &[Segment]) -> bool {
        self.deciding.iter().any(|pattern| pattern.split('.').zip(path).all(|(name, segment)| segment.matches(name)))
    }

    fn record(&mut self, path: &[Segment], problem: &str) {
        if self.found.len() >= FOUND_LIMIT {
            return;
        }
        let path_text = redacted_line(&shown(path));
        if self.found.iter().any(|member| member.path == path_text) {
            return;
        }
        let occurrences = spans(&self.text, path).into_iter().map(|span| mask_unreadable(&self.text[span]));
        let occurrences: Vec<_> = occurrences.collect();
        self.found.push(UnreadableMember {
            path: path_text,
            problem: problem.to_owned(),
            raw: redacted_line(&occurrences.join(", ")).chars().take(RAW_LIMIT).collect(),
        });
    }
}

fn shown(path: &[Segment]) -> String {
    if path.is_empty() {
        return ROOT.to_owned();
    }
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Name(name) if text.is_empty() => text.push_str(name),
            Segment::Name(name) => text.extend([".", name]),
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// The text between `start` and the next backtick.
fn quoted<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.split('`').next()
}

/// Beyond this many bytes whole top-level members are dropped, and the text of the others is not recorded, so that a
/// hostile body costs a bounded time.
const READ_AGAIN_LIMIT: usize = 4 * 1024 * 1024;

/// The number of unreadable members that are recorded.
const FOUND_LIMIT: usize = 64;

/// The number of characters of a member's text that are recorded.
const RAW_LIMIT: usize = 100;
