//! The signature header: missing, repeated, or with a malformed value.

use super::Genuine;
use crate::crypto::hex;
use crate::vectors::{Encoded, MEBIBYTE, Vector, rows};

pub(super) fn vectors(g: &Genuine) -> Vec<Vector> {
    let good = g.value(&g.body);
    let (time, tag) = (g.time(), g.tag(g.secret.as_bytes(), &g.time(), g.body.as_bytes()));
    let digits = hex(&tag);
    let wrong = format!("{},", "0".repeat(64));
    let genuine = if g.is_turratech() {
        let event = g.vector().reads("id", format!("evt_{}", g.id)).reads("type", "payment.succeeded");
        event.reads("livemode", "true").reads("status", "succeeded").reads("final", "true")
    } else {
        let order = g.vector().reads("order", "O_00").reads("status", "success");
        order.reads("final", "true").reads("amount", "200.00")
    };
    let headers = |name: &str, values: &[&str]| g.vector().headers(name, values.iter().copied());
    let megabyte = |start: &str, digit: &str| match start {
        "" => g.with_header(Encoded::repeat(digit, MEBIBYTE)),
        start => g.with_header(Encoded::parts([start.into(), Encoded::repeat(digit, MEBIBYTE)])),
    };
    rows! { g;
        both Accepted "genuine", "as the provider sends it" => genuine;
        both Accepted "header in capitals", "names of headers have no case"
            => headers(&g.header().to_uppercase(), &[&good]);
        both Rejected "signature missing", "nothing proves it" => headers(g.header(), &[]);
        both Rejected "signature in another header", "nothing proves it" => headers("x-signature", &[&good]);
        both Rejected "signature empty", "nothing proves it" => headers(g.header(), &[""]);
        both Rejected "signature twice", "which one is meant, nobody can say" => headers(g.header(), &[&good, &good]);
        turratech Rejected "signature twice, one wrong", "the wrong one may be what a proxy saw"
            => headers(g.header(), &["t=1", &good]);
        turbopay Rejected "signature twice, one wrong", "which one is meant, nobody can say"
            => headers(g.header(), &[&good, "00"]);
        both Rejected "signature in quotes", "the form is another" => g.with_header(format!("\"{good}\""));
        turratech Rejected "signature without its time", "the time is part of what is signed"
            => g.with_header(format!("v1={digits}"));
        turratech Rejected "signature without digits", "there is no v1" => g.with_header(format!("t={time}"));
        turratech Rejected "signature with nothing behind v1", "there are no digits" => g.with_signature("");
        turratech Rejected "digits alone", "the form is another" => g.with_header(digits.as_str());
        turbopay Rejected "signature with its algorithm before it", "the form is another"
            => g.with_header(format!("sha256={good}"));
        turbopay Rejected "signature of another provider's form", "the form is another"
            => g.with_header(format!("t={time},v1={good}"));
        turbopay Rejected "two signatures in one", "the header holds one" => g.with_header(format!("{good},{good}"));
        turbopay Rejected "1,000 entries before it", "the header holds one"
            => g.with_header(Encoded::parts([Encoded::repeat(&*wrong, 1000), good.as_str().into()]));
        turbopay Rejected "1,000 entries behind it", "the header holds one"
            => g.with_header(Encoded::parts([good.as_str().into(), Encoded::repeat(&*wrong, 1000)]));
        both Rejected "signature of 1 MiB", "64 digits, not a million" => megabyte(&g.value_of(&time, ""), "a");
        both Rejected "genuine digits and 1 MiB more", "64 digits, not a million" => megabyte(&good, "0");
        turratech Rejected "1 MiB of commas", "sixteen empty entries" => megabyte("", ",");
        both Rejected "signature of letters that are no ASCII", "digits are ASCII"
            => g.with_signature(&"\u{e9}".repeat(32));
        both Rejected "signature with a byte 0xff behind it", if g.is_turratech() { "the digits go on" } else {
            "the form is another"
        } => g.with_header([good.as_bytes(), &[0xff]].concat());
        both Rejected "signature with NUL behind it", if g.is_turratech() { "the digits go on" } else {
            "the form is another"
        } => g.with_header(format!("{good}\0"));
        turbopay Rejected "signature as raw bytes", "digits are due" => g.with_header(tag.to_vec());
        turratech Rejected "semicolon between the entries", "entries are parted by commas"
            => g.with_header(good.replace(',', ";"));
        turratech Rejected "blank behind the comma", "the form is exact" => g.with_header(good.replace(',', ", "));
        turratech Rejected "names in capitals", "the names of entries have a case"
            => g.with_header(format!("T={time},V1={digits}"));
    }
}
