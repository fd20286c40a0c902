//! Words with which providers say that an order was already executed.

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// How a provider without error codes says that an order was already executed: duplicate, already paid.
///
/// All decoded strings of a response are searched, at any depth. Names of members are not. The search ignores case, and treats
/// every character that another encoding could change as equal. It finds too much rather than too little: the outcome is then
/// unknown, and nothing is sent twice.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct DuplicateWording {
    /// The words, also as parts of longer words.
    pub words: &'static [&'static str],
    /// Phrases that contain a word and mean the opposite, such as "could not be completed".
    pub negations: &'static [&'static str],
}

impl DuplicateWording {
    /// True if a string of the JSON body contains one of the words. A body that is not JSON is searched as a whole.
    #[must_use]
    pub fn occurs_in(&self, body: &[u8]) -> bool {
        let mut found = false;
        let text = String::from_utf8_lossy(body);
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let searched = Strings(&mut |text| found |= self.occurs_in_text(text)).deserialize(&mut deserializer);
        found || searched.is_err() && self.occurs_in_text(&text)
    }

    /// True if the text contains one of the words.
    #[must_use]
    pub fn occurs_in_text(&self, text: &str) -> bool {
        let mut text = folded(text);
        for negation in self.negations {
            text = text.replace(&folded(negation), "");
        }
        self.words.iter().any(|word| text.contains(&folded(word)))
    }
}

/// The text in lower case, with one placeholder for each row of characters that an encoding could change.
///
/// The letter i is among them: Turkish writes it with and without a dot, in either case.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii() && c != 'i' => out.push(c),
            _ if out.ends_with(PLACEHOLDER) => {}
            _ => out.push(PLACEHOLDER),
        }
    }
    out
}

const PLACEHOLDER: char = '\u{fffd}';

/// Calls a function for each string inside a JSON value.
struct Strings<'a>(&'a mut dyn FnMut(&str));

impl<'de> DeserializeSeed<'de> for Strings<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strings<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Strings(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key::<serde::de::IgnoredAny>()?.is_some() {
            members.next_value_seed(Strings(&mut *self.0))?;
        }
        Ok(())
    }
}
