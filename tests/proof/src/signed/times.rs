//! The time in TurraTech's header, and the receiver's clock.

use super::Genuine;
use crate::crypto::hex;
use crate::vectors::{Vector, rows};

pub(super) fn vectors(g: &Genuine) -> Vec<Vector> {
    if !g.is_turratech() {
        return Vec::new();
    }
    [forms(g), repeated(g), distances(g), clocks(g)].concat()
}

/// Each form is signed as it stands, so that only the form can be the reason to reject it.
fn forms(g: &Genuine) -> Vec<Vector> {
    let time = g.time();
    let plain = "plain digits are due";
    let underscores = format!("{}_{}_{}_{}", &time[..1], &time[1..4], &time[4..7], &time[7..]);
    let shifted = |zero: char| time.chars().filter_map(|c| char::from_u32(u32::from(zero) + c.to_digit(10)?)).collect();
    let forms: [(&str, String, &str); 24] = [
        ("empty", String::new(), "it is no time"),
        ("negative", format!("-{time}"), plain),
        ("with a plus", format!("+{time}"), plain),
        ("of +1", "+1".to_owned(), plain),
        ("in scientific form", "1e9".to_owned(), plain),
        ("with a nought before it", format!("0{time}"), "a number has one form"),
        ("with many noughts before it", format!("{}{time}", "0".repeat(20)), "a number has one form"),
        ("with a fraction", format!("{time}.0"), plain),
        ("with a blank before it", format!(" {time}"), plain),
        ("with a blank behind it", format!("{time} "), plain),
        ("with underscores", underscores, plain),
        ("in hexadecimal digits", format!("0x{:x}", g.time), plain),
        ("in milliseconds", format!("{time}000"), "it is far away"),
        ("as far as i64 goes", i64::MAX.to_string(), "it is no time"),
        ("beyond i64", "9223372036854775808".to_owned(), "it is no time"),
        (
            "beyond u64 by exactly now",
            ((1_i128 << 64) + i128::from(g.time)).to_string(),
            "a number does not wrap around",
        ),
        ("beyond i64 by twenty digits", "9".repeat(40), "it is no time"),
        ("at the end of the year 9999", "253402300799".to_owned(), "it is far away"),
        ("a second behind the year 9999", "253402300800".to_owned(), "it is no time"),
        ("of NaN", "NaN".to_owned(), "it is no time"),
        ("as a date", "2026-01-02T03:04:05Z".to_owned(), plain),
        ("in Arabic-Indic digits", shifted('\u{660}'), "digits are ASCII"),
        ("in full-width digits", shifted('\u{ff10}'), "digits are ASCII"),
        ("with NUL behind it", format!("{time}\0"), plain),
    ];
    let rejected = |(name, time, reason): (&str, String, &str)| {
        g.turratech(crate::Outcome::Rejected, &format!("t {name}"), reason, signed_at(g, &time))
    };
    forms.into_iter().filter_map(rejected).collect()
}

fn repeated(g: &Genuine) -> Vec<Vector> {
    let (time, digits) = (g.time(), hex(&g.tag(g.secret.as_bytes(), &g.time(), g.body.as_bytes())));
    let header = |value: String| g.with_header(value);
    rows! { g;
        turratech Rejected "t missing", "the time is part of what is signed" => header(format!("v1={digits}"));
        turratech Rejected "t twice, the same", "which one is meant, nobody can say"
            => header(format!("t={time},t={time},v1={digits}"));
        turratech Rejected "t twice, the signed one first", "which one is meant, nobody can say"
            => header(format!("t={time},v1={digits},t=1"));
        turratech Rejected "t twice, the signed one last", "which one is meant, nobody can say"
            => header(format!("t=1,t={time},v1={digits}"));
        turratech Rejected "t made fresher without the secret", "the time is part of what is signed"
            => header(format!("t={},v1={digits}", g.time + 200)).at(g.time + 400);
    }
}

fn distances(g: &Genuine) -> Vec<Vector> {
    let at = |offset: i64| g.vector().at(g.time + offset);
    let reason = "300 seconds are the most, either way";
    rows! { g;
        turratech Accepted "299 seconds old", reason => at(299);
        turratech Accepted "299 seconds in the future", reason => at(-299);
        turratech Accepted "300 seconds old", reason => at(300);
        turratech Accepted "300 seconds in the future", reason => at(-300);
        turratech Rejected "301 seconds old", reason => at(301);
        turratech Rejected "301 seconds in the future", reason => at(-301);
    }
}

fn clocks(g: &Genuine) -> Vec<Vector> {
    let far = "it is far away, and nothing overflows";
    let zero = || signed_at(g, "0");
    rows! { g;
        turratech Rejected "clock a day before 1970", far => g.vector().at(-86_400);
        turratech Rejected "clock in the year -9999", far => g.vector().at(-377_705_116_800);
        turratech Rejected "clock in the year 9999", far => g.vector().at(253_402_300_799);
        turratech Accepted "t of 0 at the beginning of 1970", "it is a time like any other" => zero().at(0);
        turratech Accepted "t of 0, clock 300 seconds before 1970", "within 300 seconds" => zero().at(-300);
        turratech Rejected "t of 0, clock 301 seconds before 1970", "300 seconds are the most" => zero().at(-301);
        turratech Rejected "t of -1, clock a second before 1970", "plain digits are due" => signed_at(g, "-1").at(-1);
    }
}

fn signed_at(g: &Genuine, time: &str) -> Vector {
    g.with_header(g.value_of(time, &hex(&g.tag(g.secret.as_bytes(), time, g.body.as_bytes()))))
}
