use std::time::Duration;

use card3ds::{Client, Payment, PaymentId, PaymentStatus, ThreeDsCallback};
use payments_core::gateway::{Recovery, StartPayment, WriteOperation};
use payments_core::json;
use payments_core::transport::async_trait;
use payments_core::webhook::Unverified;
use payments_core::{Error, Expected, Money, Outcome, PaymentStatus as Common, ValidationError};
use serde::{Deserialize, Serialize};

use crate::journal::{Accepted, Account, Executor, Instruction, Intent, Observation, Response, Rules};

/// The executor of card3ds's 3-D Secure completions, so that a journal records them.
///
/// [`card3ds`](super::card3ds) registers it. [`ThreeDsCompletions::intent`] makes an intent of a callback, in the handler of the bank's
/// POST request:
///
/// ```
/// # #[cfg(feature = "test-util")] {
/// use payments::card3ds::{PaymentId, ThreeDsCallback, Unverified};
/// use payments::journal::memory::MemoryStore;
/// use payments::journal::{Journal, State};
/// use payments::{Money, journaled};
///
/// /// The reference, the price and the stored payment id come from your database.
/// async fn complete(
///     journal: &Journal<MemoryStore>,
///     reference: &str,
///     price: Money,
///     stored: &PaymentId,
///     callback: Unverified<ThreeDsCallback>,
/// ) -> Result<State, Box<dyn std::error::Error>> {
///     let intent = journaled::ThreeDsCompletions::intent("card3ds", reference, price, stored, callback)?;
///     let mut transaction = journal.store().begin();
///     let recorded = journal.record(&mut transaction, &intent).await?;
///     transaction.commit()?;
///     Ok(journal.execute(recorded.ticket()).await?.state)
/// }
/// # }
/// ```
///
/// The callback contains the key that charges the card, so it is kept in memory only: no worker sends the intent. If the process
/// dies before it sends the request, the customer can reload the page, which posts the callback again. Otherwise the intent is
/// `abandoned` two minutes after it was recorded ([`ThreeDsCompletions::EXPIRES_AFTER`]).
///
/// | what happened | state |
/// |---|---|
/// | the response is `SUCCESS`, with the reference and the amount | `succeeded` |
/// | the response is `SUCCESS` with another order id or amount, or `FAILED` with another order id | `needs_review` ([`Contradiction`](crate::journal::Review::Contradiction)) |
/// | the response is `FAILED` | `failed` |
/// | the provider refused the request | `refused` |
/// | the process died after the claim, the response was lost, or it has another status | `needs_review` ([`NothingToAsk`](crate::journal::Review::NothingToAsk)) |
/// | the request was not sent | `intended`, until the customer reloads the page or the intent expires |
///
/// [`Executed::response`](crate::journal::Executed::response) has the [`card3ds::Payment`], as a [`Response::Native`].
#[derive(Debug, Clone)]
pub struct ThreeDsCompletions {
    client: Client,
}

impl ThreeDsCompletions {
    /// The stored name of the operation.
    pub const OPERATION: &str = "card3ds.complete_3ds";

    /// How long a completion that was not sent stays `intended`: two minutes.
    ///
    /// Afterwards, it is `abandoned`, and the customer can start another payment. [`Intent::expires_after`] sets another time.
    pub const EXPIRES_AFTER: Duration = Duration::from_secs(120);

    /// Creates the executor, for a [`Gateway`](crate::journal::Gateway) that is not made by [`card3ds`](super::card3ds).
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Makes an intent of a callback. Recorded again, for example after a reload of the page, it finds the first intent.
    ///
    /// `stored` is the payment id that is stored for the order, and `amount` is the order's price.
    ///
    /// # Errors
    ///
    /// Returns an error if the callback contains another payment id.
    pub fn intent(
        account: impl Into<Account>,
        reference: impl Into<String>,
        amount: Money,
        stored: &PaymentId,
        callback: Unverified<ThreeDsCallback>,
    ) -> Result<Intent, ValidationError> {
        if !stored.is_same_as(callback.claimed().payment_id()) {
            return Err(ValidationError::new("callback", "must have the payment id that is stored for this order"));
        }
        let completion = StoredCompletion { payment_id: stored.clone() };
        let intent = Intent::native(account, Self::OPERATION, reference, Some(amount), VERSION, &completion);
        let intent = intent.map_err(|_| ValidationError::new("payment_id", "cannot be stored"))?;
        Ok(intent.in_memory(callback).expires_after(Self::EXPIRES_AFTER))
    }
}

/// The stored parameters.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCompletion {
    payment_id: PaymentId,
}

#[async_trait]
impl Executor for ThreeDsCompletions {
    fn rules(&self) -> Rules {
        // It charges a payment that exists already, as a capture does.
        Rules { strategies: &[Recovery::Nothing], transitions: &[], operation: WriteOperation::Capture }
    }

    fn connect_timeout(&self) -> Duration {
        StartPayment::connect_timeout(&self.client)
    }

    fn understands(&self, version: u32) -> bool {
        version == VERSION
    }

    fn check_parameters(&self, _version: u32, parameters: &[u8]) -> Result<(), String> {
        json::decode_object::<StoredCompletion>(parameters).map(drop).map_err(|error| error.to_string())
    }

    async fn execute(&self, instruction: &Instruction) -> Result<Accepted, Error> {
        let stored = json::decode_object::<StoredCompletion>(&instruction.parameters);
        let callback = instruction.in_memory.as_ref().and_then(|value| value.get::<Unverified<ThreeDsCallback>>());
        let (Ok(stored), Some(amount), Some(callback)) = (stored, instruction.amount, callback) else {
            return Err(Error::unsupported("a completion needs a payment id, an amount and the callback"));
        };
        let mut call = self.client.complete_3ds(&stored.payment_id, callback);
        if let Some(timeout) = instruction.options.timeout {
            call = call.timeout(timeout);
        }
        let payment = call.send().await?;
        let seen = seen(&payment, &Expected::new(&instruction.key.reference, amount))?;
        let provider_id = Some(payment.payment_id.as_str().to_owned());
        Ok(Accepted { seen, provider_id, response: Response::Native(Box::new(payment)) })
    }

    fn payment_id(&self, _version: u32, parameters: &[u8]) -> Option<String> {
        let stored = json::decode_object::<StoredCompletion>(parameters).ok()?;
        Some(stored.payment_id.as_str().to_owned())
    }
}

/// What the response says. A payment that is not paid often has no order id and no amount.
///
/// # Errors
///
/// Returns an error with the outcome `Unknown` if the response does not say whether the card was charged.
fn seen(payment: &Payment, expected: &Expected) -> Result<Observation, Error> {
    let is_of_another_order = payment.order_id.as_ref().is_some_and(|id| id.as_str() != expected.reference());
    let is_paid = payment.status == PaymentStatus::Success;
    if is_of_another_order || (is_paid && payment.check(expected).is_err()) {
        return Ok(Observation::Contradicts);
    }
    let status = match payment.clone().into_success() {
        Ok(_) => Common::Succeeded,
        Err(error) if error.outcome() == Outcome::Refused => Common::Failed,
        Err(error) => return Err(error),
    };
    Ok(Observation::Status { status, is_final: true })
}

const VERSION: u32 = 1;
