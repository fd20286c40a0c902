//! The kind and outcome of every error response.

use payments_core::test_util::Reply;
use turratech::{
    CancelledSubscription, CustomerDetails, ErrorKind, ErrorType, ListParams, NewRefund, NewSubscription, Outcome,
    RetryPolicy, SubscriptionItem, SubscriptionUpdate,
};

use crate::support::{created, error_response, payment, scripted};

#[tokio::test]
async fn every_documented_status_has_a_kind_and_an_outcome() {
    use ErrorKind::{
        Authentication, Conflict, Declined, InvalidRequest, NotFound, Permission, ProviderFailure, Throttled,
    };
    use Outcome::{Refused, Unknown};
    let rows = [
        (400, "invalid_request_error", InvalidRequest, Refused),
        (401, "authentication_error", Authentication, Refused),
        (402, "card_error", Declined, Refused),
        (403, "authentication_error", Permission, Refused),
        (404, "invalid_request_error", NotFound, Refused),
        (409, "invalid_request_error", Conflict, Unknown),
        (429, "rate_limit_error", Throttled, Unknown),
        (500, "api_error", ProviderFailure, Unknown),
    ];
    for (status, error_type, kind, outcome) in rows {
        let (client, _) = scripted([error_response(status, error_type)]);
        let call = client.create_payment(payment()).retry(RetryPolicy::none());
        let err = call.send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (kind, outcome), "{status}");
        assert_eq!(ErrorType::of(&err).unwrap().as_str(), error_type);
        assert_eq!((err.status().unwrap().as_u16(), err.message()), (status, Some("no")));
        assert_eq!(err.may_have_moved_money(), outcome == Unknown);
    }
}

#[tokio::test]
async fn both_documented_success_statuses_are_accepted() {
    for status in [200, 201] {
        let (client, _) = scripted([Reply::json(status, &crate::support::paid("pay_1", "succeeded"))]);
        assert!(client.create_payment(payment()).send().await.unwrap().is_paid());
    }
}

#[tokio::test]
async fn a_card_error_is_declined_with_status_400_and_402() {
    for status in [400, 402] {
        let (client, _) = scripted([error_response(status, "card_error")]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused), "{status}");
    }
}

#[tokio::test]
async fn an_api_error_is_never_refused_whatever_its_status() {
    for status in [400, 401, 402, 403, 404, 405, 422] {
        let (client, _) = scripted([error_response(status, "api_error")]);
        let err = client.create_payment(payment()).retry(RetryPolicy::none()).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::ProviderFailure, Outcome::Unknown), "{status}");
    }
}

#[tokio::test]
async fn an_unknown_error_type_is_kept_and_classified_by_its_status() {
    let (client, _) = scripted([error_response(404, "teapot_error")]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::NotFound, Outcome::Refused));
    assert_eq!(ErrorType::of(&err).unwrap().as_str(), "teapot_error");
}

#[tokio::test]
async fn an_error_found_before_sending_is_a_validation_error() {
    let (client, _) = scripted([]);
    let err = client.create_payment(turratech::NewPayment::new(crate::support::pounds(0))).send().await.unwrap_err();
    assert_eq!(ErrorType::of(&err), Some(ErrorType::Validation));
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.kind(), ErrorType::of(&err)), (ErrorKind::Connection, None));
    let (client, _) = scripted([Reply::json(200, r#"{"error":{"type":"api_error"}}"#)]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!(
        (err.kind(), ErrorType::of(&err)),
        (ErrorKind::MalformedResponse, None),
        "a successful response has no error type"
    );
}

#[tokio::test]
async fn an_error_in_another_form_leaves_the_outcome_unknown() {
    let bodies = [
        "<html>blocked</html>",
        "",
        "[]",
        "null",
        r#"{"error":"no"}"#,
        r#"{"error":null}"#,
        r#"{"error":{}}"#,
        r#"{"error":{"message":"no"}}"#,
        r#"{"error":{"type":7}}"#,
        r#"{"error":{"type":null,"message":"no"}}"#,
        r#"{"type":"card_error","message":"no"}"#,
        // An array of the members instead of an object.
        r#"[["card_error",null,null,null,null]]"#,
        r#"[{"type":"card_error"}]"#,
        r#" [{"type":"card_error"}]"#,
        r#"{"error":["card_error",null,null,null,null]}"#,
        r#"{"error": ["card_error",null,null,null,null]}"#,
        r#"{"error":{"type":"card_error"}"#,
    ];
    for body in bodies {
        for status in [400, 401, 402, 403, 404, 429] {
            let (client, _) = scripted([Reply::new(status, body)]);
            let call = client.create_payment(payment()).retry(RetryPolicy::none());
            let err = call.send().await.unwrap_err();
            assert_eq!(err.outcome(), Outcome::Unknown, "{status} {body}");
            assert_eq!(ErrorType::of(&err), None);
        }
    }
}

#[tokio::test]
async fn an_error_requires_only_a_type() {
    let body = "\n {\"error\" : {\"type\":\"card_error\",\"code\":null,\"more\":[1]}}\n";
    let (client, _) = scripted([Reply::json(402, body)]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.code(), err.message()), (Outcome::Refused, None, None));
}

#[tokio::test]
async fn a_lost_response_may_have_moved_money_only_for_operations_that_move_money() {
    let lost = || [Reply::lost(), Reply::lost(), Reply::lost()];
    let (pay, sub) = ("pay_1".parse().unwrap(), "sub_1".parse().unwrap());
    let item = || SubscriptionItem::new("price_1");
    let errors = [
        scripted(lost()).0.create_payment(payment()).send().await.unwrap_err(),
        scripted(lost()).0.create_payment(payment().confirm(false)).send().await.unwrap_err(),
        scripted(lost()).0.capture_payment(&pay).send().await.unwrap_err(),
        scripted(lost()).0.create_refund(NewRefund::new(&pay)).send().await.unwrap_err(),
    ];
    for err in errors {
        assert!(err.may_have_moved_money(), "{err}");
        assert!(err.to_string().ends_with("; it may have been executed"), "{err}");
    }
    let subscribed = scripted(lost()).0.create_subscription(NewSubscription::new("cus_1", item())).send().await;
    assert!(subscribed.unwrap_err().may_have_moved_money());
    let changed = scripted(lost()).0.update_subscription(&sub, SubscriptionUpdate::new()).send().await;
    assert!(changed.unwrap_err().may_have_moved_money());

    let cancelled = scripted(lost()).0.cancel_payment(&pay).send().await.unwrap_err();
    assert_eq!((cancelled.outcome(), cancelled.may_have_moved_money()), (Outcome::Unknown, false));
    assert!(cancelled.to_string().ends_with("; it may have been executed"), "the outcome is reported for every write");
    let created = scripted(lost()).0.create_customer(CustomerDetails::new()).send().await.unwrap_err();
    assert_eq!((created.outcome(), created.may_have_moved_money()), (Outcome::Unknown, false));
    let retrieved = scripted(lost()).0.retrieve_payment(&pay).send().await.unwrap_err();
    assert!(!retrieved.may_have_moved_money());
    let listed = scripted(lost()).0.list_payments(ListParams::new()).try_next().await.unwrap_err();
    assert!(!listed.may_have_moved_money());
}

#[tokio::test]
async fn an_unreadable_success_names_the_path_but_not_the_value() {
    let (client, script) =
        scripted([Reply::json(201, r#"{"id":{"pan":"4111111111111111"},"amount":2000}"#), created()]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!((err.json_path(), script.requests().len()), (Some("id"), 1));
    assert!(!format!("{err} {err:?}").contains("4111"), "{err:?}");
}

#[tokio::test]
async fn an_array_is_not_read_as_an_object() {
    let payment_as_array = r#"["pay_1",2000,0,2000,"gbp",null,null,null,"succeeded",1704067200,false,null]"#;
    let (client, _) = scripted([Reply::json(201, payment_as_array)]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!(err.json_path(), Some("."));

    let (cus, sub) = ("cus_1".parse().unwrap(), "sub_1".parse().unwrap());
    let response = |text: &str| scripted([Reply::json(200, text)]).0;
    let refunded =
        response(r#"["re_1",null,null,null,null,null,null]"#).create_refund(NewRefund::new("pay_1")).send().await;
    assert_eq!(refunded.unwrap_err().json_path(), Some("."));
    let customer = r#"["cus_1",null,null,null,null,null,null,null,null,null]"#;
    assert!(response(customer).retrieve_customer(&cus).send().await.is_err());
    let subscription = r#"["sub_1",null,null,null,null,null,null,null]"#;
    assert!(response(subscription).update_subscription(&sub, SubscriptionUpdate::new()).send().await.is_err());
    let attached = response(r#"["pm_1",null,null,null]"#).attach_payment_method(&"pm_1".parse().unwrap(), &cus).send();
    assert!(attached.await.is_err());
}

#[tokio::test]
async fn a_payment_is_polled_until_it_is_final() {
    let responses = ["processing", "requires_action", "succeeded"];
    let (client, script) = scripted(responses.map(|status| Reply::json(200, &crate::support::paid("pay_1", status))));
    let payment = client.wait_until_final(&"pay_1".parse().unwrap()).send().await.unwrap();
    assert_eq!((payment.is_paid(), script.requests().len()), (true, 3));
}

#[tokio::test]
async fn a_cancelled_subscription_is_read_in_both_forms() {
    let id = "sub_1".parse().unwrap();
    let (client, _) = scripted([Reply::json(200, r#"{"id":"sub_1","object":"subscription","deleted":true}"#)]);
    let cancelled = client.cancel_subscription(&id).send().await.unwrap();
    assert!(matches!(&cancelled, CancelledSubscription::Deleted(deleted) if deleted.id == id));
    assert_eq!(cancelled.id(), &id);

    let response = r#"{"id":"sub_1","object":"subscription","status":"canceled","customer":"cus_1"}"#;
    let (client, _) = scripted([Reply::json(200, response)]);
    let cancelled = client.cancel_subscription(&id).send().await.unwrap();
    assert_eq!(cancelled.id(), &id);
    let CancelledSubscription::Subscription(subscription) = cancelled else { panic!("{cancelled:?}") };
    assert_eq!(subscription.status.as_deref(), Some("canceled"));

    for (response, path) in [
        (r#"{"id":"sub_1","deleted":false}"#, "deleted"),
        (r#"{"id":"sub_2","deleted":true}"#, "id"),
        (r#"{"id":"sub_2","status":"canceled"}"#, "id"),
        (r#"{"id":"sub_1","deleted":"yes"}"#, "deleted"),
        (r#"{"deleted":true}"#, "."),
    ] {
        let (client, _) = scripted([Reply::json(200, response)]);
        let err = client.cancel_subscription(&id).send().await.unwrap_err();
        assert_eq!((err.json_path(), err.outcome()), (Some(path), Outcome::Unknown), "{response}");
    }
}

#[tokio::test]
async fn a_deletion_response_must_confirm_the_same_customer() {
    let id = "cus_1".parse().unwrap();
    let (client, _) = scripted([Reply::json(200, r#"{"id":"cus_1","object":"customer","deleted":true}"#)]);
    assert_eq!(client.delete_customer(&id).send().await.unwrap().id, id);
    for (response, path) in
        [(r#"{"id":"cus_1","deleted":false}"#, "deleted"), (r#"{"id":"cus_2","deleted":true}"#, "id"), ("{}", ".")]
    {
        let (client, _) = scripted([Reply::json(200, response)]);
        let err = client.delete_customer(&id).send().await.unwrap_err();
        assert_eq!(err.json_path(), Some(path), "{response}");
    }
    // After an unknown outcome, "not found" means that the customer is deleted.
    let (client, _) = scripted([error_response(404, "invalid_request_error")]);
    assert_eq!(client.retrieve_customer(&id).send().await.unwrap_err().kind(), ErrorKind::NotFound);
}
