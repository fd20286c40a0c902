//! Webhook signatures: which webhooks are verified and which are rejected.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::ManualClock;
use turratech::payments_core::http::{HeaderMap, HeaderValue};
use turratech::payments_core::time::OffsetDateTime;
use turratech::test_util::sign;
use turratech::{Event, Tolerance, Verified, VerifyError, WebhookSecret, WebhookVerifier};

use crate::support::{clock, paid};

pub(crate) fn secret() -> WebhookSecret {
    WebhookSecret::new("whsec_canary51ab").unwrap()
}

pub(crate) fn event(event_type: &str, object: &str) -> String {
    format!(
        r#"{{"id":"evt_1","object":"event","type":"{event_type}","created":1704067200,"livemode":false,
            "data":{{"object":{object}}}}}"#
    )
}

pub(crate) fn delivery() -> String {
    event("payment.succeeded", &paid("pay_1", "succeeded"))
}

pub(crate) fn verifier() -> WebhookVerifier {
    WebhookVerifier::new(secret()).clock(clock())
}

/// The signature of this body, signed now.
fn signature(body: &str) -> String {
    sign(&secret(), body.as_bytes(), clock().now())
}

/// The time and the digits of a signature.
fn parts(signature: &str) -> (String, String) {
    let (time, hex) = signature.split_once(",v1=").unwrap();
    (time.strip_prefix("t=").unwrap().to_owned(), hex.to_owned())
}

fn verify(body: &str, signature: impl AsRef<[u8]>) -> Result<Verified<Event>, VerifyError> {
    verifier().verify_signature(body.as_bytes(), signature.as_ref())
}

#[track_caller]
fn check_rejected(signature: impl AsRef<[u8]>) {
    let result = verify(&delivery(), signature.as_ref());
    let excerpt = String::from_utf8_lossy(signature.as_ref()).chars().take(120).collect::<String>();
    assert_eq!(result.unwrap_err(), VerifyError::Rejected, "{excerpt}");
}

#[test]
fn a_correctly_signed_webhook_is_verified() {
    let body = delivery();
    let event = verify(&body, signature(&body)).unwrap();
    assert_eq!((event.id.as_str(), event.event_type.as_str()), ("evt_1", "payment.succeeded"));
    assert_eq!(event.body(), body.as_bytes());
    assert_eq!(WebhookVerifier::ACKNOWLEDGEMENT.status, 200);
}

#[test]
fn a_signature_in_upper_case_digits_is_verified() {
    let body = delivery();
    let (t, hex) = parts(&signature(&body));
    let upper = hex.to_uppercase();
    assert_ne!(upper, hex, "the digits contain a letter");
    assert!(verify(&body, format!("t={t},v1={upper}")).is_ok());
    let mixed = format!("{}{}", &upper[..32], &hex[32..]);
    assert!(verify(&body, format!("t={t},v1={mixed}")).is_ok());
}

#[test]
fn a_signature_in_another_form_is_rejected() {
    let (t, hex) = parts(&signature(&delivery()));
    let base64 = {
        use base64::Engine as _;
        let bytes: Vec<u8> =
            (0..64).step_by(2).map(|index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap()).collect();
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    for header in [
        String::new(),
        hex.clone(),
        format!("v1={hex}"),
        format!("t={t}"),
        format!("t={t},v1="),
        format!("t={t},v1={base64}"),
        format!("t={t},v1=0x{hex}"),
        format!("t={t},v1= {hex}"),
        format!("t={t},v1={hex} "),
        format!("t={t},v1={hex}\n"),
        format!("t={t}, v1={hex}"),
        format!("t={t};v1={hex}"),
        format!("t={t},v1={}", &hex[..63]),
        format!("t={t},v1={}", &hex[..62]),
        format!("t={t},v1={hex}0"),
        format!("t={t},v1={hex}00"),
        format!("t={t},v1={}", &hex[1..]),
        format!("t={t},v0={hex}"),
        format!("t={t},v2={hex}"),
        format!("t={t},V1={hex}"),
        format!("t={t},v1:{hex}"),
        format!("t={t},v1=={hex}"),
        format!("T={t},v1={hex}"),
        format!("\"t={t},v1={hex}\""),
        format!("t={t},v1={}", "0".repeat(64)),
        format!("t={t},v1={}", "é".repeat(32)),
        format!("t={t},v1={}", "a".repeat(1024 * 1024)),
        ",".repeat(1024 * 1024),
        "t=".repeat(1000),
    ] {
        check_rejected(header);
    }
    check_rejected([b"t=".as_slice(), t.as_bytes(), b",v1=", hex.as_bytes(), &[0xff]].concat());
    check_rejected([b"t=".as_slice(), &[0xd9, 0xa1], b",v1=", hex.as_bytes()].concat());
}

#[test]
fn the_signature_has_exactly_one_time_in_decimal_digits() {
    let body = delivery();
    let now = clock().now().unix_timestamp();
    let (_, hex) = parts(&signature(&body));
    for time in [
        "".to_owned(),
        format!("+{now}"),
        format!("-{now}"),
        format!("0{now}"),
        format!("00{now}"),
        format!("{now}.0"),
        format!("{now} "),
        format!(" {now}"),
        "1e9".to_owned(),
        format!("0x{now:x}"),
        format!("{now}000"),
        "9223372036854775807".to_owned(),
        "9223372036854775808".to_owned(),
        "99999999999999999999".to_owned(),
        "٠١٢٣٤٥٦٧٨٩".to_owned(),
        "１７６７３２３０４５".to_owned(),
        "now".to_owned(),
    ] {
        // Rejected even if the same text is signed with the secret.
        let message = [time.as_bytes(), b".", body.as_bytes()].concat();
        let signed: String = hmac(b"whsec_canary51ab", &message).iter().map(|byte| format!("{byte:02x}")).collect();
        check_rejected(format!("t={time},v1={signed}"));
        check_rejected(format!("t={time},v1={hex}"));
    }
    check_rejected(format!("t={now},t={now},v1={hex}"));
    check_rejected(format!("t={now},v1={hex},t={now}"));
    check_rejected(format!("t={now},v1={hex},t=1"));
    check_rejected(format!("t=1,t={now},v1={hex}"));
    assert!(verify(&body, format!("v1={hex},t={now}")).is_ok(), "the order of the entries does not matter");
}

#[test]
fn a_time_may_differ_by_at_most_300_seconds_in_either_direction() {
    let body = delivery();
    for (seconds, accepted) in [(0, true), (299, true), (300, true), (301, false), (3600, false)] {
        for direction in [1, -1] {
            let time = clock().now() + turratech::payments_core::time::Duration::seconds(direction * seconds);
            let header = sign(&secret(), body.as_bytes(), time);
            assert_eq!(verify(&body, header).is_ok(), accepted, "{}", direction * seconds);
        }
    }
}

#[test]
fn the_tolerance_can_be_changed() {
    let body = delivery();
    let old = sign(&secret(), body.as_bytes(), clock().now() - Duration::from_secs(3600));
    let tolerant = verifier().tolerance(Tolerance::seconds(3600));
    assert!(tolerant.verify_signature(body.as_bytes(), old.as_bytes()).is_ok());
    let strict = verifier().tolerance(Tolerance::seconds(0));
    assert!(strict.verify_signature(body.as_bytes(), signature(&body).as_bytes()).is_ok());
    let one_second_old = sign(&secret(), body.as_bytes(), clock().now() - Duration::from_secs(1));
    assert!(strict.verify_signature(body.as_bytes(), one_second_old.as_bytes()).is_err());
}

#[test]
fn a_wrong_clock_rejects_every_webhook() {
    let body = delivery();
    for now in [OffsetDateTime::UNIX_EPOCH - Duration::from_secs(86_400), OffsetDateTime::UNIX_EPOCH] {
        let verifier = WebhookVerifier::new(secret()).clock(ManualClock::at(now));
        assert!(verifier.verify_signature(body.as_bytes(), signature(&body).as_bytes()).is_err());
    }
    // Unix time zero is valid and has one digit.
    let verifier = WebhookVerifier::new(secret()).clock(ManualClock::at(OffsetDateTime::UNIX_EPOCH));
    let at_zero = sign(&secret(), body.as_bytes(), OffsetDateTime::UNIX_EPOCH);
    assert!(verifier.verify_signature(body.as_bytes(), at_zero.as_bytes()).is_ok());
}

#[test]
fn at_most_sixteen_entries_are_read() {
    let body = delivery();
    let (t, hex) = parts(&signature(&body));
    let other = "0".repeat(64);
    let with = |before: usize, after: usize| {
        let wrong = |count: usize| vec![format!("v1={other}"); count];
        let entries = [vec![format!("t={t}")], wrong(before), vec![format!("v1={hex}")], wrong(after)].concat();
        entries.join(",")
    };
    assert!(verify(&body, with(0, 0)).is_ok());
    assert!(verify(&body, with(14, 0)).is_ok(), "the sixteenth entry is read");
    check_rejected(with(15, 0));
    check_rejected(with(1000, 0));
    assert!(verify(&body, with(0, 1000)).is_ok(), "later entries are ignored");
    check_rejected(format!("{}t={t},v1={hex}", "v0=1,".repeat(16)));
}

#[test]
fn entries_of_other_versions_are_ignored() {
    let body = delivery();
    let (t, hex) = parts(&signature(&body));
    for header in [
        format!("t={t},v0={},v1={hex}", "0".repeat(64)),
        format!("t={t},v2=whatever,v1={hex},v3="),
        format!("t={t},v10={hex},v1={hex}"),
        format!("t={t},,v1={hex},"),
        format!("t={t},v1=broken,v1={hex}"),
        format!("nonsense,t={t},v1={hex}"),
    ] {
        assert!(verify(&body, &header).is_ok(), "{header}");
    }
}

#[test]
fn the_signature_header_must_occur_exactly_once() {
    let body = delivery();
    let value = HeaderValue::from_str(&signature(&body)).unwrap();
    let mut headers = HeaderMap::new();
    assert_eq!(verifier().verify(body.as_bytes(), &headers).unwrap_err(), VerifyError::Rejected);
    headers.append("TurraTech-Signature", value.clone());
    assert!(verifier().verify(body.as_bytes(), &headers).is_ok());
    headers.append("turratech-signature", value);
    assert_eq!(verifier().verify(body.as_bytes(), &headers).unwrap_err(), VerifyError::Rejected);
}

#[test]
fn a_webhook_with_any_changed_bit_is_rejected() {
    let body = delivery();
    let header = signature(&body);
    let mut attempts = 0;
    for bit in 0..body.len() * 8 {
        let mut changed = body.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        let result = verifier().verify_signature(&changed, header.as_bytes());
        assert_eq!(result.unwrap_err(), VerifyError::Rejected, "bit {bit} of the body");
        attempts += 1;
    }
    for bit in 0..header.len() * 8 {
        let mut changed = header.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        // The same digits in the other case are the same signature.
        if bit / 8 >= header.len() - 64 && changed.eq_ignore_ascii_case(header.as_bytes()) {
            assert!(verify(&body, &changed).is_ok(), "bit {bit} of the header");
            continue;
        }
        assert_eq!(verify(&body, &changed).unwrap_err(), VerifyError::Rejected, "bit {bit} of the header");
        attempts += 1;
    }
    assert!(attempts > 3000, "{attempts}");
    for changed in [
        String::new(),
        body.replace("2000", "9000"),
        body.replace(":2000", ": 2000"),
        format!("{body}\n"),
        format!("{body} "),
        format!("\u{feff}{body}"),
        body.replace('\n', "\r\n"),
        body.replace("\"id\":\"evt_1\",", ""),
        format!(".{body}"),
        body.to_uppercase(),
    ] {
        assert_eq!(verify(&changed, &header).unwrap_err(), VerifyError::Rejected);
    }
}

#[test]
fn the_separator_between_time_and_body_cannot_be_moved() {
    // The signed bytes are "<time>.<body>". The same bytes, split at another place, are rejected.
    let now = clock().now().unix_timestamp().to_string();
    let (shorter, last) = now.split_at(now.len() - 1);
    let body = delivery();
    let signed = parts(&signature(&body)).1;
    let moved = format!("{last}.{body}");
    let result = verifier().verify_signature(moved.as_bytes(), format!("t={shorter},v1={signed}").as_bytes());
    assert_eq!(result.unwrap_err(), VerifyError::Rejected);
}

#[test]
fn a_signature_of_the_body_alone_or_the_time_alone_is_rejected() {
    let (body, now) = (delivery(), clock().now().unix_timestamp());
    let key = b"whsec_canary51ab";
    for message in [
        body.clone(),
        format!("{now}{body}"),
        format!("{now}.."),
        format!("{now}:{body}"),
        format!("{body}.{now}"),
        now.to_string(),
    ] {
        let hex: String = hmac(key, message.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        check_rejected(format!("t={now},v1={hex}"));
    }
    let correct = hmac(key, format!("{now}.{body}").as_bytes());
    let hex: String = correct.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(verify(&body, format!("t={now},v1={hex}")).is_ok());
}

#[test]
fn every_accepted_secret_verifies_and_no_other() {
    let body = delivery();
    let (old, new, other) =
        (secret(), WebhookSecret::new("whsec_new").unwrap(), WebhookSecret::new("whsec_x").unwrap());
    let rotating = WebhookVerifier::new(new.clone()).also_accept(old.clone()).clock(clock());
    let (of_old, of_new, of_other) =
        (sign(&old, body.as_bytes(), clock().now()), sign(&new, body.as_bytes(), clock().now()), {
            sign(&other, body.as_bytes(), clock().now())
        });
    assert!(rotating.verify_signature(body.as_bytes(), of_old.as_bytes()).is_ok());
    assert!(rotating.verify_signature(body.as_bytes(), of_new.as_bytes()).is_ok());
    assert!(rotating.verify_signature(body.as_bytes(), of_other.as_bytes()).is_err());
    // TurraTech may sign with two secrets during a rotation.
    let (t, first) = parts(&of_other);
    let both = format!("t={t},v1={first},v1={}", parts(&of_new).1);
    assert!(rotating.verify_signature(body.as_bytes(), both.as_bytes()).is_ok());
}

#[test]
fn a_secret_is_used_unchanged_and_never_empty() {
    for text in ["", " ", "whsec_1\n", "whsec 1", "whsec_\u{e9}"] {
        assert_eq!(WebhookSecret::new(text).unwrap_err().field(), "webhook_secret");
    }
    let body = delivery();
    let now = clock().now().unix_timestamp();
    // The bytes of the text are the HMAC key: nothing is trimmed or decoded.
    for key in [b"canary51ab".as_slice(), b"whsec_canary51ab\n", b"whsec_canary51a", b"WHSEC_canary51ab"] {
        let tag = hmac(key, format!("{now}.{body}").as_bytes());
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        check_rejected(format!("t={now},v1={hex}"));
    }
}

#[test]
fn a_repeated_webhook_has_the_same_id_and_digest() {
    let body = delivery();
    let first = verify(&body, signature(&body)).unwrap();
    let later = clock();
    later.advance(Duration::from_secs(200));
    let again = WebhookVerifier::new(secret()).clock(later.clone());
    let again = again.verify_signature(body.as_bytes(), signature(&body).as_bytes()).unwrap();
    assert_eq!((first.digest(), &first.id), (again.digest(), &again.id));
    later.advance(Duration::from_secs(101));
    let too_late = WebhookVerifier::new(secret()).clock(later);
    assert!(too_late.verify_signature(body.as_bytes(), signature(&body).as_bytes()).is_err());
}

#[test]
fn a_body_over_256_kib_is_rejected() {
    let padding = |length: usize| {
        let body = delivery();
        let spaces = " ".repeat(length - body.len());
        format!("{body}{spaces}")
    };
    let longest = padding(256 * 1024);
    assert!(verify(&longest, signature(&longest)).is_ok());
    let too_long = padding(256 * 1024 + 1);
    assert_eq!(verify(&too_long, signature(&too_long)).unwrap_err(), VerifyError::Rejected);
}

#[test]
fn a_signed_but_unreadable_webhook_is_an_error_with_a_path() {
    let good = delivery();
    let rows = [
        (String::new(), "."),
        ("{}".to_owned(), "."),
        ("[]".to_owned(), "."),
        ("\0".to_owned(), "."),
        (format!("{good}{good}"), "."),
        (good.replace("\"evt_1\"", "\"../evt\""), "id"),
        (good.replace("\"payment.succeeded\"", "{}"), "type"),
        (good.replacen("false", "null", 1), "livemode"),
        (good.replace("\"data\":{\"object\":", "\"data\":{\"thing\":"), "data"),
        (good.replacen("\"id\":\"evt_1\"", "\"id\":\"evt_1\",\"id\":\"evt_2\"", 1), "id"),
    ];
    for (body, path) in rows {
        assert_ne!(body, good);
        match verify(&body, signature(&body)) {
            Err(VerifyError::Unreadable(problem)) => assert_eq!(problem.path(), path, "{problem} {body}"),
            other => panic!("{other:?} {body}"),
        }
    }
    let invalid = [good.as_bytes(), &[0xff]].concat();
    let header = sign(&secret(), &invalid, clock().now());
    let result = verifier().verify_signature(&invalid, header.as_bytes());
    assert!(matches!(result, Err(VerifyError::Unreadable(_))));
}

#[test]
fn a_deeply_nested_webhook_is_read_on_a_small_stack() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let body = event("payment.imagined", &nested).replacen("\"id\"", &format!("\"deep\":{nested},\"id\""), 1);
    let small = std::thread::Builder::new().stack_size(64 * 1024);
    let read = small.spawn(move || {
        let event = verify(&body, signature(&body)).unwrap();
        matches!(event.object(), Ok(turratech::EventObject::Other(_)))
    });
    assert!(read.unwrap().join().unwrap());
}

/// HMAC-SHA256 after RFC 2104, independent of the SDK.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}
