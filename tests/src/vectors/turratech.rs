//! `turratech-signature`: `t=<Unix seconds>,v1=<hex>`.

mod bodies;
mod times;

use super::crypto::{base64, hex, hmac, sha256};
use super::{Blob, Expect, Kind, Provider, Vector};

pub(super) fn vectors() -> Vec<Vector> {
    [genuine(), headers(), encodings(), messages(), entries(), times::vectors(), secrets(), bodies::vectors()].concat()
}

fn genuine() -> Vec<Vector> {
    vec![
        accepted("genuine", "as the provider sends it")
            .reads("id", "evt_1")
            .reads("type", "payment.succeeded")
            .reads("livemode", "true")
            .reads("status", "succeeded")
            .reads("final", "true"),
        accepted("header in capitals", "names of headers have no case").headers("TURRATECH-SIGNATURE", [signature()]),
    ]
}

fn headers() -> Vec<Vector> {
    let (good, digits) = (signature(), mac(TIME, BODY.as_bytes()));
    vec![
        unproven("signature missing", "nothing proves it").headers::<&str>(HEADER, []),
        unproven("signature in another header", "nothing proves it").headers("x-signature", [good.as_str()]),
        unproven("signature empty", "nothing proves it").headers(HEADER, [""]),
        unproven("signature twice", "which one is meant, nobody can say").headers(HEADER, [&*good, &*good]),
        unproven("signature twice, one wrong", "the wrong one may be what a proxy saw")
            .headers(HEADER, ["t=1", &*good]),
        unproven("signature in quotes", "the form is another").header(format!("\"{good}\"")),
        unproven("signature without its time", "the time is part of what is signed").header(format!("v1={digits}")),
        unproven("signature without digits", "there is no v1").header(format!("t={TIME}")),
        unproven("signature with nothing behind v1", "there are no digits").header(format!("t={TIME},v1=")),
        unproven("digits alone", "the form is another").header(digits.as_str()),
        unproven("signature of 1 MiB", "64 digits, not a million")
            .header(Blob::parts([format!("t={TIME},v1=").into(), Blob::repeat("a", MEBIBYTE)])),
        unproven("genuine digits and 1 MiB more", "64 digits, not a million")
            .header(Blob::parts([good.as_str().into(), Blob::repeat("0", MEBIBYTE)])),
        unproven("1 MiB of commas", "sixteen empty entries").header(Blob::repeat(",", MEBIBYTE)),
        unproven("signature of letters that are no ASCII", "digits are ASCII")
            .header(format!("t={TIME},v1={}", "\u{e9}".repeat(32))),
        unproven("signature with a byte 0xff behind it", "the digits go on")
            .header([good.as_bytes(), &[0xff]].concat()),
        unproven("signature with NUL behind it", "the digits go on").header(format!("{good}\0")),
        unproven("semicolon between the entries", "entries are parted by commas").header(good.replace(',', ";")),
        unproven("blank behind the comma", "the form is exact").header(good.replace(',', ", ")),
        unproven("names in capitals", "the names of entries have a case").header(format!("T={TIME},V1={digits}")),
    ]
}

fn encodings() -> Vec<Vector> {
    let tag = hmac(SECRET.as_bytes(), &[TIME.as_bytes(), b".", BODY.as_bytes()]);
    let digits = hex(&tag);
    let url_safe = base64(&tag).replace('+', "-").replace('/', "_");
    let mixed: String = digits.char_indices().map(|(at, c)| if at < 8 { c.to_ascii_uppercase() } else { c }).collect();
    let forms = [
        ("hex in upper case", digits.to_uppercase(), "lower-case digits are due here"),
        ("hex in both cases", mixed, "lower-case digits are due here"),
        ("hex of odd length", digits[..63].to_owned(), "64 digits are due"),
        ("hex with 0x", format!("0x{digits}"), "plain digits are due"),
        ("hex with a blank before it", format!(" {digits}"), "plain digits are due"),
        ("hex with a blank behind it", format!("{digits} "), "plain digits are due"),
        ("hex with a tab behind it", format!("{digits}\t"), "plain digits are due"),
        ("hex with a newline behind it", format!("{digits}\n"), "plain digits are due"),
        ("hex with CR LF behind it", format!("{digits}\r\n"), "plain digits are due"),
        ("hex with a blank inside", format!("{} {}", &digits[..32], &digits[32..]), "plain digits are due"),
        (
            "hex with colons",
            digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair)).collect::<Vec<_>>().join(":"),
            "plain digits are due",
        ),
        ("base64", base64(&tag), "only hexadecimal digits are due here"),
        (
            "base64 without padding",
            base64(&tag).trim_end_matches('=').to_owned(),
            "only hexadecimal digits are due here",
        ),
        ("base64 of the URL-safe alphabet", url_safe, "only hexadecimal digits are due here"),
        ("MAC cut to 31 bytes", digits[..62].to_owned(), "all 32 bytes count"),
        ("MAC cut to 16 bytes", digits[..32].to_owned(), "all 32 bytes count"),
        ("MAC cut to 1 byte", digits[..2].to_owned(), "all 32 bytes count"),
        ("MAC with a byte more", format!("{digits}00"), "32 bytes, not 33"),
        ("MAC twice over", format!("{digits}{digits}"), "32 bytes, not 64"),
        ("MAC without its first byte", digits[2..].to_owned(), "all 32 bytes count"),
        ("MAC of noughts", "0".repeat(64), "it is another MAC"),
        ("MAC with its last bit flipped", hex(&flipped(tag)), "it is another MAC"),
        ("MAC percent-encoded", format!("%{:02x}{}", digits.as_bytes()[0], &digits[1..]), "nothing is decoded"),
    ];
    forms.map(|(name, form, reason)| unproven(name, reason).header(format!("t={TIME},v1={form}"))).into()
}

/// A MAC of something else than this scheme's message.
fn messages() -> Vec<Vector> {
    let key = SECRET.as_bytes();
    let (time, body) = (TIME.as_bytes(), BODY.as_bytes());
    let forms = [
        ("MAC of the body alone", hmac(key, &[body]), "the time is part of what is signed"),
        ("MAC without the point", hmac(key, &[time, body]), "the point is part of what is signed"),
        ("MAC of body and time", hmac(key, &[body, b".", time]), "time, point, body: in this order"),
        ("MAC of the time alone", hmac(key, &[time, b"."]), "the body is what is signed"),
        (
            "MAC of the body's hash",
            hmac(key, &[time, b".", hex(&sha256(body)).as_bytes()]),
            "the body itself is signed",
        ),
        ("hash without a key", sha256(&[time, b".", body].concat()), "anyone can compute it"),
        ("hash of key and message", sha256(&[key, time, b".", body].concat()), "a hash with a prefix is no HMAC"),
    ];
    let mut vectors: Vec<Vector> =
        forms.map(|(name, tag, reason)| unproven(name, reason).header(format!("t={TIME},v1={}", hex(&tag)))).into();
    // The same bytes, parted elsewhere.
    let (shorter, last) = TIME.split_at(TIME.len() - 1);
    vectors.push(
        unproven("last digit of the time moved into the body", "the point does not move")
            .header(format!("t={shorter},v1={}", mac(TIME, body)))
            .body(format!("{last}.{BODY}")),
    );
    vectors
}

fn entries() -> Vec<Vector> {
    let digits = mac(TIME, BODY.as_bytes());
    let wrong = format!("v1={},", "0".repeat(64));
    let after =
        |times| Blob::parts([format!("t={TIME},").into(), Blob::repeat(&*wrong, times), format!("v1={digits}").into()]);
    vec![
        unproven("version 0 alone", "another version proves nothing here").header(format!("t={TIME},v0={digits}")),
        unproven("version 2 alone", "another version proves nothing here").header(format!("t={TIME},v2={digits}")),
        unproven("version 10 alone", "another version proves nothing here").header(format!("t={TIME},v10={digits}")),
        accepted("other versions beside it", "they are ignored")
            .header(format!("v0=x,t={TIME},v2={},v1={digits},v3", "0".repeat(64))),
        accepted("the time behind the signature", "entries have no order").header(format!("v1={digits},t={TIME}")),
        accepted("empty entries", "they are ignored").header(format!(",t={TIME},,v1={digits},")),
        accepted("a wrong signature before it", "one of them has to fit").header(after(1)),
        accepted("the sixteenth entry", "sixteen are looked at").header(after(14)),
        unproven("the seventeenth entry", "sixteen are looked at").header(after(15)),
        unproven("1,000 entries before it", "sixteen are looked at").header(after(1000)),
        accepted("1,000 entries behind it", "what stands behind the sixteenth is not looked at").header(Blob::parts([
            format!("t={TIME},v1={digits}").into(),
            Blob::repeat(format!(",v1={}", "0".repeat(64)), 1000),
        ])),
        unproven("the time behind the sixteenth", "there is no time among those looked at").header(Blob::parts([
            format!("v1={digits},").into(),
            Blob::repeat("v0=1,", 16),
            format!("t={TIME}").into(),
        ])),
    ]
}

fn secrets() -> Vec<Vector> {
    let by = |key: &[u8]| format!("t={TIME},v1={}", hex(&hmac(key, &[TIME.as_bytes(), b".", BODY.as_bytes()])));
    let both = format!("{},{}", by(b"whsec_other"), by(NEW.as_bytes()).replace(&format!("t={TIME},"), ""));
    let long = "whsec_".repeat(20);
    let refused = |name, reason, secret: &[u8]| new(name, Expect::RefusedWhenBuilt, reason).secrets([secret]);
    vec![
        accepted("old secret while it rotates", "every secret counts").secrets([NEW, SECRET]),
        accepted("new secret while it rotates", "every secret counts")
            .secrets([NEW, SECRET])
            .header(by(NEW.as_bytes())),
        accepted("signed with two secrets", "one of them has to fit").secrets([NEW, SECRET]).header(both),
        unproven("another secret", "it is nobody's here").secrets([NEW, SECRET]).header(by(b"whsec_other")),
        unproven("old secret after the rotation", "it does not count any more").secrets([NEW]),
        unproven("signed with the empty key", "it is nobody's").header(by(b"")),
        unproven("signed with the secret and a newline", "the key is the text as it is")
            .header(by(b"whsec_MfKQ9r8GKYq\n")),
        unproven("signed with the secret without its prefix", "nothing is cut off").header(by(b"MfKQ9r8GKYq")),
        unproven("signed with what the secret's hex means", "hexadecimal digits are not decoded")
            .secrets([HEX_SECRET])
            .header(by(b"0123456789abcdef")),
        accepted("signed with a secret of hex digits", "the text is the key")
            .secrets([HEX_SECRET])
            .header(by(HEX_SECRET.as_bytes())),
        unproven("signed with what the secret's base64 means", "base64 is not decoded")
            .secrets([BASE64_SECRET])
            .header(by(b"0123456789abcdef")),
        accepted("signed with a secret of base64", "the text is the key")
            .secrets([BASE64_SECRET])
            .header(by(BASE64_SECRET.as_bytes())),
        accepted("signed with the secret and NUL", "equal by construction: HMAC pads keys with NUL")
            .header(by(b"whsec_MfKQ9r8GKYq\0")),
        accepted(
            "signed with the hash of a secret longer than a block",
            "equal by construction: HMAC hashes long keys",
        )
        .secrets([&long])
        .header(by(&sha256(long.as_bytes()))),
        refused("secret empty", "anyone could sign with it", b""),
        refused(
            "secret with a newline behind it",
            "it comes from a file, and would prove nothing",
            b"whsec_MfKQ9r8GKYq\n",
        ),
        refused("secret of blanks", "it is no secret", b"  "),
        refused("secret with a blank inside", "it is a slip of copying", b"whsec_ MfKQ9r8GKYq"),
        refused("secret that is no ASCII", "it is a slip of copying", "whsec_\u{e9}".as_bytes()),
        refused("second secret empty", "anyone could sign with it", b"").secrets([SECRET, ""]),
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
    Vector::new(Provider::Turratech, Kind::Webhook, name, expect, reason)
        .secrets([SECRET])
        .at(NOW)
        .headers(HEADER, [signature()])
        .body(BODY)
}

impl Vector {
    fn header(self, value: impl Into<Blob>) -> Self {
        self.headers(HEADER, [value])
    }
}

fn signature() -> String {
    format!("t={TIME},v1={}", mac(TIME, BODY.as_bytes()))
}

fn mac(time: &str, body: &[u8]) -> String {
    hex(&hmac(SECRET.as_bytes(), &[time.as_bytes(), b".", body]))
}

fn flipped(mut tag: [u8; 32]) -> [u8; 32] {
    tag[31] ^= 1;
    tag
}

const HEADER: &str = "turratech-signature";
const SECRET: &str = "whsec_MfKQ9r8GKYq";
const NEW: &str = "whsec_new";
/// What these two mean is `0123456789abcdef`.
const HEX_SECRET: &str = "30313233343536373839616263646566";
const BASE64_SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";
const NOW: i64 = 1_767_323_045;
const TIME: &str = "1767323045";
const MEBIBYTE: usize = 1024 * 1024;

const BODY: &str = r#"{"id":"evt_1","type":"payment.succeeded","created":1704067200,"livemode":true,"data":{"object":{"id":"pay_1","amount":2000,"currency":"gbp","status":"succeeded","created":1704067200,"livemode":true}}}"#;
