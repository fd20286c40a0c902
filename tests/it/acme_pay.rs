//! The fictional provider of the guide: what `payments-core` does for a provider of one small file.

use std::time::Duration;

use payments_core::gateway::{Feature, PaymentRequest, Retrieve, StartPayment, Support};
use payments_core::http::HeaderMap;
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::time::OffsetDateTime;
use payments_core::webhook::VerifyError;
use payments_core::{Currency, Error, ErrorKind, Expected, IdempotencyKey, Money, Outcome, PaymentStatus, Secret};
use payments_sandbox::Sandbox;
use payments_tests::acme_pay::{ApiKey, Client, NewPayment, WebhookSecret, WebhookVerifier};
use payments_tests::turratech_at;

const PAID: &str = r#"{"id":"p_1","reference":"order-1","amount":30010,"currency":"INR","status":"paid"}"#;
const KEY: &str = "acme_canary5d20";

fn price() -> Money {
    Money::parse("300.10", Currency::INR).unwrap()
}

fn payment() -> NewPayment {
    NewPayment::new(price(), "order-1".parse().unwrap())
}

fn acme(replies: impl IntoIterator<Item = Reply>) -> (Client, Script, ManualClock) {
    let (script, clock) = (Script::new(replies), ManualClock::at(OffsetDateTime::UNIX_EPOCH));
    let builder = Client::builder(ApiKey::new(KEY).unwrap());
    let client = builder.transport(script.clone()).clock(clock.clone()).timer(clock.clone()).build().unwrap();
    (client, script, clock)
}

fn keys(script: &Script) -> Vec<String> {
    let keys = script.requests().into_iter().map(|request| request.headers()["idempotency-key"].clone());
    keys.map(|key| key.to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_provider_has_fewer_than_two_hundred_lines_and_uses_only_the_core_and_serde() {
    let text = include_str!("../src/acme_pay.rs");
    assert!(text.lines().count() < 200, "{} lines", text.lines().count());
    let uses = text.lines().filter_map(|line| line.strip_prefix("use "));
    let crates: std::collections::BTreeSet<&str> = uses.filter_map(|path| path.split("::").next()).collect();
    assert_eq!(crates.into_iter().collect::<Vec<_>>(), ["payments_core", "serde"]);
}

#[tokio::test]
async fn a_payment_is_created_under_its_key_and_decoded_exactly() {
    let (client, script, _) = acme([Reply::json(201, PAID)]);
    let call = client.create_payment(payment());
    let key = call.key().value().to_owned();
    let paid = call.send().await.unwrap();

    assert_eq!((paid.id.as_str(), paid.amount()), ("p_1", price()));
    assert_eq!(paid.check(&Expected::new("order-1", price())), Ok(()));
    let request = &script.requests()[0];
    assert_eq!((request.method().as_str(), request.url()), ("POST", "https://acme-pay.example/v1/payments"));
    assert_eq!(request.headers()["authorization"], format!("Bearer {KEY}"));
    assert_eq!(request.body().as_ref(), br#"{"amount":30010,"currency":"INR","reference":"order-1"}"#);
    assert_eq!(keys(&script), [key]);
    assert!(!format!("{client:?}").contains(KEY));
}

#[tokio::test]
async fn a_lost_request_is_sent_again_under_the_same_key_within_24_hours_and_never_later() {
    let (client, script, _) = acme([Reply::lost(), Reply::json(201, PAID)]);
    assert_eq!(client.create_payment(payment()).send().await.unwrap().amount(), price());
    assert_eq!((keys(&script).len(), keys(&script)[0] == keys(&script)[1]), (2, true));

    let (client, script, clock) = acme([Reply::lost(), Reply::lost(), Reply::lost()]);
    let lost = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((lost.outcome(), lost.may_have_moved_money()), (Outcome::Unknown, true));
    let key = lost.idempotency_key().unwrap().clone();
    script.push(Reply::json(201, PAID));
    client.create_payment(payment()).idempotency_key(key.clone()).send().await.unwrap();
    assert!(keys(&script).iter().all(|sent| sent == key.value()));

    clock.advance(Duration::from_secs(24 * 60 * 60));
    let late = client.create_payment(payment()).idempotency_key(key).send().await.unwrap_err();
    assert_eq!((late.outcome(), script.requests().len()), (Outcome::Unknown, 4));
}

#[tokio::test]
async fn an_error_in_the_documented_form_is_refused_and_any_other_body_is_unknown() {
    let declined = r#"{"error":{"code":"card_declined","message":"The card was declined."}}"#;
    for (reply, kind, outcome, code) in [
        (Reply::json(402, declined), ErrorKind::Declined, Outcome::Refused, Some("card_declined")),
        (Reply::json(400, declined), ErrorKind::InvalidRequest, Outcome::Refused, Some("card_declined")),
        (Reply::new(400, "<html>Bad Request</html>"), ErrorKind::MalformedResponse, Outcome::Unknown, None),
        (Reply::json(402, r#"{"error":"no"}"#), ErrorKind::MalformedResponse, Outcome::Unknown, None),
    ] {
        let (client, script, _) = acme([reply]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        // After an unrecognised body the client tries again, and the script has no more replies.
        let first = err.earlier().unwrap_or(&err);
        assert_eq!((first.kind(), err.outcome(), err.code()), (kind, outcome, code), "{err}");
        assert!(outcome == Outcome::Unknown || script.requests().len() == 1);
    }
}

#[tokio::test]
async fn a_response_about_another_payment_is_malformed_and_a_zero_amount_is_not_sent() {
    for other in [PAID.replace("30010", "3001"), PAID.replace("INR", "USD"), PAID.replace("order-1", "order-2")] {
        let (client, ..) = acme([Reply::json(201, &other)]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{other}");
    }
    let (client, ..) = acme([Reply::json(200, PAID)]);
    assert_eq!(
        client.retrieve_payment(&"p_2".parse().unwrap()).send().await.unwrap_err().kind(),
        ErrorKind::MalformedResponse
    );
    let (client, script, _) = acme([]);
    let nothing = NewPayment::new(Money::from_minor(0, Currency::INR), "order-1".parse().unwrap());
    let err = client.create_payment(nothing).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.param(), script.requests().len()), (Outcome::NotSent, Some("amount"), 0));
}

#[tokio::test]
async fn a_list_continues_at_its_cursor() {
    let second = PAID.replace("p_1", "p_2");
    let (client, script, _) = acme([
        Reply::json(200, &format!(r#"{{"data":[{PAID}],"next_cursor":"c&1"}}"#)),
        Reply::json(200, &format!(r#"{{"data":[{second}],"next_cursor":null}}"#)),
    ]);
    let (mut pager, mut ids) = (client.list_payments(), Vec::new());
    while let Some(payment) = pager.try_next().await.unwrap() {
        ids.push(payment.id.to_string());
    }
    assert_eq!(ids, ["p_1", "p_2"]);
    let urls: Vec<String> = script.requests().iter().map(|request| request.url().to_owned()).collect();
    assert_eq!(urls, ["https://acme-pay.example/v1/payments", "https://acme-pay.example/v1/payments?cursor=c%261"]);
}

#[test]
fn a_signed_webhook_is_verified_and_a_changed_byte_is_rejected() {
    let body = format!(r#"{{"id":"evt_1","payment":{PAID}}}"#).into_bytes();
    let secret = "acme_whsec_1";
    let tag = payments_core::webhook::sign(&Secret::new("secret", secret).unwrap(), &[&body]);
    let signature: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    let verifier = WebhookVerifier::new(&WebhookSecret::new(secret).unwrap());
    let headers =
        |signature: &str| HeaderMap::from_iter([("x-acme-signature".parse().unwrap(), signature.parse().unwrap())]);

    let event = verifier.verify(&body, &headers(&signature)).unwrap();
    assert_eq!((event.id.as_str(), event.payment.amount()), ("evt_1", price()));
    for index in 0..body.len() {
        let mut changed = body.clone();
        changed[index] ^= 1;
        assert_eq!(verifier.verify(&changed, &headers(&signature)), Err(VerifyError::Rejected), "{index}");
    }
    for forged in ["", "00", &signature.to_uppercase(), &signature[1..]] {
        assert_eq!(verifier.verify(&body, &headers(forged)), Err(VerifyError::Rejected));
    }
    assert_eq!(verifier.verify(&body, &HeaderMap::new()), Err(VerifyError::Rejected));
}

async fn start(providers: &[&dyn StartPayment], order: &PaymentRequest) -> Result<usize, Error> {
    let mut last = Error::configuration("there is no provider");
    for (number, provider) in providers.iter().enumerate() {
        match provider.start_payment(order).await {
            Ok(_) => return Ok(number),
            Err(err) if err.outcome() == Outcome::Unknown => return Err(err),
            Err(err) => last = err,
        }
    }
    Err(last)
}

#[tokio::test]
async fn failover_tries_the_next_provider_only_if_the_payment_was_not_executed() {
    let sandbox = Sandbox::builder().start().await;
    let other = turratech_at(&sandbox).unwrap();
    let order = |reference: &str| {
        PaymentRequest::new(reference, price()).payment_method("pm_card_visa").created_at(OffsetDateTime::UNIX_EPOCH)
    };
    let declined = r#"{"error":{"code":"card_declined","message":"no"}}"#;

    // A derived key may have been used before. Only a response to the keyed request itself proves that nothing was executed.
    let (acme_pay, script, _) = acme([Reply::json(402, declined)]);
    let one = PaymentRequest::new("order-1", price()).payment_method("pm_card_visa");
    assert_eq!(start(&[&acme_pay, &other], &one).await.unwrap(), 1);
    script.push(Reply::json(402, declined));
    let declined = acme_pay.start_payment(&order("order-2")).await.unwrap_err();
    assert_eq!(declined.outcome(), Outcome::Refused);
    script.push(Reply::json(401, r#"{"error":{"code":"bad_key","message":"no"}}"#));
    let unsettled = start(&[&acme_pay, &other], &order("order-3")).await.unwrap_err();
    assert_eq!((unsettled.outcome(), unsettled.provider()), (Outcome::Unknown, "acme-pay"));

    sandbox.ledger().order("order-1").executed_once();
    sandbox.ledger().order("order-3").never_executed();
    assert_eq!((keys(&script)[1] == keys(&script)[2], keys(&script).len()), (false, 3));
    sandbox.finish();
}

#[tokio::test]
async fn the_gateway_sends_a_stored_key_and_refuses_an_own_page_by_name() {
    let (client, script, _) = acme([Reply::json(201, PAID)]);
    let stored = IdempotencyKey::new("stored-1", OffsetDateTime::UNIX_EPOCH).unwrap();
    let request = PaymentRequest::new("order-1", price()).idempotency_key(stored).timeout(Duration::from_secs(20));
    client.start_payment(&request).await.unwrap();
    assert_eq!((keys(&script), script.requests()[0].timeout()), (vec!["stored-1".to_owned()], Duration::from_secs(20)));

    let err = client.start_payment(&request.own_page()).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.param()), (ErrorKind::Unsupported, Outcome::NotSent, Some("own_page")));
}

#[tokio::test]
async fn the_gateway_traits_return_the_common_statuses() {
    let (client, ..) = acme([Reply::json(201, PAID), Reply::json(200, PAID), Reply::json(200, PAID)]);
    let started = client.start_payment(&PaymentRequest::new("order-1", price())).await.unwrap();
    assert_eq!((started.status, started.amount), (PaymentStatus::Succeeded, price()));
    let id = started.id.unwrap();
    assert!(client.retrieve(&id, &Expected::new("order-1", price())).await.unwrap().is_paid_as_expected());
    let cheaper = Expected::new("order-1", Money::from_minor(1, Currency::INR));
    assert!(!client.retrieve(&id, &cheaper).await.unwrap().is_paid_as_expected());

    let unknown = PAID.replace("\"paid\"", "\"on_the_moon\"");
    let (client, ..) = acme([Reply::json(200, &unknown)]);
    let state = client.retrieve(&id, &Expected::new("order-1", price())).await.unwrap();
    assert_eq!((state.status, state.is_final), (PaymentStatus::Unknown("on_the_moon".to_owned()), false));

    let capabilities = Client::capabilities();
    assert_eq!(
        (capabilities.of(Feature::Retrieve), capabilities.of(Feature::Refund)),
        (Support::Supported, Support::NotImplemented)
    );
}

#[test]
fn the_excerpts_in_the_guide_are_in_the_file() {
    let (page, file) = (include_str!("../../docs/guide/adding-a-provider.md"), include_str!("../src/acme_pay.rs"));
    let excerpts: Vec<&str> = page.split("```rs\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert_eq!(excerpts.len(), 9);
    for excerpt in excerpts {
        assert!(file.contains(excerpt), "{excerpt}");
    }
}
