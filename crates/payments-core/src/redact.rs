//! Texts from outside, made safe to print.

/// Formats a provider's text as part of a log line: without line breaks and card numbers, and at most 300 characters.
#[must_use]
pub fn redacted_line(message: &str) -> String {
    let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // Masks before it cuts, because half a card number would not be recognised.
    mask_card_numbers(&line).chars().take(LONGEST_MESSAGE).collect()
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

pub(crate) fn mask(digits: &str) -> String {
    let hidden = digits.len().saturating_sub(SHOWN_FIRST + SHOWN_LAST);
    let (first, last) = (&digits[..digits.len().min(SHOWN_FIRST)], &digits[digits.len().saturating_sub(SHOWN_LAST)..]);
    format!("{first}{}{last}", "*".repeat(hidden))
}

pub(crate) fn luhn(digits: &str) -> bool {
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
pub(crate) const SHORTEST: usize = 12;
pub(crate) const LONGEST: usize = 19;
/// The same where more follows at once: nearly all have sixteen, and shorter beginnings of an id pass the check by chance.
const SHORTEST_WITH_MORE: usize = 15;

/// What may be shown of a number: the issuer's part and the last four digits.
const SHOWN_FIRST: usize = 6;
const SHOWN_LAST: usize = 4;

/// Longer messages are stack traces or pages; `Error::response` has them in full.
const LONGEST_MESSAGE: usize = 300;
