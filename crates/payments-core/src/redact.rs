//! Redaction of texts from outside before they are printed.

/// Formats a provider's text as part of a log line, with at most 300 characters.
///
/// Control characters become spaces, and card numbers are masked.
#[must_use]
pub fn redacted_line(message: &str) -> String {
    let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // Masks before it truncates, because half a card number would not be recognised.
    mask_card_numbers(&line).chars().take(MAX_LINE).collect()
}

/// Masks every number in a text that could be a card number.
///
/// Other numbers may stand next to the card number, such as the expiry date in `4111 1111 1111 1111 12-27`. So every
/// sequence of whole groups of digits is checked. In a long group the beginning is checked as well, because a security
/// code may follow the card number without a space.
///
/// A masked text stays the same if it is masked again.
#[must_use]
pub fn mask_card_numbers(text: &str) -> String {
    let mut masked = mask_once(text);
    if masked == text {
        return masked;
    }
    // Masking ends a group of digits early, and the rest of it may be part of another number that passes the check.
    for _ in 0..MAX_PASSES {
        let again = mask_once(&masked);
        if again == masked {
            return masked;
        }
        masked = again;
    }
    // Only a text that was made for it gets here.
    masked.chars().map(|c| if to_digit(c).is_some() { '*' } else { c }).collect()
}

fn mask_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    // The final NUL ends the last run; it is removed again below.
    for c in text.chars().chain(std::iter::once('\0')) {
        if to_digit(c).is_some() || (!run.is_empty() && is_separator(c)) {
            run.push(c);
            continue;
        }
        push_masked(&mut out, &run);
        run.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// Appends a run of digits and separators, with the card numbers in it masked.
fn push_masked(out: &mut String, run: &str) {
    let digits: String = run.chars().filter_map(to_digit).collect();
    let mut hidden = vec![false; digits.len()];
    // The end of each group of digits, counted in digits.
    let mut ends = Vec::new();
    for group in run.split(is_separator).filter(|group| !group.is_empty()) {
        ends.push(ends.last().map_or(0, |end: &usize| *end) + group.chars().count());
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    for (group, start) in starts.take(ends.len()).enumerate() {
        for end in ends[group..].iter().copied().take_while(|end| end - start <= MAX_DIGITS) {
            // Sequences may overlap. A digit that one of them hides stays hidden.
            if end - start >= MIN_DIGITS && is_card_number(&digits[start..end]) {
                hidden[start + VISIBLE_FIRST..end - VISIBLE_LAST].fill(true);
            }
        }
        let group_end = ends[group];
        // If the whole group is a card number, no other card number starts it.
        if group_end - start <= MAX_DIGITS && is_card_number(&digits[start..group_end]) {
            continue;
        }
        for end in start + MIN_DIGITS_OF_PREFIX..group_end.min(start + MAX_DIGITS + 1) {
            if is_card_number(&digits[start..end]) {
                hidden[start + VISIBLE_FIRST..end - VISIBLE_LAST].fill(true);
                hidden[end..group_end].fill(true);
            }
        }
    }
    let mut hidden = hidden.into_iter();
    out.extend(run.chars().map(|c| if to_digit(c).is_some() && hidden.next() == Some(true) { '*' } else { c }));
}

/// Converts an ASCII or full-width digit to an ASCII digit.
fn to_digit(c: char) -> Option<char> {
    let full_width = u32::from(c).checked_sub(0xff10).filter(|digit| *digit < 10);
    if c.is_ascii_digit() { Some(c) } else { full_width.and_then(|digit| char::from_digit(digit, 10)) }
}

/// Returns true for a character that may stand between the groups of a number.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '/' | '_')
}

pub(crate) fn mask(digits: &str) -> String {
    let hidden = digits.len().saturating_sub(VISIBLE_FIRST + VISIBLE_LAST);
    let first = &digits[..digits.len().min(VISIBLE_FIRST)];
    let last = &digits[digits.len().saturating_sub(VISIBLE_LAST)..];
    format!("{first}{}{last}", "*".repeat(hidden))
}

/// Returns true if the digits could be a card number: with a valid check digit, or of UnionPay.
///
/// The caller checks that there are 12 to 19 digits.
pub(crate) fn is_card_number(digits: &str) -> bool {
    passes_luhn(digits) || is_union_pay(digits)
}

/// Returns true for a number in UnionPay's range. Some of these numbers have no valid check digit.
fn is_union_pay(digits: &str) -> bool {
    digits.starts_with("62") && digits.len() >= MIN_DIGITS_OF_UNION_PAY
}

fn passes_luhn(digits: &str) -> bool {
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

/// The smallest number of digits of a card number.
pub(crate) const MIN_DIGITS: usize = 12;
/// The largest number of digits of a card number.
pub(crate) const MAX_DIGITS: usize = 19;
/// The smallest number of digits of a card number at the beginning of a longer group.
///
/// Nearly all card numbers have sixteen digits, and shorter beginnings of an id pass the check by chance.
const MIN_DIGITS_OF_PREFIX: usize = 15;

/// The smallest number of digits of a UnionPay number (ISO/IEC 7812 gives it 62; issuers use 16 to 19 digits).
const MIN_DIGITS_OF_UNION_PAY: usize = 16;

/// The number of leading digits that may be shown: the issuer's part.
const VISIBLE_FIRST: usize = 6;
/// The number of trailing digits that may be shown.
const VISIBLE_LAST: usize = 4;

/// How often a text is masked again. A text that is long enough could otherwise take hours.
const MAX_PASSES: usize = 16;

/// The largest number of characters in a line. Longer messages are stack traces or pages, and `Error::response` has
/// them.
const MAX_LINE: usize = 300;
