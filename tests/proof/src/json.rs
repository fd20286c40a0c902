//! Random changes to the form of a JSON object.

use crate::Random;

/// Writes the object in another form. A lenient reader reads most forms the same.
pub(crate) fn rewrite(random: &mut Random, genuine: &str) -> Vec<u8> {
    let first = |member: &str| genuine.replacen('{', &format!("{{{member},"), 1).into_bytes();
    let depth = if random.one_in(20) { 10_000 } else { 200 };
    let nested = |open: &str, close: &str| first(&format!("\"x\":{}1{}", open.repeat(depth), close.repeat(depth)));
    match random.below(22) {
        0 => genuine.replace(':', ": ").into_bytes(),
        1 => genuine.replace(',', ",\r\n").into_bytes(),
        2 => serde_json::from_str::<serde_json::Value>(genuine)
            .and_then(|value| serde_json::to_vec_pretty(&value))
            .unwrap_or_default(),
        3 => format!("\u{feff}{genuine}").into_bytes(),
        4 => format!("{genuine}\n").into_bytes(),
        5 => format!(" {genuine}").into_bytes(),
        6 => format!("{genuine}\0").into_bytes(),
        7 => format!("{genuine}{genuine}").into_bytes(),
        8 => format!("[{genuine}]").into_bytes(),
        9 => Vec::new(),
        10 => b"{}".to_vec(),
        11 => twice(random, genuine),
        12 => [genuine.as_bytes(), &[0xff]].concat(),
        13 => nested("[", "]"),
        14 => nested("{\"a\":", "}"),
        15 => first("\"x\":1e400"),
        16 => first("\"x\":9223372036854775808"),
        17 => first("\"\\u0000\":\"\\ud800\""),
        18 => genuine.replacen('"', "\"\\u0000", random.below(9) + 1).into_bytes(),
        19 if random.one_in(20) => {
            [genuine.as_bytes(), " ".repeat((256 * 1024 + 1_usize).saturating_sub(genuine.len())).as_bytes()].concat()
        }
        19 => genuine.to_uppercase().into_bytes(),
        20 => number(random, genuine),
        _ => ["[", "{\"x\":"][random.below(2)].repeat(depth).into_bytes(),
    }
}

/// Repeats one of the members.
fn twice(random: &mut Random, genuine: &str) -> Vec<u8> {
    let members: Vec<&str> = genuine.trim_matches(['{', '}']).split(',').collect();
    genuine.replacen('{', &format!("{{{},", random.pick(&members)), 1).into_bytes()
}

/// Replaces one of the numbers.
fn number(random: &mut Random, genuine: &str) -> Vec<u8> {
    let numbers = ["1e400", "9223372036854775808", "-1", "0.1", "1E2", "NaN", "null", "\"\"", "18446744073709551616"];
    let digits = |c: char| c.is_ascii_digit();
    let starts: Vec<usize> = genuine.match_indices(digits).map(|(at, _)| at).collect();
    let Some(from) = starts.get(random.below(starts.len())).copied() else { return Vec::new() };
    let to = genuine[from..].find(|c: char| !digits(c)).map_or(genuine.len(), |length| from + length);
    [&genuine[..from], random.pick(&numbers), &genuine[to..]].concat().into_bytes()
}
