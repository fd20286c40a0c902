//! API keys: their kinds, their modes, and what each kind may do.

use payments_core::test_util::Reply;
use turratech::{
    ApiKey, Call, Client, CustomerDetails, ErrorKind, KeyKind, ListParams, Mode, NewPaymentMethod, NewRefund,
    NewSubscription, NewWebhookEndpoint, Outcome, SubscriptionItem, SubscriptionUpdate,
};

use crate::support::{KEY, PUBLISHABLE, block_on, builder, card, clock, created, payment, scripted};
use payments_core::test_util::Script;

#[test]
fn an_api_keys_prefix_states_its_kind_and_mode() {
    let rows = [
        ("pk_test_a", KeyKind::Publishable, Mode::Test),
        ("pk_live_a", KeyKind::Publishable, Mode::Live),
        ("sk_test_a", KeyKind::Secret, Mode::Test),
        ("sk_live_a", KeyKind::Secret, Mode::Live),
        ("rk_test_a", KeyKind::Restricted, Mode::Test),
        ("rk_live_a", KeyKind::Restricted, Mode::Live),
    ];
    for (text, kind, mode) in rows {
        let key = ApiKey::new(text).unwrap();
        assert_eq!((key.kind(), key.mode(), key.mode().is_live()), (kind, mode, text.contains("live")));
        assert_eq!(format!("{key:?}"), format!("ApiKey({}, {}, [redacted])", kind.as_str(), mode.as_str()));
    }
}

#[test]
fn an_invalid_api_key_is_rejected_at_construction() {
    for text in [
        "",
        "abc",
        "sk_test_",
        "sk_live_",
        "sk_tes_abc",
        "SK_TEST_abc",
        "ak_test_abc",
        "sk-test-abc",
        "whsec_abc",
        "sk_test_abc\n",
        " sk_test_abc",
        "sk_test_ab c",
        "sk_test_é",
        "xsk_test_abc",
    ] {
        let err = ApiKey::new(text).unwrap_err();
        assert_eq!(err.field(), "api_key", "{text}");
        assert!(text.len() < 3 || !err.to_string().contains(text), "{err}");
    }
}

#[tokio::test]
async fn a_publishable_key_creates_payment_methods() {
    let script = Script::new([Reply::json(201, r#"{"id":"pm_1","object":"payment_method","type":"card"}"#)]);
    let client = builder(PUBLISHABLE, &script, &clock()).build().unwrap();

    let method = client.create_payment_method(NewPaymentMethod::card(card())).send().await.unwrap();

    assert_eq!(method.id.as_str(), "pm_1");
    assert_eq!(script.requests()[0].headers()["authorization"], format!("Bearer {PUBLISHABLE}"));
}

#[test]
fn a_publishable_key_cannot_send_any_other_call() {
    let script = Script::new([]);
    let client = builder(PUBLISHABLE, &script, &clock()).build().unwrap();
    check_unsupported(client.create_payment(payment()));
    check_unsupported(client.retrieve_payment(&"pay_1".parse().unwrap()));
    check_unsupported(client.capture_payment(&"pay_1".parse().unwrap()));
    check_unsupported(client.cancel_payment(&"pay_1".parse().unwrap()));
    check_unsupported(client.create_customer(CustomerDetails::new()));
    check_unsupported(client.retrieve_customer(&"cus_1".parse().unwrap()));
    check_unsupported(client.update_customer(&"cus_1".parse().unwrap(), CustomerDetails::new()));
    check_unsupported(client.delete_customer(&"cus_1".parse().unwrap()));
    check_unsupported(
        client.attach_payment_method(&"pm_1".parse().unwrap(), "cus_1".parse::<turratech::CustomerId>().unwrap()),
    );
    check_unsupported(client.detach_payment_method(&"pm_1".parse().unwrap()));
    check_unsupported(client.create_refund(NewRefund::new("pay_1")));
    check_unsupported(client.retrieve_refund(&"re_1".parse().unwrap()));
    let item = SubscriptionItem::new("price_1");
    check_unsupported(client.create_subscription(NewSubscription::new("cus_1", item)));
    check_unsupported(client.update_subscription(&"sub_1".parse().unwrap(), SubscriptionUpdate::new()));
    check_unsupported(client.cancel_subscription(&"sub_1".parse().unwrap()));
    check_unsupported(client.create_webhook_endpoint(NewWebhookEndpoint::new("https://m.example/hook", [])));
    let errors = [
        block_on(client.list_payments(ListParams::new()).try_next()).unwrap_err(),
        block_on(client.list_customers(ListParams::new()).try_next()).unwrap_err(),
        block_on(client.list_refunds(ListParams::new()).try_next()).unwrap_err(),
        block_on(client.wait_until_final(&"pay_1".parse().unwrap()).send()).unwrap_err(),
    ];
    for err in errors {
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    }
    assert_eq!(script.requests().len(), 0, "no request may be sent");
}

fn check_unsupported<T: std::fmt::Debug + Send, K>(call: Call<T, K>)
where
    Call<T, K>: Sends,
{
    let operation = call.operation();
    let err = call.send_now().unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Unsupported, Outcome::NotSent, 0));
    assert_eq!(
        err.to_string(),
        format!(
            "turratech {operation}: unsupported: a publishable key can only create payment methods: use a secret or restricted key"
        )
    );
}

trait Sends {
    fn send_now(self) -> Result<(), turratech::Error>;
}

impl<T: std::fmt::Debug + Send> Sends for Call<T> {
    fn send_now(self) -> Result<(), turratech::Error> {
        block_on(self.send()).map(drop)
    }
}

impl<T: std::fmt::Debug + Send> Sends for Call<T, turratech::payments_core::Keyed> {
    fn send_now(self) -> Result<(), turratech::Error> {
        block_on(self.send()).map(drop)
    }
}

#[tokio::test]
async fn an_api_key_can_be_replaced_without_a_new_connection() {
    let (client, script) = scripted([created(), created()]);
    client.create_payment(payment()).send().await.unwrap();
    let rotated = client.with_credentials(ApiKey::new("rk_test_other").unwrap()).unwrap();
    rotated.create_payment(payment()).send().await.unwrap();

    let sent = script.requests();
    assert_eq!(sent[0].headers()["authorization"], format!("Bearer {KEY}"));
    assert_eq!(sent[1].headers()["authorization"], "Bearer rk_test_other");
    assert!(sent.iter().all(|request| request.headers()["turratech-version"] == "2024-01-01"));
    let publishable = rotated.with_credentials(ApiKey::new(PUBLISHABLE).unwrap()).unwrap();
    let err = publishable.create_payment(payment()).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Unsupported, "the kind of the new key applies");
}

#[tokio::test]
async fn a_response_of_the_other_mode_is_rejected() {
    let live = Reply::json(201, &crate::support::paid("pay_1", "succeeded").replace("false", "true"));
    let (client, _) = scripted([live]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!(err.json_path(), Some("livemode"));

    // The responses are scripted, so the live key charges nothing.
    let live_client: Client = client.with_credentials(ApiKey::new("sk_live_x").unwrap()).unwrap();
    assert_eq!(live_client.mode(), Mode::Live);
}
