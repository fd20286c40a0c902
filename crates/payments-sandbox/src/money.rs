//! Amounts in hundredths, as text in and out. The SDK's money is not used here: each must show the other's mistakes.

/// Reads `500`, `500.5`, `500.00`: hundredths, or nothing where it is no such number or has finer digits.
pub(crate) fn parse_hundredths(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let (cents, finer) = fraction.split_at(fraction.len().min(2));
    if finer.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let amount: i64 = format!("{whole}{cents:0<2}").parse().ok()?;
    Some(if negative { -amount } else { amount })
}

/// The same above zero.
pub(crate) fn parse_positive(text: &str) -> Option<i64> {
    parse_hundredths(text).filter(|amount| *amount > 0)
}

/// `500.00`.
pub(crate) fn with_two_decimals(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let amount = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

/// `500` where nothing is behind the point, else `500.50`.
pub(crate) fn plain(hundredths: i64) -> String {
    if hundredths % 100 == 0 { (hundredths / 100).to_string() } else { with_two_decimals(hundredths) }
}
