//! For the tests of a merchant's own handler: callbacks as Turbo Transactions encrypts them.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};

use crate::callback_key::CallbackKey;

/// A text as it stands in `encryptedData`: base64 of the vector and the encrypted text.
///
/// Any vector does for a test; a real one is drawn at random.
#[must_use]
pub fn encrypt(key: &CallbackKey, vector: [u8; 16], text: &[u8]) -> String {
    let cipher = Encryptor::<Aes256>::new(key.bytes().into(), &vector.into());
    let mut data = vector.to_vec();
    data.extend(cipher.encrypt_padded_vec::<Pkcs7>(text));
    STANDARD.encode(data)
}

/// A callback's body around it.
///
/// ```
/// use turbo_txn::{CallbackKey, Callbacks, test_util::callback};
///
/// let key = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// let text = br#"{"utr":"402393486736","amount":300.01,"orderId":"order-7421","txnStatus":"Approved"}"#;
/// let body = callback(&key, [7; 16], text);
///
/// let hint = Callbacks::new(key).decrypt(body.as_bytes()).unwrap();
/// assert_eq!(hint.claimed().as_str(), "order-7421");
/// # Ok::<(), turbo_txn::ValidationError>(())
/// ```
#[must_use]
pub fn callback(key: &CallbackKey, vector: [u8; 16], text: &[u8]) -> String {
    format!(r#"{{"encryptedData":"{}"}}"#, encrypt(key, vector, text))
}
