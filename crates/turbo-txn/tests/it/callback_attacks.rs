//! What can be done to a callback without its key: nothing that yields more than another order to ask about, and nothing
//! that tells one failure from another.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use turbo_txn::test_util::{callback, encrypt};
use turbo_txn::{CallbackDecryptor, CallbackKey, VerifyError};

use crate::callbacks::CALLBACK;
use crate::support::{CALLBACK_KEY_BYTES, callback_key, callbacks};

/// The order that a body gives, or nothing: whatever is wrong with it, it is the same error.
#[track_caller]
fn hint(body: &[u8]) -> Option<String> {
    match callbacks().decrypt(body) {
        Ok(hint) => Some(hint.claimed().as_str().to_owned()),
        Err(err) => {
            assert_eq!(err, VerifyError::Rejected);
            assert_eq!(format!("{err} {err:?}"), "the delivery could not be verified Rejected");
            None
        }
    }
}

#[track_caller]
fn hint_of(data: &[u8]) -> Option<String> {
    hint(format!(r#"{{"encryptedData":"{}"}}"#, STANDARD.encode(data)).as_bytes())
}

/// The vector and the blocks of this text.
fn encrypted(text: &str) -> Vec<u8> {
    STANDARD.decode(encrypt(&callback_key(), VECTOR, text.as_bytes())).unwrap()
}

/// The same of a text that is padded already, well or badly.
fn encrypted_as_it_is(padded: &[u8]) -> Vec<u8> {
    let cipher = cbc::Encryptor::<Aes256>::new(CALLBACK_KEY_BYTES.into(), &VECTOR.into());
    [VECTOR.to_vec(), cipher.encrypt_padded_vec::<NoPadding>(padded)].concat()
}

#[test]
fn the_documents_own_callback_gives_nothing_without_its_key() {
    assert_eq!(STANDARD.decode(DOCUMENTED).unwrap().len(), 16 + 80, "a vector and whole blocks");
    let body = format!(r#"{{"encryptedData": "{DOCUMENTED}"}}"#);
    let mut refused = 0;
    for seed in 0..=255_u8 {
        // One wrong key in 256 finds something like padding.
        for variant in 0..8_u8 {
            let key: Vec<u8> = (0..32_u8).map(|at| at.wrapping_mul(variant).wrapping_add(seed)).collect();
            let callbacks = CallbackDecryptor::new(CallbackKey::new(STANDARD.encode(key)).unwrap());
            assert_eq!(callbacks.decrypt(body.as_bytes()).unwrap_err(), VerifyError::Rejected);
            refused += 1;
        }
    }
    assert_eq!(refused, 2048);
}

#[test]
fn a_changed_vector_gives_another_order_to_ask_about_or_nothing() {
    let text = r#"{"orderId":"o-1","amount":300.01,"txnStatus":"Rejected","utr":""}"#;
    let genuine = encrypted(text);
    assert_eq!(hint_of(&genuine).as_deref(), Some("o-1"));

    let (mut other_orders, mut nothing) = (0, 0);
    for at in 0..16 {
        for flipped in 1..=255_u8 {
            let mut data = genuine.clone();
            data[at] ^= flipped;
            match hint_of(&data) {
                Some(order) => {
                    assert_ne!(order, "o-1");
                    assert!((12..15).contains(&at), "only the order id stands where it may be anything: {at}");
                    other_orders += 1;
                }
                None => nothing += 1,
            }
        }
    }
    // The forgery works, which is why it gives a hint and no more: all visible characters but the one that was there,
    // the quote and the backslash, for each of three.
    assert_eq!((other_orders, nothing), (3 * (94 - 3), 16 * 255 - 3 * (94 - 3)));
}

#[test]
fn a_changed_status_or_amount_changes_nothing_because_neither_is_read() {
    // The first block holds the amount: the vector chooses its digits.
    let text = r#"{"amount":300.01,"txnStatus":"Rejected","orderId":"o-1"}"#;
    let mut data = encrypted(text);
    for (at, (is, to)) in b"300.01".iter().zip(b"999.99").enumerate() {
        data[10 + at] ^= is ^ to;
    }
    let body = format!(r#"{{"encryptedData":"{}"}}"#, STANDARD.encode(&data));
    assert_eq!(format!("{:?}", callbacks().decrypt(body.as_bytes()).unwrap()), r#"Unverified(MerchantOrderId("o-1"))"#);
}

#[test]
fn a_flipped_bit_anywhere_else_gives_the_same_order_another_or_nothing() {
    let genuine = encrypted(CALLBACK);
    let mut nothing = 0;
    for bit in 0..8 * genuine.len() {
        let mut data = genuine.clone();
        data[bit / 8] ^= 1 << (bit % 8);
        match hint_of(&data) {
            Some(order) => assert!(order.len() == "Test123456789".len() && order.starts_with("Test"), "{bit}: {order}"),
            None => nothing += 1,
        }
    }
    assert!(nothing > genuine.len(), "{nothing}");
}

#[test]
fn blocks_that_are_cut_off_added_swapped_or_repeated_give_nothing_new() {
    let genuine = encrypted(CALLBACK);
    for length in 0..genuine.len() {
        assert_eq!(hint_of(&genuine[..length]), None, "{length}");
        assert_eq!(hint_of(&genuine[genuine.len() - length..]), None, "the last {length}");
    }
    for more in [1, 15, 16, 17, 32] {
        assert_eq!(hint_of(&[genuine.clone(), vec![7; more]].concat()), None, "{more} more");
    }
    let blocks: Vec<&[u8]> = genuine.chunks(16).collect();
    for first in 0..blocks.len() {
        for second in first + 1..blocks.len() {
            let mut swapped = blocks.clone();
            swapped.swap(first, second);
            assert_eq!(hint_of(&swapped.concat()), None, "{first} and {second}");
        }
        let mut repeated = blocks.clone();
        repeated.insert(first, blocks[first]);
        let order = hint_of(&repeated.concat());
        assert!(order.as_deref().is_none_or(|order| order == "Test123456789"), "{first}: {order:?}");
    }
}

#[test]
fn padding_is_read_as_pkcs_7_and_every_other_padding_gives_nothing() {
    let text = br#"{"orderId":"o1"}"#;
    assert_eq!(text.len(), 16);
    let padded = |padding: &[u8]| encrypted_as_it_is(&[text.as_slice(), padding].concat());

    assert_eq!(hint_of(&padded(&[16; 16])).as_deref(), Some("o1"));
    assert_eq!(hint_of(&padded(&[])), None, "no padding at all");
    assert_eq!(hint_of(&[padded(&[]), vec![1]].concat()), None, "padding that is not encrypted");
    for more in [17, 18, 32] {
        let padding = [vec![b' '; 48 - more], vec![u8::try_from(more).unwrap(); more]].concat();
        assert_eq!(hint_of(&padded(&padding)), None, "{more}: more padding than a block");
    }
    for wrong in (0..=255).filter(|byte| *byte != 16) {
        // 9, 10 and 13 are paddings of fewer bytes, after white space that is JSON's own.
        let expected = [9, 10, 13].contains(&wrong).then(|| "o1".to_owned());
        assert_eq!(hint_of(&padded(&[wrong; 16])), expected, "{wrong}");
        // Blanks are JSON's own white space, so that only the padding's last byte is wrong.
        let mut blanks = [b' '; 16];
        blanks[15] = wrong;
        let expected = (wrong == 1).then(|| "o1".to_owned());
        assert_eq!(hint_of(&padded(&blanks)), expected, "{wrong}");
    }
    for count in 1..=16_u8 {
        let mut block = [b' '; 16];
        block[16 - usize::from(count)..].fill(count);
        assert_eq!(hint_of(&padded(&block)).as_deref(), Some("o1"), "{count}");
        for at in 16 - usize::from(count)..15 {
            let mut spoilt = block;
            spoilt[at] = b' ';
            assert_eq!(hint_of(&padded(&spoilt)), None, "{count} with a blank at {at}");
        }
    }
    // Nothing but padding.
    assert_eq!(hint_of(&encrypted_as_it_is(&[16; 16])), None);
}

#[test]
fn a_text_that_is_no_callback_gives_nothing() {
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
        assert_eq!(hint_of(&encrypted_as_it_is(&pad(text))), None, "{}", String::from_utf8_lossy(text));
    }
    let long = format!(r#"{{"orderId":"{}"}}"#, "x".repeat(101));
    assert_eq!(hint_of(&encrypted(&long)), None);
    assert!(hint_of(&encrypted(&long.replacen("xx", "x", 1))).is_some());
}

#[test]
fn base64_of_another_form_gives_nothing() {
    let data = encrypt(&callback_key(), [0xfb; 16], CALLBACK.as_bytes());
    assert!(data.contains('+') && data.contains('/') && data.ends_with('='), "{data}");
    let body =
        |data: &str| serde_json::to_string(&std::collections::BTreeMap::from([("encryptedData", data)])).unwrap();
    assert!(hint(body(&data).as_bytes()).is_some());
    let unused_bits = format!("{}=", data.trim_end_matches('=').trim_end_matches(char::is_alphanumeric));
    for changed in [
        data.replace('+', " "),
        data.replace('+', "%2B"),
        data.replace('+', "-").replace('/', "_"),
        data.trim_end_matches('=').to_owned(),
        format!("{data}="),
        format!("{data}\n"),
        format!(" {data}"),
        format!("{}\r\n{}", &data[..76], &data[76..]),
        format!("data:;base64,{data}"),
        unused_bits,
        data.to_lowercase(),
        String::new(),
        "=".to_owned(),
        "====".to_owned(),
        "é".repeat(44),
        "A".repeat(200 * 1024),
    ] {
        assert_eq!(hint(body(&changed).as_bytes()), None, "{changed:.200}");
    }
}

#[test]
fn a_body_of_another_form_gives_nothing() {
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
        // What it would hold decrypted.
        CALLBACK.to_owned(),
    ] {
        assert_eq!(hint(body.as_bytes()), None, "{body}");
    }
    assert_eq!(hint(b"\xff\xfe"), None);
    assert_eq!(hint(format!(r#"{{"encryptedData":"{data}"}}"#).as_bytes()).as_deref(), Some("Test123456789"));
}

#[test]
fn another_orders_callback_and_an_old_one_are_hints_like_any_other() {
    let (first, second) =
        (callback(&callback_key(), [1; 16], br#"{"orderId":"o-1"}"#), encrypted(r#"{"orderId":"o-2"}"#));
    assert_eq!(hint(first.as_bytes()).as_deref(), Some("o-1"));
    assert_eq!(hint_of(&second).as_deref(), Some("o-2"));
    assert_eq!(hint(first.as_bytes()).as_deref(), Some("o-1"), "again, and as often as somebody likes");
}

#[test]
fn deep_nesting_is_skipped_on_a_small_stack_outside_and_inside() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let inside = callback(&callback_key(), VECTOR, format!(r#"{{"x":{nested},"orderId":"o-1"}}"#).as_bytes());
    let outside = inside.replacen('{', &format!(r#"{{"x":{nested},"#), 1);
    let on_a_small_stack = std::thread::Builder::new().stack_size(64 * 1024).spawn(move || hint(outside.as_bytes()));
    assert_eq!(on_a_small_stack.unwrap().join().unwrap().as_deref(), Some("o-1"));
}

#[test]
fn twenty_thousand_spoilt_callbacks_give_a_hint_or_the_one_error() {
    let genuine = callback(&callback_key(), VECTOR, CALLBACK.as_bytes()).into_bytes();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
    };
    let mut hints = 0;
    for _ in 0..20_000 {
        let mut body = genuine.clone();
        for _ in 0..=next(3) {
            let at = next(body.len());
            match next(4) {
                0 => body[at] = u8::try_from(next(256)).unwrap(),
                1 if body.len() > 1 => drop(body.remove(at)),
                2 => body.insert(at, u8::try_from(next(256)).unwrap()),
                _ => body.truncate(at + 1),
            }
        }
        hints += usize::from(hint(&body).is_some());
    }
    assert!((1..20_000).contains(&hints), "some changes leave an order to ask about: {hints}");
}

/// Pads as PKCS #7 does.
fn pad(text: &[u8]) -> Vec<u8> {
    let count = 16 - text.len() % 16;
    [text, &vec![u8::try_from(count).unwrap(); count]].concat()
}

const VECTOR: [u8; 16] = [0x5a; 16];

/// The document's sample. Its key is not in the document.
const DOCUMENTED: &str = "oRQPDxCyTU85s2NLjXd76VOrAjgMpFVG1QAOer846wzvbIsLULbMRk5CJsnLkGuTSpAKDyOk/cNzEtbp8ABfBah+9afSdlvu3vhHisPtgt1aen3cRCdPnIPcgQelKfNZ";
