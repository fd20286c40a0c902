//! card3ds' forms, posted through the customer's browser. Anyone can post one, so a form gives at most an id.

mod changes;

use crate::vectors::{Encoded, MEBIBYTE, Vector, rows};
use crate::{Kind, Outcome, Provider};
pub(crate) use changes::attempt;

/// All vectors, in the order of the file.
pub(crate) fn vectors() -> Vec<Vector> {
    let form = Form { id: "123e4567-e89b-12d3-a456-426614174000".to_owned(), key: "3DS_AUTH_KEY_123456".to_owned() };
    [three_ds, failures, checkouts, ids, keys].iter().flat_map(|section| section(&form)).collect()
}

/// What genuine forms are made of.
struct Form {
    id: String,
    key: String,
}

impl Form {
    fn body(&self, kind: Kind) -> String {
        format!("{}={}&securityKey={}", field(kind), self.id, self.key)
    }
}

fn three_ds(form: &Form) -> Vec<Vector> {
    let Form { id, key } = form;
    let good = form.body(Kind::ThreeDs);
    let good = good.as_str();
    let new = |body: String| Vector::new(Provider::Card3ds, Kind::ThreeDs, body);
    let long = |start: String, repeat: &str, times| {
        Vector::new(Provider::Card3ds, Kind::ThreeDs, Encoded::parts([start.into(), Encoded::repeat(repeat, times)]))
    };
    let hint = |body: String| new(body).reads("payment", id);
    let brackets = Encoded::parts([format!("{good}&x").into(), Encoded::repeat("[a]", 10_000), "=1".into()]);
    let (twice, limit) = ("which one is meant, nobody can say", "64 KiB are looked at");
    let (in_name, in_key) = ("it becomes part of the name", "it becomes part of the key");
    let complete = "nothing can be completed without it";
    rows! {
        Hint "genuine", "an id, and a key for the provider alone" => hint(good.to_owned());
        Hint "genuine, and replayed", "nothing in it says when: completing is refused by the provider"
            => hint(good.to_owned());
        Hint "fields in another order", "a form has no order" => hint(format!("securityKey={key}&paymentId={id}"));
        Hint "fields of others", "they are ignored" => hint(format!("&&mdStatus=1&mdStatus=2&{good}&x&=&"));
        Hint "status and amount claimed", "neither is even read" => hint(format!("{good}&status=SUCCESS&amount=1"));
        Hint "name percent-encoded", "as a browser may" => hint(good.replacen('a', "%61", 1));
        Rejected "form empty", "nothing is in it" => new(String::new());
        Rejected "id missing", "it is due" => new(format!("securityKey={key}"));
        Rejected "id empty", "it is due" => new(format!("paymentId=&securityKey={key}"));
        Rejected "id without a value", "it is due" => new(format!("paymentId&securityKey={key}"));
        Rejected "key missing", complete => new(format!("paymentId={id}"));
        Rejected "key empty", complete => new(format!("paymentId={id}&securityKey="));
        Rejected "id twice, the same", twice => new(format!("paymentId={id}&{good}"));
        Rejected "id twice, another", twice => new(format!("{good}&paymentId=other"));
        Rejected "id twice, once percent-encoded", twice => new(format!("{good}&payment%49d=other"));
        Rejected "key twice", twice => new(format!("{good}&securityKey={key}"));
        Rejected "key twice, once empty", twice => new(format!("{good}&securityKey="));
        Rejected "names in other letters", "names have a case" => new(good.to_lowercase());
        Rejected "name of a list", "it is another name" => new(good.replace("paymentId", "paymentId[]"));
        Rejected "semicolon between the fields", "fields are parted by &" => new(good.replace('&', ";"));
        Rejected "JSON", "a form is due" => new(format!(r#"{{"paymentId":"{id}","securityKey":"{key}"}}"#));
        Rejected "BOM", in_name => new(format!("\u{feff}{good}"));
        Rejected "question mark before it", in_name => new(format!("?{good}"));
        Rejected "trailing newline", in_key => new(format!("{good}\n"));
        Rejected "CRLF", in_key => new(format!("{good}\r\n"));
        Rejected "NUL behind it", in_key => new(format!("{good}\0"));
        Rejected "invalid UTF-8 behind it", in_key => new(String::new()).body([good.as_bytes(), &[0xff]].concat());
        Rejected "names percent-encoded twice", "they are decoded once" => new(good.replacen('a', "%2561", 1));
        Rejected "1 MiB of id", limit => long("securityKey=k&paymentId=".to_owned(), "a", MEBIBYTE);
        Rejected "1 MiB of key", limit => long(good.to_owned(), "a", MEBIBYTE);
        Rejected "1 MiB of another field", limit => long(format!("{good}&x="), "a", MEBIBYTE);
        Rejected "half a million fields", limit => long(good.to_owned(), "&x", MEBIBYTE / 2);
        Hint "64 KiB", "the longest body that is looked at"
            => long(format!("{good}&x="), "a", LONGEST - good.len() - 3).reads("payment", id);
        Rejected "64 KiB and a byte", "no callback is that long"
            => long(format!("{good}&x="), "a", LONGEST - good.len() - 2);
        Hint "10,000 brackets in a name", "a name is text" => hint(String::new()).body(brackets);
    }
}

fn failures(Form { id, key }: &Form) -> Vec<Vector> {
    let new = |body: String| Vector::new(Provider::Card3ds, Kind::ThreeDsFailure, body);
    let hint = |body: String| new(body).reads("payment", id);
    rows! {
        Hint "failure: genuine", "an id, and nothing can be completed with it"
            => hint(format!("paymentId={id}&securityKey={key}"));
        Hint "failure: without a key", "a challenge that failed may have none" => hint(format!("paymentId={id}"));
        Hint "failure: key twice", "the key is not read" => hint(format!("paymentId={id}&securityKey=a&securityKey=b"));
        Rejected "failure: empty", "nothing is in it" => new(String::new());
        Rejected "failure: id missing", "it is due" => new(format!("securityKey={key}"));
        Rejected "failure: id twice", "which one is meant, nobody can say"
            => new(format!("paymentId={id}&paymentId={id}"));
    }
}

fn checkouts(Form { id, key }: &Form) -> Vec<Vector> {
    let new = |body: String| Vector::new(Provider::Card3ds, Kind::Checkout, body);
    let hint = |body: String| new(body).reads("checkout", id);
    let long = Encoded::parts(["checkoutId=".into(), Encoded::repeat("a", MEBIBYTE)]);
    rows! {
        Hint "checkout: genuine", "an id to ask about" => hint(format!("checkoutId={id}"));
        Hint "checkout: status and amount claimed", "neither is even read"
            => hint(format!("checkoutId={id}&status=SUCCESS&amount=1.00"));
        Rejected "checkout: empty", "nothing is in it" => new(String::new());
        Rejected "checkout: a payment's", "a checkout's id is due" => new(format!("paymentId={id}&securityKey={key}"));
        Rejected "checkout: id twice", "which one is meant, nobody can say"
            => new(format!("checkoutId={id}&checkoutId={id}"));
        Rejected "checkout: 1 MiB of id", "64 KiB are looked at" => new(String::new()).body(long);
    }
}

/// Ids that would lead elsewhere in a path, for each kind in turn.
fn ids(form: &Form) -> Vec<Vector> {
    let (id, key) = (form.id.as_str(), form.key.as_str());
    let twice: String = id.bytes().map(|byte| format!("%25{byte:02X}")).collect();
    let forms = HOSTILE_IDS.iter().copied().chain([("all of it percent-encoded twice", twice.as_str())]);
    let vectors = forms.zip(KINDS.iter().cycle()).map(|((name, id), kind)| {
        Vector::new(Provider::Card3ds, *kind, format!("{}={id}&securityKey={key}", field(*kind))).expect(
            Outcome::Rejected,
            format!("id: {name}"),
            "an id holds letters, digits, `.`, `_` and `-`",
        )
    });
    let new = |id: &str| Vector::new(Provider::Card3ds, Kind::ThreeDs, format!("paymentId={id}&securityKey={key}"));
    let long = rows! {
        Hint "id of 255 characters", "the longest id" => new(&"a".repeat(255)).reads("payment", "a".repeat(255));
        Rejected "id of 256 characters", "an id is never that long" => new(&"a".repeat(256));
        Hint "id percent-encoded once", "as a browser may" => new(&id.replace('-', "%2D")).reads("payment", id);
    };
    vectors.chain(long).collect()
}

fn keys(form: &Form) -> Vec<Vector> {
    let id = form.id.as_str();
    let new = |key: &str| Vector::new(Provider::Card3ds, Kind::ThreeDs, format!("paymentId={id}&securityKey={key}"));
    let hint = |key: &str| new(key).reads("payment", id);
    let (harmless, visible) = ("it goes into a body, where it leads nowhere", "visible characters are due");
    rows! {
        Hint "key of base64", harmless => hint("ab%2Bcd%2Fef%3D%3D");
        Hint "key percent-encoded twice", harmless => hint("ab%252Bcd");
        Hint "key with ../", harmless => hint("../../admin");
        Rejected "key with a plus, which is a blank", visible => new("ab+cd");
        Rejected "key with a newline", visible => new("ab%0A");
        Rejected "key with NUL", visible => new("ab%00");
        Rejected "key that is no ASCII", visible => new("%C3%A4");
        Rejected "key with a byte that no UTF-8 has", visible => new("%FF");
    }
}

/// The field that holds the id.
fn field(kind: Kind) -> &'static str {
    if kind == Kind::Checkout { "checkoutId" } else { "paymentId" }
}

const KINDS: [Kind; 3] = [Kind::ThreeDs, Kind::ThreeDsFailure, Kind::Checkout];

const HOSTILE_IDS: &[(&str, &str)] = &[
    ("../", "../../admin"),
    ("..", ".."),
    (".", "."),
    ("../ percent-encoded", "%2e%2e%2fadmin"),
    ("../ percent-encoded twice", "%252e%252e%252fadmin"),
    ("a slash", "a/b"),
    ("a slash percent-encoded", "a%2Fb"),
    ("a backslash", "a%5Cb"),
    ("a question mark", "a%3Fb"),
    ("a hash", "a%23b"),
    ("a plus, which is a blank", "a+b"),
    ("NUL", "a%00"),
    ("CR LF and a header", "a%0d%0ax:%20y"),
    ("a letter that is no ASCII", "%C3%A4"),
    ("a homoglyph", "%D0%B0"),
    ("a byte that no UTF-8 has", "%FF"),
    ("a percent sign that encodes nothing", "%zz"),
];

/// The longest form that a receiver reads.
const LONGEST: usize = 64 * 1024;
