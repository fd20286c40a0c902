//! Why a sandbox does not start.

use std::fmt;

/// Why a sandbox could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A port could not be listened on.
    Listen(std::io::Error),
    /// A fault is none that it knows.
    Fault(FaultError),
    /// No certificate could be made.
    #[cfg(feature = "tls")]
    Tls(std::io::Error),
    /// A key does not say that it is for tests, as `sandbox_...` and `sk_test_...` do: it might be somebody's real one.
    LiveKey,
    /// A key has not the form that such keys have at its provider.
    MalformedKey,
    /// Without sockets nothing waits in real time: the clock must be one that stands still until it is moved.
    RunningClock,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(err) => write!(f, "a port could not be listened on, {err}"),
            Self::Fault(err) => err.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(err) => write!(f, "no certificate could be made: {err}"),
            Self::LiveKey => f.write_str(
                "a key here must say that it is for tests, as sandbox_... does: real ones have no place here",
            ),
            Self::MalformedKey => f.write_str("a key has not the form that such keys have at its provider"),
            Self::RunningClock => f.write_str("without sockets the clock must stand still until it is moved"),
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

/// What is wrong with a fault's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError {
    pub(crate) part: String,
    pub(crate) rule: String,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in a fault: {}", self.part, self.rule)
    }
}

impl std::error::Error for FaultError {}
