use payments_core::id::check_reference;
use payments_core::time::OffsetDateTime;
use payments_core::{Call, Keyed, string_newtype};

string_newtype! {
    /// The merchant's own reference for an operation that must be executed once.
    ///
    /// For example the reference of an order, a refund or a contract: 1 to 255 characters, but not `.` or `..`.
    pub struct IdempotencyReference("reference"): |text| check_reference("reference", text, 255);
}

/// Sends a call under an idempotency key that is derived from the merchant's reference.
///
/// A random key is lost when its process ends. A derived key is the same after a crash, on another server, and in a
/// job that runs twice. So all processes that make the same call for the same order request the same payment.
///
/// ```no_run
/// use turratech::{Client, Currency, IdempotencyExt, Money, NewPayment};
/// # use turratech::payments_core::time::OffsetDateTime;
///
/// // `ordered_at` is stored with the order.
/// # async fn example(client: Client, ordered_at: OffsetDateTime) -> Result<(), turratech::Error> {
/// let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP))
///     .payment_method("pm_card_visa")
///     .confirm(true)
///     .metadata("order_id", "7421");
/// let payment = client.create_payment(payment).idempotency_reference(&"order-7421".parse()?, ordered_at).send().await?;
/// # Ok(())
/// # }
/// ```
///
/// After a refusal, such as a declined card, the same key returns the same refusal (inferred). Use a new reference for
/// the next attempt, such as `order-7421/2`.
pub trait IdempotencyExt {
    /// Sends the call under a key derived from the operation and this reference.
    ///
    /// `created_at` is when the order was created, as stored by the merchant. The key's age counts from that time.
    /// Once the key is almost 24 hours old, nothing is sent under it any more.
    ///
    /// An earlier process may have used the key. So the call's outcome is `Unknown` until TurraTech responds, and some
    /// responses leave it `Unknown`.
    ///
    /// **Never pass the current time.** The key would never seem to expire: a request would be sent after TurraTech has
    /// forgotten the key, and the order would be paid again. Pass the stored time, the same in every process and on
    /// every attempt. Any stored time before the first such call is safe.
    fn idempotency_reference(self, reference: &IdempotencyReference, created_at: OffsetDateTime) -> Self;
}

impl<T> IdempotencyExt for Call<T, Keyed> {
    fn idempotency_reference(self, reference: &IdempotencyReference, created_at: OffsetDateTime) -> Self {
        self.derived_key(reference.as_str(), created_at)
    }
}
