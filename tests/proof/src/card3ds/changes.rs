//! Random changes to a form.

use super::{Form, HOSTILE_IDS, checkouts, failures, field, ids, keys, three_ds};
use crate::attack::{Attempt, Expected};
use crate::mutate::mutate;
use crate::vectors::Vector;
use crate::{Delivery, Kind, Outcome, Provider, Random};

/// Each kind of change with the vectors that belong to it. Half of the deliveries of a kind come from its vectors.
const KINDS: &[(&str, &[Section], Change)] = &[
    ("bytes", &[], change_bytes),
    ("fields", &[three_ds, failures, checkouts], change_fields),
    ("id", &[ids], change_id),
    ("key", &[keys], change_key),
    ("percent-encoding", &[], percent_encode),
    ("form", &[], change_form),
];

type Section = fn(&Form) -> Vec<Vector>;
type Change = fn(&mut Post, &mut Random);

/// Makes a genuine form and changes it.
pub(crate) fn attempt(random: &mut Random) -> Attempt {
    let (kind, sections, change) = random.pick(KINDS);
    let mut post = Post::genuine(random);
    if !sections.is_empty() && random.one_in(2) {
        let vectors: Vec<_> = sections.iter().flat_map(|section| section(&post.form)).collect();
        let vector = random.pick(&vectors);
        if let Ok(changed) = vector.delivery() {
            post.kind = vector.kind;
            post.body = post.form.body(post.kind).into_bytes();
            post.is_ambiguous = vector.expect == Outcome::Rejected;
            return post.attempt(kind, changed);
        }
    }
    let mut changed = Post { form: Form { id: post.form.id.clone(), key: post.form.key.clone() }, ..post };
    post.body = changed.form.body(changed.kind).into_bytes();
    change(&mut changed, random);
    post.is_ambiguous = changed.is_ambiguous;
    post.attempt(kind, changed.delivery())
}

struct Post {
    kind: Kind,
    form: Form,
    body: Vec<u8>,
    /// The form names two ids, so that it must not even give a hint.
    is_ambiguous: bool,
}

impl Post {
    fn genuine(random: &mut Random) -> Self {
        let kind = random.pick(&super::KINDS);
        let form = Form { id: format!("{}-{}", random.word(8), random.word(12)), key: random.word(24) };
        Self { kind, body: form.body(kind).into_bytes(), form, is_ambiguous: false }
    }

    fn delivery(&self) -> Delivery {
        let (secrets, headers) = (Vec::new(), Vec::new());
        Delivery { provider: Provider::Card3ds, kind: self.kind, secrets, clock: 0, headers, body: self.body.clone() }
    }

    fn attempt(self, kind: &'static str, changed: Delivery) -> Attempt {
        let genuine = self.delivery();
        let id = self.form.id;
        let expected = if self.is_ambiguous { Expected::NoHint { id } } else { Expected::Hint { id } };
        Attempt { kind, genuine, changed, expected }
    }

    fn field(&self) -> &'static str {
        field(self.kind)
    }

    fn set(&mut self, id: &str, key: &str) {
        self.body = format!("{}={id}&securityKey={key}", self.field()).into_bytes();
    }

    fn text(&self) -> String {
        self.form.body(self.kind)
    }
}

fn change_bytes(post: &mut Post, random: &mut Random) {
    let other = format!("{}={}&securityKey={}", post.field(), random.word(20), random.word(24));
    post.body = mutate(random, &post.body, other.as_bytes(), 3);
}

fn change_fields(post: &mut Post, random: &mut Random) {
    let (body, field, other) = (post.text(), post.field(), random.word(9));
    let choice = random.below(10);
    post.is_ambiguous = matches!(choice, 0..=3 | 8);
    let changed = match choice {
        0 => format!("{body}&{field}={}", post.form.id),
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
    post.body = changed.into_bytes();
}

fn change_id(post: &mut Post, random: &mut Random) {
    let long = "a".repeat(250 + random.below(10));
    let others = ["../admin", "%2e%2e", "%2e%2e%2f", "%252e%252e%252f", "%", "", "a;b", "a%26b", "a=b", "...", "-"];
    let id = match random.below(10) {
        0 => &*long,
        1..5 => random.pick(&others),
        _ => random.pick(HOSTILE_IDS).1,
    };
    let key = post.form.key.clone();
    post.set(id, &key);
}

fn change_key(post: &mut Post, random: &mut Random) {
    let keys = ["", "a+b", "a%20b", "%00", "%0a", "%C3%A4", "%FF", "%2B%2F%3D", "%252B", "../..", "a&securityKey=b"];
    let id = post.form.id.clone();
    post.set(&id, random.pick(&keys));
}

fn percent_encode(post: &mut Post, random: &mut Random) {
    let encode = |text: &str, sign: &str| text.bytes().map(|byte| format!("{sign}{byte:02X}")).collect::<String>();
    let (body, id, key) = (post.text(), post.form.id.clone(), post.form.key.clone());
    match random.below(4) {
        0 => post.set(&encode(&id, "%"), &key),
        1 => post.set(&encode(&id, "%25"), &key),
        2 => post.body = body.replacen(post.field(), &encode(post.field(), "%25"), 1).into_bytes(),
        _ => post.body = encode(&body, "%").into_bytes(),
    }
}

fn change_form(post: &mut Post, random: &mut Random) {
    let (body, id, key) = (post.text(), post.form.id.clone(), post.form.key.clone());
    post.body = match random.below(9) {
        0 => Vec::new(),
        1 => format!("\u{feff}{body}").into_bytes(),
        2 => format!("?{body}").into_bytes(),
        3 => format!("{body}\r\n").into_bytes(),
        4 => format!("{body}\0").into_bytes(),
        5 => format!(r#"{{"{}":"{id}"}}"#, post.field()).into_bytes(),
        6 => "a[".repeat(10_000).into_bytes(),
        7 if random.one_in(20) => return post.set(&"a".repeat(1024 * 1024), &key),
        7 => return post.set(&id, &"a".repeat(64 * 1024)),
        _ => format!("{body}{}", "&x".repeat(1000)).into_bytes(),
    };
}
