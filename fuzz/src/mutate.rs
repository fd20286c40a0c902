//! Seeded mutations: of bytes, of numbers and of JSON's words.

/// Random numbers from a seed (SplitMix64): the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below this; nothing is below 0 but 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn of<'a>(&mut self, all: &[&'a [u8]]) -> &'a [u8] {
        all[self.below(all.len())]
    }
}

/// A relative of `seed`: a few changes, some of which bring in a part of another seed.
#[must_use]
pub fn mutate(random: &mut Random, seed: &[u8], other: &[u8], choices: &[(u8, u8)]) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=random.below(5) {
        change(random, &mut data, other);
    }
    data.truncate(LONGEST);
    // What chooses is drawn by itself, or most of it would be lost to one choice.
    for (byte, (first, count)) in data.iter_mut().zip(choices) {
        if random.below(2) == 0 {
            *byte = first.wrapping_add(u8::try_from(random.below(usize::from(*count))).unwrap_or_default());
        }
    }
    data
}

fn change(random: &mut Random, data: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(data.len() + 1);
    let end = (at + 1 + random.below(16)).min(data.len());
    match random.below(12) {
        0 => flip(random, data),
        1 => drop(data.drain(at.min(end)..end)),
        2 => insert(data, at, &other[random.below(other.len() + 1)..]),
        3 => data.truncate(at),
        4 => {
            let part = data[at.min(end)..end].repeat(1 + random.below(3));
            insert(data, at, &part);
        }
        5 => insert(data, at, random.of(TOKENS)),
        6 | 7 => replace(random, data, |byte| byte.is_ascii_digit() || b".-+eE".contains(&byte), NUMBERS),
        8 | 9 => replace(random, data, |byte| !b",:{}[]\n&= ".contains(&byte), TOKENS),
        10 => insert(data, at, &random.of(NESTS).repeat(1 + random.below(200))),
        _ => {
            flip(random, data);
            flip(random, data);
        }
    }
}

fn flip(random: &mut Random, data: &mut [u8]) {
    let (at, bit) = (random.below(data.len()), random.below(8));
    if let Some(byte) = data.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

fn insert(data: &mut Vec<u8>, at: usize, part: &[u8]) {
    data.splice(at..at, part.iter().copied());
}

/// Puts another word in the place of one that is there.
fn replace(random: &mut Random, data: &mut Vec<u8>, is_of_word: fn(u8) -> bool, words: &[&[u8]]) {
    let from = random.below(data.len() + 1);
    let Some(start) = data[from..].iter().position(|byte| is_of_word(*byte)).map(|at| from + at) else { return };
    let length = data[start..].iter().take_while(|byte| is_of_word(**byte)).count();
    let word = random.of(words);
    data.splice(start..start + length, word.iter().copied());
}

const NUMBERS: &[&[u8]] = &[
    b"0",
    b"-0",
    b"1",
    b"-1",
    b"99",
    b"100",
    b"101",
    b"100.5",
    b"100.50",
    b"100.500",
    b"100.5000000000000000000000000000000001",
    b"100.501",
    b"300",
    b"300.00",
    b"2000",
    b"2000.0",
    b"1e2",
    b"1e400",
    b"1E-400",
    b"NaN",
    b"Infinity",
    b"+1",
    b".5",
    b"5.",
    b"007",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"79228162514264337593543950335",
    b"79228162514264337593543950336",
    b"123456789012345678901234567890",
    b"200",
    b"400",
    b"429",
    b"500",
    b"4294967296",
    b"65536",
];

const TOKENS: &[&[u8]] = &[
    b"null",
    b"true",
    b"false",
    b"\"\"",
    b"{}",
    b"[]",
    b"\"SUCCESS\"",
    b"\"FAILED\"",
    b"\"succeeded\"",
    b"\"success\"",
    b"\"Approved\"",
    b"\"Completed\"",
    b"\"already been taken\"",
    b"\"idempotency\"",
    b"\"api_error\"",
    b"\"card_error\"",
    b"\"duplicate\"",
    b"\"..\"",
    b"\"a/b?c#d\"",
    b"\"%2e%2e\"",
    b"\"\\u0000\\r\\n\"",
    b"\"\\ud800\"",
    b"\"\\uff15\"",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3\x28",
    b"\r\n",
    b"\0",
    b"+",
    b"%",
    b"%2B",
    b"&paymentId=",
    b"=",
    b"t=",
    b",v1=",
    b"\"amount\":",
    b"\"status\":",
    b"\"error\":",
    b"\"5421190122090656\"",
    b"5421 1901 2209 0656",
    b"\"canary\"",
    b"$1,000.00",
    b"$1",
    b"@after-commit",
    b"#1-2",
    b"x*",
    b"p=50%",
    b"order=",
    b"delay=500ms",
    b"truncate=7",
    b"encoding=gzip",
];

const NESTS: &[&[u8]] = &[b"[", b"{\"a\":", b"]", b"}", b"\"", b"\\", b"0", b"9", b" "];

/// Short inputs find more in the same time.
const LONGEST: usize = 8 * 1024;
