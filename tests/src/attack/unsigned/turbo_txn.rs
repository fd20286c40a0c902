use turbo_txn::{CallbackDecryptor, CallbackKey, MerchantOrderId, Unverified};

use super::judge;
use crate::attack::{Attempt, Outcome, mutate};
use crate::random::Random;
use crate::vectors::crypto::{base64, encrypt, encrypt_padded, hex};

pub(in crate::attack) fn attack(random: &mut Random, attempt: &mut Attempt) -> Outcome {
    let mut case = Case::genuine(random);
    attempt.kind = "genuine";
    attempt.shown = case.shown();
    if !matches!(case.deliver(), Outcome::SameHint) {
        return Outcome::Wrong(format!("a genuine callback: {:?}", case.deliver()));
    }
    let changes: &[(&str, Change)] = &[
        ("vector", vector),
        ("blocks", blocks),
        ("cut or longer", length),
        ("parts exchanged", exchanged),
        ("padding", padding),
        ("base64", encoding),
        ("body bytes", body_bytes),
        ("body form", body_form),
        ("receiver's key", receivers_key),
        ("text", text),
    ];
    let (kind, make) = random.pick(changes);
    attempt.kind = kind;
    let genuine = (case.body.clone(), case.secret.clone());
    make(&mut case, random);
    attempt.shown = case.shown();
    if (&case.body, &case.secret) == (&genuine.0, &genuine.1) { Outcome::Equal } else { case.deliver() }
}

/// A change to a genuine delivery.
type Change = fn(&mut Case, &mut Random);

struct Case {
    key: [u8; 32],
    /// As it is configured.
    secret: String,
    order: String,
    data: Vec<u8>,
    body: Vec<u8>,
    /// Nothing that is encrypted with one key decrypts with another.
    is_foreign: bool,
}

impl Case {
    fn genuine(random: &mut Random) -> Self {
        let key = random.bytes();
        let length = random.below(20) + 1;
        let order = random.word(length);
        let data = encrypt(&key, random.bytes(), claim(random, &order).as_bytes());
        let body = body_of(&base64(&data));
        Self { key, secret: base64(&key), order, data, body, is_foreign: false }
    }

    fn deliver(&self) -> Outcome {
        let Ok(key) = CallbackKey::new(self.secret.as_str()) else { return Outcome::RefusedWhenBuilt };
        let result = CallbackDecryptor::new(key).decrypt(&self.body);
        if self.is_foreign && result.is_ok() {
            return Outcome::Wrong("it decrypts with another key".to_owned());
        }
        let shown = |id: &str| format!("Unverified(MerchantOrderId({id:?}))");
        judge(result, &self.order, |hint: &Unverified<MerchantOrderId>| hint.claimed().as_str(), is_id, shown)
    }

    fn set(&mut self, data: &[u8]) {
        self.body = body_of(&base64(data));
    }

    fn shown(&self) -> String {
        format!("key {:?}\n{}", self.secret, self.body[..self.body.len().min(2000)].escape_ascii())
    }
}

fn vector(case: &mut Case, random: &mut Random) {
    let mut data = case.data.clone();
    match random.below(4) {
        0 => data[..16].fill(random.byte()),
        1 => data[..16].copy_from_slice(&random.bytes::<16>()),
        _ => data[random.below(16)] ^= random.byte().max(1),
    }
    case.set(&data);
}

fn blocks(case: &mut Case, random: &mut Random) {
    let mut blocks: Vec<Vec<u8>> = case.data.chunks(16).map(<[u8]>::to_vec).collect();
    let (first, second) = (random.below(blocks.len()), random.below(blocks.len()));
    match random.below(5) {
        0 => blocks.swap(first, second),
        1 => drop(blocks.remove(first)),
        2 => blocks.insert(first, blocks[second].clone()),
        3 => blocks.insert(first, random.bytes::<16>().to_vec()),
        _ => blocks[first][random.below(16)] ^= 1 << random.below(8),
    }
    case.set(&blocks.concat());
}

fn length(case: &mut Case, random: &mut Random) {
    let lengths = [0, 1, 15, 16, 17, 31, 32, 33, random.below(case.data.len())];
    let mut data = case.data.clone();
    if random.one_in(4) {
        let more = random.below(40);
        data.extend((0..more).map(|_| random.byte()));
    } else {
        data.truncate(random.pick(&lengths));
    }
    case.set(&data);
}

fn exchanged(case: &mut Case, random: &mut Random) {
    let order = random.word(case.order.len());
    let other = encrypt(&case.key, random.bytes(), claim(random, &order).as_bytes());
    let at = 16 * random.below(case.data.len() / 16);
    let data = match random.below(4) {
        0 => other,
        1 => [&case.data[..16], &other[16..]].concat(),
        2 => [&case.data[..at], &other[at.min(other.len())..]].concat(),
        _ => [case.data.clone(), other].concat(),
    };
    case.set(&data);
}

fn padding(case: &mut Case, random: &mut Random) {
    let count = 1 + random.below(32);
    let text = format!(r#"{{"orderId":"{}"}}"#, case.order);
    let mut padded = text.into_bytes();
    padded.extend((0..count).map(|_| if random.one_in(4) { random.byte() } else { b' ' }));
    padded.resize(padded.len().next_multiple_of(16), random.byte() % 20);
    let data = encrypt_padded(&case.key, random.bytes(), &padded);
    case.set(&data);
}

fn encoding(case: &mut Case, random: &mut Random) {
    let text = base64(&case.data);
    let at = random.below(text.len());
    let form = match random.below(10) {
        0 => text.replace('+', " "),
        1 => text.replace('+', "-").replace('/', "_"),
        2 => text.trim_end_matches('=').to_owned(),
        3 => format!("{text}="),
        4 => format!("{} {}", &text[..at], &text[at..]),
        5 => format!("{}\\n{}", &text[..at], &text[at..]),
        6 => base64(text.as_bytes()),
        7 => hex(&case.data),
        8 => text.to_lowercase(),
        _ => text.replace('+', "%2B").replace('/', "%2F"),
    };
    case.body = body_of(&form);
}

fn body_bytes(case: &mut Case, random: &mut Random) {
    let other = encrypt(&case.key, random.bytes(), claim(random, "other").as_bytes());
    case.body = mutate::bytes(random, &case.body, &body_of(&base64(&other)));
}

fn body_form(case: &mut Case, random: &mut Random) {
    case.body = mutate::json(random, &String::from_utf8_lossy(&case.body));
}

fn receivers_key(case: &mut Case, random: &mut Random) {
    let mut key = case.key.to_vec();
    match random.below(8) {
        0 => case.secret = base64(&random.bytes::<64>()[..random.pick(&[0, 16, 24, 31, 33, 64])]),
        1 => case.secret = random.word(32),
        2 => case.secret.push('\n'),
        3 => case.secret = case.secret.trim_end_matches('=').to_owned(),
        4 => case.secret = hex(&case.key),
        5 => {
            key.reverse();
            case.secret = base64(&key);
        }
        _ => {
            key[random.below(32)] ^= 1 << random.below(8);
            case.secret = base64(&key);
        }
    }
    case.is_foreign = true;
}

/// Whoever has the key may write what he likes, and still gives no more than a hint.
fn text(case: &mut Case, random: &mut Random) {
    let claim = claim(random, &case.order);
    let text = match random.below(3) {
        0 => mutate::json(random, &claim),
        1 => mutate::bytes(random, claim.as_bytes(), b"{\"orderId\":\"../o-1\"}"),
        _ => {
            let orders =
                ["../admin", "a b", "a\\r\\nx: y", "a\\u0000", "\u{e9}", "", "?", "#", "%2e%2e", "\\ud83d\\udcb7"];
            format!(r#"{{"orderId":"{}","amount":1e400}}"#, random.pick(&orders)).into_bytes()
        }
    };
    let data = encrypt(&case.key, random.bytes(), &text);
    case.set(&data);
}

fn claim(random: &mut Random, order: &str) -> String {
    let amount = random.below(1_000_000);
    match random.below(3) {
        0 => format!(r#"{{"orderId":"{order}","amount":{amount}.01,"txnStatus":"Rejected","utr":"402393486736"}}"#),
        1 => format!(r#"{{"amount":{amount},"txnStatus":"Approved","orderId":"{order}"}}"#),
        _ => format!(r#"{{"utr":"402393486736","amount":{amount}.5,"orderId":"{order}","txnStatus":"Pending"}}"#),
    }
}

fn body_of(data: &str) -> Vec<u8> {
    format!(r#"{{"encryptedData":"{data}"}}"#).into_bytes()
}

/// 1 to 100 visible ASCII characters.
fn is_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}
