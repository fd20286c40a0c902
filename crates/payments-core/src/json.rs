//! JSON as this project needs it: numbers through their text, and errors that say where.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::one_line;
use crate::money::{Money, MoneyError, split_decimal};

/// A JSON number carried as its text, so that `100.50` is written as `100.50`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct NumberText(Box<RawValue>);

impl NumberText {
    /// An integer.
    ///
    /// # Errors
    ///
    /// Never for an integer; the signature is that of its sibling.
    pub fn integer(number: i64) -> Result<Self, MoneyError> {
        Self::of(number.to_string())
    }

    /// An amount with exactly its currency's decimals.
    ///
    /// # Errors
    ///
    /// When the currency's decimals are not known.
    pub fn decimal(amount: Money) -> Result<Self, MoneyError> {
        Self::of(amount.decimal_text()?)
    }

    fn of(text: String) -> Result<Self, MoneyError> {
        RawValue::from_string(text).map(Self).map_err(|_| MoneyError::Syntax)
    }
}

/// JSON as it came: what a document does not describe, or what is decoded only when somebody asks.
///
/// It may hold anything, so `Debug` shows its length alone. A copy of it shares the text. It is read from JSON text, neither from a stream nor from a `serde_json::Value`.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(Arc<str>);

impl Raw {
    /// The text, byte for byte.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes it.
    ///
    /// # Errors
    ///
    /// When it is not of this shape.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        read(self.as_str())
    }

    /// Decodes it as an object.
    ///
    /// # Errors
    ///
    /// When it is not of this shape, or no object.
    pub fn decode_object<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        read_object(self.as_str())
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(<&RawValue>::deserialize(deserializer)?.get().into()))
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raw([{} bytes])", self.as_str().len())
    }
}

/// Decodes a whole body; an error names the path to what could not be read, never the value that stood there.
///
/// The path is found by decoding a second time, only on failure: tracking it costs as much again.
///
/// # Errors
///
/// When the body is not JSON, or not of this shape.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    read(utf8(body)?)
}

/// Once for the whole body: looking at each string by itself costs more than reading does.
fn utf8(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body)
        .map_err(|err| DecodeError::not_json(format!("not JSON, because not UTF-8 behind byte {}", err.valid_up_to())))
}

fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(body).map_err(|err| match err.classify() {
        serde_json::error::Category::Data => locate::<T>(body),
        serde_json::error::Category::Eof => DecodeError::not_json("the body ends before its JSON does"),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            DecodeError::not_json(format!("not JSON at line {} column {}", err.line(), err.column()))
        }
    })
}

/// Decodes a whole body that is an object: serde takes a list of a struct's members for the struct as well.
///
/// # Errors
///
/// As [`decode`], and when it is JSON of another kind.
pub fn decode_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, DecodeError> {
    read_object(utf8(body)?)
}

fn read_object<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, DecodeError> {
    if body.trim_ascii_start().starts_with('{') {
        return read(body);
    }
    read::<IgnoredAny>(body)?;
    Err(DecodeError::new(".", "is not an object"))
}

fn locate<'a, T: Deserialize<'a>>(body: &'a str) -> DecodeError {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => DecodeError::not_json("something follows the JSON"),
        Err(err) => {
            // A path goes through the body's own names where those are keys of a map, and they may be anything.
            let path = one_line(&err.path().to_string());
            DecodeError::new(path, without_values(&err.inner().to_string()))
        }
    }
}

/// Serde quotes what it found; an error must not, for it may be a card number. What was expected stays.
fn without_values(message: &str) -> String {
    // serde_json ends its messages with the position, which the path replaces.
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant ", "unknown field "];
    if !quotes.iter().any(|quotes| message.starts_with(quotes)) {
        return message.to_owned();
    }
    let found = message.split(['"', '`']).next().unwrap_or(message).trim_end();
    match message.rfind(", expected ") {
        Some(at) => format!("{}{}", found.split(", expected").next().unwrap_or(found), &message[at..]),
        None => found.to_owned(),
    }
}

/// Holds a member of an answer against what was asked for.
///
/// # Errors
///
/// When it is another: then the answer is about something else, whatever it says.
pub fn same<T: PartialEq>(path: &'static str, answered: &T, asked: &T) -> Result<(), DecodeError> {
    if answered == asked { Ok(()) } else { Err(DecodeError::new(path, "is another than the one that was asked for")) }
}

/// Where a body could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DecodeError {
    path: String,
    problem: Cow<'static, str>,
    is_json: bool,
}

impl DecodeError {
    fn not_json(problem: impl Into<Cow<'static, str>>) -> Self {
        Self { path: ".".to_owned(), problem: problem.into(), is_json: false }
    }

    /// A problem of a decoded answer: the path of the member, and what is wrong with it.
    pub fn new(path: impl Into<String>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), problem: problem.into(), is_json: true }
    }

    /// The same of a part that stands at this path in the whole: `data[3]`.
    #[must_use]
    pub fn within(mut self, path: &str) -> Self {
        self.path = match self.path.as_str() {
            "." => path.to_owned(),
            inner => format!("{path}.{inner}"),
        };
        self
    }

    /// The path to the member, such as `items[3].amount`; `.` is the body itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// True when the body is JSON, only not what was expected: the next answer would be the same.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// For `#[serde(with = "json::decimal")]`: an exact decimal, read from a number's text or from a string, and written
/// as a string.
pub mod decimal {
    use rust_decimal::Decimal;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::value::RawValue;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// When it is neither, or has an exponent, or more digits than an exact decimal holds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        super::exact(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
    }

    /// Writes it, with the decimals that it has.
    ///
    /// # Errors
    ///
    /// As the serializer's.
    pub fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }
}

/// For `#[serde(default, with = "json::decimal_option")]`: the same where it may be missing or `null`.
pub mod decimal_option {
    use rust_decimal::Decimal;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::value::RawValue;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// As [`decimal`](super::decimal), for anything but `null`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let raw = Option::<&RawValue>::deserialize(deserializer)?;
        raw.map(|raw| super::exact(raw.get()).map_err(D::Error::custom)).transpose()
    }

    /// Writes it, or `null`.
    ///
    /// # Errors
    ///
    /// As the serializer's.
    pub fn serialize<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => serializer.collect_str(amount),
            None => serializer.serialize_none(),
        }
    }
}

/// For `#[serde(deserialize_with = "json::integer")]`: an amount in the smallest unit, or seconds.
///
/// It never passes through a float, and zeros behind a point say nothing, so that a habit of writing does not lose an
/// executed payment.
///
/// # Errors
///
/// When it is no whole number, or does not fit.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    // As nearly all of them are written.
    if let Ok(number) = raw.parse() {
        return Ok(number);
    }
    let number = exact(raw).map_err(serde::de::Error::custom)?;
    // Through its text: the conversions of the type itself cut off.
    number.normalize().to_string().parse().map_err(|_| serde::de::Error::custom("is not a 64-bit integer"))
}

/// For `#[serde(default, deserialize_with = "json::none_if_empty")]`: a text that is parsed, and nothing where it is missing,
/// `null` or empty.
///
/// # Errors
///
/// When it is no text, or cannot be parsed.
pub fn none_if_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    struct Text<T>(Option<T>);
    impl<'de, T: FromStr<Err: std::fmt::Display>> Deserialize<'de> for Text<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            text(deserializer, |text| if text.is_empty() { Ok(None) } else { text.parse().map(Some) }).map(Self)
        }
    }
    Ok(Option::<Text<T>>::deserialize(deserializer)?.and_then(|text| text.0))
}

fn exact(raw: &str) -> Result<Decimal, MoneyError> {
    let text = if raw.starts_with('"') {
        serde_json::from_str::<Cow<'_, str>>(raw).map_err(|_| MoneyError::Syntax)?
    } else {
        Cow::Borrowed(raw)
    };
    parse_decimal(&text)
}

/// Reads a plain decimal exactly: digits with at most one point, no exponent.
///
/// # Errors
///
/// When it is anything else, or does not fit.
pub fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let (_, _, fraction) = split_decimal(text)?;
    Decimal::from_str_exact(text).or_else(|_| {
        // Zeros at the end say nothing; any other digit beyond what the type can hold would be lost.
        let significant = if fraction.is_empty() { text } else { text.trim_end_matches('0').trim_end_matches('.') };
        Decimal::from_str_exact(significant).map_err(|_| MoneyError::OutOfRange)
    })
}

/// For hand-written `Deserialize` impls: a string, read where it stands, without a copy of it.
///
/// # Errors
///
/// When it is no string, or cannot be read.
pub fn text<'de, D, T, E>(deserializer: D, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: std::fmt::Display,
{
    struct Text<R>(R);
    impl<T, E: std::fmt::Display, R: FnOnce(&str) -> Result<T, E>> serde::de::Visitor<'_> for Text<R> {
        type Value = T;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<T, F> {
            (self.0)(text).map_err(F::custom)
        }
    }
    deserializer.deserialize_str(Text(read))
}
