//! API keys, card numbers, security codes and webhook secrets are never printed.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use payments_core::test_util::{Reply, Script};
use turratech::payments_core::{Exchange, Observer};
use turratech::{
    Address, ApiKey, Client, CustomerDetails, Error, ListParams, NewPaymentMethod, NewRefund, NewSubscription,
    NewWebhookEndpoint, PaymentId, PaymentMethodType, SubscriptionItem, SubscriptionUpdate, WebhookSecret,
    WebhookVerifier,
};

use crate::support::{
    CVC, KEY, PAN, PUBLISHABLE, builder, card, clock, created, error_response, paid, payment, scripted,
};
use crate::webhooks::delivery;

const EXTRA: &str = "canary-extra-3d";
const WEBHOOK: &str = "whsec_canary51ab";

#[track_caller]
fn check(text: &str) {
    for canary in [KEY, PUBLISHABLE, PAN, CVC, EXTRA, WEBHOOK, "canary"] {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
}

#[track_caller]
fn check_debug(value: &impl Debug) {
    check(&format!("{value:?} {value:#?}"));
}

/// Everything that can be printed of an error, including its sources and the earlier error.
fn all_texts(error: &Error) -> String {
    let mut texts = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = std::error::Error::source(error);
    while let Some(err) = source {
        texts += &format!("{err}\n{err:?}\n");
        source = err.source();
    }
    error.earlier().map_or(texts.clone(), |earlier| texts + &all_texts(earlier))
}

fn card_method() -> NewPaymentMethod {
    NewPaymentMethod::card(card()).extra("token", EXTRA)
}

#[tokio::test]
async fn debug_shows_no_secret() {
    check_debug(&ApiKey::new(KEY).unwrap());
    check_debug(&WebhookSecret::new(WEBHOOK).unwrap());
    check_debug(
        &WebhookVerifier::new(WebhookSecret::new(WEBHOOK).unwrap()).also_accept(WebhookSecret::new(WEBHOOK).unwrap()),
    );
    check_debug(&card());
    check_debug(&card_method());
    check_debug(&NewPaymentMethod::new(PaymentMethodType::SepaDebit).extra("sepa_debit", [("iban", EXTRA)]));
    check_debug(&payment().extra("card_number", PAN));
    let (client, script) = scripted([Reply::json(201, r#"{"id":"pm_1"}"#)]);
    check_debug(&client);
    check_debug(&builder(KEY, &script, &clock()));
    let call = client.create_payment_method(card_method());
    check_debug(&call);
    call.send().await.unwrap();
    check_debug(&script);
    for request in script.requests() {
        check(&format!("{request:?} {:?} {:?}", request.headers(), request.body()));
        // The request does contain the secrets, so the test would notice them.
        let body = String::from_utf8_lossy(request.body().as_ref()).into_owned();
        assert!(body.contains(PAN) && body.contains(CVC) && body.contains(EXTRA));
    }
}

#[tokio::test]
async fn a_card_number_in_free_text_is_masked() {
    let (name, spaced) = (format!("card {PAN}"), "4242 4242 4242 4242");
    let address = || Address::new().line1(PAN).city(PAN).postal_code(PAN).country(PAN).extra(PAN, 1);
    let details = || {
        let details = CustomerDetails::new().email(PAN).name(&name).phone(spaced).description(&name);
        details.metadata(&name, &name).address(address()).shipping(PAN, "x").extra(&name, "x")
    };
    let new_payment =
        || payment().description(&name).metadata(&name, spaced).return_url(format!("https://m.example/{PAN}"));
    let item = SubscriptionItem::new("price_1").extra(&name, 1);
    let update = || SubscriptionUpdate::new().item(item.clone()).metadata(&name, &name).extra(spaced, 1);
    let refund = || NewRefund::new("pay_1").metadata(&name, &name).extra(PAN, 1);
    let endpoint = format!("https://m.example/{PAN}");
    for text in [
        format!("{:?} {:#?}", new_payment().extra(&name, 1), new_payment().extra(&name, 1)),
        format!("{:?} {:#?}", details(), details()),
        format!("{:?} {:#?}", update(), update()),
        format!("{:?} {:#?}", refund(), refund()),
        format!("{:?}", NewSubscription::new("cus_1", item.clone()).metadata("n", spaced)),
        format!("{:?}", NewWebhookEndpoint::new(endpoint, [turratech::EventType::InvoicePaid]).extra(PAN, 1)),
        format!("{:?}", ListParams::<PaymentId>::new().extra(PAN, 1)),
        format!("{:?}", NewPaymentMethod::new(PaymentMethodType::SepaDebit).extra(PAN, 1)),
    ] {
        check_masked(&text);
    }

    // In a response that repeats the text, and in what an observer sees.
    let log = Log::default();
    let texts = format!(r#""description":"{name}","email":"{PAN}","name":"{PAN}","phone":"{spaced}","status":"{PAN}""#);
    let object = |id: &str| Reply::json(201, &format!(r#"{{"id":"{id}",{texts},"metadata":{{"{name}":"{name}"}}}}"#));
    let paid = paid("pay_1", "succeeded").replace("Order #12345", &name);
    let paid = paid.replace(r#"{"order_id":"12345"}"#, &format!(r#"{{"{name}":"{spaced}"}}"#));
    let script =
        Script::new([Reply::json(201, &paid), object("cus_1"), object("re_1"), object("sub_1"), object("pm_1")]);
    let client: Client = builder(KEY, &script, &clock()).observer(log.clone()).build().unwrap();
    check_masked(&format!("{:#?}", client.create_payment(new_payment()).send().await.unwrap()));
    check_masked(&format!("{:#?}", client.create_customer(details()).send().await.unwrap()));
    check_masked(&format!("{:#?}", client.create_refund(refund()).send().await.unwrap()));
    check_masked(&format!(
        "{:#?}",
        client.update_subscription(&"sub_1".parse().unwrap(), update()).send().await.unwrap()
    ));
    let method = NewPaymentMethod::new(PaymentMethodType::SepaDebit).extra(PAN, 1);
    check_masked(&format!("{:#?}", client.create_payment_method(method).send().await.unwrap()));
    let lines = std::mem::take(&mut *log.0.lock().unwrap());
    assert_eq!(lines.len(), 5);
    lines.iter().for_each(|line| check_masked(line));

    // The requests contain the full number.
    let sent: Vec<_> = script.requests().iter().map(|request| request.body().as_ref().to_vec()).collect();
    assert!(sent.iter().all(|body| String::from_utf8_lossy(body).contains(PAN)));
    // An error that names a rejected parameter masks it.
    let err = client.create_payment(payment().extra(PAN, ())).send().await.unwrap_err();
    check_masked(&all_texts(&err));
}

/// Checks that no number is complete and that one is masked, so that the test cannot pass without a number.
#[track_caller]
fn check_masked(text: &str) {
    assert!(!text.contains(PAN) && !text.contains("4242 4242 4242"), "{text}");
    assert!(text.contains("424242******") || text.contains("4242 42** ****"), "{text}");
}

#[tokio::test]
async fn an_error_shows_no_secret() {
    let echo = |status: u16| {
        let message = format!("cannot charge {PAN} with key [hidden]");
        let body = format!(
            r#"{{"error":{{"type":"card_error","code":"{PAN}","message":"{message}","param":"{PAN}","decline_code":"{PAN}"}}}}"#
        );
        Reply::json(status, &body)
    };
    let mut errors = 0;
    for reply in [
        echo(400),
        echo(401),
        echo(402),
        echo(409),
        echo(500),
        Reply::lost(),
        Reply::not_connected(),
        Reply::cut_off(200),
        Reply::new(403, format!("<html>{PAN} {KEY} {CVC}</html>")),
        Reply::new(302, "").header("location", "https://canary.example/"),
        Reply::json(200, &format!(r#"{{"id":"{PAN} {KEY}"}}"#)),
        Reply::json(200, &format!(r#"{{"id":[{PAN}]}}"#)),
        Reply::json(200, &format!(r#"{{"id":["{KEY}"]}}"#)),
        Reply::json(200, &format!(r#"{{"id":{{"{CVC}":1}}}}"#)),
    ] {
        let (client, _) = scripted([reply]);
        let err =
            client.create_payment_method(card_method()).retry(turratech::RetryPolicy::none()).send().await.unwrap_err();
        check(&all_texts(&err));
        errors += 1;
    }
    assert_eq!(errors, 14);
    let (client, _) = scripted([Reply::new(500, PAN), Reply::new(500, KEY), Reply::lost()]);
    let err = client.create_payment_method(card_method()).send().await.unwrap_err();
    assert!(err.earlier().is_some());
    check(&all_texts(&err));
}

#[tokio::test]
async fn an_unreadable_member_is_recorded_without_a_card_number_and_shown_without_its_text() {
    let response = format!(r#"{{"id":"pm_1","customer":["{PAN}"],"type":{{"{CVC}":1}},"status":["{KEY}"]}}"#);
    let (client, _) = scripted([Reply::json(200, &response)]);
    let method = client.create_payment_method(card_method()).send().await.unwrap();
    check(&format!("{method:?} {method:#?} {:?}", method.unreadable_members()));
    let recorded: Vec<_> = method.unreadable_members().iter().map(|member| (&*member.path, &*member.raw)).collect();
    assert_eq!(recorded.iter().map(|(path, _)| *path).collect::<Vec<_>>(), ["customer", "type", "status"]);
    assert!(!recorded[0].1.contains(PAN), "{recorded:?}");
}

#[tokio::test]
async fn the_response_with_a_webhook_secret_does_not_show_it() {
    let response = format!(r#"{{"id":"we_1","secret":"{WEBHOOK}"}}"#);
    let (client, _) = scripted([Reply::json(201, &response)]);
    let endpoint = NewWebhookEndpoint::new("https://m.example/hook", [turratech::EventType::InvoicePaid]);
    let created = client.create_webhook_endpoint(endpoint).send_with_response().await.unwrap();
    assert!(created.response.body().windows(WEBHOOK.len()).any(|text| text == WEBHOOK.as_bytes()));
    check_debug(&created);
}

#[test]
fn a_rejected_webhook_does_not_reveal_the_reason() {
    let verifier = WebhookVerifier::new(WebhookSecret::new(WEBHOOK).unwrap()).clock(clock());
    let texts: std::collections::BTreeSet<String> = ["", "t=1", "t=1,v1=0", "v1=0"]
        .iter()
        .map(|header| verifier.verify_signature(delivery().as_bytes(), header.as_bytes()).unwrap_err())
        .map(|err| format!("{err} {err:?}"))
        .collect();
    assert_eq!(texts.len(), 1);
    texts.iter().for_each(|text| check(text));
}

/// Records everything that an observer sees.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap().push(format!("{exchange:?}"));
    }
}

#[tokio::test]
async fn an_observer_sees_redacted_parameters_and_responses() {
    let log = Log::default();
    let response = format!(r#"{{"id":"we_1","secret":"{WEBHOOK}"}}"#);
    let method = Reply::json(201, &format!(r#"{{"id":"pm_1","type":"card","card":{{"number":"{PAN}"}}}}"#));
    let script = Script::new([created(), method, error_response(402, "card_error"), Reply::json(201, &response)]);
    let client: Client = builder(KEY, &script, &clock()).observer(log.clone()).build().unwrap();
    client.create_payment(payment().description("Order #12345").extra("note", EXTRA)).send().await.unwrap();
    client.create_payment_method(card_method()).send().await.unwrap();
    client.create_payment_method(card_method()).send().await.unwrap_err();
    let endpoint = NewWebhookEndpoint::new("https://m.example/hook", [turratech::EventType::InvoicePaid]);
    client.create_webhook_endpoint(endpoint).send().await.unwrap();

    let log = log.0.lock().unwrap();
    assert_eq!(log.len(), 4);
    log.iter().for_each(|line| check(line));
    // The log still contains what is useful.
    assert!(
        log[0].contains("create_payment") && log[0].contains("Order #12345") && log[0].contains("note"),
        "{}",
        log[0]
    );
    assert!(log[1].contains("424242******4242"), "{}", log[1]);
    assert!(log[2].contains("Declined"), "{}", log[2]);
}
