use std::borrow::Cow;

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::Decryptor;
use cbc::cipher::{Block, BlockModeDecrypt, KeyIvInit};
use payments_core::Call;
use payments_core::json;
use payments_core::webhook::{Acknowledgement, Delivery, MAX_BODY, Unverified, VerifyError, rejected};
use serde::Deserialize;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

use crate::callback_key::CallbackKey;
use crate::client::Client;
use crate::id::MerchantOrderId;
use crate::status::TxnDetails;

/// Decrypts callbacks into the id of the order to look up.
///
/// **Decryption does not prove who sent a callback.** AES in CBC mode has no signature. Anyone who captures a callback
/// can change its first block, replay it, or send another order's callback. So you can read only the order id. Look up
/// the order and use the status of the response:
///
/// ```no_run
/// use turbo_txn::{CallbackDecryptor, Client, Lookup as _, TxnStatus};
///
/// # type Result = std::result::Result<(), Box<dyn std::error::Error>>;
/// # async fn handle(decryptor: CallbackDecryptor, client: Client, body: &[u8]) -> Result {
/// let callback = decryptor.decrypt(body)?;
/// let details = callback.lookup(&client).send().await?;
/// if details.status == TxnStatus::Approved {
///     // Call `details.check(..)` with your stored amount, then deliver once per order.
/// }
/// # Ok(())
/// # }
/// ```
///
/// The amount and the status of a callback cannot be read:
///
/// ```compile_fail,E0609
/// # fn read(callback: turbo_txn::Unverified<turbo_txn::MerchantOrderId>) {
/// let _ = callback.amount;
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # fn read(callback: turbo_txn::Unverified<turbo_txn::MerchantOrderId>) {
/// let _ = callback.claimed().txn_status();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CallbackDecryptor {
    keys: Vec<CallbackKey>,
}

impl CallbackDecryptor {
    /// The response to an accepted callback: status 200 and the body `OK` (*documented*).
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "OK");

    /// Creates a decryptor with one key.
    #[must_use]
    pub fn new(key: CallbackKey) -> Self {
        Self { keys: vec![key] }
    }

    /// Also accepts this key, for example during a rotation.
    #[must_use]
    pub fn also_accept(mut self, key: CallbackKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Decrypts a raw request body and returns the order id that the callback claims to be about.
    ///
    /// Expect duplicates and old callbacks. The lookup returns the current status.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Rejected`] for every failure. Respond with 400 (*inferred*) and no details: a sender who
    /// can tell failures apart can use them to decrypt callbacks.
    pub fn decrypt(&self, body: &[u8]) -> Result<Unverified<MerchantOrderId>, VerifyError> {
        if body.len() > MAX_BODY {
            return Err(rejected("the body is longer than any callback"));
        }
        let order_id = decode_body(body).and_then(|data| self.keys.iter().find_map(|key| decrypt_order_id(key, &data)));
        order_id.map(Unverified::new).ok_or_else(|| rejected("the callback does not decrypt to an order id"))
    }

    /// Decrypts a callback that was stored when it was received, like [`CallbackDecryptor::decrypt`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`CallbackDecryptor::decrypt`].
    pub fn decrypt_delivery(&self, delivery: &Delivery) -> Result<Unverified<MerchantOrderId>, VerifyError> {
        self.decrypt(delivery.body())
    }
}

/// Looks up the order of an unverified callback.
pub trait Lookup {
    /// Looks up the order at Turbo Transactions. See [`Client::lookup`].
    fn lookup(&self, client: &Client) -> Call<TxnDetails>;
}

impl Lookup for Unverified<MerchantOrderId> {
    fn lookup(&self, client: &Client) -> Call<TxnDetails> {
        client.lookup(self.claimed())
    }
}

/// Returns the initialization vector and the encrypted blocks; `None` if the last block is incomplete.
///
/// The base64 may lack its padding, use the URL-safe alphabet, or have line breaks: an attacker gains nothing by that,
/// because a callback yields only an order id to look up. The JSON is decoded strictly.
fn decode_body(body: &[u8]) -> Option<Vec<u8>> {
    let callback: WireCallback<'_> = json::decode_object(body).ok()?;
    let data = BASE64.decode(&*callback.encrypted_data).ok().or_else(|| decode_variant(&callback.encrypted_data))?;
    data.len().is_multiple_of(BLOCK).then_some(data)
}

/// Decodes base64 with line breaks or of the URL-safe alphabet. Apart from [`decode_body`], so that the documented form
/// is not copied.
fn decode_variant(text: &str) -> Option<Vec<u8>> {
    let standard = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    });
    BASE64.decode(standard.collect::<Vec<u8>>()).ok()
}

/// Decrypts the order id with one key.
///
/// Wrong padding is not rejected at once: the text is decoded first, and the result is discarded afterwards. So a
/// callback with wrong padding takes the same steps as one whose text is not JSON.
fn decrypt_order_id(key: &CallbackKey, data: &[u8]) -> Option<MerchantOrderId> {
    let (vector, blocks) = data.split_at_checked(BLOCK)?;
    let mut plaintext = Zeroizing::new(blocks.to_vec());
    let mut cipher = Decryptor::<Aes256>::new_from_slices(key.bytes(), vector).ok()?;
    cipher.decrypt_blocks(Block::<Aes256>::slice_as_chunks_mut(&mut plaintext).0);
    let (is_padded, length) = text_length(&plaintext);
    let content: Option<WireContent> = plaintext.get(..length).and_then(|text| json::decode_object(text).ok());
    content.filter(|_| is_padded.into()).map(|content| content.order_id)
}

/// Returns whether the padding is valid PKCS #7, and the length of the text before it. Runs in constant time.
///
/// With invalid padding, all of the plaintext counts as text.
fn text_length(plaintext: &[u8]) -> (Choice, usize) {
    let count = plaintext.last().copied().unwrap_or_default();
    // A count of 0 wraps to 255, so one comparison rejects 0 as well as more than 16.
    let mut is_padded = !count.wrapping_sub(1).ct_gt(&(LONGEST_PADDING - 1));
    for (byte, position) in plaintext.iter().rev().zip(1..=LONGEST_PADDING) {
        is_padded &= position.ct_gt(&count) | byte.ct_eq(&count);
    }
    let padding = u8::conditional_select(&0, &count, is_padded);
    (is_padded, plaintext.len().saturating_sub(usize::from(padding)))
}

#[derive(Deserialize)]
struct WireCallback<'a> {
    #[serde(borrow, rename = "encryptedData")]
    encrypted_data: Cow<'a, str>,
}

/// The decrypted text. The other members (`utr`, `amount`, `txnStatus`) are unverified, so they are not decoded.
#[derive(Deserialize)]
struct WireContent {
    #[serde(rename = "orderId")]
    order_id: MerchantOrderId,
}

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The block size of AES in bytes, which is also the length of the leading initialization vector (*documented*).
const BLOCK: usize = 16;
const LONGEST_PADDING: u8 = 16;
