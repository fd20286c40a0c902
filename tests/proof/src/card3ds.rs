//! card3ds' forms, posted through the customer's browser. Anyone can post one, so a form gives at most an id.

use crate::attack::{Attempt, Expected};
use crate::mutate::mutate;
use crate::{Delivery, Kind, Provider, Random};

const KINDS: &[(&str, Change)] = &[
    ("bytes", change_bytes),
    ("fields", change_fields),
    ("id", change_id),
    ("key", change_key),
    ("percent-encoding", percent_encode),
    ("form", change_form),
];

type Change = fn(&mut Form, &mut Random);

/// Makes a genuine form and changes it.
pub(crate) fn attempt(random: &mut Random) -> Attempt {
    let mut form = Form::genuine(random);
    let genuine = form.delivery();
    let (kind, change) = random.pick(KINDS);
    change(&mut form, random);
    let changed = form.delivery();
    let id = form.id;
    let expected = if form.is_ambiguous { Expected::NoHint { id } } else { Expected::Hint { id } };
    Attempt { kind, genuine, changed, expected }
}

struct Form {
    kind: Kind,
    id: String,
    key: String,
    body: Vec<u8>,
    /// The form names two ids, so that it must not even give a hint.
    is_ambiguous: bool,
}

impl Form {
    fn genuine(random: &mut Random) -> Self {
        let kind = random.pick(&[Kind::ThreeDs, Kind::ThreeDsFailure, Kind::Checkout]);
        let (id, key) = (format!("{}-{}", random.word(8), random.word(12)), random.word(24));
        let mut form = Self { kind, id, key, body: Vec::new(), is_ambiguous: false };
        form.body = form.with(&form.id, &form.key);
        form
    }

    fn delivery(&self) -> Delivery {
        let (secrets, headers) = (Vec::new(), Vec::new());
        Delivery { provider: Provider::Card3ds, kind: self.kind, secrets, clock: 0, headers, body: self.body.clone() }
    }

    /// The name of the field that holds the id.
    fn field(&self) -> &'static str {
        if self.kind == Kind::Checkout { "checkoutId" } else { "paymentId" }
    }

    fn with(&self, id: &str, key: &str) -> Vec<u8> {
        format!("{}={id}&securityKey={key}", self.field()).into_bytes()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn change_bytes(form: &mut Form, random: &mut Random) {
    let other = form.with(&random.word(20), &random.word(24));
    form.body = mutate(random, &form.body, &other, 3);
}

fn change_fields(form: &mut Form, random: &mut Random) {
    let (body, field, other) = (form.text(), form.field(), random.word(9));
    let choice = random.below(10);
    form.is_ambiguous = matches!(choice, 0..=3 | 8);
    let changed = match choice {
        0 => format!("{body}&{field}={}", form.id),
        1 => format!("{body}&{field}={other}"),
        2 => format!("{field}={other}&{body}"),
        3 => format!("{body}&{}%{:02x}{}={other}", &field[..3], field.as_bytes()[3], &field[4..]),
        4 => body.replacen(field, &other, 1),
        5 => format!("{body}&securityKey={other}"),
        6 => body.to_lowercase(),
        7 => body.replace('&', random.pick(&[";", "&&", "&amp;", "&=&"])),
        8 => format!("{field}=&{body}"),
        _ => format!("{body}&status=SUCCESS&amount=1"),
    };
    form.body = changed.into_bytes();
}

fn change_id(form: &mut Form, random: &mut Random) {
    let long = "a".repeat(250 + random.below(10));
    let id = if random.one_in(10) { &long } else { random.pick(IDS) };
    form.body = form.with(id, &form.key);
}

fn change_key(form: &mut Form, random: &mut Random) {
    form.body = form.with(&form.id, random.pick(KEYS));
}

fn percent_encode(form: &mut Form, random: &mut Random) {
    let encode = |text: &str, sign: &str| text.bytes().map(|byte| format!("{sign}{byte:02X}")).collect::<String>();
    form.body = match random.below(4) {
        0 => form.with(&encode(&form.id, "%"), &form.key),
        1 => form.with(&encode(&form.id, "%25"), &form.key),
        2 => form.text().replacen(form.field(), &encode(form.field(), "%25"), 1).into_bytes(),
        _ => encode(&form.text(), "%").into_bytes(),
    };
}

fn change_form(form: &mut Form, random: &mut Random) {
    let body = form.text();
    form.body = match random.below(9) {
        0 => Vec::new(),
        1 => format!("\u{feff}{body}").into_bytes(),
        2 => format!("?{body}").into_bytes(),
        3 => format!("{body}\r\n").into_bytes(),
        4 => format!("{body}\0").into_bytes(),
        5 => format!(r#"{{"{}":"{}"}}"#, form.field(), form.id).into_bytes(),
        6 => "a[".repeat(10_000).into_bytes(),
        7 if random.one_in(20) => form.with(&"a".repeat(1024 * 1024), &form.key),
        7 => form.with(&form.id, &"a".repeat(64 * 1024)),
        _ => format!("{body}{}", "&x".repeat(1000)).into_bytes(),
    };
}

/// Ids that would lead elsewhere in a path, and their neighbours.
#[rustfmt::skip]
const IDS: &[&str] = &[
    "..", ".", "../admin", "%2e%2e", "%2e%2e%2f", "%252e%252e%252f", "a/b", "a%2fb", "a%5cb", "a%3fb", "a%23b", "a+b",
    "a%00", "a%0d%0ax:y", "%C3%A4", "%D0%B0", "%FF", "%zz", "%", "", "a;b", "a%26b", "a=b", "...", "-",
];

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "", "a+b", "a%20b", "%00", "%0a", "%C3%A4", "%FF", "%2B%2F%3D", "%252B", "../..", "a&securityKey=b",
];
