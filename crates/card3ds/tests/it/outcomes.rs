//! The outcome of each failure, and which requests are retried.

use card3ds::{
    Call, Client, Enrolment, ErrorKind, InstallmentQuery, NewCheckout, Outcome, Payment, RetryPolicy, ThreeDsCallback,
};
use payments_core::test_util::Reply;

use crate::support::{PAYMENT, card, lira, payment, payment_id, response, scripted, three_ds};

/// The operations that move money.
const MONEY_MOVING: [fn(&Client) -> Call<Payment>; 4] = [
    |client| client.create_payment(payment()),
    |client| client.pre_authorize(payment()),
    |client| client.capture_payment(&payment_id(), lira("100.50")),
    |client| {
        let posted = format!("paymentId={PAYMENT}&securityKey=key-1");
        client.complete_3ds(&payment_id(), ThreeDsCallback::parse(posted.as_bytes()).unwrap())
    },
];

fn unknown_outcomes() -> Vec<Reply> {
    vec![
        Reply::lost(),
        Reply::cut_off(200),
        Reply::cut_off(400),
        Reply::json(200, "{}"),
        Reply::json(200, r#"{"error":"try later"}"#),
        Reply::new(200, "<html>"),
        Reply::new(200, ""),
        Reply::json(200, &crate::support::response_text(&[])).header("content-encoding", "gzip"),
        Reply::new(302, "").header("location", "https://elsewhere.example"),
        Reply::new(502, "<html>"),
        Reply::json(500, r#"{"message":"Internal Server Error"}"#),
        Reply::json(503, "{}").header("retry-after", "1"),
        Reply::json(429, "{}").header("retry-after", "1"),
        Reply::json(408, "{}"),
        Reply::json(409, r#"{"message":"in progress"}"#),
        Reply::json(425, "{}"),
    ]
}

#[tokio::test]
async fn a_request_that_moves_money_is_not_retried_after_an_unknown_outcome() {
    for operation in MONEY_MOVING {
        for reply in unknown_outcomes() {
            let (client, script) = scripted([reply, response(&[]), response(&[])]);

            let err = operation(&client).retry(RetryPolicy::default().max_retries(9)).send().await.unwrap_err();

            assert_eq!(err.outcome(), Outcome::Unknown, "{err}");
            assert!(err.may_have_moved_money(), "{err}");
            assert!(err.to_string().ends_with("; it may have been executed"), "{err}");
            assert_eq!(script.requests().len(), 1, "{err}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_not_sent_is_retried() {
    for operation in MONEY_MOVING {
        let (client, script) = scripted([Reply::not_connected(), Reply::not_connected(), response(&[])]);
        assert_eq!(operation(&client).send().await.unwrap().payment_id, payment_id());
        assert_eq!(script.requests().len(), 3);

        let (client, _) = scripted([]);
        let err = operation(&client).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::NotSent, 3));
    }
}

#[tokio::test]
async fn an_attempt_with_an_unknown_outcome_ends_the_call() {
    for operation in MONEY_MOVING {
        let (client, script) = scripted([Reply::not_connected(), Reply::lost(), response(&[])]);
        let err = operation(&client).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 2));
        assert_eq!(script.requests().len(), 2);
    }
}

#[tokio::test]
async fn writes_that_move_no_money_are_not_retried_either() {
    for reply in unknown_outcomes() {
        let (client, script) = scripted([reply, response(&[])]);
        let err = client.start_3ds(three_ds()).send().await.unwrap_err();
        assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 1), "{err}");
        assert!(!err.may_have_moved_money());
    }
    for reply in unknown_outcomes() {
        let (client, script) = scripted([reply, response(&[])]);
        let err = client.create_checkout(checkout()).send().await.unwrap_err();
        assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 1), "{err}");
        assert!(!err.may_have_moved_money());
    }
}

#[tokio::test]
async fn reads_are_retried_although_one_of_them_is_a_post() {
    let options = || Reply::json(200, r#"{"options":[]}"#);
    let (client, script) = scripted([Reply::lost(), Reply::new(502, ""), options()]);
    let query = InstallmentQuery::new(lira("1000"), card().number().clone());
    assert_eq!(client.installment_options(query).send().await.unwrap(), []);
    assert_eq!(script.requests().len(), 3);

    let (client, script) = scripted([Reply::lost(), Reply::json(429, "{}"), response(&[])]);
    client.checkout_status(&PAYMENT.parse().unwrap()).send().await.unwrap();
    assert_eq!(script.requests().len(), 3);

    let (client, _) = scripted([Reply::lost(), Reply::lost(), Reply::lost()]);
    let err = client.checkout_status(&PAYMENT.parse().unwrap()).send().await.unwrap_err();
    assert!(!err.may_have_moved_money());
}

#[tokio::test]
async fn a_json_object_under_a_refusing_status_proves_that_nothing_was_executed() {
    use ErrorKind::{Authentication, Declined, InvalidRequest, NotFound, Permission};
    let kinds = [
        (400, InvalidRequest),
        (401, Authentication),
        (402, Declined),
        (403, Permission),
        (404, NotFound),
        (405, InvalidRequest),
        (413, InvalidRequest),
        (415, InvalidRequest),
        (422, InvalidRequest),
    ];
    for (status, kind) in kinds {
        for body in ["{}", r#"{"message":"no"}"#, r#"{"error":{"code":7}}"#, r#"{"status":400,"success":false}"#] {
            for operation in MONEY_MOVING {
                let (client, script) = scripted([Reply::json(status, body), response(&[])]);
                let err = operation(&client).send().await.unwrap_err();
                assert_eq!((err.kind(), err.outcome()), (kind, Outcome::Refused), "{status} {body}");
                assert!(!err.may_have_moved_money());
                assert_eq!(script.requests().len(), 1);
            }
        }
    }
}

#[tokio::test]
async fn an_unrecognised_error_response_proves_nothing() {
    for body in ["<html>blocked</html>", "", "[]", "[{}]", "null", "7", "\"no\"", "{", "{}{}"] {
        for status in [400, 401, 402, 403, 404, 405, 413, 415, 422] {
            if (status, body) == (401, "") {
                // The documented 401.
                continue;
            }
            let (client, _) = scripted([Reply::new(status, body)]);
            let err = client.create_payment(payment()).send().await.unwrap_err();
            let expected = (ErrorKind::MalformedResponse, Outcome::Unknown);
            assert_eq!((err.kind(), err.outcome()), expected, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn an_error_has_the_providers_code_message_and_payment_id() {
    let body = format!(
        r#"{{"resultCode":"51","resultMessage":"Insufficient funds","message":"x","error":"y","paymentId":"{PAYMENT}"}}"#
    );
    let (client, _) = scripted([Reply::json(422, &body)]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.code(), err.message(), err.object_id()), (Some("51"), Some("Insufficient funds"), Some(PAYMENT)));
    assert_eq!(err.status().unwrap().as_u16(), 422);
    assert_eq!(err.to_string(), "card3ds create_payment: invalid request (HTTP 422): Insufficient funds");

    for (body, message) in [
        (r#"{"message":"x","error":"y"}"#, Some("x")),
        (r#"{"error":"y"}"#, Some("y")),
        (r#"{"message":"","error":"y"}"#, Some("y")),
        (r#"{"message":["x"],"error":{"a":1}}"#, None),
        (r#"{"paymentId":"../../x"}"#, None),
    ] {
        let (client, _) = scripted([Reply::json(400, body)]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.message(), err.object_id()), (message, None), "{body}");
    }
}

#[tokio::test]
async fn a_failed_payment_under_an_error_status_is_declined() {
    for status in [400, 402, 422] {
        let (client, _) = scripted([Reply::json(status, &crate::support::response_text(&[("status", "\"FAILED\"")]))]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused), "{status}");
    }
    for status in [408, 409, 429, 500] {
        let (client, _) = scripted([Reply::json(status, r#"{"status":"FAILED"}"#)]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{status}");
        assert_ne!(err.kind(), ErrorKind::Declined, "{status}");
    }
}

#[tokio::test]
async fn a_successful_payment_under_an_error_status_makes_the_outcome_unknown() {
    for body in [r#"{"status":"SUCCESS"}"#, r#"{"status":"ENROLLED"}"#, r#"{"success":true,"status":"FAILED"}"#] {
        for status in [400, 401, 402, 404, 422] {
            let (client, script) = scripted([Reply::json(status, body), response(&[])]);
            let err = client.create_payment(payment()).send().await.unwrap_err();
            let expected = (ErrorKind::MalformedResponse, Outcome::Unknown);
            assert_eq!((err.kind(), err.outcome()), expected, "{status} {body}");
            assert_eq!(script.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_payment_with_an_unclear_result_under_an_error_status_makes_the_outcome_unknown() {
    for body in [
        r#"{"paymentId":"p1","status":"PENDING","amount":100.50,"currency":"TRY"}"#,
        r#"{"status":"success","paymentId":"p1"}"#,
        r#"{"paymentId":7,"status":"failed"}"#,
        r#"{"paymentId":"p1","success":"true"}"#,
        r#"{"success":1,"status":"FAILED","paymentId":"p1"}"#,
    ] {
        for status in [400, 401, 402, 404, 422] {
            for operation in MONEY_MOVING {
                let (client, script) = scripted([Reply::json(status, body), response(&[])]);
                let err = operation(&client).send().await.unwrap_err();
                let expected = (ErrorKind::MalformedResponse, Outcome::Unknown);
                assert_eq!((err.kind(), err.outcome()), expected, "{status} {body}");
                assert_eq!((err.advice(), script.requests().len()), (Some(ASK_THE_PROVIDER), 1));
            }
        }
    }
    for body in [
        r#"{"paymentId":"p1","status":"FAILED","success":false}"#,
        r#"{"paymentId":"p1","status":400,"success":null}"#,
        r#"{"paymentId":null,"status":"BAD_REQUEST"}"#,
        r#"{"paymentId":"","status":"BAD_REQUEST"}"#,
        r#"{"success":"no","status":"error"}"#,
    ] {
        let (client, _) = scripted([Reply::json(400, body)]);
        assert_eq!(client.create_payment(payment()).send().await.unwrap_err().outcome(), Outcome::Refused, "{body}");
    }
}

#[tokio::test]
async fn a_refusal_that_may_be_about_an_earlier_request_makes_the_outcome_unknown() {
    let bodies = [
        r#"{"message":"the pre-authorization has already been captured"}"#,
        r#"{"resultCode":"DUPLICATE_ORDER"}"#,
        r#"{"resultMessage":"Order Already paid","status":"FAILED"}"#,
        r#"{"message":"x","error":"a payment with this orderId EXISTS"}"#,
        r#"{"errors":[{"field":"orderId","text":"must be unique"}]}"#,
        r#"{"message":"payment was completed"}"#,
        r#"{"message":"Captured."}"#,
    ];
    for body in bodies {
        for status in [400, 401, 402, 403, 404, 409, 410, 422] {
            for operation in MONEY_MOVING {
                let (client, script) = scripted([Reply::json(status, body), response(&[])]);
                let err = operation(&client).send().await.unwrap_err();
                assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{status} {body}");
                assert_eq!(err.advice(), Some(ASK_THE_PROVIDER), "{status} {body}");
                assert!(err.may_have_moved_money());
                assert_eq!(script.requests().len(), 1);
            }
            // Also if the operation moves no money: the customer could pay twice.
            let (client, _) = scripted([Reply::json(status, body), Reply::json(status, body)]);
            let err = client.start_3ds(three_ds()).send().await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{status} {body}");
            assert!(err.advice().is_some() && !err.may_have_moved_money(), "{status} {body}");
            let err = client.create_checkout(checkout()).send().await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn the_refusal_of_a_second_capture_proves_nothing_about_the_first() {
    let refused = Reply::json(400, r#"{"message":"the pre-authorization has already been captured"}"#);
    let (client, _) = scripted([Reply::lost(), refused]);
    let capture = || client.capture_payment(&payment_id(), lira("100.50"));
    assert_eq!(capture().send().await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(capture().send().await.unwrap_err().outcome(), Outcome::Unknown);
}

const ASK_THE_PROVIDER: &str =
    "there is no lookup: ask the provider, and send no other payment for the order until you know the result";

#[tokio::test]
async fn an_error_has_advice() {
    for operation in MONEY_MOVING {
        for reply in [Reply::json(500, "{}"), Reply::json(409, "{}"), Reply::json(400, r#"{"status":"SUCCESS"}"#)] {
            let (client, _) = scripted([reply]);
            assert_eq!(operation(&client).send().await.unwrap_err().advice(), Some(ASK_THE_PROVIDER));
        }
        for status in [400, 402, 422] {
            let (client, _) = scripted([Reply::json(status, "{}")]);
            assert_eq!(operation(&client).send().await.unwrap_err().advice(), None);
        }
        let (client, _) = scripted([Reply::json(401, "{}")]);
        let err = operation(&client).send().await.unwrap_err();
        assert_eq!(err.advice(), Some("the API key and secret are on the dashboard's Settings page"));
    }
    let (client, _) = scripted([Reply::json(500, "{}")]);
    assert_eq!(client.start_3ds(three_ds()).send().await.unwrap_err().advice(), None);
}

#[tokio::test]
async fn a_failed_enrolment_is_not_an_error() {
    let body = r#"{"paymentId":null,"success":false,"resultCode":"12","resultMessage":"Not enrolled"}"#;
    let (client, _) = scripted([Reply::json(200, body)]);
    let enrolment = client.start_3ds(three_ds()).send().await.unwrap();
    let err = enrolment.clone().into_challenge().unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused));
    assert_eq!((err.code(), err.message()), (Some("12"), Some("Not enrolled")));
    let Enrolment::NotEnrolled(reason) = enrolment else { panic!("{enrolment:?}") };
    assert_eq!((reason.result_code.as_deref(), reason.result_message.as_deref()), (Some("12"), Some("Not enrolled")));
    assert_eq!(reason.payment_id, None);
}

fn checkout() -> NewCheckout {
    NewCheckout::new("ORD-12345", lira("100.50"), "Product purchase", "https://example.com/callback")
}
