use std::time::Duration;

use payments_core::clock::{Clock, Sleep, Timer};
use payments_core::time::OffsetDateTime;
use payments_sandbox::Sandbox;
use turbopay::{ApiKey, Client, ClientBuilder, Error, Traffic};

/// The sandbox's clock as the SDK's, so that both live in one time.
///
/// On a clock that stands still, a pause of the SDK's (a back-off, a limit) moves it on and is over; a deadline of
/// something under way ends only when the clock passes it.
#[derive(Debug, Clone)]
pub struct SandboxClock(payments_sandbox::Clock);

impl SandboxClock {
    /// The clock of this sandbox.
    #[must_use]
    pub fn of(sandbox: &Sandbox) -> Self {
        Self(sandbox.clock())
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> OffsetDateTime {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Timer for SandboxClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        if self.0.is_manual() {
            self.0.advance(duration);
        }
        self.deadline(if self.0.is_manual() { Duration::ZERO } else { duration })
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        Box::pin(self.0.sleep(duration))
    }
}

/// A client of the sandbox's TurboPay, in its time, with the addresses that a merchant says once.
///
/// # Errors
///
/// Never: what the sandbox gives is well-formed.
pub fn turbopay_at(sandbox: &Sandbox) -> Result<Client, Error> {
    turbopay_builder(sandbox)?.build()
}

/// The same before it is built.
///
/// # Errors
///
/// Never: what the sandbox gives is well-formed.
pub fn turbopay_builder(sandbox: &Sandbox) -> Result<ClientBuilder, Error> {
    let clock = SandboxClock::of(sandbox);
    let turbopay = sandbox.turbopay();
    Ok(Client::builder(ApiKey::new(turbopay.api_key())?)
        .base_url(turbopay.base_url())
        .clock(clock.clone())
        .timer(clock)
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(Traffic::Standard))
}
