//! The signature: its encoding, the message that it signs, and its place in the header.

use sha2::{Digest as _, Sha512};

use super::Genuine;
use crate::crypto::{base64, hex, hmac, sha256};
use crate::vectors::{Encoded, Vector, rows};

pub(super) fn encodings(g: &Genuine) -> Vec<Vector> {
    let tag = g.tag(g.secret.as_bytes(), &g.time(), g.body.as_bytes());
    let (hex_text, text) = (hex(&tag), base64(&tag));
    let hex_text = hex_text.as_str();
    let url_safe = text.replace('+', "-").replace('/', "_");
    let upper = |count: usize| format!("{}{}", hex_text[..count].to_uppercase(), &hex_text[count..]);
    let colons = hex_text.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":");
    let (mut first, mut last) = (tag, tag);
    first[0] ^= 0x80;
    last[31] ^= 1;
    let sig = |form: &str| g.with_signature(form);
    rows! { g;
        turratech Rejected "hex in upper case", "lower-case digits are due here" => sig(&upper(64));
        turbopay Accepted "hex in upper case", "either case is due here" => sig(&upper(64));
        turratech Rejected "hex in both cases", "lower-case digits are due here" => sig(&upper(8));
        turbopay Accepted "hex in both cases", "either case is due here" => sig(&upper(32));
        turbopay Accepted "base64", "base64 of the same bytes is due too" => sig(&text);
        both Rejected "hex of odd length", "64 digits are due" => sig(&hex_text[..63]);
        both Rejected "hex with 0x", "plain digits are due" => sig(&format!("0x{hex_text}"));
        both Rejected "hex with a blank before it", "plain digits are due" => sig(&format!(" {hex_text}"));
        both Rejected "hex with a blank behind it", "plain digits are due" => sig(&format!("{hex_text} "));
        both Rejected "hex with a tab behind it", "plain digits are due" => sig(&format!("{hex_text}\t"));
        both Rejected "hex with a newline behind it", "plain digits are due" => sig(&format!("{hex_text}\n"));
        turratech Rejected "hex with CR LF behind it", "plain digits are due" => sig(&format!("{hex_text}\r\n"));
        both Rejected "hex with a blank inside", "plain digits are due"
            => sig(&format!("{} {}", &hex_text[..32], &hex_text[32..]));
        turratech Rejected "hex with colons", "plain digits are due" => sig(&colons);
        turratech Rejected "base64", "only hexadecimal digits are due here" => sig(&text);
        turratech Rejected "base64 without padding", "only hexadecimal digits are due here"
            => sig(text.trim_end_matches('='));
        turratech Rejected "base64 of the URL-safe alphabet", "only hexadecimal digits are due here" => sig(&url_safe);
        turbopay Rejected "base64 without padding", "padding is due" => sig(text.trim_end_matches('='));
        turbopay Rejected "base64 with padding too much", "one sign of padding is due" => sig(&format!("{text}="));
        turbopay Rejected "base64 of the URL-safe alphabet", "the standard alphabet is due" => sig(&url_safe);
        turbopay Rejected "base64 with a blank for the plus", "the standard alphabet is due"
            => sig(&text.replace('+', " "));
        turbopay Rejected "base64 with a newline behind it", "nothing else is due" => sig(&format!("{text}\n"));
        turbopay Rejected "base64 with bits that mean nothing", "a MAC has one form in base64"
            => sig(&trailing_bits(&text));
        turbopay Rejected "base64 of the digits", "base64 of the bytes is due" => sig(&base64(hex_text.as_bytes()));
        turbopay Rejected "base64 of 31 bytes", "all 32 bytes count" => sig(&base64(&tag[..31]));
        turbopay Rejected "base64 of 33 bytes", "32 bytes, not 33" => sig(&base64(&[&tag[..], &[0]].concat()));
        both Rejected "MAC cut to 31 bytes", "all 32 bytes count" => sig(&hex_text[..62]);
        both Rejected "MAC cut to 16 bytes", "all 32 bytes count" => sig(&hex_text[..32]);
        both Rejected "MAC cut to 1 byte", "all 32 bytes count" => sig(&hex_text[..2]);
        both Rejected "MAC with a byte more", "32 bytes, not 33" => sig(&format!("{hex_text}00"));
        both Rejected "MAC twice over", "32 bytes, not 64" => sig(&hex_text.repeat(2));
        turratech Rejected "MAC without its first byte", "all 32 bytes count" => sig(&hex_text[2..]);
        both Rejected "MAC of noughts", "it is another MAC" => sig(&"0".repeat(64));
        turratech Rejected "MAC with its last bit flipped", "it is another MAC" => sig(&hex(&last));
        turbopay Rejected "MAC with its first bit flipped", "it is another MAC" => sig(&hex(&first));
        turratech Rejected "MAC percent-encoded", "nothing is decoded"
            => sig(&format!("%{:02x}{}", hex_text.as_bytes()[0], &hex_text[1..]));
    }
}

/// MACs of other messages and by other schemes.
pub(super) fn messages(g: &Genuine) -> Vec<Vector> {
    let (key, body, time) = (g.secret.as_bytes(), g.body.as_bytes(), g.time());
    let time = time.as_bytes();
    let tag = |tag: [u8; 32]| g.with_signature(&hex(&tag));
    let without_key = if g.is_turratech() { sha256(&[time, b".", body].concat()) } else { sha256(body) };
    let (shorter, last) = time.split_at(time.len() - 1);
    let (shorter, last) = (String::from_utf8_lossy(shorter), String::from_utf8_lossy(last));
    let genuine = hex(&g.tag(key, &g.time(), body));
    rows! { g;
        turratech Rejected "MAC of the body alone", "the time is part of what is signed" => tag(hmac(key, &[body]));
        turratech Rejected "MAC without the point", "the point is part of what is signed"
            => tag(hmac(key, &[time, body]));
        turratech Rejected "MAC of body and time", "time, point, body: in this order"
            => tag(hmac(key, &[body, b".", time]));
        turratech Rejected "MAC of the time alone", "the body is what is signed" => tag(hmac(key, &[time, b"."]));
        turratech Rejected "MAC of the body's hash", "the body itself is signed"
            => tag(hmac(key, &[time, b".", hex(&sha256(body)).as_bytes()]));
        turbopay Rejected "MAC of the body and a newline", "the raw body is signed" => tag(hmac(key, &[body, b"\n"]));
        turbopay Rejected "MAC of a time and the body", "the raw body is signed" => tag(hmac(key, &[time, b".", body]));
        turbopay Rejected "MAC of the body's hash", "the body itself is signed" => tag(hmac(key, &[&sha256(body)]));
        turbopay Rejected "MAC of nothing", "the body is what is signed" => tag(hmac(key, &[]));
        turbopay Rejected "MAC with key and body exchanged", "anyone could compute part of it"
            => tag(hmac(body, &[key]));
        both Rejected "hash without a key", "anyone can compute it" => tag(without_key);
        turratech Rejected "hash of key and message", "a hash with a prefix is no HMAC"
            => tag(sha256(&[key, time, b".", body].concat()));
        turbopay Rejected "hash of key and body", "a hash with a prefix is no HMAC" => tag(sha256(&[key, body].concat()));
        turbopay Rejected "SHA-512", "it is another scheme" => g.with_signature(&hex(&Sha512::digest(body)));
        turbopay Rejected "SHA-512 cut to 32 bytes", "it is another scheme"
            => g.with_signature(&hex(&Sha512::digest(body)[..32]));
        turbopay Rejected "20 bytes, as of SHA-1", "it is another scheme"
            => g.with_signature(&hex(&hmac(key, &[body])[..20]));
        turratech Rejected "last digit of the time moved into the body", "the point does not move"
            => g.with_header(format!("t={shorter},v1={genuine}")).body(format!("{last}.{}", g.body));
    }
}

/// The entries of TurraTech's header.
pub(super) fn entries(g: &Genuine) -> Vec<Vector> {
    let (time, digits) = (g.time(), hex(&g.tag(g.secret.as_bytes(), &g.time(), g.body.as_bytes())));
    let (t, v1, zeros) = (format!("t={time}"), format!("v1={digits}"), "0".repeat(64));
    let entry = format!("v1={zeros},");
    let after = |times| {
        g.with_header(Encoded::parts([format!("{t},").into(), Encoded::repeat(&*entry, times), v1.as_str().into()]))
    };
    let behind = Encoded::parts([format!("{t},{v1}").into(), Encoded::repeat(format!(",v1={zeros}"), 1000)]);
    let late = Encoded::parts([format!("{v1},").into(), Encoded::repeat("v0=1,", 16), t.as_str().into()]);
    rows! { g;
        turratech Rejected "version 0 alone", "another version proves nothing here"
            => g.with_header(format!("{t},v0={digits}"));
        turratech Rejected "version 2 alone", "another version proves nothing here"
            => g.with_header(format!("{t},v2={digits}"));
        turratech Rejected "version 10 alone", "another version proves nothing here"
            => g.with_header(format!("{t},v10={digits}"));
        turratech Accepted "other versions beside it", "they are ignored"
            => g.with_header(format!("v0=x,{t},v2={zeros},{v1},v3"));
        turratech Accepted "the time behind the signature", "entries have no order"
            => g.with_header(format!("{v1},{t}"));
        turratech Accepted "empty entries", "they are ignored" => g.with_header(format!(",{t},,{v1},"));
        turratech Accepted "a wrong signature before it", "one of them has to fit" => after(1);
        turratech Accepted "the sixteenth entry", "sixteen are looked at" => after(14);
        turratech Rejected "the seventeenth entry", "sixteen are looked at" => after(15);
        turratech Rejected "1,000 entries before it", "sixteen are looked at" => after(1000);
        turratech Accepted "1,000 entries behind it", "what stands behind the sixteenth is not looked at"
            => g.with_header(behind);
        turratech Rejected "the time behind the sixteenth", "there is no time among those looked at"
            => g.with_header(late);
    }
}

/// Changes the two bits of the last digit that encode nothing.
fn trailing_bits(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (most, last) = text.trim_end_matches('=').split_at(text.len() - 2);
    let changed = ALPHABET.find(last).and_then(|at| ALPHABET.get(at + 1..at + 2)).unwrap_or_default();
    format!("{most}{changed}=")
}
