//! Turbo Transactions' encrypted callbacks: random changes, with and without the key.
//!
//! Encryption proves no origin: a callback that decrypts gives an id to look up, and all failures look alike.

use crate::attack::{Attempt, Expected};
use crate::crypto::{base64, encrypt, encrypt_padded, hex};
use crate::mutate::mutate;
use crate::{Delivery, Kind, Provider, Random, json};

const KINDS: &[(&str, Change)] = &[
    ("initialization vector", change_vector),
    ("blocks", change_blocks),
    ("length", change_length),
    ("swapped parts", exchange),
    ("padding", change_padding),
    ("base64", change_encoding),
    ("body bytes", body_bytes),
    ("body form", body_form),
    ("receiver's key", receivers_key),
    ("text", change_text),
];

type Change = fn(&mut Callback, &mut Random);

/// Makes a genuine callback and changes it.
pub(crate) fn attempt(random: &mut Random) -> Attempt {
    let mut callback = Callback::genuine(random);
    let genuine = callback.delivery();
    let (kind, change) = random.pick(KINDS);
    change(&mut callback, random);
    let changed = callback.delivery();
    let id = callback.order;
    let expected = if callback.has_other_key { Expected::NoHint { id } } else { Expected::Hint { id } };
    Attempt { kind, genuine, changed, expected }
}

struct Callback {
    key: [u8; 32],
    /// The key as the merchant has configured it.
    secret: String,
    order: String,
    data: Vec<u8>,
    body: Vec<u8>,
    has_other_key: bool,
}

impl Callback {
    fn genuine(random: &mut Random) -> Self {
        let key = random.bytes();
        let length = random.below(20) + 1;
        let order = random.word(length);
        let data = encrypt(&key, random.bytes(), claim(random, &order).as_bytes());
        let body = body_of(&base64(&data)).into_bytes();
        Self { key, secret: base64(&key), order, data, body, has_other_key: false }
    }

    fn delivery(&self) -> Delivery {
        let (provider, kind) = (Provider::TurboTxn, Kind::Callback);
        let secrets = vec![self.secret.clone()];
        Delivery { provider, kind, secrets, clock: 0, headers: Vec::new(), body: self.body.clone() }
    }

    fn set(&mut self, data: &[u8]) {
        self.body = body_of(&base64(data)).into_bytes();
    }
}

fn change_vector(callback: &mut Callback, random: &mut Random) {
    let mut data = callback.data.clone();
    match random.below(4) {
        0 => data[..16].fill(random.byte()),
        1 => data[..16].copy_from_slice(&random.bytes::<16>()),
        _ => data[random.below(16)] ^= random.byte().max(1),
    }
    callback.set(&data);
}

fn change_blocks(callback: &mut Callback, random: &mut Random) {
    let mut blocks: Vec<Vec<u8>> = callback.data.chunks(16).map(<[u8]>::to_vec).collect();
    let (first, second) = (random.below(blocks.len()), random.below(blocks.len()));
    match random.below(5) {
        0 => blocks.swap(first, second),
        1 => drop(blocks.remove(first)),
        2 => blocks.insert(first, blocks[second].clone()),
        3 => blocks.insert(first, random.bytes::<16>().to_vec()),
        _ => blocks[first][random.below(16)] ^= 1 << random.below(8),
    }
    callback.set(&blocks.concat());
}

fn change_length(callback: &mut Callback, random: &mut Random) {
    let mut data = callback.data.clone();
    if random.one_in(4) {
        let more = random.below(40);
        data.extend((0..more).map(|_| random.byte()));
    } else {
        let any = random.below(data.len());
        data.truncate(random.pick(&[0, 1, 15, 16, 17, 31, 32, 33, any]));
    }
    callback.set(&data);
}

fn exchange(callback: &mut Callback, random: &mut Random) {
    let order = random.word(callback.order.len());
    let other = encrypt(&callback.key, random.bytes(), claim(random, &order).as_bytes());
    let at = 16 * random.below(callback.data.len() / 16);
    let data = match random.below(4) {
        0 => other,
        1 => [&callback.data[..16], &other[16..]].concat(),
        2 => [&callback.data[..at], &other[at.min(other.len())..]].concat(),
        _ => [callback.data.clone(), other].concat(),
    };
    callback.set(&data);
}

fn change_padding(callback: &mut Callback, random: &mut Random) {
    let count = 1 + random.below(32);
    let mut padded = format!(r#"{{"orderId":"{}"}}"#, callback.order).into_bytes();
    padded.extend((0..count).map(|_| if random.one_in(4) { random.byte() } else { b' ' }));
    padded.resize(padded.len().next_multiple_of(16), random.byte() % 20);
    callback.set(&encrypt_padded(&callback.key, random.bytes(), &padded));
}

fn change_encoding(callback: &mut Callback, random: &mut Random) {
    let text = base64(&callback.data);
    let at = random.below(text.len());
    let form = match random.below(10) {
        0 => text.replace('+', " "),
        1 => text.replace('+', "-").replace('/', "_"),
        2 => text.trim_end_matches('=').to_owned(),
        3 => format!("{text}="),
        4 => format!("{} {}", &text[..at], &text[at..]),
        5 => format!("{}\\n{}", &text[..at], &text[at..]),
        6 => base64(text.as_bytes()),
        7 => hex(&callback.data),
        8 => text.to_lowercase(),
        _ => text.replace('+', "%2B").replace('/', "%2F"),
    };
    callback.body = body_of(&form).into_bytes();
}

fn body_bytes(callback: &mut Callback, random: &mut Random) {
    let other = encrypt(&callback.key, random.bytes(), claim(random, "other").as_bytes());
    callback.body = mutate(random, &callback.body, body_of(&base64(&other)).as_bytes(), 3);
}

fn body_form(callback: &mut Callback, random: &mut Random) {
    callback.body = json::rewrite(random, &String::from_utf8_lossy(&callback.body));
}

fn receivers_key(callback: &mut Callback, random: &mut Random) {
    let mut key = callback.key;
    callback.secret = match random.below(8) {
        0 => base64(&random.bytes::<64>()[..random.pick(&[0, 16, 24, 31, 33, 64])]),
        1 => random.word(32),
        2 => format!("{}\n", callback.secret),
        3 => callback.secret.trim_end_matches('=').to_owned(),
        4 => hex(&callback.key),
        5 => {
            key.reverse();
            base64(&key)
        }
        _ => {
            key[random.below(32)] ^= 1 << random.below(8);
            base64(&key)
        }
    };
    callback.has_other_key = true;
}

/// Anyone who has the key can write any text, which still gives no more than a hint.
fn change_text(callback: &mut Callback, random: &mut Random) {
    let claim = claim(random, &callback.order);
    let text = match random.below(3) {
        0 => json::rewrite(random, &claim),
        1 => mutate(random, claim.as_bytes(), b"{\"orderId\":\"../o-1\"}", 3),
        _ => format!(r#"{{"orderId":"{}","amount":1e400}}"#, random.pick(ORDERS)).into_bytes(),
    };
    callback.set(&encrypt(&callback.key, random.bytes(), &text));
}

/// Order ids that are invalid, or that would lead elsewhere in a path.
const ORDERS: &[&str] =
    &["../admin", "a b", "a\\r\\nx: y", "a\\u0000", "\u{e9}", "", "?", "#", "%2e%2e", "\\ud83d\\udcb7"];

fn claim(random: &mut Random, order: &str) -> String {
    let amount = random.below(1_000_000);
    match random.below(3) {
        0 => format!(r#"{{"orderId":"{order}","amount":{amount}.01,"txnStatus":"Rejected","utr":"402393486736"}}"#),
        1 => format!(r#"{{"amount":{amount},"txnStatus":"Approved","orderId":"{order}"}}"#),
        _ => format!(r#"{{"utr":"402393486736","amount":{amount}.5,"orderId":"{order}","txnStatus":"Pending"}}"#),
    }
}

fn body_of(data: &str) -> String {
    format!(r#"{{"encryptedData":"{data}"}}"#)
}
