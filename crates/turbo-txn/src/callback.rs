use std::borrow::Cow;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Decryptor;
use cbc::cipher::{Block, BlockModeDecrypt, KeyIvInit};
use payments_core::Call;
use payments_core::json;
use payments_core::webhook::{Acknowledgement, MAX_BODY, Unverified, VerifyError, rejected};
use serde::Deserialize;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

use crate::callback_key::CallbackKey;
use crate::client::Client;
use crate::status::TxnDetails;
use crate::transaction::MerchantOrderId;

/// Decrypts callbacks to a merchant's webhook address, for the order to ask about.
///
/// **A callback that decrypts is not thereby genuine.** Its encryption, AES in CBC mode, has no signature with it:
/// whoever catches one can change its first bytes, send an old one again, or another order's. So nothing of it can be
/// read but the order id, and what is true of the order the status check says:
///
/// ```no_run
/// use turbo_txn::{Callbacks, Client, Lookup as _, TxnStatus};
///
/// # type Done = Result<(), Box<dyn std::error::Error>>;
/// # async fn on_callback(callbacks: Callbacks, client: Client, body: &[u8]) -> Done {
/// let hint = callbacks.decrypt(body)?;
/// let details = hint.lookup(&client).send().await?;
/// if details.status == TxnStatus::Approved {
///     // `details.check(..)` against the merchant's own books; then deliver, once per order.
/// }
/// # Ok(())
/// # }
/// ```
///
/// Neither its amount nor its status is there to be believed:
///
/// ```compile_fail,E0609
/// # fn believe(hint: turbo_txn::Unverified<turbo_txn::MerchantOrderId>) {
/// let _ = hint.amount;
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # fn believe(hint: turbo_txn::Unverified<turbo_txn::MerchantOrderId>) {
/// let _ = hint.claimed().txn_status();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CallbackDecryptor {
    keys: Vec<CallbackKey>,
}

impl CallbackDecryptor {
    /// What to answer a callback with: 200 and the body `OK` (documented).
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "OK");

    /// Decrypts with this key.
    #[must_use]
    pub fn new(key: CallbackKey) -> Self {
        Self { keys: vec![key] }
    }

    /// And with this one, for the time of a rotation.
    #[must_use]
    pub fn also_accept(mut self, key: CallbackKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Decrypts a callback, and gives the order that it claims to be about. `body` is the raw body.
    ///
    /// Expect repetitions, and callbacks about orders of long ago: the look-up tells what is true now.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`], whatever is wrong with it: answer 400 (inferred) and say no more. A sender who can
    /// tell one failure from another can decrypt with that.
    pub fn decrypt(&self, body: &[u8]) -> Result<Unverified<MerchantOrderId>, VerifyError> {
        if body.len() > MAX_BODY {
            return Err(rejected("the body is too long to be a callback"));
        }
        let order = encrypted(body).and_then(|data| self.keys.iter().find_map(|key| claimed(key, &data)));
        order.map(Unverified::new).ok_or_else(|| rejected("it does not decrypt to an order"))
    }
}

/// What a callback is good for: asking.
pub trait Lookup {
    /// Asks Turbo Transactions where the order stands.
    fn lookup(&self, client: &Client) -> Call<TxnDetails>;
}

impl Lookup for Unverified<MerchantOrderId> {
    fn lookup(&self, client: &Client) -> Call<TxnDetails> {
        client.lookup(self.claimed())
    }
}

/// The vector and the encrypted blocks, all of them whole.
fn encrypted(body: &[u8]) -> Option<Vec<u8>> {
    let wire: WireCallback<'_> = json::decode_object(body).ok()?;
    let data = STANDARD.decode(&*wire.encrypted_data).ok()?;
    data.len().is_multiple_of(BLOCK).then_some(data)
}

/// The order that a callback names under this key.
///
/// Padding that does not fit is not told at once: the text is read as if it did, and only then thrown away. So bad
/// padding takes the steps of a text that is none.
fn claimed(key: &CallbackKey, data: &[u8]) -> Option<MerchantOrderId> {
    let (vector, blocks) = data.split_at_checked(BLOCK)?;
    let mut plain = Zeroizing::new(blocks.to_vec());
    let mut cipher = Decryptor::<Aes256>::new_from_slices(key.bytes(), vector).ok()?;
    cipher.decrypt_blocks(Block::<Aes256>::slice_as_chunks_mut(&mut plain).0);
    let (is_padded, length) = unpadded(&plain);
    let claim: Option<WireClaim> = plain.get(..length).and_then(|text| json::decode_object(text).ok());
    claim.filter(|_| is_padded.into()).map(|claim| claim.order_id)
}

/// Whether the padding is that of PKCS #7, and how long the text before it is; all of it where it is not.
fn unpadded(plain: &[u8]) -> (Choice, usize) {
    let count = plain.last().copied().unwrap_or_default();
    // From 1 to 16: one less than 0 is the most of all.
    let mut fits = !count.wrapping_sub(1).ct_gt(&(LONGEST_PADDING - 1));
    for (byte, position) in plain.iter().rev().zip(1..=LONGEST_PADDING) {
        fits &= position.ct_gt(&count) | byte.ct_eq(&count);
    }
    let padding = u8::conditional_select(&0, &count, fits);
    (fits, plain.len().saturating_sub(usize::from(padding)))
}

#[derive(Deserialize)]
struct WireCallback<'a> {
    #[serde(borrow, rename = "encryptedData")]
    encrypted_data: Cow<'a, str>,
}

/// Its other members (`utr`, `amount`, `txnStatus`) are claims that nothing proves, so they are not even read.
#[derive(Deserialize)]
struct WireClaim {
    #[serde(rename = "orderId")]
    order_id: MerchantOrderId,
}

/// AES's block, and so the length of the initialization vector in front (documented).
const BLOCK: usize = 16;
const LONGEST_PADDING: u8 = 16;
