//! One change to a genuine delivery, or to its receiver, such as somebody without the secret can make.

use super::{Case, Scheme};
use crate::attack::mutate;
use crate::random::Random;
use crate::vectors::crypto::{base64, hex, hmac, sha256};

/// The one kind that is no attack: the provider signs what is odd.
pub(super) const SIGNED: &str = "signed and odd";

/// Makes a change, and gives its kind.
pub(super) fn change(case: &mut Case, random: &mut Random) -> &'static str {
    let changes: &[(&str, Change)] = &[
        ("body bytes", body_bytes),
        ("body form", body_form),
        ("signature bytes", signature_bytes),
        ("signature form", signature_form),
        ("headers", headers),
        ("time", time),
        ("parts exchanged", exchanged),
        ("receiver's key", receivers_key),
        ("sender's key", senders_key),
        ("another scheme", another_scheme),
        (SIGNED, signed),
    ];
    let (kind, make) = random.pick(changes);
    make(case, random);
    kind
}

/// A change to a genuine delivery.
type Change = fn(&mut Case, &mut Random);

fn body_bytes(case: &mut Case, random: &mut Random) {
    let other = case.sign(random, None);
    case.body = mutate::bytes(random, &case.body, &other.body);
}

fn body_form(case: &mut Case, random: &mut Random) {
    case.body = mutate::json(random, &text(&case.body));
}

fn signature_bytes(case: &mut Case, random: &mut Random) {
    let other = case.sign(random, None);
    let other = case.value(random, &other);
    let value = mutate::bytes(random, value(case), &other);
    set(case, value);
}

fn signature_form(case: &mut Case, random: &mut Random) {
    let known = case.known[0].clone();
    let digits = hex(&known.tag);
    let at = random.below(63) + 1;
    let mut flipped = known.tag;
    flipped[random.below(32)] ^= 1 << random.below(8);
    let encoded = base64(&known.tag);
    let form = match random.below(26) {
        0 => digits.to_uppercase(),
        1 => digits.chars().map(|c| if random.one_in(2) { c.to_ascii_uppercase() } else { c }).collect(),
        2 => format!("0x{digits}"),
        3 => format!(" {digits}"),
        4 => format!("{digits} "),
        5 => format!("{digits}\n"),
        6 => format!("{} {}", &digits[..at], &digits[at..]),
        7 => digits[..at].to_owned(),
        8 => digits[at..].to_owned(),
        9 => format!("{digits}{}", random.word(at)),
        10 => format!("{digits}{digits}"),
        11 => encoded,
        12 => encoded.trim_end_matches('=').to_owned(),
        13 => encoded.replace('+', "-").replace('/', "_"),
        14 => format!("{encoded}="),
        15 => trailing_bits(random, &encoded),
        16 => base64(digits.as_bytes()),
        17 => hex(&flipped),
        18 => base64(&flipped),
        19 => "0".repeat(64),
        20 => String::new(),
        21 => "\u{e9}".repeat(32),
        22 => format!("{digits}\0"),
        23 => format!("\"{digits}\""),
        24 if random.one_in(50) => "a".repeat(1024 * 1024),
        24 => hex(&random.bytes::<32>()),
        _ => base64(&known.tag[..at % 32]),
    };
    let value = match case.scheme {
        Scheme::Turbopay => form,
        Scheme::Turratech => in_entries(random, &known.time, &form, &digits),
    };
    set(case, value.into_bytes());
}

/// The form of the digits among entries of several forms.
fn in_entries(random: &mut Random, time: &str, form: &str, digits: &str) -> String {
    let other = format!("v1={},", "0".repeat(64));
    match random.below(12) {
        0 => format!("t={time},v0={digits},v1={form}"),
        1 => format!("t={time},v{}={digits}", random.pick(&["0", "2", "10", "", "1 ", "01"])),
        2 => format!("t={time},{}v1={digits}", other.repeat(1000)),
        3 => format!("t={time},{}v1={digits}", other.repeat(13 + random.below(4))),
        4 => format!("t={time},v1={digits},{}", other.repeat(1000)),
        5 => format!("t={time};v1={digits}"),
        6 => format!("t={time}, v1={digits}"),
        7 => format!("{digits},t={time}"),
        8 => format!("T={time},V1={digits}"),
        9 => format!("v1={digits}"),
        _ => format!("t={time},v1={form}"),
    }
}

fn headers(case: &mut Case, random: &mut Random) {
    let other = case.sign(random, None);
    let (name, genuine, other) = (case.scheme.header(), value(case).to_vec(), case.value(random, &other));
    case.headers = match random.below(10) {
        0 => Vec::new(),
        1 => vec![(name, genuine.clone()), (name, genuine)],
        2 => vec![(name, genuine), (name, other)],
        3 => vec![(name, other), (name, genuine)],
        4 => vec![("x-signature", genuine)],
        5 => vec![("x-signature", other), (name, genuine)],
        6 => vec![(if case.scheme == Scheme::Turbopay { "X-Pay-Signature" } else { "TurraTech-Signature" }, genuine)],
        7 => vec![(name, [genuine, b",".to_vec(), other].concat())],
        8 => vec![(name, [other, b",".to_vec(), genuine].concat())],
        _ => vec![(name, Vec::new())],
    };
}

fn time(case: &mut Case, random: &mut Random) {
    let known = case.known[0].clone();
    let (time, digits) = (&known.time, hex(&known.tag));
    if case.scheme == Scheme::Turbopay {
        // There is none to change: a time of another scheme's is no part of this one.
        return set(case, format!("t={time},v1={digits}").into_bytes());
    }
    let signed: i64 = time.parse().unwrap_or_default();
    match random.below(4) {
        0 => case.clock = signed + random.pick(&[299, 300, 301, -299, -300, -301, 86_400, -86_400]),
        1 => case.clock = random.pick(&[0, -1, -86_400, -377_705_116_800, 253_402_300_799]),
        2 => {
            // Its time made fresh, as a replay would have it.
            case.clock = signed + random.between_signed(301, 100_000);
            set(case, format!("t={},v1={digits}", case.clock).into_bytes());
        }
        _ => {
            let form = match random.below(14) {
                0 => String::new(),
                1 => format!("+{time}"),
                2 => format!("-{time}"),
                3 => format!("0{time}"),
                4 => format!("{time}.0"),
                5 => format!(" {time}"),
                6 => format!("{time} "),
                7 => format!("{time}e0"),
                8 => format!("{time},t={time}"),
                9 => format!("{time},t=1"),
                10 => format!("1,t={time}"),
                11 => (i128::from(signed) + (1_i128 << random.pick(&[32, 63, 64]))).to_string(),
                12 => time.chars().filter_map(|c| char::from_u32(0x660 + c.to_digit(10)?)).collect(),
                _ => "1e9".to_owned(),
            };
            set(case, format!("t={form},v1={digits}").into_bytes());
        }
    }
}

fn exchanged(case: &mut Case, random: &mut Random) {
    let first = case.known[0].clone();
    let second = case.sign(random, None);
    match random.below(6) {
        0 => case.body = second.body,
        1 => {
            let value = case.value(random, &second);
            set(case, value);
        }
        2 => set(case, format!("t={},v1={}", second.time, hex(&first.tag)).into_bytes()),
        3 => set(case, format!("t={},v1={}", first.time, hex(&second.tag)).into_bytes()),
        4 => {
            // What is signed is the same, parted elsewhere.
            let (time, last) = first.time.split_at(first.time.len() - 1 - random.below(8));
            case.body = [last.as_bytes(), b".", &first.body].concat();
            set(case, format!("t={time},v1={}", hex(&first.tag)).into_bytes());
        }
        _ => {
            // The whole other delivery: genuine as well.
            let value = case.value(random, &second);
            case.body = second.body;
            set(case, value);
        }
    }
}

fn receivers_key(case: &mut Case, random: &mut Random) {
    let at = random.below(case.secrets.len());
    let old = case.secrets[at].clone();
    let new = match random.below(9) {
        0 => format!("{old}\n"),
        1 => format!("{old}\0"),
        2 => String::new(),
        3 => old[..old.len() - 1].to_owned(),
        4 => format!("{old}{}", random.word(1)),
        5 => old.replacen("whsec_", "", 1),
        6 => old.to_uppercase(),
        7 => hex(&sha256(old.as_bytes())),
        _ => text(&mutate::bytes(random, old.as_bytes(), b"whsec_")),
    };
    case.secrets[at] = new;
}

fn senders_key(case: &mut Case, random: &mut Random) {
    let known = case.known[0].clone();
    let secret = known.secret.as_bytes();
    let key = match random.below(12) {
        0 => [secret, b"\n"].concat(),
        1 => [secret, b"\r\n"].concat(),
        // Equal by construction, unless the key fills a block.
        2 => [secret, b"\0"].concat(),
        3 => Vec::new(),
        4 => secret[6..].to_vec(),
        5 => secret[..secret.len() - 1].to_vec(),
        6 => known.secret.to_uppercase().into_bytes(),
        // Equal by construction where the key is longer than a block.
        7 => sha256(secret).to_vec(),
        8 => hex(secret).into_bytes(),
        9 => base64(secret).into_bytes(),
        10 => random.bytes::<32>().to_vec(),
        _ => mutate::bytes(random, secret, b"whsec_"),
    };
    let tag = case.tag(&key, &known.time, &known.body);
    forge(case, &tag);
}

fn another_scheme(case: &mut Case, random: &mut Random) {
    let known = case.known[0].clone();
    let (key, time, body) = (known.secret.as_bytes(), known.time.as_bytes(), known.body.as_slice());
    let mut tag = match random.below(10) {
        0 => hmac(key, &[time, body]),
        1 => hmac(key, &[body, b".", time]),
        2 => hmac(key, &[time]),
        3 => hmac(key, &[]),
        4 => hmac(body, &[key]),
        5 => sha256(body),
        6 => sha256(&[key, body].concat()),
        7 => sha256(&[time, b".", body].concat()),
        8 => hmac(key, &[&sha256(body)]),
        // The scheme of the other provider.
        _ => match case.scheme {
            Scheme::Turratech => hmac(key, &[body]),
            Scheme::Turbopay => hmac(key, &[time, b".", body]),
        },
    };
    if random.one_in(8) {
        tag.reverse();
    }
    forge(case, &tag);
}

fn signed(case: &mut Case, random: &mut Random) {
    let body = if random.one_in(2) {
        mutate::json(random, &text(&case.body))
    } else {
        let other = case.sign(random, None);
        mutate::bytes(random, &case.body, &other.body)
    };
    let known = case.sign(random, Some(body));
    let value = case.value(random, &known);
    case.body = known.body;
    set(case, value);
}

fn forge(case: &mut Case, tag: &[u8; 32]) {
    let value = match case.scheme {
        Scheme::Turratech => format!("t={},v1={}", case.known[0].time, hex(tag)),
        Scheme::Turbopay => hex(tag),
    };
    set(case, value.into_bytes());
}

/// The last letter before the padding carries two bits that mean nothing.
fn trailing_bits(random: &mut Random, encoded: &str) -> String {
    format!("{}{}=", &encoded[..42], random.word(1))
}

fn value(case: &Case) -> &[u8] {
    &case.headers[0].1
}

fn set(case: &mut Case, value: Vec<u8>) {
    case.headers = vec![(case.scheme.header(), value)];
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
