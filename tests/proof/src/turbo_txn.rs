//! Turbo Transactions' encrypted callbacks.
//!
//! Encryption proves no origin: a callback that decrypts gives an id to look up, and all failures look alike.

mod changes;

use crate::crypto::{base64, encrypt, encrypt_padded, hex};
use crate::vectors::{Encoded, LONGEST_JSON, MEBIBYTE, Vector, nested, padded, rows, with_member};
use crate::{Kind, Provider};
pub(crate) use changes::attempt;

/// All vectors, in the order of the file.
pub(crate) fn vectors() -> Vec<Vector> {
    // The base64 of the key contains `+` and `/`, where two alphabets differ.
    let mut key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    key[..3].copy_from_slice(b"\xfb\xff\xbe");
    key[3] = 1;
    let genuine = Genuine { key, order: "o-1".to_owned() };
    let sections = [replays, vectors_changed, blocks, padding, keys, encodings, bodies, texts];
    sections.iter().flat_map(|section| section(&genuine)).collect()
}

/// What genuine callbacks are made of. The order has three characters, so that it ends with the first block.
struct Genuine {
    key: [u8; 32],
    order: String,
}

impl Genuine {
    fn vector(&self) -> Vector {
        self.with_data(&self.data()).secrets([base64(&self.key)])
    }

    /// The initialization vector and the blocks of the genuine text.
    fn data(&self) -> Vec<u8> {
        self.encrypt(&self.text())
    }

    fn text(&self) -> String {
        format!(r#"{{"orderId":"{}","txnStatus":"Rejected"}}"#, self.order)
    }

    fn encrypt(&self, text: impl AsRef<[u8]>) -> Vec<u8> {
        encrypt(&self.key, VECTOR, text.as_ref())
    }

    fn with_data(&self, data: &[u8]) -> Vector {
        self.with_body(body_of(&base64(data)))
    }

    fn with_text(&self, text: impl AsRef<[u8]>) -> Vector {
        self.with_data(&self.encrypt(text))
    }

    fn with_body(&self, body: impl Into<Encoded>) -> Vector {
        Vector::new(Provider::TurboTxn, Kind::Callback, body).secrets([base64(&self.key)])
    }

    /// The vector reads the genuine order.
    fn reads(&self, vector: Vector) -> Vector {
        vector.reads("order", &*self.order)
    }
}

/// Genuine texts, and changes to a first block that is known.
fn replays(g: &Genuine) -> Vec<Vector> {
    let order = &g.order;
    let other = r#"{"orderId":"o-2","amount":1.00,"txnStatus":"Approved"}"#;
    let amount = g.encrypt(format!(r#"{{"amount":300.01,"txnStatus":"Rejected","orderId":"{order}"}}"#));
    let status = g.encrypt(format!(r#"{{"s":"Rejected","orderId":"{order}","amount":300.01}}"#));
    rows! {
        Hint "genuine", "it decrypts; what is true of the order the provider is asked" => g.reads(g.vector());
        Hint "an old one replayed", "nothing in it says when: asking tells what is true now" => g.reads(g.vector());
        Hint "another order's", "genuine or not, it is a hint"
            => g.with_data(&encrypt(&g.key, [9; 16], other.as_bytes())).reads("order", "o-2");
        Hint "another order's blocks under this one's vector", "the first block is changed, and still it decrypts"
            => g.with_text(other).reads("order", "o-2");
        Hint "amount before the order, as it is", "only the order is read" => g.reads(g.with_data(&amount));
        Hint "amount changed through the vector", "the amount is not even read"
            => g.reads(g.with_data(&through_vector(&amount, 10, b"300.01", b"999.99")));
        Hint "status changed through the vector", "the status is not even read"
            => g.reads(g.with_data(&through_vector(&status, 6, b"Rejected", b"Approved")));
    }
}

/// Each byte of the initialization vector flipped, which flips the same byte of the first block.
fn vectors_changed(g: &Genuine) -> Vec<Vector> {
    let flipped = |at: usize| {
        let vector = g.with_data(&flip(&g.data(), at));
        let name = format!("vector's byte {at} flipped");
        // The first block is `{"orderId":"o-1"`.
        let mut order = g.order.clone().into_bytes();
        let Some(byte) = at.checked_sub(12).and_then(|place| order.get_mut(place)) else {
            return vector.expect(crate::Outcome::Rejected, name, "what it decrypts to is no order");
        };
        *byte ^= 1;
        let reason = "it decrypts to another order, which is a hint and no more";
        vector.reads("order", String::from_utf8_lossy(&order)).expect(crate::Outcome::Hint, name, reason)
    };
    (0..16).map(flipped).collect()
}

fn blocks(g: &Genuine) -> Vec<Vector> {
    let good = g.data();
    let flip = |at| g.with_data(&flip(&good, at));
    let cut = |length| g.with_data(&good[..length]);
    let swapped = [&good[..16], &good[32..48], &good[16..32], &good[48..]].concat();
    let whole = "a vector and whole blocks are due";
    rows! {
        Rejected "first block flipped", "a block of noise is no text" => flip(16);
        Rejected "second block flipped", "a block of noise is no text" => flip(32);
        Rejected "last block flipped", "its padding is noise" => flip(good.len() - 1);
        Rejected "two blocks exchanged", "blocks of noise are no text" => g.with_data(&swapped);
        Rejected "a block of noughts behind it", "its padding is noise" => g.with_data(&[&good[..], &[0; 16]].concat());
        Rejected "without its last block", "its padding is missing" => cut(good.len() - 16);
        Rejected "without its vector", "the first block is taken for it" => g.with_data(&good[16..]);
        Rejected "vector alone", "there is nothing in it" => cut(16);
        Rejected "vector and one block", "there is no padding" => cut(32);
        Rejected "cut to 0 bytes", whole => cut(0);
        Rejected "cut to 1 bytes", whole => cut(1);
        Rejected "cut to 15 bytes", whole => cut(15);
        Rejected "cut to 17 bytes", whole => cut(17);
        Rejected "cut to 31 bytes", whole => cut(31);
        Rejected "cut to 16 bytes", "there is nothing in it" => cut(16);
    }
}

fn padding(g: &Genuine) -> Vec<Vector> {
    let with =
        |padding: &[u8]| g.with_data(&encrypt_padded(&g.key, VECTOR, &[&br#"{"orderId":"o1"}"#[..], padding].concat()));
    let blank = |last: u8| with(&[&[b' '; 15][..], &[last]].concat());
    rows! {
        Hint "padding of a whole block", "16 bytes of 16" => with(&[16; 16]).reads("order", "o1");
        Hint "padding of one byte", "white space of JSON's own before it" => blank(1).reads("order", "o1");
        Rejected "padding of 0", "1 to 16 is due" => blank(0);
        Rejected "padding of 17", "1 to 16 is due" => with(&[17; 16]);
        Rejected "padding of 255", "1 to 16 is due" => with(&[255; 16]);
        Rejected "padding whose bytes differ", "all of them count" => blank(2);
        Rejected "no padding at all", "it is always there" => with(&[]);
        Rejected "nothing but padding", "there is no text" => g.with_data(&encrypt_padded(&g.key, VECTOR, &[16; 16]));
    }
}

fn keys(g: &Genuine) -> Vec<Vector> {
    let text = base64(&g.key);
    let text = text.as_str();
    let url_safe = text.replace('+', "-").replace('/', "_");
    let with = |key: &str| g.vector().secrets([key]);
    let other = base64(&[7; 32]);
    let of = |length| with(&base64(&vec![7; length]));
    let flipped = base64(&flip(&g.key, 31));
    let size = "AES-256 takes 32";
    rows! {
        InvalidSecret "key of 0 bytes", size => of(0);
        InvalidSecret "key of 16 bytes", size => of(16);
        InvalidSecret "key of 24 bytes", size => of(24);
        InvalidSecret "key of 31 bytes", size => of(31);
        InvalidSecret "key of 33 bytes", size => of(33);
        InvalidSecret "key of 64 bytes", size => of(64);
        InvalidSecret "key given raw", "base64 is due" => with("0123456789abcdef0123456789abcdef");
        InvalidSecret "key in hex", "base64 is due" => with(&hex(&g.key));
        InvalidSecret "key of the URL-safe alphabet", "the standard alphabet is due" => with(&url_safe);
        InvalidSecret "key with a blank for the plus", "a form took it for one" => with(&text.replace('+', " "));
        InvalidSecret "key without padding", "padding is due" => with(text.trim_end_matches('='));
        InvalidSecret "key with a newline behind it", "it comes from a file" => with(&format!("{text}\n"));
        InvalidSecret "key of bits that mean nothing", "a key has one form in base64"
            => with(&text.replacen("8=", "9=", 1));
        Hint "old key while it rotates", "every key counts" => g.reads(g.vector().secrets([&other, text]));
        Rejected "another key", "it decrypts to noise" => with(&other);
        Rejected "key with a bit flipped", "it decrypts to noise" => with(&flipped);
    }
}

fn encodings(g: &Genuine) -> Vec<Vector> {
    // The base64 of this initialization vector contains both digits in which two alphabets differ.
    let text = base64(&encrypt(&g.key, [0xfb; 16], g.text().as_bytes()));
    let text = text.as_str();
    let form = |form: &str| g.with_body(body_of(form));
    let lines = format!("{}\\r\\n{}", &text[..76], &text[76..]);
    rows! {
        Rejected "base64 with a blank for the plus", "the standard alphabet is due" => form(&text.replace('+', " "));
        Rejected "base64 of the URL-safe alphabet", "the standard alphabet is due"
            => form(&text.replace('+', "-").replace('/', "_"));
        Rejected "base64 percent-encoded", "nothing is decoded but base64" => form(&text.replace('+', "%2B"));
        Rejected "base64 without padding", "padding is due" => form(text.trim_end_matches('='));
        Rejected "base64 with padding too much", "as much padding as is needed is due" => form(&format!("{text}="));
        Rejected "base64 with a blank before it", "nothing else is due" => form(&format!(" {text}"));
        Rejected "base64 with an escaped newline behind it", "nothing else is due" => form(&format!("{text}\\n"));
        Rejected "base64 in lines", "nothing else is due" => form(&lines);
        Rejected "base64 of base64", "it is encoded once" => form(&base64(text.as_bytes()));
        Rejected "hex", "base64 is due" => form(&hex(&g.data()));
        Rejected "no base64 at all", "base64 is due" => form(&"!".repeat(64));
        Rejected "letters that are no ASCII", "base64 is due" => form(&"\u{e9}".repeat(64));
        Hint "base64 with both signs", "the standard alphabet is due" => g.reads(form(text));
        Hint "base64 with an escape of JSON's", "the same text" => g.reads(form(&text.replace('/', "\\/")));
    }
}

fn bodies(g: &Genuine) -> Vec<Vector> {
    let text = base64(&g.data());
    let body = body_of(&text);
    let body = body.as_str();
    let with = |body: String| g.with_body(body);
    let (no_json, depth) = ("it is no JSON", "what is not known is skipped, on a stack of 64 KiB");
    let twice = format!(r#"{{"encryptedData":"{text}","encryptedData":"{text}"}}"#);
    let long = Encoded::parts(["{\"encryptedData\":\"".into(), Encoded::repeat("A", MEBIBYTE), "\"}".into()]);
    rows! {
        Rejected "body empty", no_json => g.with_body("");
        Rejected "field missing", "encryptedData is due" => g.with_body("{}");
        Rejected "field empty", "there is nothing in it" => with(body_of(""));
        Rejected "field of null", "a text is due" => g.with_body(r#"{"encryptedData":null}"#);
        Rejected "field of a number", "a text is due" => g.with_body(r#"{"encryptedData":1e400}"#);
        Rejected "field of 2^63", "a text is due" => g.with_body(r#"{"encryptedData":9223372036854775808}"#);
        Rejected "field twice", "which one is meant, nobody can say" => with(twice);
        Rejected "field in small letters", "names have a case" => with(body.replace("encryptedData", "encrypteddata"));
        Rejected "body as a list", "it is no object" => with(format!("[{body}]"));
        Rejected "body as a form", no_json => with(format!("encryptedData={text}"));
        Rejected "body with BOM", "JSON has none" => with(format!("\u{feff}{body}"));
        Rejected "body with NUL behind it", no_json => with(format!("{body}\0"));
        Rejected "body with invalid UTF-8 behind it", no_json => g.with_body([body.as_bytes(), &[0xff]].concat());
        Rejected "body with something behind it", "one object is due" => with(body.repeat(2));
        Rejected "body of 256 KiB and a byte", "no callback is that long" => g.with_body(padded(body, LONGEST_JSON + 1));
        Rejected "1 MiB of data", "no callback is that long" => g.with_body(long);
        Rejected "nested 10,000 deep and never closed", no_json
            => g.with_body(Encoded::parts(["{\"x\":".into(), Encoded::repeat("[", 10_000)]));
        Rejected "what it would decrypt to", "it is not encrypted" => with(g.text());
        Hint "body of 256 KiB", "the longest body that is looked at"
            => g.reads(g.with_body(padded(body, LONGEST_JSON)));
        Hint "body with CRLF and a trailing newline", "white space of JSON's own"
            => g.reads(with(format!("{{\r\n{}\r\n", &body[1..])));
        Hint "body with a key twice that is unknown", "unknown members are ignored"
            => g.reads(with(with_member(body, "\"x\":1,\"x\":2")));
        Hint "lists nested 10,000 deep", depth => g.reads(g.with_body(nested(body, "[", "1", "]")));
        Hint "objects nested 10,000 deep", depth => g.reads(g.with_body(nested(body, "{\"a\":", "1", "}")));
    }
}

/// Anything, encrypted with the right key.
fn texts(g: &Genuine) -> Vec<Vector> {
    let order = &g.order;
    let text = |text: String| g.with_text(text);
    let id = |json: &str| g.with_text(format!(r#"{{"orderId":{json}}}"#));
    let (no_json, no_id) = ("it is no JSON", "it is no id");
    let invalid = [br#"{"orderId":""#, order.as_bytes(), b"\",\"x\":\"\xff\"}"].concat();
    rows! {
        Rejected "text empty", no_json => g.with_text("");
        Rejected "text that is no JSON", no_json => text(format!("orderId={order}"));
        Rejected "text as a list", "it is no object" => text(format!("[\"{order}\"]"));
        Rejected "text without an order", "there is nothing to ask about" => g.with_text(r#"{"amount":300.01}"#);
        Rejected "order of null", no_id => id("null");
        Rejected "order of a number", no_id => id("9223372036854775808");
        Rejected "order empty", no_id => id("\"\"");
        Rejected "order twice", "which one is meant, nobody can say" => id(&format!(r#""{order}","orderId":"o-2""#));
        Rejected "order with a blank", no_id => id("\"o 1\"");
        Rejected "order with CR LF and a header", no_id => id(&format!(r#""{order}\r\nx: y""#));
        Rejected "order with NUL", no_id => id(&format!(r#""{order}\u0000""#));
        Rejected "order that is no ASCII", no_id => id("\"\u{e9}\"");
        Rejected "text with BOM", "JSON has none" => text(format!("\u{feff}{{\"orderId\":\"{order}\"}}"));
        Rejected "text with invalid UTF-8", "it is no text" => g.with_text(invalid);
        Rejected "text with something behind it", "one object is due" => text(format!(r#"{{"orderId":"{order}"}} {{}}"#));
        Rejected "order of 101 characters", "100 are the most" => id(&format!("\"{}\"", "x".repeat(101)));
        Hint "order that leads elsewhere", "it travels as one header or one segment"
            => id(&format!("\"../{order}\"")).reads("order", format!("../{order}"));
        Hint "an amount of 1e400", "the amount is not even read"
            => g.reads(id(&format!(r#""{order}","amount":1e400"#)));
        Hint "an unknown status", "the status is not even read"
            => g.reads(id(&format!(r#""{order}","txnStatus":"Levitating""#)));
    }
}

fn body_of(data: &str) -> String {
    format!(r#"{{"encryptedData":"{data}"}}"#)
}

fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

/// Changes a known text in the first block without the key.
fn through_vector(data: &[u8], from: usize, was: &[u8], is: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    for (byte, (was, is)) in data[from..].iter_mut().zip(was.iter().zip(is)) {
        *byte ^= was ^ is;
    }
    data
}

const VECTOR: [u8; 16] = [0x5a; 16];
