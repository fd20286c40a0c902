//! Attacks on callbacks without the key: at most they change the order id, and all failures look the same.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use turbo_txn::test_util::{callback, encrypt};
use turbo_txn::{CallbackDecryptor, CallbackKey, VerifyError};

use crate::callbacks::CALLBACK;
use crate::support::{CALLBACK_KEY_BYTES, callback_key, decryptor};

/// Decrypts a body and returns the claimed order id. Every failure must be the same error.
#[track_caller]
fn claimed_order_id(body: &[u8]) -> Option<String> {
    match decryptor().decrypt(body) {
        Ok(callback) => Some(callback.claimed().as_str().to_owned()),
        Err(err) => {
            assert_eq!(err, VerifyError::Rejected);
            assert_eq!(format!("{err} {err:?}"), "the delivery could not be verified Rejected");
            None
        }
    }
}

#[track_caller]
fn decrypted_order_id(data: &[u8]) -> Option<String> {
    claimed_order_id(format!(r#"{{"encryptedData":"{}"}}"#, STANDARD.encode(data)).as_bytes())
}

/// Encrypts a text: the vector, then the blocks.
fn encrypted(text: &str) -> Vec<u8> {
    STANDARD.decode(encrypt(&callback_key(), VECTOR, text.as_bytes())).unwrap()
}

/// Encrypts a text that already has its padding, valid or not.
fn encrypted_unpadded(padded: &[u8]) -> Vec<u8> {
    let cipher = cbc::Encryptor::<Aes256>::new(CALLBACK_KEY_BYTES.into(), &VECTOR.into());
    [VECTOR.to_vec(), cipher.encrypt_padded_vec::<NoPadding>(padded)].concat()
}

#[test]
fn the_documented_callback_is_rejected_under_every_wrong_key() {
    assert_eq!(STANDARD.decode(DOCUMENTED).unwrap().len(), 16 + 80, "the sample has a vector and five whole blocks");
    let body = format!(r#"{{"encryptedData": "{DOCUMENTED}"}}"#);
    let mut rejected = 0;
    for seed in 0..=255_u8 {
        // About one wrong key in 256 decrypts to a text with valid padding.
        for factor in 0..8_u8 {
            let key: Vec<u8> = (0..32_u8).map(|index| index.wrapping_mul(factor).wrapping_add(seed)).collect();
            let decryptor = CallbackDecryptor::new(CallbackKey::new(STANDARD.encode(key)).unwrap());
            assert_eq!(decryptor.decrypt(body.as_bytes()).unwrap_err(), VerifyError::Rejected);
            rejected += 1;
        }
    }
    assert_eq!(rejected, 2048);
}

#[test]
fn a_changed_vector_yields_another_order_id_or_is_rejected() {
    let text = r#"{"orderId":"o-1","amount":300.01,"txnStatus":"Rejected","utr":""}"#;
    let genuine = encrypted(text);
    assert_eq!(decrypted_order_id(&genuine).as_deref(), Some("o-1"));

    let (mut forged, mut rejected) = (0, 0);
    for index in 0..16 {
        for bits in 1..=255_u8 {
            let mut data = genuine.clone();
            data[index] ^= bits;
            match decrypted_order_id(&data) {
                Some(order_id) => {
                    assert_ne!(order_id, "o-1");
                    assert!((12..15).contains(&index), "byte {index} is not part of the order id");
                    forged += 1;
                }
                None => rejected += 1,
            }
        }
    }
    // The forgery works, so a callback yields only an order id. Each of its three characters can become every visible
    // character except itself, the quote and the backslash.
    assert_eq!((forged, rejected), (3 * (94 - 3), 16 * 255 - 3 * (94 - 3)));
}

#[test]
fn a_forged_amount_is_never_read() {
    // The first block contains the amount, so changing the vector changes its digits.
    let text = r#"{"amount":300.01,"txnStatus":"Rejected","orderId":"o-1"}"#;
    let mut data = encrypted(text);
    for (index, (from, to)) in b"300.01".iter().zip(b"999.99").enumerate() {
        data[10 + index] ^= from ^ to;
    }
    let body = format!(r#"{{"encryptedData":"{}"}}"#, STANDARD.encode(&data));
    assert_eq!(format!("{:?}", decryptor().decrypt(body.as_bytes()).unwrap()), r#"Unverified(MerchantOrderId("o-1"))"#);
}

#[test]
fn a_flipped_bit_yields_an_order_id_of_the_same_form_or_is_rejected() {
    let genuine = encrypted(CALLBACK);
    let mut rejected = 0;
    for bit in 0..8 * genuine.len() {
        let mut data = genuine.clone();
        data[bit / 8] ^= 1 << (bit % 8);
        match decrypted_order_id(&data) {
            Some(order_id) => {
                assert!(
                    order_id.len() == "Test123456789".len() && order_id.starts_with("Test"),
                    "bit {bit}: {order_id}"
                );
            }
            None => rejected += 1,
        }
    }
    assert!(rejected > genuine.len(), "{rejected}");
}

#[test]
fn cut_added_or_swapped_blocks_are_rejected_and_repeated_blocks_yield_no_other_order_id() {
    let genuine = encrypted(CALLBACK);
    for length in 0..genuine.len() {
        assert_eq!(decrypted_order_id(&genuine[..length]), None, "the first {length} bytes");
        assert_eq!(decrypted_order_id(&genuine[genuine.len() - length..]), None, "the last {length} bytes");
    }
    for added in [1, 15, 16, 17, 32] {
        assert_eq!(decrypted_order_id(&[genuine.clone(), vec![7; added]].concat()), None, "{added} bytes added");
    }
    let blocks: Vec<&[u8]> = genuine.chunks(16).collect();
    for first in 0..blocks.len() {
        for second in first + 1..blocks.len() {
            let mut swapped = blocks.clone();
            swapped.swap(first, second);
            assert_eq!(decrypted_order_id(&swapped.concat()), None, "blocks {first} and {second} swapped");
        }
        let mut repeated = blocks.clone();
        repeated.insert(first, blocks[first]);
        let order_id = decrypted_order_id(&repeated.concat());
        assert!(order_id.as_deref().is_none_or(|id| id == "Test123456789"), "block {first} repeated: {order_id:?}");
    }
}

#[test]
fn only_pkcs_7_padding_is_accepted() {
    let text = br#"{"orderId":"o1"}"#;
    assert_eq!(text.len(), 16);
    let padded = |padding: &[u8]| encrypted_unpadded(&[text.as_slice(), padding].concat());

    assert_eq!(decrypted_order_id(&padded(&[16; 16])).as_deref(), Some("o1"));
    assert_eq!(decrypted_order_id(&padded(&[])), None, "no padding");
    assert_eq!(decrypted_order_id(&[padded(&[]), vec![1]].concat()), None, "unencrypted padding");
    for count in [17, 18, 32] {
        let padding = [vec![b' '; 48 - count], vec![u8::try_from(count).unwrap(); count]].concat();
        assert_eq!(decrypted_order_id(&padded(&padding)), None, "{count} bytes of padding, more than a block");
    }
    for wrong in (0..=255).filter(|byte| *byte != 16) {
        // 9, 10 and 13 are valid paddings after JSON whitespace.
        let expected = [9, 10, 13].contains(&wrong).then(|| "o1".to_owned());
        assert_eq!(decrypted_order_id(&padded(&[wrong; 16])), expected, "{wrong}");
        // Spaces are JSON whitespace, so only the last byte of the padding is wrong.
        let mut spaces = [b' '; 16];
        spaces[15] = wrong;
        let expected = (wrong == 1).then(|| "o1".to_owned());
        assert_eq!(decrypted_order_id(&padded(&spaces)), expected, "{wrong}");
    }
    for count in 1..=16_u8 {
        let mut block = [b' '; 16];
        block[16 - usize::from(count)..].fill(count);
        assert_eq!(decrypted_order_id(&padded(&block)).as_deref(), Some("o1"), "{count}");
        for index in 16 - usize::from(count)..15 {
            let mut invalid = block;
            invalid[index] = b' ';
            assert_eq!(decrypted_order_id(&padded(&invalid)), None, "{count} bytes with a space at {index}");
        }
    }
    // Only padding, no text.
    assert_eq!(decrypted_order_id(&encrypted_unpadded(&[16; 16])), None);
}

#[test]
fn a_text_without_a_valid_order_id_is_rejected() {
    let texts: [&[u8]; 24] = [
        b"",
        b" ",
        b"null",
        b"7",
        b"\"o-1\"",
        b"[]",
        b"[\"o-1\"]",
        b"{}",
        br#"{"orderId":null}"#,
        br#"{"orderId":7}"#,
        br#"{"orderId":""}"#,
        br#"{"orderId":["o-1"]}"#,
        br#"{"orderId":"a b"}"#,
        br#"{"orderId":"a\r\nsecret-key: x"}"#,
        "{\"orderId\":\"ä\"}".as_bytes(),
        br#"{"orderid":"o-1"}"#,
        br#"{"MerchantOrderId":"o-1"}"#,
        br#"{"orderId":"o-1","orderId":"o-2"}"#,
        br#"{"orderId":"o-1"} {}"#,
        br#"{"orderId":"o-1""#,
        br#"{'orderId':'o-1'}"#,
        b"\xef\xbb\xbf{\"orderId\":\"o-1\"}",
        b"{\"orderId\":\"o-1\",\"utr\":\"\xff\"}",
        b"{\"orderId\":\"o-1\xc3\"}",
    ];
    for text in texts {
        assert_eq!(decrypted_order_id(&encrypted_unpadded(&pad(text))), None, "{}", String::from_utf8_lossy(text));
    }
    let long = format!(r#"{{"orderId":"{}"}}"#, "x".repeat(101));
    assert_eq!(decrypted_order_id(&encrypted(&long)), None);
    assert!(decrypted_order_id(&encrypted(&long.replacen("xx", "x", 1))).is_some());
}

#[test]
fn base64_without_padding_url_safe_or_with_line_breaks_is_decrypted_and_yields_no_other_order_id() {
    for vector in [[0xfb; 16], VECTOR] {
        for text in [CALLBACK, r#"{"orderId":"Test123456789"}"#, r#"{"orderId":"Test123456789","utr":""}"#] {
            let data = encrypt(&callback_key(), vector, text.as_bytes());
            let wrapped = data.as_bytes().chunks(19).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
            let url_safe = data.replace('+', "-").replace('/', "_");
            for variant in [
                data.trim_end_matches('=').to_owned(),
                url_safe.trim_end_matches('=').to_owned(),
                url_safe,
                wrapped.join("\r\n"),
                wrapped.join("\n"),
                format!("{data}\n"),
            ] {
                let body = serde_json::to_string(&std::collections::BTreeMap::from([("encryptedData", &variant)]));
                let order_id = claimed_order_id(body.unwrap().as_bytes());
                assert_eq!(order_id.as_deref(), Some("Test123456789"), "{variant:?}");
            }
        }
    }
}

#[test]
fn other_forms_of_base64_are_rejected() {
    let data = encrypt(&callback_key(), [0xfb; 16], CALLBACK.as_bytes());
    assert!(data.contains('+') && data.contains('/') && data.ends_with('='), "{data}");
    let body =
        |data: &str| serde_json::to_string(&std::collections::BTreeMap::from([("encryptedData", data)])).unwrap();
    assert!(claimed_order_id(body(&data).as_bytes()).is_some());
    let unused_bits = format!("{}=", data.trim_end_matches('=').trim_end_matches(char::is_alphanumeric));
    for changed in [
        data.replace('+', " "),
        data.replace('+', "%2B"),
        format!("{data}="),
        format!(" {data}"),
        format!("data:;base64,{data}"),
        unused_bits,
        data.to_lowercase(),
        String::new(),
        "=".to_owned(),
        "====".to_owned(),
        "é".repeat(44),
        "A".repeat(200 * 1024),
    ] {
        assert_eq!(claimed_order_id(body(&changed).as_bytes()), None, "{changed:.200}");
    }
}

#[test]
fn other_forms_of_body_are_rejected() {
    let data = encrypt(&callback_key(), VECTOR, CALLBACK.as_bytes());
    for body in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        data.clone(),
        format!("\"{data}\""),
        format!(r#"["{data}"]"#),
        format!("encryptedData={data}"),
        format!(r#"{{"encrypteddata":"{data}"}}"#),
        format!(r#"{{"encryptedData":["{data}"]}}"#),
        format!(r#"{{"data":{{"encryptedData":"{data}"}}}}"#),
        format!(r#"{{"encryptedData":"{data}","encryptedData":"{data}"}}"#),
        format!(r#"{{"encryptedData":"{data}"}} {{}}"#),
        format!("\u{feff}{{\"encryptedData\":\"{data}\"}}"),
        r#"{"encryptedData":null}"#.to_owned(),
        r#"{"encryptedData":7}"#.to_owned(),
        r#"{"encryptedData":""}"#.to_owned(),
        format!(r#"{{"encryptedData":"{data}\u0000"}}"#),
        // The decrypted text itself.
        CALLBACK.to_owned(),
    ] {
        assert_eq!(claimed_order_id(body.as_bytes()), None, "{body}");
    }
    assert_eq!(claimed_order_id(b"\xff\xfe"), None);
    let valid = format!(r#"{{"encryptedData":"{data}"}}"#);
    assert_eq!(claimed_order_id(valid.as_bytes()).as_deref(), Some("Test123456789"));
}

#[test]
fn another_orders_callback_and_a_replayed_one_are_accepted_as_unverified() {
    let (first, second) =
        (callback(&callback_key(), [1; 16], br#"{"orderId":"o-1"}"#), encrypted(r#"{"orderId":"o-2"}"#));
    assert_eq!(claimed_order_id(first.as_bytes()).as_deref(), Some("o-1"));
    assert_eq!(decrypted_order_id(&second).as_deref(), Some("o-2"));
    assert_eq!(claimed_order_id(first.as_bytes()).as_deref(), Some("o-1"), "a replay is accepted too");
}

#[test]
fn deep_nesting_in_the_body_or_the_text_does_not_overflow_a_small_stack() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let inside = callback(&callback_key(), VECTOR, format!(r#"{{"x":{nested},"orderId":"o-1"}}"#).as_bytes());
    let outside = inside.replacen('{', &format!(r#"{{"x":{nested},"#), 1);
    let thread = std::thread::Builder::new().stack_size(64 * 1024);
    let order_id = thread.spawn(move || claimed_order_id(outside.as_bytes())).unwrap().join().unwrap();
    assert_eq!(order_id.as_deref(), Some("o-1"));
}

#[test]
fn twenty_thousand_corrupted_callbacks_yield_an_order_id_or_the_one_error() {
    let genuine = callback(&callback_key(), VECTOR, CALLBACK.as_bytes()).into_bytes();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut body = genuine.clone();
        for _ in 0..=next(3) {
            let index = next(body.len());
            match next(4) {
                0 => body[index] = u8::try_from(next(256)).unwrap(),
                1 if body.len() > 1 => drop(body.remove(index)),
                2 => body.insert(index, u8::try_from(next(256)).unwrap()),
                _ => body.truncate(index + 1),
            }
        }
        accepted += usize::from(claimed_order_id(&body).is_some());
    }
    assert!((1..20_000).contains(&accepted), "some corrupted callbacks must still decrypt: {accepted}");
}

/// Adds PKCS #7 padding.
fn pad(text: &[u8]) -> Vec<u8> {
    let count = 16 - text.len() % 16;
    [text, &vec![u8::try_from(count).unwrap(); count]].concat()
}

const VECTOR: [u8; 16] = [0x5a; 16];

/// The sample of the documentation, which does not contain its key.
const DOCUMENTED: &str = "oRQPDxCyTU85s2NLjXd76VOrAjgMpFVG1QAOer846wzvbIsLULbMRk5CJsnLkGuTSpAKDyOk/cNzEtbp8ABfBah+9afSdlvu3vhHisPtgt1aen3cRCdPnIPcgQelKfNZ";
