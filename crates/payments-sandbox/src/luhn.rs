//! The check digit of card numbers.

/// Whether a text is digits of which the last one checks the others.
pub(crate) fn is_valid(number: &str) -> bool {
    let digits = number.bytes().rev().enumerate().map(|(place, byte)| {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        if doubled > 9 { doubled - 9 } else { doubled }
    });
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && digits.sum::<u32>() % 10 == 0
}
