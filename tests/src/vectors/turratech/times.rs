//! The time in the header, and the receiver's own.

use super::{BODY, NOW, TIME, Vector, accepted, mac, unproven};

pub(super) fn vectors() -> Vec<Vector> {
    [forms(), distances(), clocks()].concat()
}

/// Each signed as it stands, so that nothing but its form speaks against it.
fn forms() -> Vec<Vector> {
    let digits = mac(TIME, BODY.as_bytes());
    let forms = [
        ("t empty", String::new(), "it is no time"),
        ("t negative", format!("-{TIME}"), "plain digits are due"),
        ("t with a plus", format!("+{TIME}"), "plain digits are due"),
        ("t of +1", "+1".to_owned(), "plain digits are due"),
        ("t in scientific form", "1e9".to_owned(), "plain digits are due"),
        ("t with a nought before it", format!("0{TIME}"), "a number has one form"),
        ("t with many noughts before it", format!("{}{TIME}", "0".repeat(20)), "a number has one form"),
        ("t with a fraction", format!("{TIME}.0"), "plain digits are due"),
        ("t with a blank before it", format!(" {TIME}"), "plain digits are due"),
        ("t with a blank behind it", format!("{TIME} "), "plain digits are due"),
        ("t with underscores", "1_767_323_045".to_owned(), "plain digits are due"),
        ("t in hexadecimal digits", format!("0x{NOW:x}"), "plain digits are due"),
        ("t in milliseconds", format!("{TIME}000"), "it is far away"),
        ("t as far as i64 goes", i64::MAX.to_string(), "it is no time"),
        ("t beyond i64", "9223372036854775808".to_owned(), "it is no time"),
        ("t beyond u64 by exactly now", "18446744075476874661".to_owned(), "a number does not wrap around"),
        ("t beyond i64 by twenty digits", "9".repeat(40), "it is no time"),
        ("t at the end of the year 9999", "253402300799".to_owned(), "it is far away"),
        ("t a second behind the year 9999", "253402300800".to_owned(), "it is no time"),
        ("t of NaN", "NaN".to_owned(), "it is no time"),
        ("t as a date", "2026-01-02T03:04:05Z".to_owned(), "plain digits are due"),
        ("t in Arabic-Indic digits", arabic(TIME), "digits are ASCII"),
        ("t in full-width digits", full_width(TIME), "digits are ASCII"),
        ("t with NUL behind it", format!("{TIME}\0"), "plain digits are due"),
    ];
    let signed = |time: &str| format!("t={time},v1={}", mac(time, BODY.as_bytes()));
    let mut vectors: Vec<Vector> =
        forms.map(|(name, time, reason)| unproven(name, reason).header(signed(&time))).into();
    vectors.extend([
        unproven("t missing", "the time is part of what is signed").header(format!("v1={digits}")),
        unproven("t twice, the same", "which one is meant, nobody can say")
            .header(format!("t={TIME},t={TIME},v1={digits}")),
        unproven("t twice, the signed one first", "which one is meant, nobody can say")
            .header(format!("t={TIME},v1={digits},t=1")),
        unproven("t twice, the signed one last", "which one is meant, nobody can say")
            .header(format!("t=1,t={TIME},v1={digits}")),
        unproven("t made fresher without the secret", "the time is part of what is signed")
            .header(format!("t={},v1={digits}", NOW + 200))
            .at(NOW + 400),
    ]);
    vectors
}

fn distances() -> Vec<Vector> {
    [299, 300, 301]
        .into_iter()
        .flat_map(|seconds| {
            let new = |name: String, clock| match seconds {
                301 => unproven(&name, "300 seconds are the most, either way").at(clock),
                _ => accepted(&name, "300 seconds are the most, either way").at(clock),
            };
            [
                new(format!("{seconds} seconds old"), NOW + seconds),
                new(format!("{seconds} seconds in the future"), NOW - seconds),
            ]
        })
        .collect()
}

fn clocks() -> Vec<Vector> {
    let at_zero = format!("t=0,v1={}", mac("0", BODY.as_bytes()));
    let before = format!("t=-1,v1={}", mac("-1", BODY.as_bytes()));
    vec![
        unproven("clock a day before 1970", "it is far away, and nothing overflows").at(-86_400),
        unproven("clock in the year -9999", "it is far away, and nothing overflows").at(-377_705_116_800),
        unproven("clock in the year 9999", "it is far away, and nothing overflows").at(253_402_300_799),
        accepted("t of 0 at the beginning of 1970", "it is a time like any other").header(at_zero.as_str()).at(0),
        accepted("t of 0, clock 300 seconds before 1970", "within 300 seconds").header(at_zero.as_str()).at(-300),
        unproven("t of 0, clock 301 seconds before 1970", "300 seconds are the most").header(at_zero).at(-301),
        unproven("t of -1, clock a second before 1970", "plain digits are due").header(before).at(-1),
    ]
}

fn arabic(digits: &str) -> String {
    shifted(digits, '\u{660}')
}

fn full_width(digits: &str) -> String {
    shifted(digits, '\u{ff10}')
}

fn shifted(digits: &str, nought: char) -> String {
    digits.chars().filter_map(|c| char::from_u32(u32::from(nought) + c.to_digit(10)?)).collect()
}
