//! Signed webhooks: random changes to a genuine delivery or to its receiver, as anyone without the secret can make them.

use crate::attack::{Attempt, Expected};
use crate::crypto::{base64, hex, hmac, sha256};
use crate::json;
use crate::mutate::mutate;
use crate::{Delivery, Kind, Provider, Random};

/// The one kind that forges nothing: the provider signs an unusual body.
pub(crate) const SIGNED: &str = "unusual signed body";

const KINDS: &[(&str, Change)] = &[
    ("body bytes", body_bytes),
    ("body form", body_form),
    ("signature bytes", signature_bytes),
    ("signature form", signature_form),
    ("headers", change_headers),
    ("time", change_time),
    ("swapped parts", exchange),
    ("receiver's key", receivers_key),
    ("sender's key", senders_key),
    ("another scheme", another_scheme),
    (SIGNED, sign_unusual_body),
];

type Change = fn(&mut Signed, &mut Random);

/// Makes a genuine delivery and changes it.
pub(crate) fn attempt(provider: Provider, random: &mut Random) -> Attempt {
    let mut signed = Signed::genuine(provider, random);
    let genuine = signed.delivery.clone();
    let (kind, change) = random.pick(KINDS);
    change(&mut signed, random);
    Attempt { kind, genuine, changed: signed.delivery, expected: Expected::Signature }
}

/// A delivery and everything that the provider signed for its receiver.
struct Signed {
    delivery: Delivery,
    messages: Vec<Message>,
}

/// A message that the provider signed.
#[derive(Clone)]
struct Message {
    secret: String,
    time: String,
    body: Vec<u8>,
    tag: [u8; 32],
}

impl Signed {
    fn genuine(provider: Provider, random: &mut Random) -> Self {
        let length = if random.one_in(10) { 100 } else { 24 };
        let secrets = (0..=random.below(3)).map(|_| format!("whsec_{}", random.word(length))).collect();
        let clock = random.between_signed(1_700_000_000, 1_900_000_000);
        let (headers, body) = (Vec::new(), Vec::new());
        let delivery = Delivery { provider, kind: Kind::Webhook, secrets, clock, headers, body };
        let mut signed = Self { delivery, messages: Vec::new() };
        let message = signed.sign(random, None);
        let value = signed.value(random, &message);
        signed.set_header(value);
        signed.delivery.body = message.body;
        signed
    }

    /// Lets the provider sign a body, or another event, for the same receiver.
    fn sign(&mut self, random: &mut Random, body: Option<Vec<u8>>) -> Message {
        let secret = random.pick(&self.delivery.secrets);
        let time = (self.delivery.clock + random.between_signed(-300, 300)).to_string();
        let body = body.unwrap_or_else(|| event(self.delivery.provider, random).into_bytes());
        let tag = self.tag(secret.as_bytes(), &time, &body);
        let message = Message { secret, time, body, tag };
        self.messages.push(message.clone());
        message
    }

    fn tag(&self, key: &[u8], time: &str, body: &[u8]) -> [u8; 32] {
        if self.is_turratech() { hmac(key, &[time.as_bytes(), b".", body]) } else { hmac(key, &[body]) }
    }

    /// The header value in one of the forms that receivers accept.
    fn value(&self, random: &mut Random, message: &Message) -> Vec<u8> {
        let (time, digits) = (&message.time, hex(&message.tag));
        let other = hex(&random.bytes::<32>());
        let text = match (self.is_turratech(), random.below(6)) {
            (true, 0) => format!("t={time},v1={other},v1={digits}"),
            (true, 1) => format!("t={time},v0={other},v1={digits},v2=x"),
            (true, 2) => format!("v1={digits},t={time}"),
            (true, _) => format!("t={time},v1={digits}"),
            (false, 0) => digits.to_uppercase(),
            (false, 1 | 2) => base64(&message.tag),
            (false, _) => digits,
        };
        text.into_bytes()
    }

    fn is_turratech(&self) -> bool {
        self.delivery.provider == Provider::Turratech
    }

    fn message(&self) -> Message {
        self.messages[0].clone()
    }

    fn header(&self) -> &[u8] {
        &self.delivery.headers[0].1
    }

    fn set_header(&mut self, value: impl Into<Vec<u8>>) {
        self.set_headers(vec![(self.delivery.provider.signature_header(), value.into())]);
    }

    fn set_headers(&mut self, headers: Vec<(&str, Vec<u8>)>) {
        self.delivery.headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    }

    fn set_tag(&mut self, tag: &[u8; 32]) {
        let digits = hex(tag);
        let value = if self.is_turratech() { format!("t={},v1={digits}", self.message().time) } else { digits };
        self.set_header(value);
    }
}

fn body_bytes(signed: &mut Signed, random: &mut Random) {
    let other = signed.sign(random, None);
    signed.delivery.body = mutate(random, &signed.delivery.body, &other.body, 3);
}

fn body_form(signed: &mut Signed, random: &mut Random) {
    signed.delivery.body = json::rewrite(random, &text(&signed.delivery.body));
}

fn signature_bytes(signed: &mut Signed, random: &mut Random) {
    let other = signed.sign(random, None);
    let other = signed.value(random, &other);
    let value = mutate(random, signed.header(), &other, 3);
    signed.set_header(value);
}

fn signature_form(signed: &mut Signed, random: &mut Random) {
    let message = signed.message();
    let (digits, encoded) = (hex(&message.tag), base64(&message.tag));
    let at = random.below(63) + 1;
    let mut flipped = message.tag;
    flipped[random.below(32)] ^= 1 << random.below(8);
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
        // The last digit before the padding has two bits that encode nothing.
        15 => format!("{}{}=", &encoded[..42], random.word(1)),
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
        _ => base64(&message.tag[..at % 32]),
    };
    let value = if signed.is_turratech() { in_entries(random, &message.time, &form, &digits) } else { form };
    signed.set_header(value);
}

/// Puts the form among other entries of TurraTech's header.
fn in_entries(random: &mut Random, time: &str, form: &str, digits: &str) -> String {
    let zeros = format!("v1={},", "0".repeat(64));
    match random.below(12) {
        0 => format!("t={time},v0={digits},v1={form}"),
        1 => format!("t={time},v{}={digits}", random.pick(&["0", "2", "10", "", "1 ", "01"])),
        2 => format!("t={time},{}v1={digits}", zeros.repeat(1000)),
        3 => format!("t={time},{}v1={digits}", zeros.repeat(13 + random.below(4))),
        4 => format!("t={time},v1={digits},{}", zeros.repeat(1000)),
        5 => format!("t={time};v1={digits}"),
        6 => format!("t={time}, v1={digits}"),
        7 => format!("{digits},t={time}"),
        8 => format!("T={time},V1={digits}"),
        9 => format!("v1={digits}"),
        _ => format!("t={time},v1={form}"),
    }
}

fn change_headers(signed: &mut Signed, random: &mut Random) {
    let name = signed.delivery.provider.signature_header();
    let other = signed.sign(random, None);
    let (genuine, other) = (signed.header().to_vec(), signed.value(random, &other));
    let mixed = if signed.is_turratech() { "TurraTech-Signature" } else { "X-Pay-Signature" };
    let headers = match random.below(10) {
        0 => Vec::new(),
        1 => vec![(name, genuine.clone()), (name, genuine)],
        2 => vec![(name, genuine), (name, other)],
        3 => vec![(name, other), (name, genuine)],
        4 => vec![("x-signature", genuine)],
        5 => vec![("x-signature", other), (name, genuine)],
        6 => vec![(mixed, genuine)],
        7 => vec![(name, [genuine, b",".to_vec(), other].concat())],
        8 => vec![(name, [other, b",".to_vec(), genuine].concat())],
        _ => vec![(name, Vec::new())],
    };
    signed.set_headers(headers);
}

fn change_time(signed: &mut Signed, random: &mut Random) {
    let message = signed.message();
    let (time, digits) = (&message.time, hex(&message.tag));
    if !signed.is_turratech() {
        // TurboPay signs no time, so its header has no place for one.
        return signed.set_header(format!("t={time},v1={digits}"));
    }
    let seconds: i64 = time.parse().unwrap_or_default();
    let clock = match random.below(4) {
        0 => seconds + random.pick(&[299, 300, 301, -299, -300, -301, 86_400, -86_400]),
        1 => random.pick(&[0, -1, -86_400, -377_705_116_800, 253_402_300_799]),
        // Sets the time of an old delivery to now.
        2 => {
            let later = random.between_signed(301, 100_000);
            signed.set_header(format!("t={},v1={digits}", seconds + later));
            seconds + later
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
                11 => (i128::from(seconds) + (1_i128 << random.pick(&[32, 63, 64]))).to_string(),
                12 => time.chars().filter_map(|c| char::from_u32(0x660 + c.to_digit(10)?)).collect(),
                _ => "1e9".to_owned(),
            };
            signed.set_header(format!("t={form},v1={digits}"));
            signed.delivery.clock
        }
    };
    signed.delivery.clock = clock;
}

fn exchange(signed: &mut Signed, random: &mut Random) {
    let first = signed.message();
    let second = signed.sign(random, None);
    match random.below(6) {
        0 => signed.delivery.body = second.body,
        1 => {
            let value = signed.value(random, &second);
            signed.set_header(value);
        }
        2 => signed.set_header(format!("t={},v1={}", second.time, hex(&first.tag))),
        3 => signed.set_header(format!("t={},v1={}", first.time, hex(&second.tag))),
        4 => {
            // Moves the end of the time into the body.
            let (time, last) = first.time.split_at(first.time.len() - 1 - random.below(8));
            signed.delivery.body = [last.as_bytes(), b".", &first.body].concat();
            signed.set_header(format!("t={time},v1={}", hex(&first.tag)));
        }
        _ => {
            // The whole other delivery, which is genuine as well.
            let value = signed.value(random, &second);
            signed.delivery.body = second.body;
            signed.set_header(value);
        }
    }
}

fn receivers_key(signed: &mut Signed, random: &mut Random) {
    let at = random.below(signed.delivery.secrets.len());
    let old = signed.delivery.secrets[at].clone();
    signed.delivery.secrets[at] = match random.below(9) {
        0 => format!("{old}\n"),
        1 => format!("{old}\0"),
        2 => String::new(),
        3 => old[..old.len() - 1].to_owned(),
        4 => format!("{old}{}", random.word(1)),
        5 => old.replacen("whsec_", "", 1),
        6 => old.to_uppercase(),
        7 => hex(&sha256(old.as_bytes())),
        _ => text(&mutate(random, old.as_bytes(), b"whsec_", 3)),
    };
}

fn senders_key(signed: &mut Signed, random: &mut Random) {
    let message = signed.message();
    let secret = message.secret.as_bytes();
    let key = match random.below(12) {
        0 => [secret, b"\n"].concat(),
        1 => [secret, b"\r\n"].concat(),
        // HMAC pads keys with NUL, so this is the same key unless it fills a block.
        2 => [secret, b"\0"].concat(),
        3 => Vec::new(),
        4 => secret[6..].to_vec(),
        5 => secret[..secret.len() - 1].to_vec(),
        6 => message.secret.to_uppercase().into_bytes(),
        // HMAC hashes keys that are longer than a block, so this is the same key if it is that long.
        7 => sha256(secret).to_vec(),
        8 => hex(secret).into_bytes(),
        9 => base64(secret).into_bytes(),
        10 => random.bytes::<32>().to_vec(),
        _ => mutate(random, secret, b"whsec_", 3),
    };
    signed.set_tag(&signed.tag(&key, &message.time, &message.body));
}

fn another_scheme(signed: &mut Signed, random: &mut Random) {
    let message = signed.message();
    let (key, time, body) = (message.secret.as_bytes(), message.time.as_bytes(), message.body.as_slice());
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
        // The other provider's scheme.
        _ if signed.is_turratech() => hmac(key, &[body]),
        _ => hmac(key, &[time, b".", body]),
    };
    if random.one_in(8) {
        tag.reverse();
    }
    signed.set_tag(&tag);
}

fn sign_unusual_body(signed: &mut Signed, random: &mut Random) {
    let body = if random.one_in(2) {
        json::rewrite(random, &text(&signed.delivery.body))
    } else {
        let other = signed.sign(random, None);
        mutate(random, &signed.delivery.body, &other.body, 3)
    };
    let message = signed.sign(random, Some(body));
    let value = signed.value(random, &message);
    signed.delivery.body = message.body;
    signed.set_header(value);
}

/// An event as the provider writes it.
fn event(provider: Provider, random: &mut Random) -> String {
    let (id, amount) = (random.word(12), random.below(1_000_000));
    if provider == Provider::Turratech {
        let kind = random.pick(&["payment.succeeded", "payment.failed", "invoice.paid", "payout.imagined"]);
        return format!(
            r#"{{"id":"evt_{id}","object":"event","type":"{kind}","created":1704067200,"livemode":true,"data":{{"object":{{"id":"pay_{id}","amount":{amount},"currency":"gbp","status":"succeeded","created":1704067200,"livemode":true}}}}}}"#
        );
    }
    let status = random.pick(&["success", "failed", "pending", "cancelled", "levitating"]);
    format!(
        r#"{{"order_id":"{id}","merchant_order_id":"O_{id}","status":"{status}","reason":"some reason","amount":"{amount}.00","utr":"409876543210"}}"#
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
