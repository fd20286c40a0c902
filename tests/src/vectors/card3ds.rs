//! Forms that are posted through the customer's browser: anyone can post one, so it yields an id and nothing else.

use super::{Blob, Expect, Kind, Provider, Vector};

pub(super) fn vectors() -> Vec<Vector> {
    [three_ds(), failures(), checkouts(), ids(), keys()].concat()
}

fn three_ds() -> Vec<Vector> {
    let good = format!("paymentId={ID}&securityKey={KEY}");
    let unproven = |name, reason: &str, body: Blob| new(Kind::ThreeDs, name, Expect::Rejected, reason).body(body);
    let hint =
        |name, reason: &str, body: Blob| new(Kind::ThreeDs, name, Expect::Hint, reason).body(body).reads("payment", ID);
    vec![
        hint("genuine", "an id, and a key for the provider alone", good.as_str().into()),
        hint(
            "genuine, and replayed",
            "nothing in it says when: completing is refused by the provider",
            good.as_str().into(),
        ),
        hint("fields in another order", "a form has no order", format!("securityKey={KEY}&paymentId={ID}").into()),
        hint("fields of others", "they are ignored", format!("&&mdStatus=1&mdStatus=2&{good}&x&=&").into()),
        hint("status and amount claimed", "neither is even read", format!("{good}&status=SUCCESS&amount=1").into()),
        hint("name percent-encoded", "as a browser may", format!("p%61ymentId={ID}&securityKey={KEY}").into()),
        unproven("form empty", "nothing is in it", "".into()),
        unproven("id missing", "it is due", format!("securityKey={KEY}").into()),
        unproven("id empty", "it is due", format!("paymentId=&securityKey={KEY}").into()),
        unproven("id without a value", "it is due", format!("paymentId&securityKey={KEY}").into()),
        unproven("key missing", "nothing can be completed without it", format!("paymentId={ID}").into()),
        unproven("key empty", "nothing can be completed without it", format!("paymentId={ID}&securityKey=").into()),
        unproven("id twice, the same", "which one is meant, nobody can say", format!("paymentId={ID}&{good}").into()),
        unproven("id twice, another", "which one is meant, nobody can say", format!("{good}&paymentId=other").into()),
        unproven(
            "id twice, once percent-encoded",
            "which one is meant, nobody can say",
            format!("{good}&payment%49d=other").into(),
        ),
        unproven("key twice", "which one is meant, nobody can say", format!("{good}&securityKey={KEY}").into()),
        unproven("key twice, once empty", "which one is meant, nobody can say", format!("{good}&securityKey=").into()),
        unproven("names in other letters", "names have a case", good.to_lowercase().into()),
        unproven("name of a list", "it is another name", good.replace("paymentId", "paymentId[]").into()),
        unproven("semicolon between the fields", "fields are parted by &", good.replace('&', ";").into()),
        unproven("JSON", "a form is due", format!(r#"{{"paymentId":"{ID}","securityKey":"{KEY}"}}"#).into()),
        unproven("BOM", "it becomes part of the name", format!("\u{feff}{good}").into()),
        unproven("question mark before it", "it becomes part of the name", format!("?{good}").into()),
        unproven("trailing newline", "it becomes part of the key", format!("{good}\n").into()),
        unproven("CRLF", "it becomes part of the key", format!("{good}\r\n").into()),
        unproven("NUL behind it", "it becomes part of the key", format!("{good}\0").into()),
        unproven("invalid UTF-8 behind it", "it becomes part of the key", [good.as_bytes(), &[0xff]].concat().into()),
        unproven(
            "names percent-encoded twice",
            "they are decoded once",
            good.replace("paymentId", "p%2561ymentId").into(),
        ),
        unproven(
            "1 MiB of id",
            "64 KiB are looked at",
            Blob::parts(["securityKey=k&paymentId=".into(), Blob::repeat("a", MEBIBYTE)]),
        ),
        unproven(
            "1 MiB of key",
            "64 KiB are looked at",
            Blob::parts([good.as_str().into(), Blob::repeat("a", MEBIBYTE)]),
        ),
        unproven(
            "1 MiB of another field",
            "64 KiB are looked at",
            Blob::parts([format!("{good}&x=").into(), Blob::repeat("a", MEBIBYTE)]),
        ),
        unproven(
            "half a million fields",
            "64 KiB are looked at",
            Blob::parts([good.as_str().into(), Blob::repeat("&x", MEBIBYTE / 2)]),
        ),
        hint("64 KiB", "the longest body that is looked at", padded(&good, LONGEST)),
        unproven("64 KiB and a byte", "no callback is that long", padded(&good, LONGEST + 1)),
        hint(
            "10,000 brackets in a name",
            "a name is text",
            Blob::parts([format!("{good}&x").into(), Blob::repeat("[a]", 10_000), "=1".into()]),
        ),
    ]
}

fn failures() -> Vec<Vector> {
    let unproven =
        |name, reason: &str, body: &str| new(Kind::ThreeDsFailure, name, Expect::Rejected, reason).body(body);
    let hint = |name, reason: &str, body: &str| {
        new(Kind::ThreeDsFailure, name, Expect::Hint, reason).body(body).reads("payment", ID)
    };
    vec![
        hint(
            "failure: genuine",
            "an id, and nothing can be completed with it",
            &format!("paymentId={ID}&securityKey={KEY}"),
        ),
        hint("failure: without a key", "a challenge that failed may have none", &format!("paymentId={ID}")),
        hint("failure: key twice", "the key is not read", &format!("paymentId={ID}&securityKey=a&securityKey=b")),
        unproven("failure: empty", "nothing is in it", ""),
        unproven("failure: id missing", "it is due", &format!("securityKey={KEY}")),
        unproven("failure: id twice", "which one is meant, nobody can say", &format!("paymentId={ID}&paymentId={ID}")),
    ]
}

fn checkouts() -> Vec<Vector> {
    let unproven = |name, reason: &str, body: Blob| new(Kind::Checkout, name, Expect::Rejected, reason).body(body);
    let hint = |name, reason: &str, body: &str| {
        new(Kind::Checkout, name, Expect::Hint, reason).body(body).reads("checkout", ID)
    };
    vec![
        hint("checkout: genuine", "an id to ask about", &format!("checkoutId={ID}")),
        hint(
            "checkout: status and amount claimed",
            "neither is even read",
            &format!("checkoutId={ID}&status=SUCCESS&amount=1.00"),
        ),
        unproven("checkout: empty", "nothing is in it", "".into()),
        unproven("checkout: a payment's", "a checkout's id is due", format!("paymentId={ID}&securityKey={KEY}").into()),
        unproven(
            "checkout: id twice",
            "which one is meant, nobody can say",
            format!("checkoutId={ID}&checkoutId={ID}").into(),
        ),
        unproven(
            "checkout: 1 MiB of id",
            "64 KiB are looked at",
            Blob::parts(["checkoutId=".into(), Blob::repeat("a", MEBIBYTE)]),
        ),
    ]
}

/// Ids that would lead elsewhere if they stood in a path, for each kind in turn.
fn ids() -> Vec<Vector> {
    let twice: String = ID.bytes().map(|byte| format!("%25{byte:02X}")).collect();
    let forms = [
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
        ("all of it percent-encoded twice", &twice),
    ];
    let kinds = [(Kind::ThreeDs, "paymentId"), (Kind::ThreeDsFailure, "paymentId"), (Kind::Checkout, "checkoutId")];
    let mut vectors = Vec::new();
    for (number, (name, id)) in forms.into_iter().enumerate() {
        let (kind, field) = kinds[number % kinds.len()];
        let vector =
            new(kind, &format!("id: {name}"), Expect::Rejected, "an id holds letters, digits, `.`, `_` and `-`");
        vectors.push(vector.body(format!("{field}={id}&securityKey={KEY}")));
    }
    let long = |length| format!("paymentId={}&securityKey={KEY}", "a".repeat(length));
    vectors.push(
        new(Kind::ThreeDs, "id of 255 characters", Expect::Hint, "the longest id")
            .body(long(255))
            .reads("payment", "a".repeat(255)),
    );
    vectors
        .push(new(Kind::ThreeDs, "id of 256 characters", Expect::Rejected, "an id is never that long").body(long(256)));
    vectors.push(
        new(Kind::ThreeDs, "id percent-encoded once", Expect::Hint, "as a browser may")
            .body(format!("paymentId={}&securityKey={KEY}", ID.replace('-', "%2D")))
            .reads("payment", ID),
    );
    vectors
}

fn keys() -> Vec<Vector> {
    let hint = |name, key: &str| {
        new(Kind::ThreeDs, name, Expect::Hint, "it goes into a body, where it leads nowhere")
            .body(format!("paymentId={ID}&securityKey={key}"))
            .reads("payment", ID)
    };
    let unproven = |name, key: &str| {
        new(Kind::ThreeDs, name, Expect::Rejected, "visible characters are due")
            .body(format!("paymentId={ID}&securityKey={key}"))
    };
    vec![
        hint("key of base64", "ab%2Bcd%2Fef%3D%3D"),
        hint("key percent-encoded twice", "ab%252Bcd"),
        hint("key with ../", "../../admin"),
        unproven("key with a plus, which is a blank", "ab+cd"),
        unproven("key with a newline", "ab%0A"),
        unproven("key with NUL", "ab%00"),
        unproven("key that is no ASCII", "%C3%A4"),
        unproven("key with a byte that no UTF-8 has", "%FF"),
    ]
}

fn new(kind: Kind, name: &str, expect: Expect, reason: &str) -> Vector {
    Vector::new(Provider::Card3ds, kind, name, expect, reason)
}

/// The form and so long a field of others that all of it is this long.
fn padded(form: &str, length: usize) -> Blob {
    Blob::parts([format!("{form}&x=").into(), Blob::repeat("a", length - form.len() - 3)])
}

const ID: &str = "123e4567-e89b-12d3-a456-426614174000";
const KEY: &str = "3DS_AUTH_KEY_123456";
const MEBIBYTE: usize = 1024 * 1024;
const LONGEST: usize = 64 * 1024;
