use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Invalid;

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
/// # Ok::<(), payments_core::Invalid>(())
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
    type Err = Invalid;

    /// Reads digits; spaces and hyphens are dropped.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|c| !matches!(c, ' ' | '-')));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Invalid::new("pan", "must hold digits only"));
        }
        if !(SHORTEST..=LONGEST).contains(&digits.len()) {
            return Err(Invalid::new("pan", "must have 12 to 19 digits"));
        }
        if !luhn(&digits) {
            return Err(Invalid::new("pan", "has a wrong check digit"));
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
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(Invalid::new("cvv", "must have 3 or 4 digits"))
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
    pub fn new(month: u8, year: u16) -> Result<Self, Invalid> {
        if !(1..=12).contains(&month) {
            Err(Invalid::new("expiry month", "must be 1 to 12"))
        } else if !(2000..=2099).contains(&year) {
            Err(Invalid::new("expiry year", "must be 2000 to 2099, in four digits"))
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

/// Masks every number in a text that could be a card's, so that a provider's message can be printed.
///
/// Other numbers may stand next to it, as an expiry date does in `4111 1111 1111 1111 12-27`: every row of whole groups
/// of digits is looked at, and of a long group also its beginning, where a security code may follow without a space.
#[must_use]
pub fn mask_card_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if digit(c).is_some() || (!run.is_empty() && separates(c)) {
            run.push(c);
            continue;
        }
        flush(&mut out, &mut run);
        out.push(c);
    }
    out.pop();
    out
}

/// Digits as people type them, those of full width too.
fn digit(c: char) -> Option<char> {
    let full_width = u32::from(c).checked_sub(0xff10).filter(|digit| *digit < 10);
    if c.is_ascii_digit() { Some(c) } else { full_width.and_then(|digit| char::from_digit(digit, 10)) }
}

/// What may stand between the groups of a number.
fn separates(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '/' | '_')
}

fn flush(out: &mut String, run: &mut String) {
    let digits: String = run.chars().filter_map(digit).collect();
    let mut hidden = vec![false; digits.len()];
    // Where each group of digits ends, counted in digits.
    let mut ends = Vec::new();
    for group in run.split(separates).filter(|group| !group.is_empty()) {
        ends.push(ends.last().map_or(0, |end: &usize| *end) + group.chars().count());
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    for (group, start) in starts.take(ends.len()).enumerate() {
        for end in ends[group..].iter().copied().take_while(|end| end - start <= LONGEST) {
            // Two rows may overlap: what either would hide stays hidden.
            if end - start >= SHORTEST && luhn(&digits[start..end]) {
                hidden[start + SHOWN_FIRST..end - SHOWN_LAST].fill(true);
            }
        }
        let whole = ends[group];
        // A group that is a number itself has no other at its beginning.
        if whole - start <= LONGEST && luhn(&digits[start..whole]) {
            continue;
        }
        for end in start + SHORTEST_WITH_MORE..whole.min(start + LONGEST + 1) {
            if luhn(&digits[start..end]) {
                hidden[start + SHOWN_FIRST..end - SHOWN_LAST].fill(true);
                hidden[end..whole].fill(true);
            }
        }
    }
    let mut hidden = hidden.into_iter();
    out.extend(run.chars().map(|c| if digit(c).is_some() && hidden.next() == Some(true) { '*' } else { c }));
    run.clear();
}

fn mask(digits: &str) -> String {
    let hidden = digits.len().saturating_sub(SHOWN_FIRST + SHOWN_LAST);
    let (first, last) = (&digits[..digits.len().min(SHOWN_FIRST)], &digits[digits.len().saturating_sub(SHOWN_LAST)..]);
    format!("{first}{}{last}", "*".repeat(hidden))
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0');
            match (index % 2 == 1, digit * 2) {
                (false, _) => digit,
                (true, doubled) if doubled > 9 => doubled - 9,
                (true, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// How many digits a card's number has.
const SHORTEST: usize = 12;
const LONGEST: usize = 19;
/// The same where more follows at once: nearly all have sixteen, and shorter beginnings of an id pass the check by chance.
const SHORTEST_WITH_MORE: usize = 15;

/// What may be shown of a number: the issuer's part and the last four digits.
const SHOWN_FIRST: usize = 6;
const SHOWN_LAST: usize = 4;
