use std::fmt;

use crate::error::StartError;

/// A key that a merchant and a provider know each other by. Its `Debug` does not show it: it might be a real one yet.
#[derive(Clone, Default)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes one where none was given; one that was must begin with a mark that real ones never have.
    pub(crate) fn fill_in(&mut self, prefixes: &[&str], make: impl FnOnce() -> String) -> Result<(), StartError> {
        if self.0.is_empty() {
            self.0 = make();
        }
        if prefixes.iter().any(|prefix| self.0.starts_with(prefix)) { Ok(()) } else { Err(StartError::LiveKey) }
    }
}

impl<T: Into<String>> From<T> for Key {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "from the seed" } else { "given" })
    }
}

/// What keys begin with that are for tests.
pub(crate) const TEST_PREFIXES: &[&str] = &["sandbox_", "test_"];
