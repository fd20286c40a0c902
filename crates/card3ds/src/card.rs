use std::convert::Infallible;
use std::fmt;

use payments_core::{CardNumber, Expiry, SecurityCode, mask_card_numbers, text};
use serde::{Deserialize, Deserializer, Serialize};

/// A card to charge.
///
/// `Debug` shows only the holder and the masked number.
///
/// ```
/// use card3ds::{Card, Expiry};
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
/// assert!(format!("{card:?}").contains("542119******0656"));
/// # Ok::<(), card3ds::ValidationError>(())
/// ```
///
/// A card is not `Serialize`, so it cannot be stored by accident:
///
/// ```compile_fail,E0277
/// fn store(card: &card3ds::Card) -> String {
///     serde_json::to_string(card).unwrap()
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    pub(crate) holder: String,
    pub(crate) number: CardNumber,
    pub(crate) expiry: Expiry,
    pub(crate) security_code: SecurityCode,
}

impl Card {
    /// Creates a card.
    pub fn new(holder: impl Into<String>, number: CardNumber, expiry: Expiry, security_code: SecurityCode) -> Self {
        Self { holder: holder.into(), number, expiry, security_code }
    }

    /// The card number, for [`installment_options`](crate::Client::installment_options).
    #[must_use]
    pub fn number(&self) -> &CardNumber {
        &self.number
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card")
            // Some customers type the card number into the field for the name.
            .field("holder", &mask_card_numbers(&self.holder))
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

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
