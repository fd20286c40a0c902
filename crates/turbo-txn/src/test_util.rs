//! Encrypted callbacks and models, for tests of your own code.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};

use payments_core::Money;
use payments_core::json::{self, DecodeError};

use crate::callback_key::CallbackKey;
use crate::id::MerchantOrderId;
use crate::status::TxnDetails;
use crate::transaction::Transaction;

/// Encrypts a text and returns the value of `encryptedData`: base64 of the vector and the encrypted text.
///
/// Tests can use any initialization vector; a real callback uses a random one.
#[must_use]
pub fn encrypt(key: &CallbackKey, vector: [u8; 16], text: &[u8]) -> String {
    let cipher = Encryptor::<Aes256>::new(key.bytes().into(), &vector.into());
    let mut data = vector.to_vec();
    data.extend(cipher.encrypt_padded_vec::<Pkcs7>(text));
    STANDARD.encode(data)
}

/// Encrypts a text and returns the body of a callback.
///
/// ```
/// use turbo_txn::{CallbackDecryptor, CallbackKey, test_util::callback};
///
/// let key = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// let text = br#"{"utr":"402393486736","amount":300.01,"orderId":"order-7421","txnStatus":"Approved"}"#;
/// let body = callback(&key, [7; 16], text);
///
/// let callback = CallbackDecryptor::new(key).decrypt(body.as_bytes()).unwrap();
/// assert_eq!(callback.claimed().as_str(), "order-7421");
/// # Ok::<(), turbo_txn::ValidationError>(())
/// ```
#[must_use]
pub fn callback(key: &CallbackKey, vector: [u8; 16], text: &[u8]) -> String {
    format!(r#"{{"encryptedData":"{}"}}"#, encrypt(key, vector, text))
}

/// Reads the details of a transaction from the body of a lookup's response.
///
/// ```
/// let body = r#"{"statusCode":200,"status":"OK","message":"","success":true,
///     "data":{"orderId":"order-7421","txnStatus":"Approved","amount":300.01}}"#;
/// let details = turbo_txn::test_util::txn_details(body).unwrap();
/// assert!(details.status.is_final());
/// ```
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn txn_details(body: impl AsRef<[u8]>) -> Result<TxnDetails, DecodeError> {
    TxnDetails::of(json::read(body.as_ref())?)
}

/// Reads a transaction from the response of `initiate`, for an order and the amount that was requested.
///
/// # Errors
///
/// Returns an error if the body cannot be read, or is about another order.
pub fn transaction(
    body: impl AsRef<[u8]>,
    order_id: &MerchantOrderId,
    requested_amount: Money,
) -> Result<Transaction, DecodeError> {
    Transaction::of(json::read(body.as_ref())?, order_id, requested_amount)
}
