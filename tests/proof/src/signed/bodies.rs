//! The body: changed under a genuine signature, or signed although it is unusual.

use super::Genuine;
use crate::crypto::{base64, hex, sha256};
use crate::vectors::{Encoded, LONGEST_JSON, Vector, nested, padded, rows, with_member};

/// Bodies that the signature does not sign.
pub(super) fn changed(g: &Genuine) -> Vec<Vector> {
    let body = g.body.as_str();
    let with = |body: String| g.with_body(body);
    let why = "the signature is that of other bytes";
    rows! { g;
        both Rejected "body empty", why => g.with_body("");
        both Rejected "body with another amount", why => with(body.replacen(g.amount(), &g.amount().replace('2', "9"), 1));
        turbopay Rejected "body with another status", why => with(body.replacen("success", "pending", 1));
        both Rejected "body re-serialised", why => with(reserialised(body));
        both Rejected "body reordered", why => with(reordered(g));
        both Rejected "body with BOM", why => with(format!("\u{feff}{body}"));
        both Rejected "body with CRLF", why => with(body.replace(',', ",\r\n"));
        both Rejected "body with a trailing newline", why => with(format!("{body}\n"));
        both Rejected "body with a key twice", why => with(with_member(body, g.second_member()));
        both Rejected "body with invalid UTF-8", why => g.with_body([body.as_bytes(), &[0xff]].concat());
        both Rejected "body with NUL behind it", why => with(format!("{body}\0"));
        both Rejected "body nested 10,000 deep", why => g.with_body(nested(body, "[", "", "]"));
        both Rejected "body with 1e400", why => with(with_member(body, "\"x\":1e400"));
        both Rejected "body with 2^63", why => with(with_member(body, "\"x\":9223372036854775808"));
        both Rejected "body of 256 KiB and a byte", why => g.with_body(padded(body, LONGEST_JSON + 1));
        turbopay Rejected "body as a form", why
            => with(format!("order_id={}&status=success&amount=200.00", g.id));
        turratech Rejected "body without its last byte", why => g.with_body(&body[..body.len() - 1]);
        turratech Rejected "body with an escape more", why => with(body.replacen("\"evt_", "\"\\u0065vt_", 1));
        turratech Rejected "body in base64", why => with(base64(body.as_bytes()));
    }
}

/// Unusual bodies that the provider signed.
pub(super) fn signed(g: &Genuine) -> Vec<Vector> {
    let body = g.body.as_str();
    let sign = |body: String| g.with_signed(body);
    let with = |member: &str| g.with_signed(with_member(body, member));
    let created = |number: &str| sign(body.replacen("\"created\":1704067200", &format!("\"created\":{number}"), 1));
    let amount = |json: &str| sign(body.replacen("\"200.00\"", json, 1));
    let id = |to: &str| sign(body.replacen(&g.full_id(), to, 1));
    // The members that the vectors about nesting and unknown members read.
    let read = |vector: Vector, name: &str, value: &str| match g.is_turratech() {
        true => vector.reads("id", g.full_id()),
        false => vector.reads(name, value),
    };
    let no_json = "it is no JSON";
    let skipped = "what is not known is skipped, on a stack of 64 KiB";
    rows! { g;
        both Accepted "signed: re-serialised", "these are the bytes that were signed" => sign(reserialised(body));
        both Accepted "signed: reordered", "members have no order" => sign(reordered(g));
        both Accepted "signed: CRLF", "white space of JSON's own" => sign(body.replace(',', ",\r\n"));
        both Accepted "signed: a trailing newline", "white space of JSON's own" => sign(format!("{body}\n"));
        both Unreadable "signed: BOM", "JSON has none" => sign(format!("\u{feff}{body}"));
        both Unreadable "signed: empty", no_json => g.with_signed("");
        both Unreadable "signed: a list", "it is no object" => sign(format!("[{body}]"));
        turratech Unreadable "signed: two objects", "one is due" => sign(body.repeat(2));
        turratech Unreadable "signed: cut off", no_json => g.with_signed(&body[..body.len() - 1]);
        both Unreadable "signed: a key twice", "which one is meant, nobody can say" => with(g.second_member());
        both Accepted "signed: an unknown key twice", "unknown members are ignored"
            => read(with("\"x\":1,\"x\":2"), "amount", "200.00");
        both Unreadable "signed: invalid UTF-8 behind it", no_json => g.with_signed([body.as_bytes(), &[0xff]].concat());
        turratech Unreadable "signed: invalid UTF-8 in the id", no_json => g.with_signed(invalid(body, &g.id));
        turbopay Unreadable "signed: invalid UTF-8 in the reason", no_json => g.with_signed(invalid(body, "none"));
        turbopay Unreadable "signed: invalid UTF-8 in a member that nobody reads", no_json
            => g.with_signed(invalid(&body.replacen("\"reason\"", "\"remark\"", 1), "none"));
        both Unreadable "signed: NUL behind it", no_json => sign(format!("{body}\0"));
        turratech Unreadable "signed: NUL in the id", "it is no id" => id("evt\\u0000");
        turbopay Unreadable "signed: NUL in the id", "it is no id" => id("849655\\u0000");
        turratech Unreadable "signed: an id that leads elsewhere", "it is no id" => id("../evt");
        turbopay Unreadable "signed: an id that leads elsewhere", "it is no id" => id(&format!("../{}", g.id));
        both Accepted "signed: nested 10,000 deep", skipped
            => read(g.with_signed(nested(body, "[", "", "]")), "status", "success");
        turratech Accepted "signed: an object of 10,000 lists", "kept as it came"
            => g.with_signed(invoice(body, "[", "", "]")).reads("type", "invoice.paid");
        turratech Accepted "signed: an object of 10,000 objects", "kept as it came"
            => g.with_signed(invoice(body, "{\"a\":", "1", "}"));
        both Unreadable "signed: nested 10,000 deep and never closed", no_json
            => g.with_signed(Encoded::parts(["{\"x\":".into(), Encoded::repeat("[", 10_000)]));
        turratech Unreadable "signed: nested 10,000 deep where a text is due", "it is no id"
            => g.with_signed(nested_member(body, "id", &format!("\"id\":\"{}\",", g.full_id())));
        turbopay Unreadable "signed: nested 10,000 deep where an amount is due", "it is no amount"
            => g.with_signed(nested_member(body, "amount", ",\"amount\":\"200.00\""));
        turratech Unreadable "signed: a time of 1e400", "it is no time" => created("1e400");
        turratech Unreadable "signed: a time of 2^63", "it is no time" => created("9223372036854775808");
        turratech Unreadable "signed: a time that is a fraction", "seconds are whole" => created("1704067200.5");
        turbopay Unreadable "signed: an amount of 1e400", "it is no amount" => amount("1e400");
        turbopay Unreadable "signed: an amount of 2e2", "amounts have no exponent" => amount("2e2");
        turbopay Unreadable "signed: an amount of NaN", "it is no amount" => amount("\"NaN\"");
        turbopay Unreadable "signed: an amount of thirty digits", "more than any amount holds" => amount(&"9".repeat(30));
        turbopay Accepted "signed: an amount of 2^63", "an exact decimal holds it"
            => amount("9223372036854775808").reads("amount", "9223372036854775808");
        turbopay Accepted "signed: an amount without quotes", "read through its text"
            => amount("200.10").reads("amount", "200.10");
        both Accepted "signed: 1e400 where nobody looks", "unknown members are ignored"
            => read(with("\"x\":1e400"), "amount", "200.00");
        both Accepted "signed: 256 KiB", "the longest body that is looked at" => g.with_signed(padded(body, LONGEST_JSON));
        both Rejected "signed: 256 KiB and a byte", "no delivery is that long"
            => g.with_signed(padded(body, LONGEST_JSON + 1));
    }
}

/// Genuine deliveries that prove less than they seem to.
pub(super) fn deliveries(g: &Genuine) -> Vec<Vector> {
    let body = g.body.as_str();
    let digest = hex(&sha256(body.as_bytes()));
    let event = |vector: Vector| vector.reads("digest", &*digest).reads("id", g.full_id());
    let sign = |from: &str, to: &str| g.with_signed(body.replacen(from, to, 1));
    let spaced = body.replace(':', ": ");
    let later = Genuine { time: g.time + 100, ..g.clone() };
    rows! { g;
        turratech Accepted "captured", "the first of two" => event(g.vector());
        turratech Accepted "captured, and replayed after 200 seconds", "within the tolerance: its id and digest tell"
            => event(g.vector().at(g.time + 200));
        turratech Rejected "captured, and replayed after a day", "its time is too far away"
            => g.vector().at(g.time + 86_400);
        turratech Accepted "sent again by the provider", "signed anew: its id and digest tell" => event(later.vector());
        turratech Accepted "a test event at a live endpoint",
            "genuine: it says that it is a test, and no live order's check passes"
            => g.with_signed(body.replace("\"livemode\":true", "\"livemode\":false")).reads("livemode", "false");
        turratech Accepted "a live event about a test payment", "genuine, and its object is refused"
            => sign("\"livemode\":true", "\"livemode\":false").reads("object", "data.object.livemode");
        turratech Accepted "an unknown event type", "kept as it came"
            => sign("payment.succeeded", "payment.teleported").reads("type", "payment.teleported");
        turratech Accepted "an unknown status", "kept as it came, and never final"
            => sign("\"status\":\"succeeded\"", "\"status\":\"levitating\"").reads("status", "levitating").reads("final", "false");
        turratech Accepted "no status at all", "genuine, and its object is refused"
            => sign("\"status\":\"succeeded\",", "").reads("object", "data.object");
        turbopay Accepted "captured", "the first of two" => g.vector().reads("digest", &*digest);
        turbopay Accepted "captured, and replayed", "the scheme has no time: its digest tells"
            => g.vector().reads("digest", &*digest);
        turbopay Accepted "sent again in other bytes", "the digest differs: order and status tell"
            => g.with_signed(&*spaced).reads("digest", hex(&sha256(spaced.as_bytes()))).reads("order", "O_00");
        turbopay Rejected "another order's signature", "the signature is that of other bytes"
            => g.with_header(g.value(&body.replacen("O_00", "O_2", 1)));
        turbopay Accepted "an unknown status", "kept as it came, and never final"
            => sign("success", "levitating").reads("status", "levitating").reads("final", "false");
        turbopay Accepted "a status in capitals", "another value, kept as it came, and never final"
            => sign("success", "SUCCESS").reads("status", "SUCCESS").reads("final", "false");
        turbopay Unreadable "no status at all", "a state is never derived from a missing member"
            => sign("\"status\":\"success\",", "");
        turbopay Unreadable "a status of null", "a state is never derived from a missing member"
            => sign("\"success\"", "null");
    }
}

impl Genuine {
    /// The id of the event or order, as the body writes it.
    fn full_id(&self) -> String {
        if self.is_turratech() { format!("evt_{}", self.id) } else { self.id.clone() }
    }

    fn amount(&self) -> &'static str {
        if self.is_turratech() { "\"amount\":2000" } else { "\"amount\":\"200.00\"" }
    }

    /// A member that the body already has, with another value.
    fn second_member(&self) -> &'static str {
        if self.is_turratech() { "\"id\":\"evt_0\"" } else { "\"amount\":\"900.00\"" }
    }
}

fn reserialised(body: &str) -> String {
    body.replace(':', ": ").replace(',', ", ")
}

fn reordered(g: &Genuine) -> String {
    if g.is_turratech() {
        let (was, is) = (r#""created":1704067200,"livemode":true,"#, r#""livemode":true,"created":1704067200,"#);
        return g.body.replacen(was, is, 1);
    }
    with_member(&g.body.replacen(r#""status":"success","#, "", 1), r#""status":"success""#)
}

/// Moves a member to the front, with 10,000 lists as its value.
fn nested_member(body: &str, name: &str, member: &str) -> Encoded {
    let rest = format!(",{}", &body.replacen(member, "", 1)[1..]);
    let (open, close) = (Encoded::repeat("[", 10_000), Encoded::repeat("]", 10_000));
    Encoded::parts([format!("{{\"{name}\":").into(), open, close, rest.into()])
}

/// An event whose object is nested 10,000 levels deep.
fn invoice(body: &str, open: &str, inner: &str, close: &str) -> Encoded {
    let event = body.replacen("payment.succeeded", "invoice.paid", 1);
    let (before, _) = event.split_once("\"data\"").unwrap_or_default();
    let inner = (!inner.is_empty()).then(|| inner.into());
    let start = [format!("{before}\"data\":{{\"object\":").into(), Encoded::repeat(open, 10_000)];
    Encoded::parts(start.into_iter().chain(inner).chain([Encoded::repeat(close, 10_000), "}}".into()]))
}

/// Replaces the first byte of a text by one that UTF-8 never contains.
fn invalid(body: &str, text: &str) -> Vec<u8> {
    let mut bytes = body.as_bytes().to_vec();
    if let Some(byte) = body.find(text).and_then(|at| bytes.get_mut(at)) {
        *byte = 0xff;
    }
    bytes
}
