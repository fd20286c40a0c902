//! Encrypted callbacks: what decrypts is a hint and no more, and all failures look alike.

use super::crypto::{base64, encrypt, encrypt_padded};
use super::{Blob, Expect, Kind, Provider, Vector};

pub(super) fn vectors() -> Vec<Vector> {
    [genuine(), vectors_changed(), blocks(), padding(), keys(), encodings(), bodies(), texts()].concat()
}

fn genuine() -> Vec<Vector> {
    let second = encrypt(&KEY, [9; 16], br#"{"orderId":"o-2","amount":1.00,"txnStatus":"Approved"}"#);
    vec![
        hint("genuine", "it decrypts; what is true of the order the provider is asked", "o-1"),
        hint("an old one replayed", "nothing in it says when: asking tells what is true now", "o-1"),
        hint("another order's", "genuine or not, it is a hint", "o-2").data(&second),
        hint(
            "another order's blocks under this one's vector",
            "the first block is changed, and still it decrypts",
            "o-2",
        )
        .data(
            &[
                &data()[..16],
                &encrypt(&KEY, VECTOR, br#"{"orderId":"o-2","amount":1.00,"txnStatus":"Approved"}"#)[16..],
            ]
            .concat(),
        ),
        hint("amount before the order, as it is", "only the order is read", "o-1").data(&encrypt(&KEY, VECTOR, AMOUNT)),
        hint("amount changed through the vector", "the amount is not even read", "o-1").data(&through_vector(
            &encrypt(&KEY, VECTOR, AMOUNT),
            10,
            b"300.01",
            b"999.99",
        )),
        hint("status changed through the vector", "the status is not even read", "o-1").data(&through_vector(
            &encrypt(&KEY, VECTOR, STATUS),
            6,
            b"Rejected",
            b"Approved",
        )),
    ]
}

/// Each byte of the vector flipped: it flips the same byte of the first 16 of the text.
fn vectors_changed() -> Vec<Vector> {
    (0..16)
        .map(|at| {
            let mut data = data();
            data[at] ^= 1;
            let name = format!("vector's byte {at} flipped");
            // The first block is `{"orderId":"o-1"`.
            let mut order = *b"o-1";
            match at.checked_sub(12).and_then(|place| order.get_mut(place)) {
                Some(byte) => {
                    *byte ^= 1;
                    hint(
                        &name,
                        "it decrypts to another order, which is a hint and no more",
                        &String::from_utf8_lossy(&order),
                    )
                    .data(&data)
                }
                None => unproven(&name, "what it decrypts to is no order").data(&data),
            }
        })
        .collect()
}

fn blocks() -> Vec<Vector> {
    let good = data();
    let flipped = |at: usize| {
        let mut data = good.clone();
        data[at] ^= 1;
        data
    };
    let mut swapped: Vec<&[u8]> = good.chunks(16).collect();
    swapped.swap(1, 2);
    let mut vectors = vec![
        unproven("first block flipped", "a block of noise is no text").data(&flipped(16)),
        unproven("second block flipped", "a block of noise is no text").data(&flipped(32)),
        unproven("last block flipped", "its padding is noise").data(&flipped(good.len() - 1)),
        unproven("two blocks exchanged", "blocks of noise are no text").data(&swapped.concat()),
        unproven("a block of noughts behind it", "its padding is noise").data(&[&good[..], &[0; 16]].concat()),
        unproven("without its last block", "its padding is missing").data(&good[..good.len() - 16]),
        unproven("without its vector", "the first block is taken for it").data(&good[16..]),
        unproven("vector alone", "there is nothing in it").data(&good[..16]),
        unproven("vector and one block", "there is no padding").data(&good[..32]),
    ];
    for length in [0, 1, 15, 17, 31] {
        vectors.push(
            unproven(&format!("cut to {length} bytes"), "a vector and whole blocks are due").data(&good[..length]),
        );
    }
    // Named apart, since a cut to sixteen leaves whole blocks.
    vectors.push(unproven("cut to 16 bytes", "there is nothing in it").data(&good[..16]));
    vectors
}

fn padding() -> Vec<Vector> {
    let text: &[u8; 16] = br#"{"orderId":"o1"}"#;
    let with = |padding: &[u8]| encrypt_padded(&KEY, VECTOR, &[&text[..], padding].concat());
    let blank = |last: u8| {
        let mut block = [b' '; 16];
        block[15] = last;
        block
    };
    vec![
        hint("padding of a whole block", "16 bytes of 16", "o1").data(&with(&[16; 16])),
        hint("padding of one byte", "white space of JSON's own before it", "o1").data(&with(&blank(1))),
        unproven("padding of 0", "1 to 16 is due").data(&with(&blank(0))),
        unproven("padding of 17", "1 to 16 is due").data(&with(&[17; 16])),
        unproven("padding of 255", "1 to 16 is due").data(&with(&[255; 16])),
        unproven("padding whose bytes differ", "all of them count").data(&with(&blank(2))),
        unproven("no padding at all", "it is always there").data(&with(&[])),
        unproven("nothing but padding", "there is no text").data(&encrypt_padded(&KEY, VECTOR, &[16; 16])),
    ]
}

fn keys() -> Vec<Vector> {
    let text = base64(&KEY);
    let refused = |name: &str, reason, key: &[u8]| new(name, Expect::RefusedWhenBuilt, reason).secrets([key]);
    let mut vectors: Vec<Vector> = [0, 16, 24, 31, 33, 64]
        .map(|length| {
            let key = base64(&vec![7; length]);
            refused(&format!("key of {length} bytes"), "AES-256 takes 32", key.as_bytes())
        })
        .into();
    vectors.extend([
        refused("key given raw", "base64 is due", b"0123456789abcdef0123456789abcdef"),
        refused("key in hex", "base64 is due", super::crypto::hex(&KEY).as_bytes()),
        refused(
            "key of the URL-safe alphabet",
            "the standard alphabet is due",
            text.replace('+', "-").replace('/', "_").as_bytes(),
        ),
        refused("key with a blank for the plus", "a form took it for one", text.replace('+', " ").as_bytes()),
        refused("key without padding", "padding is due", text.trim_end_matches('=').as_bytes()),
        refused("key with a newline behind it", "it comes from a file", format!("{text}\n").as_bytes()),
        refused(
            "key of bits that mean nothing",
            "a key has one form in base64",
            text.replacen("8=", "9=", 1).as_bytes(),
        ),
        hint("old key while it rotates", "every key counts", "o-1").secrets([base64(&[7; 32]), text.clone()]),
        unproven("another key", "it decrypts to noise").secrets([base64(&[7; 32])]),
        unproven("key with a bit flipped", "it decrypts to noise").secrets([base64(&{
            let mut key = KEY;
            key[31] ^= 1;
            key
        })]),
    ]);
    vectors
}

fn encodings() -> Vec<Vector> {
    // A vector of such bytes has both signs that the alphabets differ in.
    let text = base64(&encrypt(&KEY, [0xfb; 16], TEXT));
    let forms = [
        ("base64 with a blank for the plus", text.replace('+', " "), "the standard alphabet is due"),
        ("base64 of the URL-safe alphabet", text.replace('+', "-").replace('/', "_"), "the standard alphabet is due"),
        ("base64 percent-encoded", text.replace('+', "%2B"), "nothing is decoded but base64"),
        ("base64 without padding", text.trim_end_matches('=').to_owned(), "padding is due"),
        ("base64 with padding too much", format!("{text}="), "as much padding as is needed is due"),
        ("base64 with a blank before it", format!(" {text}"), "nothing else is due"),
        ("base64 with an escaped newline behind it", format!("{text}\\n"), "nothing else is due"),
        ("base64 in lines", format!("{}\\r\\n{}", &text[..76], &text[76..]), "nothing else is due"),
        ("base64 of base64", base64(text.as_bytes()), "it is encoded once"),
        ("hex", super::crypto::hex(&data()), "base64 is due"),
        ("no base64 at all", "!".repeat(64), "base64 is due"),
        ("letters that are no ASCII", "\u{e9}".repeat(64), "base64 is due"),
    ];
    let mut vectors: Vec<Vector> = forms.map(|(name, form, reason)| unproven(name, reason).body(body_of(&form))).into();
    vectors.push(hint("base64 with both signs", "the standard alphabet is due", "o-1").body(body_of(&text)));
    vectors
        .push(hint("base64 with an escape of JSON's", "the same text", "o-1").body(body_of(&text.replace('/', "\\/"))));
    vectors
}

fn bodies() -> Vec<Vector> {
    let text = base64(&data());
    let body = body_of(&text);
    let deep = |open: &str, close: &str| {
        Blob::parts([
            "{\"x\":".into(),
            Blob::repeat(open, 10_000),
            "1".into(),
            Blob::repeat(close, 10_000),
            format!(",{}", &body[1..]).into(),
        ])
    };
    let longer = |length: usize| Blob::parts([body.as_str().into(), Blob::repeat(" ", length - body.len())]);
    let forms: [(&str, Blob, &str); 17] = [
        ("body empty", "".into(), "it is no JSON"),
        ("field missing", "{}".into(), "encryptedData is due"),
        ("field empty", body_of("").into(), "there is nothing in it"),
        ("field of null", r#"{"encryptedData":null}"#.into(), "a text is due"),
        ("field of a number", r#"{"encryptedData":1e400}"#.into(), "a text is due"),
        ("field of 2^63", r#"{"encryptedData":9223372036854775808}"#.into(), "a text is due"),
        (
            "field twice",
            format!(r#"{{"encryptedData":"{text}","encryptedData":"{text}"}}"#).into(),
            "which one is meant, nobody can say",
        ),
        ("field in small letters", body.replace("encryptedData", "encrypteddata").into(), "names have a case"),
        ("body as a list", format!("[{body}]").into(), "it is no object"),
        ("body as a form", format!("encryptedData={text}").into(), "it is no JSON"),
        ("body with BOM", format!("\u{feff}{body}").into(), "JSON has none"),
        ("body with NUL behind it", format!("{body}\0").into(), "it is no JSON"),
        ("body with invalid UTF-8 behind it", [body.as_bytes(), &[0xff]].concat().into(), "it is no JSON"),
        ("body with something behind it", format!("{body}{body}").into(), "one object is due"),
        ("body of 256 KiB and a byte", longer(LONGEST + 1), "no callback is that long"),
        (
            "1 MiB of data",
            Blob::parts(["{\"encryptedData\":\"".into(), Blob::repeat("A", 1024 * 1024), "\"}".into()]),
            "no callback is that long",
        ),
        (
            "nested 10,000 deep and never closed",
            Blob::parts(["{\"x\":".into(), Blob::repeat("[", 10_000)]),
            "it is no JSON",
        ),
    ];
    let mut vectors: Vec<Vector> = forms.map(|(name, body, reason)| unproven(name, reason).body(body)).into();
    vectors.extend([
        unproven("what it would decrypt to", "it is not encrypted").body(TEXT),
        hint("body of 256 KiB", "the longest body that is looked at", "o-1").body(longer(LONGEST)),
        hint("body with CRLF and a trailing newline", "white space of JSON's own", "o-1")
            .body(format!("{{\r\n{}\r\n", &body[1..])),
        hint("body with a key twice that is unknown", "unknown members are ignored", "o-1")
            .body(format!("{{\"x\":1,\"x\":2,{}", &body[1..])),
        hint("lists nested 10,000 deep", "what is not known is skipped, on a stack of 64 KiB", "o-1")
            .body(deep("[", "]")),
        hint("objects nested 10,000 deep", "what is not known is skipped, on a stack of 64 KiB", "o-1")
            .body(deep("{\"a\":", "}")),
    ]);
    vectors
}

/// Whatever is encrypted with the right key.
fn texts() -> Vec<Vector> {
    let bad: [(&str, &[u8], &str); 15] = [
        ("text empty", b"", "it is no JSON"),
        ("text that is no JSON", b"orderId=o-1", "it is no JSON"),
        ("text as a list", b"[\"o-1\"]", "it is no object"),
        ("text without an order", br#"{"amount":300.01}"#, "there is nothing to ask about"),
        ("order of null", br#"{"orderId":null}"#, "it is no id"),
        ("order of a number", br#"{"orderId":9223372036854775808}"#, "it is no id"),
        ("order empty", br#"{"orderId":""}"#, "it is no id"),
        ("order twice", br#"{"orderId":"o-1","orderId":"o-2"}"#, "which one is meant, nobody can say"),
        ("order with a blank", br#"{"orderId":"o 1"}"#, "it is no id"),
        ("order with CR LF and a header", br#"{"orderId":"o-1\r\nx: y"}"#, "it is no id"),
        ("order with NUL", br#"{"orderId":"o-1\u0000"}"#, "it is no id"),
        ("order that is no ASCII", "{\"orderId\":\"\u{e9}\"}".as_bytes(), "it is no id"),
        ("text with BOM", b"\xef\xbb\xbf{\"orderId\":\"o-1\"}", "JSON has none"),
        ("text with invalid UTF-8", b"{\"orderId\":\"o-1\",\"x\":\"\xff\"}", "it is no text"),
        ("text with something behind it", br#"{"orderId":"o-1"} {}"#, "one object is due"),
    ];
    let mut vectors: Vec<Vector> =
        bad.map(|(name, text, reason)| unproven(name, reason).data(&encrypt(&KEY, VECTOR, text))).into();
    let long = format!(r#"{{"orderId":"{}"}}"#, "x".repeat(101));
    vectors.extend([
        unproven("order of 101 characters", "100 are the most").data(&encrypt(&KEY, VECTOR, long.as_bytes())),
        hint("order that leads elsewhere", "it travels as one header or one segment", "../o-1").data(&encrypt(
            &KEY,
            VECTOR,
            br#"{"orderId":"../o-1"}"#,
        )),
        hint("an amount of 1e400", "the amount is not even read", "o-1").data(&encrypt(
            &KEY,
            VECTOR,
            br#"{"orderId":"o-1","amount":1e400}"#,
        )),
        hint("an unknown status", "the status is not even read", "o-1").data(&encrypt(
            &KEY,
            VECTOR,
            br#"{"orderId":"o-1","txnStatus":"Levitating"}"#,
        )),
    ]);
    vectors
}

fn hint(name: &str, reason: &str, order: &str) -> Vector {
    new(name, Expect::Hint, reason).reads("order", order)
}

fn unproven(name: &str, reason: &str) -> Vector {
    new(name, Expect::Rejected, reason)
}

/// The genuine callback, under another name.
fn new(name: &str, expect: Expect, reason: &str) -> Vector {
    Vector::new(Provider::TurboTxn, Kind::Callback, name, expect, reason).secrets([base64(&KEY)]).data(&data())
}

impl Vector {
    /// With these bytes as its encrypted data.
    fn data(self, data: &[u8]) -> Self {
        self.body(body_of(&base64(data)))
    }
}

fn body_of(data: &str) -> String {
    format!(r#"{{"encryptedData":"{data}"}}"#)
}

/// The vector, and the genuine text's blocks.
fn data() -> Vec<u8> {
    encrypt(&KEY, VECTOR, TEXT)
}

/// What whoever knows a text can do to its first block.
fn through_vector(data: &[u8], from: usize, is: &[u8], to: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    for (byte, (is, to)) in data[from..].iter_mut().zip(is.iter().zip(to)) {
        *byte ^= is ^ to;
    }
    data
}

const VECTOR: [u8; 16] = [0x5a; 16];

/// Its base64 has both signs that the alphabets differ in.
const KEY: [u8; 32] = *b"\xfb\xff\xbe\x01\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

const TEXT: &[u8] = br#"{"orderId":"o-1","txnStatus":"Rejected"}"#;

/// The digits of its amount stand at 10, in the first block.
const AMOUNT: &[u8] = br#"{"amount":300.01,"txnStatus":"Rejected","orderId":"o-1"}"#;

/// The letters of its status stand at 6, in the first block.
const STATUS: &[u8] = br#"{"s":"Rejected","orderId":"o-1","amount":300.01}"#;

const LONGEST: usize = 256 * 1024;
