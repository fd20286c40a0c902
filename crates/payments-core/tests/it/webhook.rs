use payments_core::Secret;
use payments_core::http::{HeaderMap, HeaderValue};
use payments_core::json::{self, DecodeError};
use payments_core::time::{Duration, OffsetDateTime};
use payments_core::webhook::{
    Acknowledgement, HexCase, SigningSecrets, Tolerance, Unverified, VerifyError, one_header, sign,
    signature_from_base64, signature_from_hex,
};
use proptest::prelude::*;

const BODY: &[u8] = br#"{"id":"evt_1"}"#;

fn secret(text: &str) -> Secret {
    Secret::new("signing_secret", text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_signature_is_hmac_sha256() {
    // RFC 4231, test case 2.
    let tag = sign(&secret("Jefe"), &[b"what do ya want ", b"for nothing?"]);
    assert_eq!(hex(&tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn a_delivery_signed_with_any_of_the_secrets_is_verified() {
    let (old, new) = (secret("old-secret"), secret("new-secret"));
    let secrets = SigningSecrets::new(&new).also_accept(&old);
    for key in [&old, &new] {
        let verified = secrets.verify(BODY, &[BODY], &[sign(key, &[BODY])]).unwrap();
        assert_eq!(verified.body(), BODY);
    }
    let wrong = sign(&secret("another"), &[BODY]);
    assert_eq!(secrets.verify(BODY, &[BODY], &[wrong]), Err(VerifyError::Rejected));
    // One right signature among wrong ones is enough, in any position.
    let right = sign(&old, &[BODY]);
    assert!(secrets.verify(BODY, &[BODY], &[wrong, right]).is_ok());
    assert!(secrets.verify(BODY, &[BODY], &[right, wrong]).is_ok());
    assert_eq!(secrets.verify(BODY, &[BODY], &[]), Err(VerifyError::Rejected));
    assert_eq!(SigningSecrets::new(&new).verify(BODY, &[BODY], &[right]), Err(VerifyError::Rejected));
}

#[test]
fn a_signature_header_must_occur_exactly_once() {
    let mut headers = HeaderMap::new();
    assert_eq!(one_header(&headers, "x-signature"), Err(VerifyError::Rejected));
    headers.append("x-signature", HeaderValue::from_bytes(b"\xff1").unwrap());
    assert_eq!(one_header(&headers, "x-signature"), Ok(&b"\xff1"[..]));
    assert_eq!(one_header(&headers, "x-other"), Err(VerifyError::Rejected));
    headers.append("x-signature", HeaderValue::from_static("2"));
    assert_eq!(one_header(&headers, "x-signature"), Err(VerifyError::Rejected));
}

#[test]
fn a_delivery_with_one_changed_bit_is_rejected() {
    let key = secret("signing-secret");
    let secrets = SigningSecrets::new(&key);
    let right = sign(&key, &[BODY]);
    for bit in 0..256 {
        let mut forged = right;
        forged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(secrets.verify(BODY, &[BODY], &[forged]), Err(VerifyError::Rejected));
    }
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(secrets.verify(&body, &[&body], &[right]), Err(VerifyError::Rejected));
    }
    for body in [
        &b"{\"id\":\"evt_1\"}\n"[..],
        b"{\"id\":\"evt_1\"}\r\n",
        b"\xef\xbb\xbf{\"id\":\"evt_1\"}",
        b"{ \"id\":\"evt_1\"}",
        b"",
    ] {
        assert_eq!(secrets.verify(body, &[body], &[right]), Err(VerifyError::Rejected));
    }
}

#[test]
fn the_parts_of_a_message_are_concatenated() {
    let key = secret("signing-secret");
    let signature = sign(&key, &[b"1700000000", b".", BODY]);
    let secrets = SigningSecrets::new(&key);
    assert!(secrets.verify(BODY, &[b"1700000000.", BODY], &[signature]).is_ok());
    assert!(secrets.verify(BODY, &[b"1700000001.", BODY], &[signature]).is_err());
}

#[test]
fn the_body_limit_is_256_kib_inclusive() {
    let key = secret("signing-secret");
    let secrets = SigningSecrets::new(&key);
    let body = vec![b' '; 256 * 1024 + 1];
    let longest = &body[1..];
    assert!(secrets.verify(longest, &[longest], &[sign(&key, &[longest])]).is_ok());
    assert_eq!(secrets.verify(&body, &[&body], &[sign(&key, &[&body])]), Err(VerifyError::Rejected));
}

#[test]
fn repeated_deliveries_have_the_same_digest() {
    let key = secret("signing-secret");
    let secrets = SigningSecrets::new(&key);
    let digest = |body: &[u8]| secrets.verify(body, &[body], &[sign(&key, &[body])]).unwrap().digest();
    assert_eq!(digest(BODY), digest(BODY));
    assert_ne!(digest(BODY), digest(b"{}"));
    // FIPS 180-2, appendix B.1.
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest(b"abc").to_string(), known);
    assert_eq!(format!("{:?}", digest(b"abc")), format!("Digest({known})"));
    assert_eq!(hex(digest(b"abc").as_bytes()), known);
}

#[test]
fn the_default_tolerance_is_300_seconds_in_either_direction_inclusive() {
    let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    let tolerance = Tolerance::default();
    for (seconds, covered) in [(0, true), (299, true), (300, true), (301, false), (i64::from(u32::MAX), false)] {
        let difference = Duration::seconds(seconds);
        assert_eq!(tolerance.covers(now - difference, now), covered, "{seconds} s ago");
        assert_eq!(tolerance.covers(now + difference, now), covered, "in {seconds} s");
    }
    let just_over = Duration::seconds(300) + Duration::nanoseconds(1);
    assert!(!tolerance.covers(now - just_over, now));
    assert!(!tolerance.covers(now + just_over, now));
    assert!(Tolerance::seconds(0).covers(now, now));
    // The first and last possible dates neither overflow nor are accepted.
    let (first, last) = (
        OffsetDateTime::new_utc(payments_core::time::Date::MIN, payments_core::time::Time::MIDNIGHT),
        OffsetDateTime::new_utc(payments_core::time::Date::MAX, payments_core::time::Time::MIDNIGHT),
    );
    assert!(!tolerance.covers(first, last) && !tolerance.covers(last, first));
    assert!(!Tolerance::seconds(u32::MAX).covers(first, last));
}

#[test]
fn a_hexadecimal_signature_has_exactly_64_digits() {
    let tag = sign(&secret("k"), &[BODY]);
    let text = hex(&tag);
    let upper = text.to_ascii_uppercase();
    assert_eq!(signature_from_hex(text.as_bytes(), HexCase::Lower), Some(tag));
    assert_eq!(signature_from_hex(text.as_bytes(), HexCase::Either), Some(tag));
    assert_eq!(signature_from_hex(upper.as_bytes(), HexCase::Either), Some(tag));
    assert_eq!(signature_from_hex(upper.as_bytes(), HexCase::Lower), None);
    for invalid in [
        String::new(),
        text[1..].to_owned(),
        text[2..].to_owned(),
        format!("{text}0"),
        format!("{text}00"),
        format!("0x{text}"),
        format!("0x{}", &text[2..]),
        format!(" {}", &text[1..]),
        format!("{}\n", &text[1..]),
        format!("{text}\n"),
        format!("{}g", &text[1..]),
        format!("{} {}", &text[..31], &text[32..]),
        format!("{}\u{ff11}", &text[3..]),
        "é".repeat(32),
        "0".repeat(1024 * 1024),
    ] {
        assert_eq!(signature_from_hex(invalid.as_bytes(), HexCase::Either), None, "{}", invalid.len());
    }
}

#[test]
fn a_base64_signature_uses_the_standard_alphabet_with_padding() {
    // The encoding of 32 bytes of 0xfb contains both characters in which the URL-safe alphabet differs.
    let tag = [0xfb; 32];
    let text = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
    assert_eq!(signature_from_base64(text.as_bytes()), Some(tag));
    for invalid in [
        "",
        &text[..43],
        &text.replace('+', "-").replace('/', "_"),
        &text.replace('+', " "),
        // The unused bits of the last character are set.
        &text.replace("s=", "t="),
        &format!("{text}="),
        &format!("{text}\n"),
        &format!(" {}", &text[1..]),
        &format!("{}==", &text[..42]),
        "====",
        &"A".repeat(44),
        &"A".repeat(1024 * 1024),
    ] {
        assert_eq!(signature_from_base64(invalid.as_bytes()), None, "{invalid:.60}");
    }
}

#[test]
fn a_verified_body_that_cannot_be_decoded_is_unreadable_and_not_rejected() {
    let key = secret("signing-secret");
    let verified = SigningSecrets::new(&key).verify(BODY, &[BODY], &[sign(&key, &[BODY])]).unwrap();
    let err = verified.clone().decode(|_| Err::<(), _>(DecodeError::new("id", "is missing"))).unwrap_err();
    assert_eq!(err.to_string(), "the verified body could not be decoded: id: is missing");
    let decoded = verified.decode(|body| Ok(body.len())).unwrap();
    assert_eq!(*decoded, BODY.len());
    assert_eq!(decoded.body(), BODY);
    assert_eq!(decoded.into_inner(), BODY.len());
    assert_eq!(VerifyError::Rejected.to_string(), "the delivery could not be verified");
}

#[test]
fn debug_output_contains_neither_secret_nor_body() {
    let key = secret("canary-secret");
    let secrets = SigningSecrets::new(&key).also_accept(&key);
    assert_eq!(format!("{secrets:?}"), "SigningSecrets([2 redacted])");
    let body = b"canary-body";
    let verified = secrets.verify(body, &[body], &[sign(&key, &[body])]).unwrap();
    assert_eq!(format!("{verified:?}"), "Verified(())");
}

#[test]
fn a_deeply_nested_delivery_is_verified_and_decoded_with_a_small_stack() {
    #[derive(serde::Deserialize)]
    struct Event {
        id: String,
    }
    let run = || {
        let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let body = format!(r#"{{"data":{nested},"id":"evt_1"}}"#);
        let key = secret("signing-secret");
        let signature = sign(&key, &[body.as_bytes()]);
        let verified = SigningSecrets::new(&key).verify(body.as_bytes(), &[body.as_bytes()], &[signature]).unwrap();
        assert_eq!(verified.decode(json::decode::<Event>).unwrap().id, "evt_1");
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn an_unverified_value_exposes_only_the_claim() {
    let unverified = Unverified::new("order-1");
    assert_eq!(*unverified.claimed(), "order-1");
    assert_eq!(format!("{unverified:?}"), r#"Unverified("order-1")"#);
    let response = Acknowledgement::new(200, "OK");
    assert_eq!((response.status, response.body), (200, "OK"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_delivery_passes_only_with_the_secret_that_signed_it(body: Vec<u8>, key in "[!-~]{1,80}", other in "[!-~]{1,80}") {
        let signature = sign(&secret(&key), &[&body]);
        prop_assert!(SigningSecrets::new(&secret(&key)).verify(&body, &[&body], &[signature]).is_ok());
        if key != other {
            prop_assert!(SigningSecrets::new(&secret(&other)).verify(&body, &[&body], &[signature]).is_err());
        }
    }

    #[test]
    fn no_signature_text_panics(text: Vec<u8>) {
        let _ = signature_from_hex(&text, HexCase::Either);
        let _ = signature_from_base64(&text);
    }
}
