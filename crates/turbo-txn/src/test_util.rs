//! Encrypted callbacks for the tests of your own handlers.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};

use crate::callback_key::CallbackKey;

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
