//! The file of webhook test vectors: its format, and the outcome of each vector with the SDKs.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use payments_proof::vectors::{FILE, File, Vector};
use payments_proof::{Outcome, Provider, Verdict, receive};
use turratech::{Currency, EventObject, Expected, Mismatch, Money};

#[test]
fn the_file_has_one_vector_per_line_and_is_ascii() {
    let printed = file().print().unwrap();
    let differs = FILE.lines().zip(printed.lines()).position(|(committed, printed)| committed != printed);
    assert!(FILE == printed, "line {:?} is not in the canonical form", differs.map(|index| index + 1));
    assert!(FILE.len() <= 256 * 1024, "{} bytes", FILE.len());
    assert!(FILE.is_ascii(), "every program can read ASCII");
    assert_eq!(file().vectors.len(), 513);
}

#[test]
fn every_vector_has_its_expected_outcome() {
    let mut judged = BTreeMap::<_, usize>::new();
    let mut wrong = Vec::new();
    for vector in vectors() {
        check(&vector, receive(&vector.delivery().unwrap()), &mut wrong);
        *judged.entry((vector.provider, vector.expect)).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{} of the vectors:\n{}", wrong.len(), wrong.join("\n"));
    println!("{judged:#?}");
    for provider in [Provider::Turratech, Provider::Turbopay, Provider::TurboTxn] {
        assert!(judged[&(provider, Outcome::InvalidSecret)] > 3, "{provider:?}");
    }
    for provider in [Provider::Turratech, Provider::Turbopay] {
        assert!(judged[&(provider, Outcome::Accepted)] > 20 && judged[&(provider, Outcome::Unreadable)] > 10);
    }
    for provider in [Provider::TurboTxn, Provider::Card3ds] {
        assert!(!judged.contains_key(&(provider, Outcome::Accepted)), "an unsigned delivery is never accepted");
        assert!(!judged.contains_key(&(provider, Outcome::Unreadable)), "all failures look alike");
        assert!(judged[&(provider, Outcome::Hint)] > 10, "{provider:?}");
    }
}

#[test]
fn every_vector_has_its_expected_outcome_on_a_stack_of_64_kib() {
    for vector in vectors() {
        let delivery = vector.delivery().unwrap();
        let thread = std::thread::Builder::new().stack_size(64 * 1024);
        let verdict = thread.spawn(move || receive(&delivery)).unwrap().join().unwrap();
        let mut wrong = Vec::new();
        check(&vector, verdict, &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

/// Signs each delivery again, without the SDKs.
#[test]
fn exactly_the_genuine_vectors_are_verified() {
    for vector in vectors() {
        let is_verified = matches!(vector.expect, Outcome::Accepted | Outcome::Unreadable);
        let is_invalid = vector.expect == Outcome::InvalidSecret;
        let is_genuine = vector.delivery().unwrap().is_genuine();
        assert!(is_invalid || is_verified == is_genuine, "{:?} {}", vector.provider, vector.name);
    }
}

#[test]
fn every_vector_has_a_unique_name_and_the_rules_of_its_kind() {
    let file = file();
    let mut names = BTreeSet::new();
    for vector in &file.vectors {
        assert!(names.insert((vector.provider, &vector.name)), "{:?} {}", vector.provider, vector.name);
        assert!(!vector.reason.is_empty());
        let rules = file.rules.iter().filter(|rules| (rules.provider, rules.kind) == (vector.provider, vector.kind));
        let rules: Vec<_> = rules.collect();
        assert_eq!(rules.len(), 1, "{:?} {:?}", vector.provider, vector.kind);
        assert!(
            rules[0].is_signed || !matches!(vector.expect, Outcome::Accepted | Outcome::Unreadable),
            "{}",
            vector.name
        );
    }
}

#[test]
fn a_test_event_at_a_live_endpoint_matches_no_live_order() {
    use turratech::test_util::sign;
    use turratech::{WebhookSecret, WebhookVerifier};

    let vector = named(Provider::Turratech, "a test event at a live endpoint");
    let body = vector.body.bytes().unwrap();
    let secret = WebhookSecret::new("whsec_1").unwrap();
    let now = payments_core::time::OffsetDateTime::UNIX_EPOCH;
    let endpoint = WebhookVerifier::new(secret.clone()).clock(payments_core::test_util::ManualClock::at(now));
    let event = endpoint.verify_signature(&body, sign(&secret, &body, now).as_bytes()).unwrap();

    let Ok(EventObject::Payment(payment)) = event.object() else { panic!("{event:?}") };
    let order = Expected::new("pay_1", Money::from_minor(2000, Currency::GBP));
    assert_eq!(payment.check(&order.clone().live(true)), Err(Mismatch::Mode { live: false }));
    assert_eq!(payment.check(&order.live(false)), Ok(()));
}

#[test]
fn an_amount_that_cannot_be_read_matches_no_order() {
    let unreadable: Vec<_> = vectors().into_iter().filter(|v| v.reads.contains_key("unreadable_amount")).collect();
    assert!(unreadable.len() > 4);
    for vector in unreadable {
        let delivery = vector.delivery().unwrap();
        let verdict = receive(&delivery).unwrap();
        assert!(!verdict.reads.contains_key("amount"), "{}", vector.name);
        let key = turbopay::WebhookKey::new(&*delivery.secrets[0]).unwrap();
        let signature = &delivery.headers[0].1;
        let event = turbopay::WebhookVerifier::new(key).verify_signature(&delivery.body, signature).unwrap();
        for rupees in [0, 1, 2, 20, 200, 900, i64::MAX / 100] {
            let order = Expected::new("O_00", Money::from_minor(rupees * 100, Currency::INR));
            assert!(matches!(event.check(&order), Err(Mismatch::AmountUnreadable(_))), "{}", vector.name);
        }
    }
}

/// Uses Node's HMAC and AES, and an independent parser of signatures.
#[test]
fn another_language_gets_the_same_outcomes() {
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if node.is_err() {
        println!("skipped: tests/vectors/judge.mjs needs node, which is not installed");
        return;
    }
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
    let output = Command::new("node").args(["judge.mjs", "webhooks.json"]).current_dir(directory).output().unwrap();
    let (printed, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{printed}");
    assert!(output.status.success(), "{printed}{problems}");
    let judged: usize = printed.lines().last().and_then(|line| line.split(' ').next()?.parse().ok()).unwrap();
    let is_skipped = |vector: &&Vector| vector.provider == Provider::Card3ds || vector.expect == Outcome::InvalidSecret;
    assert_eq!(judged, vectors().iter().filter(|vector| !is_skipped(vector)).count());
}

/// Records each difference from the vector.
fn check(vector: &Vector, verdict: Option<Verdict>, wrong: &mut Vec<String>) {
    let Some(verdict) = verdict else {
        wrong.push(format!(
            "{:?} {}: the header map and the bare value get different verdicts",
            vector.provider, vector.name
        ));
        return;
    };
    if verdict.outcome != vector.expect {
        let (actual, expected) = (verdict.outcome, vector.expect);
        wrong.push(format!("{:?} {}: {actual:?} instead of {expected:?}", vector.provider, vector.name));
    }
    for (name, value) in &vector.reads {
        if verdict.reads.get(name) != Some(value) {
            let actual = verdict.reads.get(name);
            wrong.push(format!("{:?} {}: {name} reads {actual:?} instead of {value:?}", vector.provider, vector.name));
        }
    }
}

fn named(provider: Provider, name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.provider == provider && vector.name == name).unwrap()
}

fn vectors() -> Vec<Vector> {
    file().vectors
}

fn file() -> File {
    File::parse(FILE).unwrap()
}
