//! The check digit of card numbers (Luhn).

/// True if the text is digits with a valid check digit at the end.
/// True if the text has a valid check digit, or is a UnionPay number, some of which have none.
pub(crate) fn is_card_number(text: &str) -> bool {
    is_valid(text)
        || (text.starts_with("62") && (16..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
}

fn is_valid(number: &str) -> bool {
    let digits = number.bytes().rev().enumerate().map(|(position, byte)| {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        let doubled = if position % 2 == 1 { digit * 2 } else { digit };
        if doubled > 9 { doubled - 9 } else { doubled }
    });
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && digits.sum::<u32>() % 10 == 0
}
