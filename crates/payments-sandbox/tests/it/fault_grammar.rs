//! The text form of faults: parsing, printing and validation.

use payments_sandbox::{Fault, Sandbox, StartError};
use proptest::prelude::*;
use serde_json::json;

use crate::support::control;

const README: &str = include_str!("../../README.md");

#[track_caller]
fn check_round_trip(text: &str) {
    let fault: Fault = text.parse().unwrap_or_else(|err| panic!("{text}: {err}"));
    let printed = fault.to_string();
    assert_eq!(printed.parse::<Fault>().as_ref(), Ok(&fault), "{text} printed as {printed}");
}

/// Asserts that a text is not a valid fault, and that the error names the invalid part and the rule.
#[track_caller]
fn check_rejected(text: &str, part: &str, rule: &str) {
    let err = text.parse::<Fault>().expect_err(text).to_string();
    assert!(err.starts_with(&format!("invalid fault: `{part}` ")), "{text}: the error does not name the part: {err}");
    assert!(err.contains(rule), "{text}: the error does not name the rule: {err}");
}

/// Returns the error of a sandbox that does not start with this fault.
async fn start_error(fault: &str) -> String {
    match Sandbox::builder().fault(fault).try_start().await {
        Err(err @ StartError::Fault(_)) => err.to_string(),
        other => panic!("{fault}: {other:?}"),
    }
}

/// Returns the effects that a phase allows.
fn effects_at(phase: &str) -> &'static [&'static str] {
    match phase {
        "accept" => &["fin", "rst", "stall", "tls-alert"],
        "idle" => &["fin", "rst", "eof"],
        "first-byte" | "head" | "body" | "mid-body" => &["fin", "rst", "stall", "eof"],
        "webhook" => &["duplicate", "reorder", "drop", "tamper", "hold", "delay=2s"],
        _ => &[
            "fin",
            "rst",
            "stall",
            "eof",
            "truncate",
            "truncate=7",
            "mid-status",
            "mid-headers",
            "bad-chunk",
            "continue",
            "endless",
            "garbage",
            "imperfect=bom",
            "imperfect=bytes",
            "imperfect=surrogate",
            "imperfect=number",
            "imperfect=array",
            "imperfect=object",
            "imperfect=twice",
            "html=502",
            "json=429",
            "redirect=302",
            "encoding=gzip",
            "delay=2s",
            "delay=500ms",
            "slow",
        ],
    }
}

const PHASES: &[&str] =
    &["accept", "first-byte", "head", "body", "before-commit", "after-commit", "mid-body", "query", "idle", "webhook"];

#[test]
fn every_documented_effect_of_a_phase_round_trips() {
    for phase in PHASES {
        for effect in effects_at(phase) {
            let text = format!("turbopay @{phase} {effect}");
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }
    assert_eq!(
        "turbopay @before-commit late-commit=3s".parse::<Fault>().unwrap().to_string(),
        "turbopay @before-commit late-commit=3s"
    );
}

#[test]
fn every_documented_trigger_and_budget_round_trips() {
    for text in [
        "turbopay @accept rst",
        "turbopay.* @after-commit fin",
        "turbopay.withdraw#1 @after-commit fin",
        "turbopay.withdraw#2-5 @after-commit fin",
        "turbopay.withdraw#2-5 @after-commit fin x1",
        "turbopay.withdraw#2-5 @after-commit fin x3",
        "turbopay.withdraw#3-3 @after-commit fin",
        "turbopay.withdraw#* @after-commit fin",
        "turbopay.withdraw#* @after-commit fin x1",
        "turbopay.withdraw#1 @after-commit fin x*",
        "turbopay.withdraw order=order-1 @after-commit fin",
        "turbopay.withdraw order=a=b@c p=25% @after-commit fin x3",
        "turbopay.withdraw p=100% order=x @after-commit fin x*",
        "  turbopay.withdraw   @after-commit\tfin  ",
    ] {
        check_round_trip(text);
    }
}

#[test]
fn an_invalid_fault_is_rejected_with_the_invalid_part_and_the_rule() {
    for (text, part, rule) in [
        ("", "", "empty"),
        ("   ", "   ", "empty"),
        ("turbopay", "turbopay", "needs a phase"),
        ("turbopay fin", "fin", "order=REF and p=N%"),
        ("turbopay order= @after-commit fin", "order=", "order=REF"),
        ("turbopay colour=red @after-commit fin", "colour=red", "order=REF"),
        (
            "turbopay @after-lunch fin",
            "@after-lunch",
            "expected one of @accept, @first-byte, @head, @body, @before-commit",
        ),
        ("turbopay @after-commit", "turbopay", "needs an effect"),
        ("turbopay @after-commit explode", "explode", "expected one of fin, rst"),
        ("turbopay @after-commit fin=3", "fin=3", "takes no value"),
        ("turbopay @after-commit html", "html", "status from 200 to 599"),
        ("turbopay @after-commit html=99", "html=99", "status from 200 to 599"),
        ("turbopay @after-commit json=600", "json=600", "status from 200 to 599"),
        ("turbopay @after-commit imperfect", "imperfect", "one of bom, bytes, surrogate, number, array, object, twice"),
        ("turbopay @after-commit imperfect=odd", "imperfect=odd", "one of bom, bytes,"),
        ("turbopay @after-commit json=+429", "json=+429", "status from 200 to 599"),
        ("turbopay @after-commit redirect=200", "redirect=200", "status from 300 to 399"),
        ("turbopay @after-commit encoding", "encoding", "name of an encoding"),
        ("turbopay @after-commit encoding=", "encoding=", "name of an encoding"),
        ("turbopay @after-commit truncate=half", "truncate=half", "number of bytes"),
        ("turbopay @after-commit truncate=-1", "truncate=-1", "number of bytes"),
        ("turbopay @after-commit delay", "delay", "needs a duration"),
        ("turbopay @after-commit delay=2", "delay=2", "needs a duration"),
        ("turbopay @after-commit delay=2m", "delay=2m", "needs a duration"),
        ("turbopay @after-commit delay=-2s", "delay=-2s", "needs a duration"),
        ("turbopay @after-commit delay=99999999999s", "delay=99999999999s", "at most 365 days"),
        ("turbopay @before-commit late-commit=18446744073709551615ms", "late-commit=18446744073709551615ms", "365"),
        ("turbopay @after-commit fin x0", "x0", "xN with N from 1, or x*"),
        ("turbopay @after-commit fin 3", "3", "xN with N from 1, or x*"),
        ("turbopay @after-commit fin x+3", "x+3", "xN with N from 1, or x*"),
        ("turbopay @after-commit fin x3 x4", "x4", "unexpected"),
        ("turbopay#0 @after-commit fin", "turbopay#0", "from 1"),
        ("turbopay# @after-commit fin", "turbopay#", "from 1"),
        ("turbopay#3-2 @after-commit fin", "turbopay#3-2", "from 1"),
        ("turbopay#+3 @after-commit fin", "turbopay#+3", "from 1"),
        ("turbopay#1-2-3 @after-commit fin", "turbopay#1-2-3", "from 1"),
        ("turbopay p=0% @after-commit fin", "p=0%", "from 1% to 100%"),
        ("turbopay p=101% @after-commit fin", "p=101%", "from 1% to 100%"),
        ("turbopay p=50 @after-commit fin", "p=50", "from 1% to 100%"),
    ] {
        check_rejected(text, part, rule);
    }
}

#[test]
fn a_fault_without_a_provider_or_an_operation_is_rejected() {
    for trigger in [".withdraw", ".*#*", "#1", "turbopay.", "turbopay.#2-5"] {
        check_rejected(&format!("{trigger} @query html=502"), trigger, "must start with PROVIDER");
    }
}

#[test]
fn an_effect_that_a_phase_does_not_allow_is_rejected_with_the_allowed_ones() {
    for (text, part, rule) in [
        ("turbopay @accept garbage", "garbage", "is not possible at @accept; expected one of fin, rst, stall"),
        ("turbopay @mid-body html=502", "html=502", "is not possible at @mid-body; expected one of fin, rst, stall"),
        ("turbopay @first-byte tls-alert", "tls-alert", "is not possible at @first-byte"),
        ("turbopay @before-commit tls-alert", "tls-alert", "is not possible at @before-commit"),
        ("turbopay @query tls-alert", "tls-alert", "is not possible at @query"),
        ("turbopay @idle stall", "stall", "is not possible at @idle; expected one of fin, rst, eof"),
        ("turbopay @accept eof", "eof", "is not possible at @accept"),
        ("turbopay @after-commit late-commit=3s", "late-commit=3s", "is not possible at @after-commit"),
        ("turbopay @query late-commit=3s", "late-commit=3s", "is not possible at @query"),
        ("turbopay @before-commit duplicate", "duplicate", "is not possible at @before-commit"),
        ("turbopay @webhook fin", "fin", "expected one of delay, duplicate, reorder, drop, tamper, hold"),
    ] {
        check_rejected(text, part, rule);
    }
}

#[test]
fn a_fault_cannot_select_by_data_that_is_not_read_yet() {
    for (phase, counted) in [("accept", "connection"), ("first-byte", "request"), ("idle", "idle connection")] {
        check_rejected(&format!("turbopay.withdraw @{phase} fin"), "withdraw", &format!("@{phase}"));
        check_rejected(&format!("turbopay order=x @{phase} fin"), "order=x", &format!("for the second {counted}"));
    }
    check_rejected("turbopay.withdraw order=x @head fin", "order=x", "the request's body is not read yet");
}

#[tokio::test]
async fn an_unknown_provider_or_operation_is_rejected_with_the_known_ones() {
    let err = start_error("paypal.withdraw @after-commit fin").await;
    assert_eq!(
        err,
        "invalid fault: `paypal` is not a provider; expected one of turratech, turbo-txn, turbo-link, card3ds, turbopay"
    );
    let err = start_error("turbopay.payout @after-commit fin").await;
    assert!(
        err.starts_with("invalid fault: `payout` is not an operation of turbopay; expected one of deposit, "),
        "{err}"
    );
    assert!(err.contains("withdraw") && err.contains("merchant-order-status"), "{err}");
}

#[tokio::test]
async fn a_fault_that_could_never_fire_is_rejected_with_the_possible_operations() {
    for (spec, part, allowed) in [
        ("turbopay.withdraw @query fin", "withdraw", "balance, order-status, merchant-order-status"),
        ("turbopay.balance @webhook drop", "balance", "deposit, host-to-host-deposit, withdraw"),
        ("turbopay.confirm @webhook drop", "confirm", "deposit, host-to-host-deposit, withdraw"),
        ("turbo-txn.initiate @query fin", "initiate", "status-check"),
        ("card3ds.payment @webhook drop", "payment", "start-3ds, checkout"),
    ] {
        let err = start_error(spec).await;
        assert!(err.starts_with(&format!("invalid fault: `{part}` ")) && err.ends_with(allowed), "{spec}: {err}");
    }
}

#[tokio::test]
async fn every_operation_in_the_readme_accepts_faults() {
    let sandbox = Sandbox::builder().start().await;
    for (provider, operations) in [
        (
            "turratech",
            "create-payment retrieve-payment list-payments capture-payment cancel-payment create-customer \
             retrieve-customer update-customer delete-customer list-customers create-payment-method \
             attach-payment-method detach-payment-method create-refund retrieve-refund list-refunds \
             create-subscription update-subscription cancel-subscription create-webhook-endpoint",
        ),
        ("turbo-txn", "initiate status-check"),
        ("turbo-link", "list detail"),
        (
            "card3ds",
            "payment pre-authorization capture start-3ds complete-3ds installment-options checkout checkout-status",
        ),
        ("turbopay", "deposit host-to-host-deposit confirm withdraw balance order-status merchant-order-status"),
    ] {
        for operation in operations.split_whitespace() {
            sandbox.fault(&format!("{provider}.{operation} @after-commit fin"));
            let add = json!({"spec": format!("{provider}.{operation} @query fin")}).to_string();
            let read_only = control(&sandbox, "POST", "/faults", &add).await.status == 200;
            let row = README.lines().find(|line| line.starts_with(&format!("| `{provider}` |"))).unwrap();
            let listed = if read_only { format!(" *`{operation}`* ") } else { format!(" `{operation}` ") };
            assert!(row.contains(&listed), "the README's row of {provider} does not list{listed}");
        }
    }
    sandbox.abandon();
}

#[tokio::test]
async fn a_tls_fault_is_rejected_without_tls() {
    for (fault, effect) in [("turbopay @accept tls-alert", "tls-alert"), ("turbopay @head eof", "eof")] {
        let err = start_error(fault).await;
        assert!(err.starts_with(&format!("invalid fault: `{effect}` needs TLS")), "{err}");
    }
}

#[tokio::test]
#[should_panic(expected = "invalid fault: `@after-lunch`")]
async fn adding_an_invalid_fault_panics() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw @after-lunch fin");
}

fn fault_text() -> impl Strategy<Value = String> {
    let calls = prop_oneof![
        Just(String::new()),
        Just("#*".to_owned()),
        (1_u64..9).prop_map(|number| format!("#{number}")),
        (1_u64..9, 0_u64..9).prop_map(|(from, more)| format!("#{from}-{}", from + more)),
    ];
    let order = prop_oneof![Just(String::new()), "[!-~é]{1,12}".prop_map(|reference| format!(" order={reference}"))];
    let percent = prop_oneof![Just(String::new()), (1_u8..=100).prop_map(|percent| format!(" p={percent}%"))];
    let budget =
        prop_oneof![Just(String::new()), Just(" x*".to_owned()), (1_u32..4).prop_map(|times| format!(" x{times}")),];
    let effect =
        (0..PHASES.len(), any::<prop::sample::Index>(), 0_u64..31_536_000_000).prop_map(|(phase, pick, time)| {
            let phase = PHASES[phase];
            match pick.index(effects_at(phase).len() + 2) {
                0 if phase == "before-commit" => format!("@{phase} late-commit={time}ms"),
                1 if phase == "query" => format!("@{phase} delay={time}ms"),
                other => format!("@{phase} {}", effects_at(phase)[other % effects_at(phase).len()]),
            }
        });
    ("(\\.(withdraw|\\*|balance))?", calls, order, percent, effect, budget).prop_map(
        |(operation, calls, order, percent, effect, budget)| {
            let early = |phases: &[&str]| phases.iter().any(|phase| effect.starts_with(phase));
            let operation = if early(&["@accept", "@first-byte", "@idle"]) { String::new() } else { operation };
            let order =
                if early(&["@accept", "@first-byte", "@head", "@body", "@idle"]) { String::new() } else { order };
            format!("turbopay{operation}{calls}{order}{percent} {effect}{budget}")
        },
    )
}

proptest! {
    #[test]
    fn every_fault_round_trips(text in fault_text()) {
        let fault: Fault = text.parse().map_err(|err| TestCaseError::fail(format!("{text}: {err}")))?;
        let printed = fault.to_string();
        prop_assert_eq!(printed.parse::<Fault>(), Ok(fault), "{} printed as {}", text, printed);
    }

    #[test]
    fn no_text_makes_the_grammar_panic(text in "(turbopay|[.#@=%x*0-9 -]|order|p|webhook|accept|delay|ms|\\PC){0,20}") {
        if let Ok(fault) = text.parse::<Fault>() {
            prop_assert_eq!(fault.to_string().parse::<Fault>(), Ok(fault));
        }
    }
}
