//! `x-pay-signature`: the HMAC of the raw body, in hexadecimal digits of either case or in base64.

use sha2::{Digest as _, Sha512};

use super::crypto::{base64, hex, hmac, sha256};
use super::{Blob, Expect, Kind, Provider, Vector};

pub(super) fn vectors() -> Vec<Vector> {
    [headers(), encodings(), messages(), secrets(), changed(), signed(), deliveries()].concat()
}

fn headers() -> Vec<Vector> {
    let good = mac(BODY.as_bytes());
    let wrong = format!("{},", "0".repeat(64));
    vec![
        accepted("genuine", "as the provider sends it")
            .reads("order", "O_00")
            .reads("status", "success")
            .reads("final", "true")
            .reads("amount", "200.00"),
        accepted("header in capitals", "names of headers have no case").headers("X-PAY-SIGNATURE", [good.as_str()]),
        unproven("signature missing", "nothing proves it").headers::<&str>(HEADER, []),
        unproven("signature in another header", "nothing proves it").headers("x-signature", [good.as_str()]),
        unproven("signature empty", "nothing proves it").header(""),
        unproven("signature twice", "which one is meant, nobody can say").headers(HEADER, [&*good, &*good]),
        unproven("signature twice, one wrong", "which one is meant, nobody can say").headers(HEADER, [&*good, "00"]),
        unproven("signature in quotes", "the form is another").header(format!("\"{good}\"")),
        unproven("signature with its algorithm before it", "the form is another").header(format!("sha256={good}")),
        unproven("signature of another provider's form", "the form is another")
            .header(format!("t=1767323045,v1={good}")),
        unproven("two signatures in one", "the header holds one").header(format!("{good},{good}")),
        unproven("1,000 entries before it", "the header holds one")
            .header(Blob::parts([Blob::repeat(&*wrong, 1000), good.as_str().into()])),
        unproven("1,000 entries behind it", "the header holds one")
            .header(Blob::parts([good.as_str().into(), Blob::repeat(&*wrong, 1000)])),
        unproven("signature of 1 MiB", "64 digits, not a million").header(Blob::repeat("a", MEBIBYTE)),
        unproven("genuine digits and 1 MiB more", "64 digits, not a million")
            .header(Blob::parts([good.as_str().into(), Blob::repeat("0", MEBIBYTE)])),
        unproven("signature of letters that are no ASCII", "digits are ASCII").header("\u{e9}".repeat(32)),
        unproven("signature with a byte 0xff behind it", "the form is another")
            .header([good.as_bytes(), &[0xff]].concat()),
        unproven("signature with NUL behind it", "the form is another").header(format!("{good}\0")),
        unproven("signature as raw bytes", "digits are due").header(hmac(KEY.as_bytes(), &[BODY.as_bytes()]).to_vec()),
    ]
}

fn encodings() -> Vec<Vector> {
    let tag = hmac(KEY.as_bytes(), &[BODY.as_bytes()]);
    let (digits, text) = (hex(&tag), base64(&tag));
    let mixed: String = digits.char_indices().map(|(at, c)| if at < 32 { c.to_ascii_uppercase() } else { c }).collect();
    let good = [
        ("hex in upper case", digits.to_uppercase(), "either case is due here"),
        ("hex in both cases", mixed, "either case is due here"),
        ("base64", text.clone(), "base64 of the same bytes is due too"),
    ];
    let bad = [
        ("hex of odd length", digits[..63].to_owned(), "64 digits are due"),
        ("hex with 0x", format!("0x{digits}"), "plain digits are due"),
        ("hex with a blank before it", format!(" {digits}"), "plain digits are due"),
        ("hex with a blank behind it", format!("{digits} "), "plain digits are due"),
        ("hex with a tab behind it", format!("{digits}\t"), "plain digits are due"),
        ("hex with a newline behind it", format!("{digits}\n"), "plain digits are due"),
        ("hex with a blank inside", format!("{} {}", &digits[..32], &digits[32..]), "plain digits are due"),
        ("base64 without padding", text.trim_end_matches('=').to_owned(), "padding is due"),
        ("base64 with padding too much", format!("{text}="), "one sign of padding is due"),
        ("base64 of the URL-safe alphabet", text.replace('+', "-").replace('/', "_"), "the standard alphabet is due"),
        ("base64 with a blank for the plus", text.replace('+', " "), "the standard alphabet is due"),
        ("base64 with a newline behind it", format!("{text}\n"), "nothing else is due"),
        ("base64 with bits that mean nothing", trailing_bits(&text), "a MAC has one form in base64"),
        ("base64 of the digits", base64(digits.as_bytes()), "base64 of the bytes is due"),
        ("base64 of 31 bytes", base64(&tag[..31]), "all 32 bytes count"),
        ("base64 of 33 bytes", base64(&[&tag[..], &[0]].concat()), "32 bytes, not 33"),
        ("MAC cut to 31 bytes", digits[..62].to_owned(), "all 32 bytes count"),
        ("MAC cut to 16 bytes", digits[..32].to_owned(), "all 32 bytes count"),
        ("MAC cut to 1 byte", digits[..2].to_owned(), "all 32 bytes count"),
        ("MAC with a byte more", format!("{digits}00"), "32 bytes, not 33"),
        ("MAC twice over", format!("{digits}{digits}"), "32 bytes, not 64"),
        ("MAC of noughts", "0".repeat(64), "it is another MAC"),
        ("MAC with its first bit flipped", hex(&[&[tag[0] ^ 0x80], &tag[1..]].concat()), "it is another MAC"),
    ];
    let good = good.map(|(name, form, reason)| accepted(name, reason).header(form));
    let bad = bad.map(|(name, form, reason)| unproven(name, reason).header(form));
    good.into_iter().chain(bad).collect()
}

/// A MAC of something else than the raw body, or by another scheme.
fn messages() -> Vec<Vector> {
    let (key, body) = (KEY.as_bytes(), BODY.as_bytes());
    let forms = [
        ("MAC of the body and a newline", hex(&hmac(key, &[body, b"\n"])), "the raw body is signed"),
        ("MAC of a time and the body", hex(&hmac(key, &[b"1767323045.", body])), "the raw body is signed"),
        ("MAC of the body's hash", hex(&hmac(key, &[&sha256(body)])), "the body itself is signed"),
        ("MAC of nothing", hex(&hmac(key, &[])), "the body is what is signed"),
        ("MAC with key and body exchanged", hex(&hmac(body, &[key])), "anyone could compute part of it"),
        ("hash without a key", hex(&sha256(body)), "anyone can compute it"),
        ("hash of key and body", hex(&sha256(&[key, body].concat())), "a hash with a prefix is no HMAC"),
        ("SHA-512", hex(&Sha512::digest(body)), "it is another scheme"),
        ("SHA-512 cut to 32 bytes", hex(&Sha512::digest(body)[..32]), "it is another scheme"),
        ("20 bytes, as of SHA-1", hex(&hmac(key, &[body])[..20]), "it is another scheme"),
    ];
    forms.map(|(name, form, reason)| unproven(name, reason).header(form)).into()
}

fn secrets() -> Vec<Vector> {
    let by = |key: &[u8]| hex(&hmac(key, &[BODY.as_bytes()]));
    let long = "whk-".repeat(30);
    let refused = |name, reason, key: &[u8]| new(name, Expect::RefusedWhenBuilt, reason).secrets([key]);
    vec![
        accepted("old key while it rotates", "every key counts").secrets(["whk-new", KEY]),
        accepted("new key while it rotates", "every key counts").secrets(["whk-new", KEY]).header(by(b"whk-new")),
        unproven("another key", "it is nobody's here").secrets(["whk-new", KEY]).header(by(b"whk-other")),
        unproven("old key after the rotation", "it does not count any more").secrets(["whk-new"]),
        unproven("signed with the empty key", "it is nobody's").header(by(b"")),
        unproven("signed with the key and a newline", "the key is the text as it is").header(by(b"whk-7Qm2LrT9\n")),
        unproven("signed with what the key's hex means", "hexadecimal digits are not decoded")
            .secrets([HEX_KEY])
            .header(by(b"0123456789abcdef")),
        accepted("signed with a key of hex digits", "the text is the key")
            .secrets([HEX_KEY])
            .header(by(HEX_KEY.as_bytes())),
        unproven("signed with what the key's base64 means", "base64 is not decoded")
            .secrets([BASE64_KEY])
            .header(by(b"0123456789abcdef")),
        accepted("signed with a key of base64", "the text is the key")
            .secrets([BASE64_KEY])
            .header(by(BASE64_KEY.as_bytes())),
        accepted("signed with the key and NUL", "equal by construction: HMAC pads keys with NUL")
            .header(by(b"whk-7Qm2LrT9\0")),
        accepted("signed with the hash of a key longer than a block", "equal by construction: HMAC hashes long keys")
            .secrets([&long])
            .header(by(&sha256(long.as_bytes()))),
        refused("key empty", "anyone could sign with it", b""),
        refused("key with a newline behind it", "it comes from a file, and would prove nothing", b"whk-7Qm2LrT9\n"),
        refused("key of blanks", "it is no key", b"  "),
        refused("key that is no ASCII", "it is a slip of copying", "whk-\u{e9}".as_bytes()),
        refused("second key empty", "anyone could sign with it", b"").secrets([KEY, ""]),
    ]
}

/// The signature is that of the genuine body.
fn changed() -> Vec<Vector> {
    let with = |member: &str| BODY.replacen('{', &format!("{{{member},"), 1);
    let forms: [(&str, Blob); 16] = [
        ("body empty", "".into()),
        ("body with another amount", BODY.replacen("200.00", "900.00", 1).into()),
        ("body with another status", BODY.replacen("success", "pending", 1).into()),
        ("body re-serialised", BODY.replace(':', ": ").replace(',', ", ").into()),
        ("body reordered", reordered().into()),
        ("body with BOM", format!("\u{feff}{BODY}").into()),
        ("body with CRLF", BODY.replace(',', ",\r\n").into()),
        ("body with a trailing newline", format!("{BODY}\n").into()),
        ("body with a key twice", with("\"amount\":\"900.00\"").into()),
        ("body with invalid UTF-8", [BODY.as_bytes(), &[0xff]].concat().into()),
        ("body with NUL behind it", format!("{BODY}\0").into()),
        ("body nested 10,000 deep", nested()),
        ("body with 1e400", with("\"x\":1e400").into()),
        ("body with 2^63", with("\"x\":9223372036854775808").into()),
        ("body of 256 KiB and a byte", padded(LONGEST + 1)),
        ("body as a form", "order_id=849655cf&status=success&amount=200.00".into()),
    ];
    forms.map(|(name, body)| unproven(name, "the signature is that of other bytes").body(body)).into()
}

/// The provider signed these very bytes.
fn signed() -> Vec<Vector> {
    let with = |member: &str| BODY.replacen('{', &format!("{{{member},"), 1);
    let amount = |json: &str| BODY.replacen("\"200.00\"", json, 1);
    vec![
        accepted("signed: re-serialised", "these are the bytes that were signed")
            .signed(BODY.replace(':', ": ").replace(',', ", ")),
        accepted("signed: reordered", "members have no order").signed(reordered()),
        accepted("signed: CRLF", "white space of JSON's own").signed(BODY.replace(',', ",\r\n")),
        accepted("signed: a trailing newline", "white space of JSON's own").signed(format!("{BODY}\n")),
        unreadable("signed: BOM", "JSON has none").signed(format!("\u{feff}{BODY}")),
        unreadable("signed: empty", "it is no JSON").signed(""),
        unreadable("signed: a list", "it is no object").signed(format!("[{BODY}]")),
        unreadable("signed: a key twice", "which one is meant, nobody can say").signed(with("\"amount\":\"900.00\"")),
        accepted("signed: an unknown key twice", "unknown members are ignored")
            .signed(with("\"x\":1,\"x\":2"))
            .reads("amount", "200.00"),
        unreadable("signed: invalid UTF-8 behind it", "it is no JSON").signed([BODY.as_bytes(), &[0xff]].concat()),
        unreadable("signed: invalid UTF-8 in the reason", "it is no JSON").signed(invalid(BODY)),
        unreadable("signed: invalid UTF-8 in a member that nobody reads", "it is no JSON")
            .signed(invalid(&BODY.replacen("\"reason\"", "\"remark\"", 1))),
        unreadable("signed: NUL behind it", "it is no JSON").signed(format!("{BODY}\0")),
        unreadable("signed: NUL in the id", "it is no id").signed(BODY.replacen("849655cf", "849655\\u0000", 1)),
        unreadable("signed: an id that leads elsewhere", "it is no id").signed(BODY.replacen(
            "849655cf",
            "../849655cf",
            1,
        )),
        accepted("signed: nested 10,000 deep", "what is not known is skipped, on a stack of 64 KiB")
            .signed(nested())
            .reads("status", "success"),
        unreadable("signed: nested 10,000 deep and never closed", "it is no JSON")
            .signed(Blob::parts(["{\"x\":".into(), Blob::repeat("[", 10_000)])),
        unreadable("signed: nested 10,000 deep where an amount is due", "it is no amount").signed(Blob::parts([
            "{\"amount\":".into(),
            Blob::repeat("[", 10_000),
            Blob::repeat("]", 10_000),
            format!(",{}", &BODY.replacen(",\"amount\":\"200.00\"", "", 1)[1..]).into(),
        ])),
        unreadable("signed: an amount of 1e400", "it is no amount").signed(amount("1e400")),
        unreadable("signed: an amount of 2e2", "amounts have no exponent").signed(amount("2e2")),
        unreadable("signed: an amount of NaN", "it is no amount").signed(amount("\"NaN\"")),
        unreadable("signed: an amount of thirty digits", "more than any amount holds").signed(amount(&"9".repeat(30))),
        accepted("signed: an amount of 2^63", "an exact decimal holds it")
            .signed(amount("9223372036854775808"))
            .reads("amount", "9223372036854775808"),
        accepted("signed: an amount without quotes", "read through its text")
            .signed(amount("200.10"))
            .reads("amount", "200.10"),
        accepted("signed: 1e400 where nobody looks", "unknown members are ignored")
            .signed(with("\"x\":1e400"))
            .reads("amount", "200.00"),
        accepted("signed: 256 KiB", "the longest body that is looked at").signed(padded(LONGEST)),
        unproven("signed: 256 KiB and a byte", "no delivery is that long").signed(padded(LONGEST + 1)),
    ]
}

/// Genuine, and yet not to be taken for what they are not.
fn deliveries() -> Vec<Vector> {
    let digest = hex(&sha256(BODY.as_bytes()));
    let spaced = BODY.replace(':', ": ");
    vec![
        accepted("captured", "the first of two").reads("digest", digest.as_str()),
        accepted("captured, and replayed", "the scheme has no time: its digest tells").reads("digest", digest),
        accepted("sent again in other bytes", "the digest differs: order and status tell")
            .signed(spaced.as_str())
            .reads("digest", hex(&sha256(spaced.as_bytes())))
            .reads("order", "O_00"),
        unproven("another order's signature", "the signature is that of other bytes")
            .header(mac(BODY.replacen("O_00", "O_2", 1).as_bytes())),
        accepted("an unknown status", "kept as it came, and never final")
            .signed(BODY.replacen("success", "levitating", 1))
            .reads("status", "levitating")
            .reads("final", "false"),
        accepted("a status in capitals", "another value, kept as it came, and never final")
            .signed(BODY.replacen("success", "SUCCESS", 1))
            .reads("status", "SUCCESS")
            .reads("final", "false"),
        unreadable("no status at all", "a state is never derived from a missing member").signed(BODY.replacen(
            "\"status\":\"success\",",
            "",
            1,
        )),
        unreadable("a status of null", "a state is never derived from a missing member").signed(BODY.replacen(
            "\"success\"",
            "null",
            1,
        )),
    ]
}

fn accepted(name: &str, reason: &str) -> Vector {
    new(name, Expect::Accepted, reason)
}

fn unproven(name: &str, reason: &str) -> Vector {
    new(name, Expect::Rejected, reason)
}

fn unreadable(name: &str, reason: &str) -> Vector {
    new(name, Expect::Unreadable, reason)
}

/// The genuine delivery, under another name.
fn new(name: &str, expect: Expect, reason: &str) -> Vector {
    Vector::new(Provider::Turbopay, Kind::Webhook, name, expect, reason)
        .secrets([KEY])
        .headers(HEADER, [mac(BODY.as_bytes())])
        .body(BODY)
}

/// What only these vectors need.
trait Signed: Sized {
    fn header(self, value: impl Into<Blob>) -> Self;
    fn signed(self, body: impl Into<Blob>) -> Self;
}

impl Signed for Vector {
    fn header(self, value: impl Into<Blob>) -> Self {
        self.headers(HEADER, [value])
    }

    fn signed(self, body: impl Into<Blob>) -> Self {
        let body = body.into();
        let bytes = body.bytes().unwrap_or_default();
        self.headers(HEADER, [mac(&bytes)]).body(body)
    }
}

fn mac(body: &[u8]) -> String {
    hex(&hmac(KEY.as_bytes(), &[body]))
}

/// The same bytes to a lenient reader: the last letter before the padding carries two bits that mean nothing.
fn trailing_bits(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (most, last) = text.trim_end_matches('=').split_at(text.len() - 2);
    let changed = ALPHABET.find(last).and_then(|at| ALPHABET.get(at + 1..at + 2)).unwrap_or_default();
    format!("{most}{changed}=")
}

fn reordered() -> String {
    BODY.replacen(r#""status":"success","#, "", 1).replacen('{', r#"{"status":"success","#, 1)
}

/// The body with 10,000 lists in a member that nobody knows.
fn nested() -> Blob {
    Blob::parts([
        "{\"x\":".into(),
        Blob::repeat("[", 10_000),
        Blob::repeat("]", 10_000),
        format!(",{}", &BODY[1..]).into(),
    ])
}

/// The body and so many blanks that it is this long.
fn padded(length: usize) -> Blob {
    Blob::parts([BODY.into(), Blob::repeat(" ", length - BODY.len())])
}

fn invalid(body: &str) -> Vec<u8> {
    let mut bytes = body.as_bytes().to_vec();
    if let Some(byte) = body.find("none").and_then(|at| bytes.get_mut(at)) {
        *byte = 0xff;
    }
    bytes
}

const HEADER: &str = "x-pay-signature";
const KEY: &str = "whk-7Qm2LrT9";
/// What these two mean is `0123456789abcdef`.
const HEX_KEY: &str = "30313233343536373839616263646566";
const BASE64_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";
const MEBIBYTE: usize = 1024 * 1024;
const LONGEST: usize = 256 * 1024;

/// The base64 of its MAC has both signs that the alphabets differ in.
const BODY: &str =
    r#"{"order_id":"849655cf","merchant_order_id":"O_00","status":"success","reason":"none","amount":"200.00"}"#;
