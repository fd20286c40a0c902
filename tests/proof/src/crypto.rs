//! HMAC, hashes, encodings and AES without any code of the SDKs.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

/// HMAC-SHA256 of the concatenated parts.
#[expect(clippy::unwrap_used, reason = "HMAC takes a key of any length")]
pub(crate) fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    message.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Encrypts a text with AES-256-CBC and PKCS #7 padding; returns the initialization vector and the blocks.
pub(crate) fn encrypt(key: &[u8; 32], vector: [u8; 16], text: &[u8]) -> Vec<u8> {
    let count = 16 - text.len() % 16;
    let padding = vec![u8::try_from(count).unwrap_or(16); count];
    encrypt_padded(key, vector, &[text, &padding].concat())
}

/// Encrypts a text that already has valid or invalid padding.
pub(crate) fn encrypt_padded(key: &[u8; 32], vector: [u8; 16], padded: &[u8]) -> Vec<u8> {
    let cipher = Encryptor::<Aes256>::new(key.into(), &vector.into());
    [vector.to_vec(), cipher.encrypt_padded_vec::<NoPadding>(padded)].concat()
}
