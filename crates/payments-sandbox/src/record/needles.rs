/// Texts to look for, all at once: most texts contain none of them, and are passed over in long steps.
#[derive(Clone)]
pub(super) struct Needles {
    /// A needle that begins with another one comes before it.
    needles: Vec<String>,
    /// How far the next place is at which a needle can end that has these two bytes (the method of Wu and Manber).
    steps: Vec<u8>,
    /// The length of the shortest needle.
    shortest: usize,
}

impl Needles {
    pub(super) fn new(needles: impl IntoIterator<Item = String>) -> Self {
        let mut needles: Vec<String> = needles.into_iter().filter(|needle| needle.len() >= PAIR).collect();
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        let shortest = needles.last().map_or(usize::MAX, String::len);
        // Only the beginnings of longer needles count: whatever is found is compared as a whole.
        let longest_step = u8::try_from(shortest.saturating_sub(PAIR - 1)).unwrap_or(u8::MAX);
        let mut steps = vec![longest_step; PLACES];
        for needle in &needles {
            for (at, pair) in needle.as_bytes()[..shortest].windows(PAIR).enumerate() {
                let step = &mut steps[place(pair[0], pair[1])];
                *step = (*step).min(u8::try_from(shortest - PAIR - at).unwrap_or(u8::MAX));
            }
        }
        Self { needles, steps, shortest }
    }

    /// Returns the place of the first needle in a text, and its length.
    pub(super) fn find(&self, text: &[u8]) -> Option<(usize, usize)> {
        let mut end = self.shortest;
        while end <= text.len() {
            let step = self.steps[place(text[end - 2], text[end - 1])];
            if step > 0 {
                end += usize::from(step);
                continue;
            }
            let rest = &text[end - self.shortest..];
            if let Some(found) = self.needles.iter().find(|needle| rest.starts_with(needle.as_bytes())) {
                return Some((end - self.shortest, found.len()));
            }
            end += 1;
        }
        None
    }
}

/// Where the step of two bytes is. Others may share the place, which makes a step shorter, and never too long.
fn place(first: u8, second: u8) -> usize {
    (usize::from(first) << 5 ^ usize::from(second)) % PLACES
}

const PLACES: usize = 4096;
const PAIR: usize = 2;

#[cfg(test)]
mod tests {
    use super::Needles;

    /// Compares a search with a simple one, at each place of texts that resemble the needles.
    #[test]
    fn the_first_needle_is_found_and_the_longest_of_several_at_one_place() {
        let sets: [&[&str]; 5] = [
            &["cvc", "cvv", "token"],
            &["ab"],
            &["abcabcabd", "abcabcabdx", "bcab"],
            &[],
            &["sandbox_0123456789abcdef"],
        ];
        for set in sets {
            let needles = Needles::new(set.iter().map(|needle| (*needle).to_owned()));
            let parts = ["", "a", "b", "c", "cv", "ab", "abcabcab", "dx", "sandbox_01234567", "tok", "é"];
            for (first, second) in parts.iter().flat_map(|first| parts.map(|second| (first, second))) {
                for needle in set.iter().chain(&[""]) {
                    let text = format!("{first}{second}{needle}{second}{first}");
                    let found = |at: usize| {
                        let all = set.iter().filter(|needle| text.as_bytes()[at..].starts_with(needle.as_bytes()));
                        all.map(|needle| needle.len()).max().map(|length| (at, length))
                    };
                    assert_eq!(needles.find(text.as_bytes()), (0..text.len()).find_map(found), "{set:?} in {text}");
                }
            }
        }
    }
}
