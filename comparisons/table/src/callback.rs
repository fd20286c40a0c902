//! Decrypts and decodes a callback of Turbo Transactions.

use std::borrow::Cow;
use std::hint::black_box;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use serde::Deserialize;
use turbo_txn::{CallbackDecryptor, CallbackKey, MerchantOrderId};

use crate::report;
use crate::side_by_side::medians;

pub fn decrypt_and_decode() {
    let key = || CallbackKey::new(KEY).unwrap();
    let text = br#"{"utr":"402393486736","amount":300.01,"orderId":"order-7421","txnStatus":"Approved"}"#;
    let body = turbo_txn::test_util::callback(&key(), [7; 16], text);
    let decryptor = CallbackDecryptor::new(key());
    let bytes = STANDARD.decode(KEY).unwrap();

    let mut ours = || drop(black_box(decryptor.decrypt(body.as_bytes()).unwrap()));
    let mut by_hand = || {
        let outer: Outer<'_> = serde_json::from_slice(body.as_bytes()).unwrap();
        let mut data = STANDARD.decode(&*outer.encrypted_data).unwrap();
        let (vector, blocks) = data.split_at_mut(16);
        let cipher = Decryptor::<Aes256>::new_from_slices(&bytes, vector).unwrap();
        let plain = cipher.decrypt_padded::<Pkcs7>(blocks).unwrap();
        drop(black_box(serde_json::from_slice::<Inner>(plain).unwrap().order_id));
    };
    let (our_time, their_time) = medians(101, 2_000, &mut ours, &mut by_hand);
    report("callback", "ns", our_time, their_time);
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow, rename = "encryptedData")]
    encrypted_data: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "orderId")]
    order_id: MerchantOrderId,
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
