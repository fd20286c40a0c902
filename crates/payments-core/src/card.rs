use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ValidationError;
use crate::redact::{self, luhn, mask};

/// A primary account number: 12 to 19 digits with a right check digit (Luhn).
///
/// It shows itself only masked, first six and last four, is wiped when dropped, and does not serialize.
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
/// The digits themselves cannot be printed or stored by accident:
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
    /// All the digits, for the one place that sends them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// First six and last four digits, stars between; what may be stored and shown.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

impl FromStr for CardNumber {
    type Err = ValidationError;

    /// Reads digits; spaces and hyphens are dropped.
    fn from_str(text: &str) -> Result<Self, ValidationError> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|c| !matches!(c, ' ' | '-')));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ValidationError::new("pan", "must hold digits only"));
        }
        if !(redact::SHORTEST..=redact::LONGEST).contains(&digits.len()) {
            return Err(ValidationError::new("pan", "must have 12 to 19 digits"));
        }
        if !luhn(&digits) {
            return Err(ValidationError::new("pan", "has a wrong check digit"));
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

/// A card's security code (CVV, CVC): 3 or 4 digits, never shown, never stored.
#[derive(Clone)]
pub struct SecurityCode(Zeroizing<String>);

impl SecurityCode {
    /// The digits, for the one place that sends them.
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
            Err(ValidationError::new("cvv", "must have 3 or 4 digits"))
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

/// The month until whose end a card is valid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry {
    year: u16,
    month: u8,
}

impl Expiry {
    /// A month from 1 to 12 and a year from 2000 to 2099.
    ///
    /// # Errors
    ///
    /// When either is outside. Whether it has passed is the issuer's to say: clocks differ.
    pub fn new(month: u8, year: u16) -> Result<Self, ValidationError> {
        if !(1..=12).contains(&month) {
            Err(ValidationError::new("expiry month", "must be 1 to 12"))
        } else if !(2000..=2099).contains(&year) {
            Err(ValidationError::new("expiry year", "must be 2000 to 2099, in four digits"))
        } else {
            Ok(Self { year, month })
        }
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The year in four digits.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }
}

impl fmt::Debug for Expiry {
    /// An expiry date is cardholder data, and goes with the number wherever that goes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expiry([redacted])")
    }
}
