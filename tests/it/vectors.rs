//! The file of vectors: complete, as its generator prints it, and what the SDK makes of each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use payments_proof::vectors::{File, Vector};
use payments_proof::{Outcome, Provider, Verdict, receive};
use turratech::{Currency, EventObject, Expected, Mismatch, Money};

#[test]
fn the_file_is_what_its_generator_prints() {
    let printed = File::generate().print().unwrap();
    let differs = FILE.lines().zip(printed.lines()).position(|(committed, printed)| committed != printed);
    assert!(
        FILE == printed,
        "line {:?} differs: cargo run -p payments-tests --bin vectors > tests/vectors/webhooks.json",
        differs.map(|at| at + 1)
    );
    assert!(FILE.len() <= 256 * 1024, "{} bytes", FILE.len());
    assert!(FILE.is_ascii(), "any program reads it");
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let mut judged = BTreeMap::<_, usize>::new();
    let mut wrong = Vec::new();
    for vector in vectors() {
        check(&vector, Prepared::new(&vector).unwrap().judge(), &mut wrong);
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
        assert!(!judged.contains_key(&(provider, Outcome::Accepted)), "what carries no proof is never accepted");
        assert!(!judged.contains_key(&(provider, Outcome::Unreadable)), "all of its failures look alike");
        assert!(judged[&(provider, Outcome::Hint)] > 10, "{provider:?}");
    }
}

#[test]
fn every_vector_is_judged_the_same_on_a_stack_of_64_kib() {
    for vector in vectors() {
        let prepared = Prepared::new(&vector).unwrap();
        let small = std::thread::Builder::new().stack_size(64 * 1024);
        let verdict = small.spawn(move || prepared.judge()).unwrap().join().unwrap();
        let mut wrong = Vec::new();
        check(&vector, verdict, &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn every_vector_has_a_name_of_its_own_and_what_is_due_to_its_kind() {
    let file = file();
    let mut names = BTreeSet::new();
    for vector in &file.vectors {
        assert!(names.insert((vector.provider, &vector.name)), "{:?} {}", vector.provider, vector.name);
        assert!(!vector.reason.is_empty());
        let due = file.due.iter().filter(|due| (due.provider, due.kind) == (vector.provider, vector.kind));
        let due: Vec<_> = due.collect();
        assert_eq!(due.len(), 1, "{:?} {:?}", vector.provider, vector.kind);
        assert!(due[0].proves || !matches!(vector.expect, Outcome::Accepted | Outcome::Unreadable), "{}", vector.name);
    }
}

#[test]
fn a_test_event_at_a_live_endpoint_fits_no_live_order() {
    use turratech::test_util::sign;
    use turratech::{WebhookEndpoint, WebhookSecret};

    let vector = named(Provider::Turratech, "a test event at a live endpoint");
    let body = vector.body.bytes().unwrap();
    let secret = WebhookSecret::new("whsec_1").unwrap();
    let now = payments_core::time::OffsetDateTime::UNIX_EPOCH;
    let endpoint = WebhookEndpoint::new(secret.clone()).clock(payments_core::test_util::ManualClock::at(now));
    let event = endpoint.verify_signature(&body, sign(&secret, &body, now).as_bytes()).unwrap();

    let Ok(EventObject::Payment(payment)) = event.object() else { panic!("{event:?}") };
    let order = Expected::new("pay_1", Money::from_minor(2000, Currency::GBP));
    assert_eq!(payment.check(&order.clone().live(true)), Err(Mismatch::Mode { live: false }));
    assert_eq!(payment.check(&order.live(false)), Ok(()));
}

/// Node's own HMAC and AES, and a reader of signatures that was written apart from this one.
#[test]
fn another_language_comes_to_the_same_verdicts() {
    let there = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_err() {
        println!("skipped: there is no node on this machine to run tests/vectors/judge.mjs");
        return;
    }
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
    let output = Command::new("node").args(["judge.mjs", "webhooks.json"]).current_dir(directory).output().unwrap();
    let (told, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{told}");
    assert!(output.status.success(), "{told}{problems}");
    let judged: usize = told.lines().last().and_then(|line| line.split(' ').next()?.parse().ok()).unwrap();
    let left = |vector: &&Vector| vector.provider == Provider::Card3ds || vector.expect == Outcome::InvalidSecret;
    assert_eq!(judged, vectors().iter().filter(|vector| !left(vector)).count());
}

/// Notes what differs from what the vector says.
fn check(vector: &Vector, verdict: Option<payments_tests::vectors::Verdict>, wrong: &mut Vec<String>) {
    let Some(verdict) = verdict else {
        wrong.push(format!("{:?} {}: headers and bare signature disagree", vector.provider, vector.name));
        return;
    };
    if verdict.expect != vector.expect {
        let (is, due) = (verdict.expect, vector.expect);
        wrong.push(format!("{:?} {}: {is:?} instead of {due:?}", vector.provider, vector.name));
    }
    for (name, value) in &vector.reads {
        if verdict.reads.get(name) != Some(value) {
            let is = verdict.reads.get(name);
            wrong.push(format!("{:?} {}: {name} reads {is:?} instead of {value:?}", vector.provider, vector.name));
        }
    }
}

fn named(provider: Provider, name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.provider == provider && vector.name == name).unwrap()
}

fn vectors() -> Vec<Vector> {
    file().vectors
}

/// As anybody reads it, not as it was generated.
fn file() -> File {
    serde_json::from_str(FILE).unwrap()
}

const FILE: &str = include_str!("../vectors/webhooks.json");
