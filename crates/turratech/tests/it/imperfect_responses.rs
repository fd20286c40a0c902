//! Responses and events that differ from the document: strict where a decision depends on a member, tolerant elsewhere.

mod any_shape;

use payments_core::clock::Clock;
use payments_core::gateway::{
    Capture, CaptureRequest, PaymentRequest, Refund as _, RefundRequest, Retrieve as _, StartPayment,
};
use payments_core::test_util::Reply;
use turratech::test_util::sign;
use turratech::{
    Currency, Error, ErrorKind, Event, EventObject, Expected, ListParams, Mismatch, Money, NewRefund, NewSubscription,
    NewWebhookEndpoint, Outcome, Payment, Refund, SubscriptionItem, UnreadableMembers, Verified, VerifyError,
};

use crate::support::{block_on, clock, created, error_response, members, paid, payment, pounds, scripted};
use crate::webhooks::{delivery, event, secret, verifier};

const CUSTOMER: &str = r#""customer":"cus_ABC123""#;
const METADATA: &str = r#"{"order_id":"12345"}"#;

fn good() -> String {
    paid("pay_1", "succeeded")
}

fn retrieve(response: &str) -> Result<Payment, Error> {
    let (client, _) = scripted([Reply::json(200, response)]);
    block_on(client.retrieve_payment(&"pay_1".parse().unwrap()).send())
}

/// Creates a payment with a customer and metadata, to which this is the response.
fn create(response: &str) -> Result<Payment, Error> {
    let (client, _) = scripted([Reply::json(201, response)]);
    let new = payment().customer("cus_ABC123").metadata("order_id", "12345");
    block_on(client.create_payment(new).send())
}

fn refund(response: &str) -> Result<Refund, Error> {
    let (client, _) = scripted([Reply::json(201, response)]);
    let new = NewRefund::new("pay_1").amount(pounds(500)).metadata("n", "1");
    block_on(client.create_refund(new).send())
}

fn verify(body: &[u8]) -> Result<Verified<Event>, VerifyError> {
    verifier().verify_signature(body, sign(&secret(), body, clock().now()).as_bytes())
}

fn paths(unreadable: &UnreadableMembers) -> Vec<&str> {
    unreadable.iter().map(|member| &*member.path).collect()
}

fn expected() -> Expected {
    Expected::new("pay_1", pounds(2000))
}

#[test]
fn an_empty_array_instead_of_metadata_is_read_as_no_metadata() {
    let payment = retrieve(&good().replace(METADATA, "[]")).unwrap();
    assert_eq!((payment.metadata.len(), paths(payment.unreadable_members())), (0, vec!["metadata"]));
    assert_eq!(payment.check(&expected()), Ok(()));
    let order = Expected::new("12345", pounds(2000));
    assert_eq!(payment.check_metadata("order_id", &order), Err(Mismatch::Reference));
}

#[test]
fn metadata_that_was_sent_and_comes_back_in_another_form_is_a_contradiction() {
    for metadata in ["[]", "{}", "7", "\"x\"", "[1]", r#"{"order_id":["12345"]}"#, r#"{"order_id":null}"#] {
        let err = create(&good().replace(METADATA, metadata)).unwrap_err();
        assert_eq!((err.json_path(), err.outcome()), (Some("metadata"), Outcome::Unknown), "{metadata}");
        assert_eq!((err.object_id(), err.reported_status()), (Some("pay_1"), Some("succeeded")), "{metadata}");
        assert_eq!(err.reported_amount(), Some("2000"));
    }
    let twice = create(&good().replace(METADATA, r#"{"order_id":"12345","order_id":"99"}"#)).unwrap_err();
    assert_eq!(twice.json_path(), Some("metadata"));
    let twice = create(&good().replace(METADATA, r#"{"order_id":"12345"},"metadata":{}"#)).unwrap_err();
    assert_eq!(twice.json_path(), Some("metadata"));
    for metadata in ["null", "\"\"", r#"{"order_id":12345}"#] {
        assert!(create(&good().replace(METADATA, metadata)).is_ok(), "{metadata}");
    }
    for metadata in ["[]", "7"] {
        let err = refund(&format!(r#"{{"id":"re_1","metadata":{metadata}}}"#)).unwrap_err();
        assert_eq!((err.json_path(), err.object_id()), (Some("metadata"), Some("re_1")));
    }
}

#[test]
fn a_name_in_the_metadata_that_occurs_twice_has_no_value() {
    for twice in [
        r#"{"order_id":"12345","order_id":"99"}"#,
        r#"{"order_id":null,"order_id":"12345"}"#,
        r#"{"a`b":"1","a`b":"2","order_id":"12345"}"#,
    ] {
        let payment = retrieve(&good().replace(METADATA, twice)).unwrap();
        assert!(payment.is_paid() && payment.metadata.is_empty(), "{twice}");
        assert!(payment.unreadable_members().concerns("metadata"));
    }
    let other = retrieve(&good().replace(METADATA, r#"{"a":"1","order_id":"12345","a":"2"}"#)).unwrap();
    assert_eq!(other.metadata.keys().collect::<Vec<_>>(), ["order_id"]);
    assert_eq!(paths(other.unreadable_members()), ["metadata.a"]);
}

#[test]
fn another_object_is_read_as_its_id() {
    for object in [r#"{"id":"cus_ABC123","object":"customer"}"#, r#"{"email":{"a":[]},"id":"cus_ABC123"}"#] {
        let response = good().replace(CUSTOMER, &format!(r#""customer":{object}"#));
        let payment = create(&response).unwrap();
        assert_eq!(payment.customer.as_ref().unwrap().as_str(), "cus_ABC123");
        assert!(payment.unreadable_members().is_empty());
        assert_eq!(payment.raw.as_str(), response);
    }
    let method = r#"{"id":"pm_1","object":"payment_method"}"#;
    let payment = retrieve(&good().replace("\"pm_card_visa\"", method)).unwrap();
    assert_eq!(payment.payment_method.unwrap().as_str(), "pm_1");
    let refund = refund(r#"{"id":"re_1","payment":{"id":"pay_1"}}"#).unwrap();
    assert_eq!(refund.payment.unwrap().as_str(), "pay_1");
}

#[test]
fn another_object_with_another_id_or_none_is_a_contradiction() {
    for customer in [
        r#"{"id":"cus_other"}"#,
        r#"{"id":["cus_ABC123"]}"#,
        r#"{"id":null}"#,
        r#"{"id":"cus_ABC123","id":"cus_ABC123"}"#,
        "{}",
        "[]",
        r#"["cus_ABC123"]"#,
        "7",
        "true",
        r#""a/b""#,
        r#""cus_ABC123","customer":"cus_ABC123""#,
    ] {
        let err = create(&good().replace(CUSTOMER, &format!(r#""customer":{customer}"#))).unwrap_err();
        assert_eq!((err.json_path(), err.outcome()), (Some("customer"), Outcome::Unknown), "{customer}");
        assert_eq!(err.object_id(), Some("pay_1"));
    }
    for customer in ["null", r#""""#] {
        assert!(create(&good().replace(CUSTOMER, &format!(r#""customer":{customer}"#))).is_ok(), "{customer}");
    }
    let err = refund(r#"{"id":"re_1","payment":["pay_1"]}"#).unwrap_err();
    assert_eq!((err.json_path(), err.object_id()), (Some("payment"), Some("re_1")));
    let (client, _) = scripted([Reply::json(200, r#"{"id":"sub_1","customer":["cus_1"]}"#)]);
    let item = SubscriptionItem::new("price_1");
    let err = block_on(client.create_subscription(NewSubscription::new("cus_1", item)).send());
    assert_eq!(err.unwrap_err().json_path(), Some("customer"));
    let (client, _) = scripted([Reply::json(200, r#"{"id":"pm_1","customer":[]}"#)]);
    let err = block_on(
        client
            .attach_payment_method(&"pm_1".parse().unwrap(), "cus_1".parse::<turratech::CustomerId>().unwrap())
            .send(),
    );
    assert_eq!(err.unwrap_err().json_path(), Some("customer"));
}

#[test]
fn a_member_beyond_the_recorded_ones_is_not_taken_for_a_missing_one() {
    let noise: Vec<String> = (0..100).map(|number| format!("\"n{number}\":[]")).collect();
    let metadata = format!(r#"{{"order_id":"12345",{}}}"#, noise.join(","));
    let response = good().replace(CUSTOMER, "\"x\":1").replace(METADATA, &metadata);
    let response = format!("{},\"customer\":[]}}", response.strip_suffix('}').unwrap());
    assert_eq!(create(&response).unwrap_err().json_path(), Some("customer"));
}

#[test]
fn an_amount_that_cannot_be_read_leaves_the_status_readable() {
    for amount in ["\"1,500.00\"", "\"20,00\"", "[2000]", "1e400", "{}", "null", "\"\""] {
        let response = good().replace("\"amount\":2000", &format!("\"amount\":{amount}"));
        let response = response.replace("\"amount_received\":2000,", "");
        for payment in [retrieve(&response).unwrap(), create(&response).unwrap()] {
            assert!(payment.is_paid() && payment.amount().is_err(), "{amount}");
            assert!(matches!(payment.check(&expected()), Err(Mismatch::AmountUnreadable(_))), "{amount}");
        }
    }
}

#[test]
fn an_unreadable_received_amount_is_not_taken_for_a_missing_one() {
    for amount in ["\"1,500\"", "[2000]", "true", "2000.5", "2000,\"amount_received\":2000"] {
        let response = good().replace("\"amount_received\":2000", &format!("\"amount_received\":{amount}"));
        let payment = retrieve(&response).unwrap();
        assert!(payment.amount_received().is_err(), "{amount}");
        assert_eq!(payment.amount(), Ok(pounds(2000)));
        assert!(matches!(payment.check(&expected()), Err(Mismatch::AmountUnreadable(_))), "{amount}");
        let waiting = retrieve(&response.replace("succeeded", "processing")).unwrap();
        assert_eq!(waiting.check(&expected()), Ok(()), "the requested amount is compared until the payment succeeds");
    }
    for amount in ["null", "\"\""] {
        let response = good().replace("\"amount_received\":2000", &format!("\"amount_received\":{amount}"));
        assert_eq!(retrieve(&response).unwrap().amount_received(), Ok(None));
        assert_eq!(retrieve(&response).unwrap().check(&expected()), Ok(()));
    }
}

#[test]
fn an_unreadable_currency_is_not_taken_for_a_missing_one() {
    for currency in ["\"pounds\"", "[]", "7", "{}", "null", "\"\"", "\"gbp\",\"currency\":\"gbp\""] {
        let payment = create(&good().replace("\"gbp\"", currency)).unwrap();
        assert!(payment.is_paid() && payment.amount().is_err(), "{currency}");
        assert!(matches!(payment.check(&expected()), Err(Mismatch::AmountUnreadable(_))), "{currency}");
    }
    // The numeric code of ISO 4217.
    assert_eq!(create(&good().replace("\"gbp\"", "\"826\"")).unwrap().check(&expected()), Ok(()));
    for currency in ["\"pounds\"", "[]", "7", "\"gbp\",\"currency\":\"gbp\""] {
        let refund = refund(&format!(r#"{{"id":"re_1","amount":500,"currency":{currency}}}"#)).unwrap();
        assert!(matches!(refund.amount_in(Currency::GBP), Err(Mismatch::AmountUnreadable(_))), "{currency}");
    }
    let missing = refund(r#"{"id":"re_1","amount":500,"currency":null}"#).unwrap();
    assert_eq!(missing.amount_in(Currency::GBP), Ok(pounds(500)));
}

#[test]
fn another_amount_or_currency_is_a_contradiction_also_if_the_other_is_unreadable() {
    let rows = [
        (good().replace("\"amount\":2000", "\"amount\":[]").replace("gbp", "usd"), "currency"),
        (good().replace("\"amount\":2000", "\"amount\":1999").replace("\"gbp\"", "[]"), "amount"),
        (good().replace("\"amount\":2000", "\"amount\":2000.5"), "amount"),
    ];
    for (response, path) in rows {
        let err = create(&response).unwrap_err();
        assert_eq!((err.json_path(), err.object_id()), (Some(path), Some("pay_1")), "{response}");
    }
    for response in [r#"{"id":"re_1","amount":501,"currency":[]}"#, r#"{"id":"re_1","amount":"x","currency":"usd"}"#] {
        assert_eq!(refund(response).unwrap_err().object_id(), Some("re_1"), "{response}");
    }
}

#[test]
fn an_unreadable_mode_is_not_taken_for_a_missing_one() {
    for livemode in ["\"false\"", "0", "null", "[]", "false,\"livemode\":false"] {
        let response = good().replace("\"livemode\":false", &format!("\"livemode\":{livemode}"));
        assert!(retrieve(&response).is_err(), "{livemode}");
        assert_eq!(create(&response).unwrap_err().outcome(), Outcome::Unknown, "{livemode}");
        let event = verify(event("payment.succeeded", &response).as_bytes()).unwrap();
        assert!(event.object().is_err(), "{livemode}");
    }
}

#[test]
fn a_descriptive_member_never_fails_a_payment() {
    let response = good()
        .replace("\"Order #12345\"", "{\"en\":\"Order\"}")
        .replace("1704067200", "\"2024-01-01\"")
        .replace("\"pm_card_visa\"", "[1]");
    let payment = create(&response).unwrap();
    assert!(payment.is_paid() && payment.created.is_none() && payment.description.is_none());
    assert_eq!(paths(payment.unreadable_members()), ["description", "payment_method", "created"]);
    assert_eq!(payment.check(&expected()), Ok(()));
}

#[test]
fn a_number_is_read_as_its_text_also_in_an_id() {
    let (client, _) = scripted([Reply::json(200, &good().replace("\"pay_1\"", "7421"))]);
    let payment = block_on(client.retrieve_payment(&"7421".parse().unwrap()).send()).unwrap();
    assert_eq!((payment.id.as_str(), paths(payment.unreadable_members())), ("7421", vec!["id"]));
    let (client, _) = scripted([Reply::json(200, &good().replace("\"pay_1\"", "7"))]);
    assert!(block_on(client.retrieve_payment(&"007".parse().unwrap()).send()).is_err(), "never 7 for 007");
}

#[test]
fn invalid_unicode_is_replaced_in_prose_and_never_confirms_anything() {
    let payment = retrieve(&good().replace("Order #12345", "ok \\ud83d")).unwrap();
    assert_eq!(payment.description.as_deref(), Some("ok \u{fffd}"));
    assert!(retrieve(&good().replace("\"succeeded\"", "\"succeeded\\ud83d\"")).is_err());
    let response = good().replace("\"12345\"}", "\"a\\ud83d\"}");
    let order = Expected::new("a\u{fffd}", pounds(2000));
    assert_eq!(retrieve(&response).unwrap().check_metadata("order_id", &order), Err(Mismatch::Reference));
    let (client, _) = scripted([Reply::json(201, &response)]);
    let err = block_on(client.create_payment(payment_with_reference("a\u{fffd}")).send()).unwrap_err();
    assert_eq!(err.json_path(), Some("metadata"));
    let same = good().replace("12345\"}", "a\u{fffd}\"}");
    let (client, _) = scripted([Reply::json(201, &same)]);
    assert!(block_on(client.create_payment(payment_with_reference("a\u{fffd}")).send()).is_ok());
}

fn payment_with_reference(reference: &str) -> turratech::NewPayment {
    payment().metadata("order_id", reference)
}

#[tokio::test]
async fn a_list_survives_an_unreadable_item_and_an_object_instead_of_an_id() {
    let item = |id: &str| paid(id, "succeeded");
    let object = item("pay_2").replace(CUSTOMER, r#""customer":{"id":"cus_1","object":"customer"}"#);
    let page = format!(r#"{{"data":[{},{object},{}],"has_more":false}}"#, item("pay_3"), item("pay_1"));
    let (client, _) = scripted([Reply::json(200, &page)]);
    let payments = client.list_payments(ListParams::new()).try_next_page().await.unwrap().unwrap();
    assert_eq!(payments.len(), 3);
    assert_eq!(payments[1].as_ref().unwrap().customer.as_ref().unwrap().as_str(), "cus_1");

    // The unreadable item is the last of its page: its raw id is the cursor.
    let broken = item("pay_2").replace("\"succeeded\"", "[]");
    let first = format!(r#"{{"data":[{},{broken}],"has_more":true}}"#, item("pay_3"));
    let second = format!(r#"{{"data":[{}],"has_more":false}}"#, item("pay_1"));
    let (client, script) = scripted([Reply::json(200, &first), Reply::json(200, &second)]);
    let mut payments = client.list_payments(ListParams::new());
    let mut read = Vec::new();
    while let Some(payment) = payments.try_next().await.unwrap() {
        read.push(payment.map(|payment| payment.id.as_str().to_owned()).map_err(|item| item.id.unwrap()));
    }
    assert_eq!(read, [Ok("pay_3".to_owned()), Err("pay_2".to_owned()), Ok("pay_1".to_owned())]);
    assert!(script.requests()[1].url().ends_with("?starting_after=pay_2"));
}

#[tokio::test]
async fn a_list_continues_after_the_last_item_that_has_an_id() {
    let page = |data: &str, more: bool| Reply::json(200, &format!(r#"{{"data":[{data}],"has_more":{more}}}"#));
    let customer = |id: &str| format!(r#"{{"id":"{id}"}}"#);
    let mixed = format!("{},{},7,{{\"id\":[]}}", customer("cus_5"), customer("cus_4"));
    let (client, script) = scripted([page(&mixed, true), page(&customer("cus_2"), false)]);
    let mut customers = client.list_customers(ListParams::new());
    let mut read = 0;
    while let Some(customer) = customers.try_next().await.unwrap() {
        read += usize::from(customer.is_ok());
    }
    assert_eq!(read, 3);
    assert!(script.requests()[1].url().ends_with("?starting_after=cus_4"));

    let towards_newer = format!("7,{},{}", customer("cus_5"), customer("cus_4"));
    let (client, script) = scripted([page(&towards_newer, true), page("", false)]);
    let mut customers = client.list_customers(ListParams::new().ending_before("cus_3".parse().unwrap()));
    assert_eq!(customers.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "cus_4");
    while customers.try_next().await.unwrap().is_some() {}
    assert!(script.requests()[1].url().ends_with("?ending_before=cus_5"));

    // Without any id, the items are returned, and then an error: the list never seems to end there.
    let (client, script) = scripted([page("7,[]", true)]);
    let mut customers = client.list_customers(ListParams::new());
    assert!(customers.try_next().await.unwrap().unwrap().is_err());
    assert!(customers.try_next().await.unwrap().unwrap().is_err());
    assert_eq!(customers.try_next().await.unwrap_err().kind(), ErrorKind::MalformedResponse);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn invalid_unicode_in_one_item_does_not_fail_a_list() {
    let page = |text: &[u8]| {
        let (before, after) = (r#"{"data":[{"id":"cus_2","name":""#, r#""},{"id":"cus_1"}],"has_more":false}"#);
        Reply::new(200, [before.as_bytes(), text, after.as_bytes()].concat())
    };
    for text in [b"Jos\xe9".as_slice(), b"ok \\ud83d"] {
        let (client, _) = scripted([page(text)]);
        let customers = client.list_customers(ListParams::new()).try_next_page().await.unwrap().unwrap();
        assert!(customers.iter().all(Result::is_ok), "{customers:?}");
        assert!(customers[0].as_ref().unwrap().name.as_ref().unwrap().ends_with('\u{fffd}'));
    }
}

#[tokio::test]
async fn a_decline_with_unexpected_descriptive_members_is_a_decline() {
    let bodies = [
        r#"{"error":{"type":"card_error","code":402,"message":"Your card was declined.","decline_code":51}}"#,
        r#"{"error":{"type":"card_error","code":{"a":1},"message":{"en":"no"},"param":["x"]}}"#,
        "\u{feff}{\"error\":{\"type\":\"card_error\"}}",
        r#"{"error":{"type":"card_error","message":"no \ud83d"}}"#,
    ];
    for body in bodies {
        let (client, script) = scripted([Reply::json(402, body), created()]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused), "{body}");
        assert_eq!((err.attempts(), script.requests().len()), (1, 1));
    }
    let (client, _) = scripted([Reply::json(402, bodies[0])]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.code(), err.decline_code()), (Some("402"), Some("51")));
    assert_eq!(err.message(), Some("Your card was declined."));
}

#[tokio::test]
async fn an_error_about_the_idempotency_key_is_found_at_any_depth() {
    for error in [
        r#"{"type":"card_error","message":{"en":"Keys for idempotent requests"}}"#,
        r#"{"type":"card_error","code":["idempotency_key_in_use"]}"#,
        r#"{"type":"card_error","message":"IDEMPOTENCY"}"#,
    ] {
        let (client, _) = scripted([Reply::json(402, &format!(r#"{{"error":{error}}}"#))]);
        let call = client.create_payment(payment()).retry(turratech::RetryPolicy::none());
        let err = call.send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{error}");
    }
}

#[test]
fn a_signed_event_that_differs_from_the_document_is_readable() {
    let with_mark = format!("\u{feff}{}", delivery());
    let event = verify(with_mark.as_bytes()).unwrap();
    assert_eq!((event.id.as_str(), event.body()), ("evt_1", with_mark.as_bytes()));

    let no_time = verify(delivery().replacen("1704067200", "\"now\"", 1).as_bytes()).unwrap();
    assert_eq!((no_time.created, paths(no_time.unreadable_members())), (None, vec!["created"]));

    let event = verify(delivery().replace("Order #12345", "ok \\ud83d").as_bytes()).unwrap();
    let EventObject::Payment(payment) = event.object().unwrap() else { panic!("{event:?}") };
    assert_eq!(payment.description.as_deref(), Some("ok \u{fffd}"));
    assert_eq!(paths(payment.unreadable_members()), ["description"]);
    assert_eq!(payment.check_metadata("order_id", &Expected::new("12345", pounds(2000))), Ok(()));

    let latin =
        [delivery().replace("#12345", "#").as_bytes().split(|byte| *byte == b'#').collect::<Vec<_>>().join(&0xe9)];
    let event = verify(&latin[0]).unwrap();
    let EventObject::Payment(payment) = event.object().unwrap() else { panic!("{event:?}") };
    assert_eq!(payment.description.as_deref(), Some("Order \u{fffd}"));

    let object = verify(event_with_customer_object().as_bytes()).unwrap().object().unwrap();
    let EventObject::Payment(payment) = object else { panic!("{object:?}") };
    assert_eq!(payment.customer.unwrap().as_str(), "cus_1");
    assert_eq!(payment.metadata.len(), 0);
}

fn event_with_customer_object() -> String {
    let object = good().replace(CUSTOMER, r#""customer":{"id":"cus_1","object":"customer"}"#).replace(METADATA, "[]");
    event("payment.succeeded", &object)
}

#[test]
fn a_webhook_secret_is_never_among_the_unreadable_members() {
    let new = || NewWebhookEndpoint::new("https://m.example/hook", [turratech::EventType::PaymentSucceeded]);
    let response = r#"{"id":"we_1","url":[1],"enabled_events":"all","secret":"whsec_1"}"#;
    let (client, _) = scripted([Reply::json(201, response)]);
    let endpoint = block_on(client.create_webhook_endpoint(new()).send()).unwrap();
    assert_eq!((endpoint.url.as_deref(), endpoint.enabled_events.len()), (None, 0));
    assert_eq!(paths(endpoint.unreadable_members()), ["url", "enabled_events"]);
    for secret in ["71234567", "{}", "\"a\",\"secret\":\"b\""] {
        let (client, _) = scripted([Reply::json(201, &format!(r#"{{"id":"we_1","secret":{secret}}}"#))]);
        let err = block_on(client.create_webhook_endpoint(new()).send()).unwrap_err();
        assert_eq!((err.json_path(), err.outcome()), (Some("secret"), Outcome::Unknown), "{secret}");
        assert!(!format!("{err:?}").contains("71234567"));
    }
}

#[test]
fn the_gateway_reports_an_amount_that_cannot_be_read() {
    let unreadable = good().replace("\"amount_received\":2000", "\"amount_received\":\"2,000\"");
    let no_amount = good().replace("\"gbp\"", "\"pounds\"").replace("12345\"}", "order-1\"}");
    let (client, _) = scripted([Reply::json(201, &no_amount)]);
    let request = PaymentRequest::new("order-1", pounds(2000)).payment_method("pm_card_visa");
    let err = block_on(client.start_payment(&request)).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!(err.object_id(), Some("pay_1"));

    let (client, _) = scripted([Reply::json(200, &unreadable)]);
    let state = block_on(client.retrieve("pay_1", &Expected::new("12345", pounds(2000)))).unwrap();
    assert!(state.status.is_paid() && !state.is_paid_as_expected());
    assert!(matches!(state.mismatch, Some(Mismatch::AmountUnreadable(_))));

    let capture = |replies: [Reply; 2]| {
        let (client, script) = scripted(replies);
        let captured = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000))));
        (captured, script.requests().len())
    };
    let authorized = |amount: &str| {
        let response = paid("pay_1", "requires_capture").replace("\"amount_received\":2000", "\"amount_received\":0");
        let capturable = format!("\"amount_capturable\":{amount}");
        Reply::json(200, &response.replace("\"amount_capturable\":0", &capturable))
    };
    let (err, requests) = capture([authorized("\"2,000\""), created()]);
    assert_eq!((err.unwrap_err().outcome(), requests), (Outcome::NotSent, 1));
    let (err, requests) = capture([Reply::json(200, &unreadable), created()]);
    assert_eq!((err.unwrap_err().outcome(), requests), (Outcome::NotSent, 1), "it may be captured already");
    let (captured, requests) = capture([authorized("2000"), Reply::json(200, &unreadable)]);
    let captured = captured.unwrap();
    assert!(captured.status.is_paid() && !captured.is_paid_as_expected());
    assert_eq!((captured.amount, requests), (None, 2));

    let (client, _) = scripted([Reply::json(201, r#"{"id":"re_1","amount":"5,00"}"#)]);
    let err = block_on(client.refund(&RefundRequest::new("refund-1", "pay_1", pounds(500)))).unwrap_err();
    assert_eq!((err.outcome(), err.object_id()), (Outcome::Unknown, Some("re_1")));
}

#[test]
fn a_capture_through_the_gateway_is_not_sent_if_the_payment_cannot_be_retrieved() {
    let failures = [
        vec![Reply::lost(), Reply::lost(), Reply::lost()],
        vec![error_response(404, "invalid_request_error")],
        vec![error_response(401, "authentication_error")],
        vec![Reply::json(200, "{}")],
    ];
    for replies in failures {
        let (client, script) = scripted(replies);
        let err = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap_err();
        assert_eq!((err.outcome(), err.may_have_moved_money()), (Outcome::NotSent, false), "{err}");
        assert!(script.requests().iter().all(|request| request.method().as_str() == "GET"));
    }
}

#[test]
fn the_merchants_id_of_a_customer_is_not_sent_as_turratechs() {
    let (client, script) = scripted([Reply::json(201, &good().replace("12345\"}", "order-1\"}"))]);
    let request = PaymentRequest::new("order-1", pounds(2000)).payment_method("pm_card_visa").customer("crm/7");
    block_on(client.start_payment(&request)).unwrap();
    let names: Vec<_> = members(&script).into_keys().collect();
    assert_eq!(names, ["amount", "confirm", "currency", "metadata", "payment_method"]);
}

#[test]
fn a_payment_of_another_currency_never_matches() {
    let payment = retrieve(&good().replace("gbp", "usd")).unwrap();
    let actual = Currency::USD;
    let mismatch = Mismatch::Currency { expected: Currency::GBP, actual };
    assert_eq!(payment.check(&expected()), Err(mismatch));
    assert_eq!(payment.amount(), Ok(Money::from_minor(2000, actual)));
}
