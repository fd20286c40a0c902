use std::fmt;

/// Why the stage could not do something, in words for the person who runs it.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    /// Creates it from its words.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for Failed {
    fn from(problem: String) -> Self {
        Self(problem)
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self(format!("the shop's database cannot be used: {error}"))
    }
}
