//! The body: changed under a genuine signature, and signed though it is odd.

use super::{BODY, Blob, Expect, HEADER, NOW, SECRET, TIME, Vector, accepted, new, unproven, unreadable};
use crate::vectors::crypto::{hex, hmac, sha256};

pub(super) fn vectors() -> Vec<Vector> {
    [changed(), signed(), deliveries()].concat()
}

/// The signature is that of the genuine body.
fn changed() -> Vec<Vector> {
    let reordered =
        BODY.replacen(r#""created":1704067200,"livemode":true,"#, r#""livemode":true,"created":1704067200,"#, 1);
    let with = |member: &str| BODY.replacen("{\"id\"", &format!("{{{member},\"id\""), 1);
    let forms: [(&str, Blob); 17] = [
        ("body empty", "".into()),
        ("body with another amount", BODY.replacen("2000", "9000", 1).into()),
        ("body re-serialised", BODY.replace(':', ": ").replace(',', ", ").into()),
        ("body reordered", reordered.into()),
        ("body with BOM", format!("\u{feff}{BODY}").into()),
        ("body with CRLF", BODY.replace(',', ",\r\n").into()),
        ("body with a trailing newline", format!("{BODY}\n").into()),
        ("body with a key twice", with("\"id\":\"evt_0\"").into()),
        ("body with invalid UTF-8", [BODY.as_bytes(), &[0xff]].concat().into()),
        ("body with NUL behind it", format!("{BODY}\0").into()),
        ("body nested 10,000 deep", nested("x")),
        ("body with 1e400", with("\"x\":1e400").into()),
        ("body with 2^63", with("\"x\":9223372036854775808").into()),
        ("body of 256 KiB and a byte", padded(LONGEST + 1)),
        ("body without its last byte", BODY[..BODY.len() - 1].into()),
        ("body with an escape more", BODY.replacen("evt_1", "\\u0065vt_1", 1).into()),
        ("body in base64", crate::vectors::crypto::base64(BODY.as_bytes()).into()),
    ];
    forms.map(|(name, body)| unproven(name, "the signature is that of other bytes").body(body)).into()
}

/// The provider signed these very bytes.
fn signed() -> Vec<Vector> {
    let with = |member: &str| BODY.replacen("{\"id\"", &format!("{{{member},\"id\""), 1);
    let created = |number: &str| BODY.replacen("\"created\":1704067200", &format!("\"created\":{number}"), 1);
    let reordered =
        BODY.replacen(r#""created":1704067200,"livemode":true,"#, r#""livemode":true,"created":1704067200,"#, 1);
    let deep = BODY.replacen("payment.succeeded", "invoice.paid", 1);
    let (before, _) = deep.split_once("\"data\"").unwrap_or_default();
    let arrays = [
        format!("{before}\"data\":{{\"object\":").into(),
        Blob::repeat("[", 10_000),
        Blob::repeat("]", 10_000),
        "}}".into(),
    ];
    let objects = [
        format!("{before}\"data\":{{\"object\":").into(),
        Blob::repeat("{\"a\":", 10_000),
        "1".into(),
        Blob::repeat("}", 10_000),
        "}}".into(),
    ];
    vec![
        accepted("signed: re-serialised", "these are the bytes that were signed")
            .signed(BODY.replace(':', ": ").replace(',', ", ")),
        accepted("signed: reordered", "members have no order").signed(reordered),
        accepted("signed: CRLF", "white space of JSON's own").signed(BODY.replace(',', ",\r\n")),
        accepted("signed: a trailing newline", "white space of JSON's own").signed(format!("{BODY}\n")),
        unreadable("signed: BOM", "JSON has none").signed(format!("\u{feff}{BODY}")),
        unreadable("signed: empty", "it is no JSON").signed(""),
        unreadable("signed: a list", "it is no object").signed(format!("[{BODY}]")),
        unreadable("signed: two objects", "one is due").signed(format!("{BODY}{BODY}")),
        unreadable("signed: cut off", "it is no JSON").signed(&BODY[..BODY.len() - 1]),
        unreadable("signed: a key twice", "which one is meant, nobody can say").signed(with("\"id\":\"evt_0\"")),
        accepted("signed: an unknown key twice", "unknown members are ignored")
            .signed(with("\"x\":1,\"x\":2"))
            .reads("id", "evt_1"),
        unreadable("signed: invalid UTF-8 behind it", "it is no JSON").signed([BODY.as_bytes(), &[0xff]].concat()),
        unreadable("signed: invalid UTF-8 in the id", "it is no JSON").signed(invalid("\"evt_1", 5)),
        unreadable("signed: NUL behind it", "it is no JSON").signed(format!("{BODY}\0")),
        unreadable("signed: NUL in the id", "it is no id").signed(BODY.replacen("evt_1", "evt\\u0000", 1)),
        unreadable("signed: an id that leads elsewhere", "it is no id").signed(BODY.replacen("evt_1", "../evt", 1)),
        accepted("signed: nested 10,000 deep", "what is not known is skipped, on a stack of 64 KiB")
            .signed(nested("x"))
            .reads("id", "evt_1"),
        accepted("signed: an object of 10,000 lists", "kept as it came")
            .signed(Blob::parts(arrays))
            .reads("type", "invoice.paid"),
        accepted("signed: an object of 10,000 objects", "kept as it came").signed(Blob::parts(objects)),
        unreadable("signed: nested 10,000 deep and never closed", "it is no JSON")
            .signed(Blob::parts(["{\"x\":".into(), Blob::repeat("[", 10_000)])),
        unreadable("signed: nested 10,000 deep where a text is due", "it is no id").signed(Blob::parts([
            "{\"id\":".into(),
            Blob::repeat("[", 10_000),
            Blob::repeat("]", 10_000),
            format!(",{}", &BODY[14..]).into(),
        ])),
        unreadable("signed: a time of 1e400", "it is no time").signed(created("1e400")),
        unreadable("signed: a time of 2^63", "it is no time").signed(created("9223372036854775808")),
        unreadable("signed: a time that is a fraction", "seconds are whole").signed(created("1704067200.5")),
        accepted("signed: 1e400 where nobody looks", "unknown members are ignored")
            .signed(with("\"x\":1e400"))
            .reads("id", "evt_1"),
        accepted("signed: 256 KiB", "the longest body that is looked at").signed(padded(LONGEST)),
        unproven("signed: 256 KiB and a byte", "no delivery is that long").signed(padded(LONGEST + 1)),
    ]
}

/// Genuine, and yet not to be taken for what they are not.
fn deliveries() -> Vec<Vector> {
    let digest = hex(&sha256(BODY.as_bytes()));
    let test = BODY.replace("\"livemode\":true", "\"livemode\":false");
    let unknown = BODY.replacen("payment.succeeded", "payment.teleported", 1);
    let again = format!("t={},v1={}", NOW + 100, super::mac(&(NOW + 100).to_string(), BODY.as_bytes()));
    vec![
        accepted("captured", "the first of two").reads("digest", digest.as_str()).reads("id", "evt_1"),
        accepted("captured, and replayed after 200 seconds", "within the tolerance: its id and digest tell")
            .at(NOW + 200)
            .reads("digest", digest.as_str())
            .reads("id", "evt_1"),
        unproven("captured, and replayed after a day", "its time is too far away").at(NOW + 86_400),
        accepted("sent again by the provider", "signed anew: its id and digest tell")
            .header(again)
            .at(NOW + 100)
            .reads("digest", digest)
            .reads("id", "evt_1"),
        accepted(
            "a test event at a live endpoint",
            "genuine: it says that it is a test, and no live order's check passes",
        )
        .signed(test)
        .reads("livemode", "false"),
        accepted("a live event about a test payment", "genuine, and its object is refused")
            .signed(BODY.replacen("\"livemode\":true", "\"livemode\":false", 1))
            .reads("object", "data.object.livemode"),
        accepted("an unknown event type", "kept as it came").signed(unknown).reads("type", "payment.teleported"),
        accepted("an unknown status", "kept as it came, and never final")
            .signed(BODY.replacen("\"status\":\"succeeded\"", "\"status\":\"levitating\"", 1))
            .reads("status", "levitating")
            .reads("final", "false"),
        new("no status at all", Expect::Accepted, "genuine, and its object is refused")
            .signed(BODY.replacen("\"status\":\"succeeded\",", "", 1))
            .reads("object", "data.object"),
    ]
}

impl Vector {
    /// With this body, signed.
    fn signed(self, body: impl Into<Blob>) -> Self {
        let body = body.into();
        let bytes = body.bytes().unwrap_or_default();
        let tag = hmac(SECRET.as_bytes(), &[TIME.as_bytes(), b".", &bytes]);
        self.headers(HEADER, [format!("t={TIME},v1={}", hex(&tag))]).body(body)
    }
}

/// The body with 10,000 lists in a member that nobody knows.
fn nested(name: &str) -> Blob {
    let parts = [
        format!("{{\"{name}\":").into(),
        Blob::repeat("[", 10_000),
        Blob::repeat("]", 10_000),
        format!(",{}", &BODY[1..]).into(),
    ];
    Blob::parts(parts)
}

/// The body and so many blanks that it is this long.
fn padded(length: usize) -> Blob {
    Blob::parts([BODY.into(), Blob::repeat(" ", length - BODY.len())])
}

/// The body with a byte that no UTF-8 has, so far behind this text.
fn invalid(text: &str, behind: usize) -> Vec<u8> {
    let mut bytes = BODY.as_bytes().to_vec();
    if let Some(byte) = BODY.find(text).and_then(|at| bytes.get_mut(at + behind)) {
        *byte = 0xff;
    }
    bytes
}

const LONGEST: usize = 256 * 1024;
