//! Callbacks: the bank's decision, encrypted for the merchant.

use std::time::Duration;

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::responses;
use super::settings::Settings;
use super::transaction::Transaction;
use crate::engine::{DEFAULT_RESPONSE_TIMEOUT, Message, Resend};
use crate::random::Random;

/// The initialization vector: the first sixteen bytes of a callback, unencrypted.
pub(crate) type Iv = [u8; 16];

pub(crate) fn iv(random: &mut Random) -> Iv {
    let mut iv = Iv::default();
    iv[..8].copy_from_slice(&random.next().to_be_bytes());
    iv[8..].copy_from_slice(&random.next().to_be_bytes());
    iv
}

/// Builds the message to the merchant; `None` if the key is malformed, which is checked at the start.
pub(crate) fn message(transaction: &Transaction, settings: &Settings, iv: Iv) -> Option<Message> {
    let encrypted_data = encrypted(&key(settings.callback_key.as_str())?, iv, &responses::callback_data(transaction));
    Some(Message {
        operation: "initiate",
        reference: transaction.order_id.clone(),
        about: transaction.status.as_str().to_owned(),
        url: settings.callback_url.clone(),
        headers: Vec::new(),
        content_type: "application/json",
        body: responses::json(&Callback { encrypted_data }),
        resend: RESEND,
    })
}

/// Decodes a key of 32 bytes in base64.
pub(crate) fn key(base64: &str) -> Option<[u8; 32]> {
    STANDARD.decode(base64).ok()?.try_into().ok()
}

/// Encrypts with AES-256-CBC and PKCS #7 padding. Returns the IV and the ciphertext in base64.
fn encrypted(key: &[u8; 32], iv: Iv, text: &[u8]) -> String {
    let cipher = cbc::Encryptor::<Aes256>::new(key.into(), &iv.into());
    STANDARD.encode([iv.as_slice(), &cipher.encrypt_padded_vec::<Pkcs7>(text)].concat())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Callback {
    encrypted_data: String,
}

/// A callback is acknowledged with 200 and `OK` (documented); otherwise it is sent three more times (inferred).
const RESEND: Resend = Resend {
    waits: &[Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3600)],
    timeout: DEFAULT_RESPONSE_TIMEOUT,
    accepted: |status, body| status == 200 && body.trim_ascii() == b"OK",
};
