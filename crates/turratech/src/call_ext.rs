use payments_core::id::check_reference;
use payments_core::time::OffsetDateTime;
use payments_core::{Call, Keyed, string_newtype};

use crate::client::{VERSION_HEADER, check_version};

/// A call in another version of the API than the client's.
///
/// ```no_run
/// use turratech::{Client, PaymentId, VersionExt};
///
/// # async fn example(client: Client, id: PaymentId) -> Result<(), turratech::Error> {
/// let payment = client.retrieve_payment(&id).version("2024-06-01").send().await?;
/// # Ok(())
/// # }
/// ```
pub trait VersionExt {
    /// Sends `TurraTech-Version` with this version. A text that is none makes the call fail before it is sent.
    fn version(self, version: &str) -> Self;
}

impl<T, K> VersionExt for Call<T, K> {
    fn version(self, version: &str) -> Self {
        // What fits in no header makes the call fail, and that is how a call is told.
        self.with_header(VERSION_HEADER, check_version(version).map_or("\0", |()| version))
    }
}

string_newtype! {
    /// The merchant's own reference for what is to be done once.
    ///
    /// An order, a refund, a contract: 1 to 255 characters.
    pub struct IdempotencyReference("reference"): |text| check_reference("reference", text, 255);
}

/// A call that is done once for an order, whichever process makes it.
///
/// A key drawn at random is gone when its process is. One that is made of the order comes out the same after a crash,
/// on another server, in a job that runs twice: whoever makes the same call for the same order asks for the same
/// payment.
///
/// ```no_run
/// use turratech::{Client, Currency, Money, NewPayment, IdempotencyExt};
/// # use turratech::payments_core::time::OffsetDateTime;
///
/// // `ordered_at` is stored with the order.
/// # async fn example(client: Client, ordered_at: OffsetDateTime) -> Result<(), turratech::Error> {
/// let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP))
///     .payment_method("pm_card_visa".parse()?)
///     .confirm(true)
///     .metadata("order_id", "7421");
/// let payment = client.create_payment(payment).idempotency_reference(&"order-7421".parse()?, ordered_at).send().await?;
/// # Ok(())
/// # }
/// ```
///
/// After a refusal (a declined card, say) the same key gives the same refusal (inferred): a new attempt needs a
/// reference of its own, such as `order-7421/2`.
pub trait IdempotencyExt {
    /// Sends it under a key made of the operation and of this reference.
    ///
    /// `since` is when the order was made, or any stored moment before the first such call: the key's age counts from
    /// it, and 24 hours later nothing is sent under it any more. Because an earlier process may have used the key,
    /// the call's outcome is unknown until TurraTech answers it, and some answers leave it so.
    ///
    /// **Never pass the time of now as `since`.** Such a key never grows old: it is sent after 24 hours too, when
    /// TurraTech has forgotten it, and the order is paid again. Pass the moment that is stored with the order, the
    /// same one in every process and on every try.
    fn idempotency_reference(self, reference: &IdempotencyReference, since: OffsetDateTime) -> Self;
}

impl<T> IdempotencyExt for Call<T, Keyed> {
    fn idempotency_reference(self, reference: &IdempotencyReference, since: OffsetDateTime) -> Self {
        self.derived_key(reference.as_str(), since)
    }
}
