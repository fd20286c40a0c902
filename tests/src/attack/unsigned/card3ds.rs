use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure, Unverified};

use super::judge;
use crate::attack::{Attempt, Outcome, mutate};
use crate::random::Random;

pub(in crate::attack) fn attack(random: &mut Random, attempt: &mut Attempt) -> Outcome {
    let mut case = Case::genuine(random);
    attempt.kind = "genuine";
    attempt.shown = case.shown();
    if !matches!(case.deliver(), Outcome::SameHint) {
        return Outcome::Wrong(format!("a genuine form: {:?}", case.deliver()));
    }
    let changes: &[(&str, Change)] = &[
        ("bytes", bytes),
        ("fields", fields),
        ("id", id),
        ("key", key),
        ("percent-encoding", percent),
        ("form", form),
    ];
    let (kind, make) = random.pick(changes);
    attempt.kind = kind;
    let genuine = case.body.clone();
    make(&mut case, random);
    attempt.shown = case.shown();
    match case.deliver() {
        _ if case.body == genuine => Outcome::Equal,
        Outcome::SameHint | Outcome::OtherHint if case.is_ambiguous => {
            Outcome::Wrong("one of two ids was chosen".to_owned())
        }
        outcome => outcome,
    }
}

/// A change to a genuine delivery.
type Change = fn(&mut Case, &mut Random);

#[derive(Debug, Clone, Copy)]
enum Kind {
    ThreeDs,
    Failure,
    Checkout,
}

struct Case {
    kind: Kind,
    id: String,
    key: String,
    body: Vec<u8>,
    /// Which id is meant, nobody can say: not even a hint is due.
    is_ambiguous: bool,
}

impl Case {
    fn genuine(random: &mut Random) -> Self {
        let kind = random.pick(&[Kind::ThreeDs, Kind::Failure, Kind::Checkout]);
        let (id, key) = (format!("{}-{}", random.word(8), random.word(12)), random.word(24));
        let mut case = Self { kind, id, key, body: Vec::new(), is_ambiguous: false };
        case.body = case.form(&case.id, &case.key);
        case
    }

    fn field(&self) -> &'static str {
        match self.kind {
            Kind::ThreeDs | Kind::Failure => "paymentId",
            Kind::Checkout => "checkoutId",
        }
    }

    fn form(&self, id: &str, key: &str) -> Vec<u8> {
        format!("{}={id}&securityKey={key}", self.field()).into_bytes()
    }

    fn deliver(&self) -> Outcome {
        match self.kind {
            Kind::ThreeDs => judge(
                ThreeDsCallback::parse(&self.body),
                &self.id,
                |hint: &Unverified<ThreeDsCallback>| hint.claimed().payment_id().as_str(),
                is_id,
                |id| {
                    format!("Unverified(ThreeDsCallback {{ payment_id: PaymentId({id:?}), security_key: [redacted] }})")
                },
            ),
            Kind::Failure => judge(
                ThreeDsFailure::parse(&self.body),
                &self.id,
                |hint: &Unverified<ThreeDsFailure>| hint.claimed().payment_id().as_str(),
                is_id,
                |id| format!("Unverified(ThreeDsFailure {{ payment_id: PaymentId({id:?}) }})"),
            ),
            Kind::Checkout => judge(
                CheckoutCallback::parse(&self.body),
                &self.id,
                |hint: &Unverified<CheckoutCallback>| hint.claimed().checkout_id().as_str(),
                is_id,
                |id| format!("Unverified(CheckoutCallback {{ checkout_id: CheckoutId({id:?}) }})"),
            ),
        }
    }

    fn shown(&self) -> String {
        format!("{:?}\n{}", self.kind, self.body[..self.body.len().min(2000)].escape_ascii())
    }
}

fn bytes(case: &mut Case, random: &mut Random) {
    let other = case.form(&random.word(20), &random.word(24));
    case.body = mutate::bytes(random, &case.body, &other);
}

fn fields(case: &mut Case, random: &mut Random) {
    let body = String::from_utf8_lossy(&case.body).into_owned();
    let (field, other) = (case.field(), random.word(9));
    let choice = random.below(10);
    case.is_ambiguous = matches!(choice, 0..=3 | 8);
    let changed = match choice {
        0 => format!("{body}&{field}={}", case.id),
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
    case.body = changed.into_bytes();
}

fn id(case: &mut Case, random: &mut Random) {
    let ids = [
        "..",
        ".",
        "../admin",
        "%2e%2e",
        "%2e%2e%2f",
        "%252e%252e%252f",
        "a/b",
        "a%2fb",
        "a%5cb",
        "a%3fb",
        "a%23b",
        "a+b",
        "a%00",
        "a%0d%0ax:y",
        "%C3%A4",
        "%D0%B0",
        "%FF",
        "%zz",
        "%",
        "",
        "a;b",
        "a%26b",
        "a=b",
        "...",
        "-",
    ];
    let long = "a".repeat(250 + random.below(10));
    let id = if random.one_in(10) { &long } else { random.pick(&ids) };
    case.body = case.form(id, &case.key);
}

fn key(case: &mut Case, random: &mut Random) {
    let keys = ["", "a+b", "a%20b", "%00", "%0a", "%C3%A4", "%FF", "%2B%2F%3D", "%252B", "../..", "a&securityKey=b"];
    case.body = case.form(&case.id, random.pick(&keys));
}

fn percent(case: &mut Case, random: &mut Random) {
    let encode = |text: &str, sign: &str| text.bytes().map(|byte| format!("{sign}{byte:02X}")).collect::<String>();
    let body = String::from_utf8_lossy(&case.body).into_owned();
    case.body = match random.below(4) {
        0 => case.form(&encode(&case.id, "%"), &case.key),
        1 => case.form(&encode(&case.id, "%25"), &case.key),
        2 => body.replacen(case.field(), &encode(case.field(), "%25"), 1).into_bytes(),
        _ => encode(&body, "%").into_bytes(),
    };
}

fn form(case: &mut Case, random: &mut Random) {
    let body = String::from_utf8_lossy(&case.body).into_owned();
    case.body = match random.below(9) {
        0 => Vec::new(),
        1 => format!("\u{feff}{body}").into_bytes(),
        2 => format!("?{body}").into_bytes(),
        3 => format!("{body}\r\n").into_bytes(),
        4 => format!("{body}\0").into_bytes(),
        5 => format!(r#"{{"{}":"{}"}}"#, case.field(), case.id).into_bytes(),
        6 => "a[".repeat(10_000).into_bytes(),
        7 if random.one_in(20) => case.form(&"a".repeat(1024 * 1024), &case.key),
        7 => case.form(&case.id, &"a".repeat(64 * 1024)),
        _ => format!("{body}{}", "&x".repeat(1000)).into_bytes(),
    };
}

/// Letters, digits, `.`, `_` and `-`, up to 255 of them, and not what leads elsewhere in a path.
fn is_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    plain && (1..=255).contains(&text.len()) && text != "." && text != ".."
}
