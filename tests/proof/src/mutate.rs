//! Random changes to bytes. The attack and the fuzz targets share them.

use crate::{Random, json};

/// Changes `bytes` one to `most` times. `other` is material of the same kind to splice in.
///
/// The result differs from `bytes` unless several attempts change nothing, as for empty input.
#[must_use]
pub fn mutate(random: &mut Random, bytes: &[u8], other: &[u8], most: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..ATTEMPTS {
        for _ in 0..=random.below(most) {
            let (_, change) = random.pick(CHANGES);
            let at = random.below(changed.len() + 1);
            change(random, &mut changed, at, other);
        }
        if changed != bytes {
            break;
        }
    }
    changed
}

/// A change at a position, which may be the end.
pub type Change = fn(&mut Random, bytes: &mut Vec<u8>, at: usize, other: &[u8]);

/// Every kind of change, with its name. Numbers and words come twice, because protocols are made of them.
pub const CHANGES: &[(&str, Change)] = &[
    ("flip a bit", |random, bytes, _, _| flip(random, bytes)),
    ("flip two bits", |random, bytes, _, _| {
        flip(random, bytes);
        flip(random, bytes);
    }),
    ("replace a byte", |random, bytes, at, _| bytes[at..].iter_mut().take(1).for_each(|byte| *byte = random.byte())),
    ("change a letter's case", |_, bytes, at, _| {
        let change = |byte: &mut u8| *byte ^= if byte.is_ascii_alphabetic() { 0x20 } else { 1 };
        bytes[at..].iter_mut().take(1).for_each(change);
    }),
    ("insert a byte", |random, bytes, at, _| bytes.insert(at, random.byte())),
    ("remove a byte", |_, bytes, at, _| drop(bytes.drain(at..bytes.len().min(at + 1)))),
    ("remove a part", |random, bytes, at, _| drop(bytes.drain(part(random, bytes, at)))),
    ("truncate", |_, bytes, at, _| bytes.truncate(at)),
    ("append random bytes", |random, bytes, _, _| {
        let count = random.below(40);
        bytes.extend((0..count).map(|_| random.byte()));
    }),
    ("repeat a part", |random, bytes, at, _| {
        let repeated = bytes[part(random, bytes, at)].repeat(1 + random.below(3));
        insert(bytes, at, &repeated);
    }),
    ("copy a part elsewhere", |random, bytes, at, _| {
        let from = random.below(bytes.len());
        let copied = bytes[part(random, bytes, from)].to_vec();
        insert(bytes, at, &copied);
    }),
    ("insert the end of another input", |random, bytes, at, other| {
        insert(bytes, at, &other[random.below(other.len() + 1)..]);
    }),
    ("overwrite a part with another input", |random, bytes, _, other| {
        let end = bytes.len().min(other.len());
        let (from, to) = (random.below(end), random.below(end + 1));
        if from < to {
            bytes[from..to].copy_from_slice(&other[from..to]);
        }
    }),
    ("insert a word", |random, bytes, at, _| insert(bytes, at, random.pick(WORDS))),
    ("insert nesting", |random, bytes, at, _| insert(bytes, at, &random.pick(NESTING).repeat(1 + random.below(200)))),
    ("replace a number", replace_number),
    ("replace a number", replace_number),
    ("replace a word", replace_word),
    ("replace a word", replace_word),
    ("write JSON in another form", |random, bytes, _, _| {
        if let Some(start) = bytes.iter().position(|byte| *byte == b'{') {
            let form = json::rewrite(random, &String::from_utf8_lossy(&bytes[start..]));
            bytes.splice(start.., form);
        }
    }),
];

fn flip(random: &mut Random, bytes: &mut [u8]) {
    let (at, bit) = (random.below(bytes.len()), random.below(8));
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

/// Up to 16 bytes from this position.
fn part(random: &mut Random, bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let end = (at + 1 + random.below(16)).min(bytes.len());
    at.min(end)..end
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    bytes.splice(at..at, part.iter().copied());
}

fn replace_number(random: &mut Random, bytes: &mut Vec<u8>, at: usize, _: &[u8]) {
    replace(random, bytes, at, |byte| byte.is_ascii_digit() || b".-+eE".contains(&byte), NUMBERS);
}

fn replace_word(random: &mut Random, bytes: &mut Vec<u8>, at: usize, _: &[u8]) {
    replace(random, bytes, at, |byte| !b",:{}[]\n&= ".contains(&byte), WORDS);
}

/// Replaces the first word at or after this position.
fn replace(random: &mut Random, bytes: &mut Vec<u8>, at: usize, is_of_word: fn(u8) -> bool, words: &[&[u8]]) {
    let Some(start) = bytes[at..].iter().position(|byte| is_of_word(*byte)).map(|offset| at + offset) else { return };
    let length = bytes[start..].iter().take_while(|byte| is_of_word(**byte)).count();
    bytes.splice(start..start + length, random.pick(words).iter().copied());
}

/// The number of attempts, because a mutation may change nothing.
const ATTEMPTS: usize = 8;

#[rustfmt::skip]
const NUMBERS: &[&[u8]] = &[
    b"0", b"-0", b"1", b"-1", b"99", b"100", b"101", b"300", b"2000", b"65536", b"4294967296", b"200", b"400", b"429",
    b"500", b"100.5", b"100.50", b"100.500", b"100.501", b"300.00", b"2000.0",
    b"100.5000000000000000000000000000000001", b"1e2", b"1e400", b"1E-400", b"NaN", b"Infinity", b"+1", b".5", b"5.",
    b"007", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"-9223372036854775809",
    b"18446744073709551616", b"79228162514264337593543950335", b"79228162514264337593543950336",
    b"123456789012345678901234567890",
];

#[rustfmt::skip]
const WORDS: &[&[u8]] = &[
    b"null", b"true", b"false", b"\"\"", b"{}", b"[]", b"\"SUCCESS\"", b"\"FAILED\"", b"\"succeeded\"", b"\"success\"",
    b"\"Approved\"", b"\"Completed\"", b"\"already been taken\"", b"\"idempotency\"", b"\"api_error\"",
    b"\"card_error\"", b"\"duplicate\"", b"\"..\"", b"\"a/b?c#d\"", b"\"%2e%2e\"", b"\"\\u0000\\r\\n\"",
    b"\"\\ud800\"", b"\"\\uff15\"", b"\xef\xbb\xbf", b"\xff", b"\xc3\x28", b"\r\n", b"\0", b"+", b"%", b"%2B",
    b"&paymentId=", b"=", b"t=", b",v1=", b"\"amount\":", b"\"status\":", b"\"error\":", b"\"5421190122090656\"",
    b"5421 1901 2209 0656", b"\"canary\"", b"$1,000.00", b"$1", b"@after-commit", b"#1-2", b"x*", b"p=50%", b"order=",
    b"delay=500ms", b"truncate=7", b"encoding=gzip",
];

const NESTING: &[&[u8]] = &[b"[", b"{\"a\":", b"]", b"}", b"\"", b"\\", b"0", b"9", b" "];

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = b"t=1,v1=ab\n{\"amount\":\"100.00\",\"status\":\"success\"}";

    #[test]
    fn every_kind_of_change_changes_something_and_none_panics() {
        for (name, change) in CHANGES {
            let mut changed = 0;
            for (seed, bytes) in (0..200).flat_map(|seed| [(seed, SAMPLE), (seed, b"{"), (seed, b"")]) {
                let (mut random, mut result) = (Random::new(seed), bytes.to_vec());
                let at = random.below(bytes.len() + 1);
                change(&mut random, &mut result, at, b"t=2,v1=cd\n{}");
                changed += usize::from(result != bytes);
            }
            assert!(changed > 50, "{name}: {changed}");
        }
    }

    #[test]
    fn a_mutation_differs_and_can_be_repeated() {
        for seed in 0..500 {
            let mutate = || mutate(&mut Random::new(seed), SAMPLE, b"t=2,v1=cd\n{}", 3);
            assert_ne!(mutate(), SAMPLE);
            assert_eq!(mutate(), mutate());
        }
    }
}
