use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ValidationError;
use crate::redact::{self, is_card_number, mask};

/// A card number: 12 to 19 digits with a valid check digit (Luhn).
///
/// UnionPay numbers (16 to 19 digits that start with 62) are accepted with any check digit, because some have no valid one.
///
/// `Display` and `Debug` show only the first six and last four digits. The number does not serialize, and its memory is
/// wiped when it is dropped.
///
/// ```
/// use payments_core::CardNumber;
///
/// let number: CardNumber = "4111 1111 1111 1111".parse()?;
/// assert_eq!(number.to_string(), "411111******1111");
/// assert!("4111 1111 1111 1112".parse::<CardNumber>().is_err());
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
///
/// The full number cannot be printed or stored by accident:
///
/// ```compile_fail,E0616
/// fn print(number: &payments_core::CardNumber) {
///     println!("{}", number.0.as_str());
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn store(number: &payments_core::CardNumber) -> String {
///     serde_json::to_string(number).unwrap()
/// }
/// ```
#[derive(Clone)]
pub struct CardNumber(Zeroizing<String>);

impl CardNumber {
    /// Returns all digits. Call this only in the code that sends them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the first six and last four digits, with `*` in between. This form may be stored and shown.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

impl FromStr for CardNumber {
    type Err = ValidationError;

    /// Parses digits. Spaces and hyphens are ignored.
    fn from_str(text: &str) -> Result<Self, ValidationError> {
        let invalid = |rule: &'static str| Err(ValidationError::new("card_number", rule));
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|c| !matches!(c, ' ' | '-')));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return invalid("must contain only digits, spaces and hyphens");
        }
        if !(redact::MIN_DIGITS..=redact::MAX_DIGITS).contains(&digits.len()) {
            return invalid("must have 12 to 19 digits");
        }
        if !is_card_number(&digits) {
            return invalid("has a wrong check digit");
        }
        Ok(Self(digits))
    }
}

impl PartialEq for CardNumber {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for CardNumber {}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.masked())
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber({})", self.masked())
    }
}

/// A card's security code (CVV, CVC): 3 or 4 digits.
///
/// The code is never printed and does not serialize. Never store it.
#[derive(Clone)]
pub struct SecurityCode(Zeroizing<String>);

impl SecurityCode {
    /// Returns the digits. Call this only in the code that sends them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecurityCode {
    type Err = ValidationError;

    fn from_str(text: &str) -> Result<Self, ValidationError> {
        if (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(ValidationError::new("security_code", "must have 3 or 4 digits"))
        }
    }
}

impl PartialEq for SecurityCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecurityCode {}

impl fmt::Debug for SecurityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityCode([redacted])")
    }
}

/// A customer's card.
///
/// `Debug` shows only the holder and the masked number.
///
/// ```
/// use payments_core::Card;
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, "04/28".parse()?, "916".parse()?);
/// assert!(format!("{card:?}").contains("542119******0656"));
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
///
/// A card is not `Serialize`, so it cannot be stored by accident:
///
/// ```compile_fail,E0277
/// fn store(card: &payments_core::Card) -> String {
///     serde_json::to_string(card).unwrap()
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    holder: String,
    number: CardNumber,
    expiry: Expiry,
    security_code: SecurityCode,
}

impl Card {
    /// Creates a card.
    pub fn new(holder: impl Into<String>, number: CardNumber, expiry: Expiry, security_code: SecurityCode) -> Self {
        Self { holder: holder.into(), number, expiry, security_code }
    }

    /// The name of the card's holder, as the customer entered it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The card number.
    #[must_use]
    pub fn number(&self) -> &CardNumber {
        &self.number
    }

    /// The expiry date.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// The security code.
    #[must_use]
    pub fn security_code(&self) -> &SecurityCode {
        &self.security_code
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card")
            // Some customers type the card number into the field for the name.
            .field("holder", &redact::mask_card_numbers(&self.holder))
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// A card's expiry date: the last month in which the card is valid.
///
/// ```
/// use payments_core::Expiry;
///
/// let expiry: Expiry = "04/28".parse()?;
/// assert_eq!((expiry.month(), expiry.year()), (4, 2028));
/// assert_eq!(expiry, Expiry::new(4, 2028)?);
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry {
    year: u16,
    month: u8,
}

impl Expiry {
    /// Creates an expiry date from a month (1 to 12) and a year (2000 to 2099, or its last two digits).
    ///
    /// A date in the past is accepted: clocks differ, so the issuer decides whether a card has expired.
    ///
    /// # Errors
    ///
    /// Returns an error if the month or the year is out of range.
    pub fn new(month: u8, year: u16) -> Result<Self, ValidationError> {
        if !(1..=12).contains(&month) {
            Err(ValidationError::new("expiry_month", "must be 1 to 12"))
        } else {
            match year {
                0..=99 => Ok(Self { year: CENTURY + year, month }),
                2000..=2099 => Ok(Self { year, month }),
                _ => Err(ValidationError::new("expiry_year", "must be 2000 to 2099, or its last two digits")),
            }
        }
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The year, in four digits.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }
}

impl FromStr for Expiry {
    type Err = ValidationError;

    /// Parses a date as it is printed on cards: `04/28`, `4/28` or `04/2028`.
    ///
    /// Spaces around the parts are ignored, and a hyphen is accepted in place of the slash.
    fn from_str(text: &str) -> Result<Self, ValidationError> {
        let invalid = || ValidationError::new("expiry", "must be a month and a year, such as 04/28 or 04/2028");
        let (month, year) = text.split_once(['/', '-']).ok_or_else(invalid)?;
        let (month, year) = (month.trim(), year.trim());
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!((month.len(), year.len()), (1 | 2, 2 | 4)) || !is_number(month) || !is_number(year) {
            return Err(invalid());
        }
        Self::new(month.parse().map_err(|_| invalid())?, year.parse().map_err(|_| invalid())?)
            .map_err(|error| error.for_field("expiry"))
    }
}

/// Two digits of a year are of this century.
const CENTURY: u16 = 2000;

impl fmt::Debug for Expiry {
    /// Redacts the date, because an expiry date is cardholder data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expiry([redacted])")
    }
}
