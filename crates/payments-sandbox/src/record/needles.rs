/// Texts to look for, all at once: most texts contain none of them, and are passed over in one scan.
#[derive(Clone)]
pub(super) struct Needles {
    needles: Vec<String>,
    /// The bytes that a needle begins with.
    first: [bool; 256],
    /// The length of the shortest needle.
    shortest: usize,
}

impl Needles {
    pub(super) fn new(needles: impl IntoIterator<Item = String>) -> Self {
        let mut needles: Vec<String> = needles.into_iter().filter(|needle| !needle.is_empty()).collect();
        // A needle that begins with another one is found first.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        let mut first = [false; 256];
        needles.iter().for_each(|needle| first[usize::from(needle.as_bytes()[0])] = true);
        let shortest = needles.last().map_or(usize::MAX, String::len);
        Self { needles, first, shortest }
    }

    /// Returns the place of the first needle in a text, and its length.
    pub(super) fn find(&self, text: &str) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        let last = bytes.len().checked_sub(self.shortest)?;
        (0..=last).filter(|at| self.first[usize::from(bytes[*at])]).find_map(|at| {
            let found = self.needles.iter().find(|needle| bytes[at..].starts_with(needle.as_bytes()))?;
            Some((at, found.len()))
        })
    }
}
