//! The errors of starting a sandbox.

use std::fmt;

/// The error of starting or creating a sandbox.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Listening on a port failed.
    Listen(std::io::Error),
    /// A fault is invalid.
    Fault(FaultError),
    /// The TLS certificate could not be created.
    #[cfg(feature = "tls")]
    Tls(std::io::Error),
    /// A key is not marked as a test key, such as `sandbox_...` or `sk_test_...`, so it may be a real key.
    LiveKey,
    /// A key does not have the form that its provider requires.
    MalformedKey,
    /// An offline sandbox was given a running clock. It needs a manual clock.
    RunningClock,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(err) => write!(f, "could not listen on 127.0.0.1, {err}"),
            Self::Fault(err) => err.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(err) => write!(f, "the TLS certificate could not be created: {err}"),
            Self::LiveKey => {
                f.write_str("a key is not marked as a test key, such as sandbox_...: the sandbox accepts no real keys")
            }
            Self::MalformedKey => f.write_str("a key does not have the form that its provider requires"),
            Self::RunningClock => f.write_str("an offline sandbox needs a manual clock: Clock::manual()"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<std::io::Error> for StartError {
    fn from(err: std::io::Error) -> Self {
        Self::Listen(err)
    }
}

impl From<FaultError> for StartError {
    fn from(err: FaultError) -> Self {
        Self::Fault(err)
    }
}

/// The error of parsing or adding a fault: the invalid part, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError {
    pub(crate) part: String,
    pub(crate) rule: String,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid fault: `{}` {}", self.part, self.rule)
    }
}

impl std::error::Error for FaultError {}
