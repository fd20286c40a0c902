use std::convert::Infallible;
use std::fmt;

use payments_core::text;
use serde::{Deserialize, Deserializer, Serialize};

/// A masked card number from a response, usually its first six and last four digits.
///
/// It never contains a full number: if a response does, the middle digits are masked when the response is read.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct MaskedPan(Box<str>);

impl<'de> Deserialize<'de> for MaskedPan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, |text| Ok::<_, Infallible>(Self::new(text)))
    }
}

impl MaskedPan {
    pub(crate) fn new(text: &str) -> Self {
        Self(masked(text).into())
    }

    /// The masked number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaskedPan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for MaskedPan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskedPan({})", self.0)
    }
}

/// Masks a card number, unless it is masked already. The check digit does not matter.
fn masked(text: &str) -> String {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let hidden = text.chars().filter(|c| matches!(c, '*' | 'x' | 'X' | '#' | '•')).count();
    // A masked number may show eight and four digits, but only if it hides at least four.
    if digits <= FIRST_DIGITS + LAST_DIGITS || (digits <= MAX_VISIBLE && hidden >= MIN_HIDDEN) {
        return text.to_owned();
    }
    let mut seen = 0;
    let mask = |c: char| {
        if !c.is_numeric() {
            return c;
        }
        seen += 1;
        if seen <= FIRST_DIGITS || seen > digits - LAST_DIGITS { c } else { '*' }
    };
    text.chars().map(mask).collect()
}

/// The most digits that a masked number of 16 digits shows.
const MAX_VISIBLE: usize = 12;
const MIN_HIDDEN: usize = 4;
const FIRST_DIGITS: usize = 6;
const LAST_DIGITS: usize = 4;
