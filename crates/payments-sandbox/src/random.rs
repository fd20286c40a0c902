use std::collections::HashSet;

/// A stream of pseudo-random numbers, determined by a seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Creates a separate stream for a name, so that one provider's draws do not change another's.
    pub(crate) fn for_name(seed: u64, name: &str) -> Self {
        name.bytes().fold(Self::new(seed), |mut random, byte| Self::new(random.next() ^ u64::from(byte)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns true with this probability in percent.
    pub(crate) fn percent(&mut self, percent: u8) -> bool {
        self.next() % 100 < u64::from(percent)
    }

    /// Returns a version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = format!("{:016x}{:016x}", self.next(), self.next());
        let variant = ["8", "9", "a", "b"][usize::from(hex.as_bytes()[16] % 4)];
        format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    /// Returns this many letters and digits.
    pub(crate) fn alphanumeric(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
        let letter = |number: u64| {
            let index = usize::try_from(number % 55).unwrap_or(0);
            char::from(LETTERS[index])
        };
        (0..length).map(|_| letter(self.next())).collect()
    }

    /// Returns this many digits that are not in `used`, and inserts them.
    pub(crate) fn unused_digits(&mut self, length: u32, used: &mut HashSet<String>) -> String {
        loop {
            let digits = self.digits(length);
            if used.insert(digits.clone()) {
                return digits;
            }
        }
    }

    /// Returns this many digits, the first of which is not zero.
    pub(crate) fn digits(&mut self, length: u32) -> String {
        let lowest = 10_u64.saturating_pow(length - 1);
        (lowest + self.next() % (lowest * 9)).to_string()
    }
}
