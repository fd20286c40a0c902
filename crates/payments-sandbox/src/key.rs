use std::fmt;

use crate::error::StartError;

/// A merchant's key at a provider. `Debug` hides its text, because it may be a real key before it is checked.
#[derive(Clone, Default)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Creates a key if none is set. A key that is set must start with a prefix that real keys never have.
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

/// The prefixes of test keys.
pub(crate) const TEST_PREFIXES: &[&str] = &["sandbox_", "test_"];
