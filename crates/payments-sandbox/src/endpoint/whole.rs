use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A whole number from 0, which JSON may also write as `600.0`, as an `integer` of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
        // The text is exact: `1e3` prints as `1000`.
        format!("{number:.0}")
            .parse()
            .ok()
            .filter(|_| number.fract() == 0.0)
            .map(Whole)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
    }
}
