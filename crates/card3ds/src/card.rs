use std::fmt;

use payments_core::{CardNumber, Expiry, SecurityCode, mask_card_numbers};
use serde::Serialize;

/// A card, as its holder typed it in.
///
/// It goes into a request and nowhere else: it is not `Serialize`, and `Debug` shows the masked number only.
///
/// ```
/// use card3ds::{Card, Expiry};
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
/// assert!(format!("{card:?}").contains("542119******0656"));
/// # Ok::<(), card3ds::ValidationError>(())
/// ```
///
/// It cannot be stored by accident:
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
    /// The holder's name, the number, the month until which it is valid, and the code on its back.
    pub fn new(holder: impl Into<String>, number: CardNumber, expiry: Expiry, security_code: SecurityCode) -> Self {
        Self { holder: holder.into(), number, expiry, security_code }
    }

    /// The number, for [`installment_options`](crate::Client::installment_options).
    #[must_use]
    pub fn number(&self) -> &CardNumber {
        &self.number
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card")
            // Some type the number into the field for the name.
            .field("holder", &mask_card_numbers(&self.holder))
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// A card's number as an answer shows it: first six and last four digits, normally.
///
/// It never holds a whole number: where an answer has one, its middle is masked as it is read.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct MaskedPan(Box<str>);

impl MaskedPan {
    pub(crate) fn of(text: &str) -> Self {
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

/// Leaves what is masked already as it is, and masks the rest, whether or not its check digit is right.
fn masked(text: &str) -> String {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let hidden = text.chars().filter(|c| matches!(c, '*' | 'x' | 'X' | '#' | '•')).count();
    // Eight and four digits may be shown of a number with four stars between, and not of one with fewer.
    if digits <= SHOWN_FIRST + SHOWN_LAST || (digits <= MOST_SHOWN && hidden >= FEWEST_HIDDEN) {
        return text.to_owned();
    }
    let mut seen = 0;
    let hide = |c: char| {
        if !c.is_numeric() {
            return c;
        }
        seen += 1;
        if seen <= SHOWN_FIRST || seen > digits - SHOWN_LAST { c } else { '*' }
    };
    text.chars().map(hide).collect()
}

/// How a number of sixteen digits is shown at the most.
const MOST_SHOWN: usize = 12;
const FEWEST_HIDDEN: usize = 4;
const SHOWN_FIRST: usize = 6;
const SHOWN_LAST: usize = 4;
