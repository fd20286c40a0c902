//! The outcomes of failed calls, by TurboPay's own rules.

use payments_core::test_util::Reply;
use turbopay::{ErrorKind, Outcome, Problem};

use crate::support::{deposit, scripted, withdrawal};

#[tokio::test]
async fn a_withdrawal_whose_response_was_lost_is_not_sent_again() {
    for lost in
        [Reply::lost(), Reply::cut_off(201), Reply::json(201, "{}"), Reply::new(502, "<html>"), Reply::json(429, "{}")]
    {
        let (client, script) = scripted([lost, Reply::json(201, r#"{"order_id":"second","status":"new"}"#)]);

        let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();

        assert_eq!(err.outcome(), Outcome::Unknown, "{err}");
        assert!(err.may_have_moved_money());
        assert!(err.to_string().ends_with("; it may have been executed"), "{err}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_withdrawal_is_retried_after_a_failed_connection() {
    let (client, script) = scripted([Reply::not_connected(), Reply::json(201, r#"{"order_id":"o-1","status":"new"}"#)]);

    let order = client.create_withdrawal(withdrawal()).send().await.unwrap();

    assert_eq!(order.order_id.as_str(), "o-1");
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn a_withdrawal_without_any_connection_is_not_sent() {
    let (client, _) = scripted([]);

    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::NotSent, 3));
    assert!(!err.may_have_moved_money());
}

#[tokio::test]
async fn a_duplicate_reference_is_unknown_for_a_withdrawal_and_for_a_deposit() {
    let taken = || {
        let message = "The merchant order id has already been taken.";
        Reply::json(422, &format!(r#"{{"message":"{message}","errors":{{"merchant_order_id":["{message}"]}}}}"#))
    };

    let (client, _) = scripted([taken()]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));

    let (client, _) = scripted([taken()]);
    let err = client.create_deposit(deposit()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
    assert!(!err.may_have_moved_money(), "creating a deposit moves no money");
}

#[tokio::test]
async fn every_documented_error_has_a_kind_and_a_problem() {
    use ErrorKind::{Authentication, Conflict, Declined, InvalidRequest, NotFound, Permission};
    let rows = [
        (401, "Unauthorized", Authentication, Problem::Unauthorized),
        (403, "10.0.0.7 is not white listed", Permission, Problem::AddressNotWhitelisted),
        (404, "The route api/x could not be found.", NotFound, Problem::RouteNotFound),
        (422, r#"invalid request Method \"card\" is not valid"#, InvalidRequest, Problem::MethodNotValid),
        (422, r#"Method \"card\" is not valid"#, InvalidRequest, Problem::MethodNotValid),
        (422, "The bank code field is required.", InvalidRequest, Problem::FieldRequired),
        (422, "invalid request No available wallets found for method: upi", InvalidRequest, Problem::NoWallets),
        (422, "The amount field must be an integer.", InvalidRequest, Problem::AmountNotInteger),
        (422, "The amount field must be at least 100.", InvalidRequest, Problem::AmountTooSmall),
        (422, "The amount field must not be greater than 5000.", InvalidRequest, Problem::AmountTooLarge),
        (422, r#"Currency \"XYZ\" is not valid"#, InvalidRequest, Problem::CurrencyNotValid),
        (422, "The customer name field must not be greater than 300 characters.", InvalidRequest, Problem::TooLong),
        (422, "The customer email field must be a valid email address.", InvalidRequest, Problem::WrongFormat),
        (422, "Customer transaction ID exists", Conflict, Problem::UtrTaken),
        (422, "Order Declined", Declined, Problem::OrderDeclined),
    ];
    for (status, message, kind, problem) in rows {
        let (client, _) = scripted([Reply::json(status, &format!(r#"{{"message":"{message}"}}"#))]);

        let err = client.create_deposit(deposit()).send().await.unwrap_err();

        // A customer may pay the order that exists.
        let outcome = if kind == Conflict { Outcome::Unknown } else { Outcome::Refused };
        assert_eq!((err.kind(), err.outcome()), (kind, outcome), "{message}");
        assert_eq!(Problem::of(&err), Some(problem), "{message}");
        assert_eq!(err.status().unwrap().as_u16(), status);
    }
}

#[test]
fn a_length_and_an_amount_are_different_problems() {
    let rows = [
        ("The customer bank account field must be at least 8 characters.", Problem::TooShort),
        ("The amount field must be at least 8.", Problem::AmountTooSmall),
        ("The customer name field must not be greater than 300 characters.", Problem::TooLong),
        ("The amount field must not be greater than 5000.", Problem::AmountTooLarge),
        ("The bank code field must be 11 characters.", Problem::WrongFormat),
    ];
    for (message, problem) in rows {
        assert_eq!(Problem::from_message(message), Some(problem), "{message}");
    }
}

#[tokio::test]
async fn a_reference_that_is_too_short_is_refused() {
    let body = r#"{"message":"x","errors":{"merchant_order_id":["The merchant order id field must be at least 8 characters."]}}"#;
    let (client, _) = scripted([Reply::json(422, body)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Refused));
}

#[tokio::test]
async fn each_problem_is_listed_once_and_each_field_error_is_in_the_line() {
    let body = r#"{"message":"The bank code field is required. (and 2 more errors)","errors":{
        "bank_code":["The bank code field is required."],
        "amount":["The amount field must be an integer."],
        "customer_name":["The customer name field is required."]}}"#;
    let (client, _) = scripted([Reply::json(422, body)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!(Problem::all(&err), [Problem::FieldRequired, Problem::AmountNotInteger]);
    assert_eq!(
        err.to_string(),
        "turbopay create_withdrawal: invalid request (HTTP 422): The bank code field is required. (and 2 more errors): \
         `bank_code` The bank code field is required; `amount` The amount field must be an integer; `customer_name` The \
         customer name field is required"
    );
}

#[tokio::test]
async fn the_error_for_an_address_that_is_not_whitelisted_advises_what_to_do() {
    let (client, _) = scripted([Reply::json(403, r#"{"message":"10.0.0.7 is not white listed"}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!(err.advice(), Some("have TurboPay whitelist this server's address"));
    assert_eq!(
        err.to_string(),
        "turbopay create_withdrawal: permission denied (HTTP 403): 10.0.0.7 is not white listed \
         (have TurboPay whitelist this server's address)"
    );
}

#[tokio::test]
async fn an_error_response_in_another_form_leaves_the_outcome_unknown() {
    let bodies = [
        "<html>blocked</html>",
        "",
        "[]",
        r#"{"error":"x"}"#,
        r#"{"message":7}"#,
        "null",
        "\u{feff}{}",
        // TurboPay's form with unreadable `errors`, which could report a duplicate.
        r#"{"message":"invalid request","errors":{"merchant_order_id":{"code":7}}}"#,
        r#"{"message":"invalid request","errors":["merchant_order_id"]}"#,
        r#"{"message":"invalid request","errors":"merchant_order_id"}"#,
    ];
    for body in bodies {
        for status in [400, 401, 402, 403, 404, 405, 413, 415, 422] {
            let (client, _) = scripted([Reply::new(status, body)]);
            let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
            assert_eq!(
                (err.kind(), err.outcome()),
                (ErrorKind::MalformedResponse, Outcome::Unknown),
                "{status} {body}"
            );
        }
    }
}

#[tokio::test]
async fn an_unreadable_success_names_the_member_but_not_its_value() {
    let (client, _) = scripted([Reply::json(201, r#"{"order_id":{"secret":"4111111111111111"},"status":"new"}"#)]);

    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!(err.json_path(), Some("order_id"));
    assert_eq!(err.status().unwrap().as_u16(), 201);
    assert!(!format!("{err} {err:?}").contains("4111"), "{err:?}");
}

#[tokio::test]
async fn an_order_id_that_could_change_a_path_is_rejected() {
    let (client, _) = scripted([Reply::json(201, r#"{"order_id":"../balance","status":"new"}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!(err.json_path(), Some("order_id"));
}

#[tokio::test]
async fn a_throttled_withdrawal_is_unknown() {
    let (client, script) = scripted([Reply::json(429, r#"{"message":"Too Many Attempts."}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::Unknown));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_rejected_reference_leaves_a_withdrawal_unknown_unless_only_its_form_is_invalid() {
    let rows = [
        (
            r#"{"message":"invalid request","errors":{"merchant_order_id":"The merchant order id has already been taken."}}"#,
            true,
        ),
        (r#"{"message":"invalid request","errors":{"merchant_order_id":["It must be unique."]}}"#, true),
        (r#"{"message":"Merchant Order ID exists"}"#, true),
        (r#"{"message":"Duplicate order"}"#, true),
        (
            r#"{"message":"The amount field must be at least 100. (and 1 more error)","errors":
               {"amount":["The amount field must be at least 100."],"merchant_order_id":["The merchant order id has already been taken."]}}"#,
            true,
        ),
        (r#"{"message":"x","errors":{"merchant_order_id":["The merchant order id field is required."]}}"#, false),
        (r#"{"message":"x","errors":{"amount":["The amount field must be an integer."]}}"#, false),
        (r#"{"message":"The amount field must be an integer.","errors":[]}"#, false),
        (r#"{"message":"The amount field must be an integer.","errors":null}"#, false),
    ];
    for (body, unknown) in rows {
        let (client, _) = scripted([Reply::json(422, body)]);
        let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
        let expected = if unknown { Outcome::Unknown } else { Outcome::Refused };
        assert_eq!((err.outcome(), err.kind() == ErrorKind::Conflict), (expected, unknown), "{body}");
    }
}

#[tokio::test]
async fn messages_count_under_their_own_status_only() {
    for status in [408, 425, 429, 500, 503] {
        for message in ["Order Declined", "The merchant order id has already been taken."] {
            let (client, _) = scripted([Reply::json(status, &format!(r#"{{"message":"{message}"}}"#))]);
            let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
            assert_eq!(err.outcome(), Outcome::Unknown, "{status} {message}");
            assert_ne!(err.kind(), ErrorKind::Declined, "{status} {message}");
        }
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_confirmed_may_already_be_confirmed() {
    let rejected = r#"{"message":"The selected order id is invalid.","errors":{"order_id":["The selected order id is invalid."]}}"#;
    let (client, _) = scripted([Reply::json(422, rejected)]);
    let confirm = client.confirm_utr(&"o-1".parse().unwrap(), "409876543210".parse::<turbopay::Utr>().unwrap());
    let err = confirm.send().await.unwrap_err();
    assert_eq!((err.outcome(), Problem::of(&err)), (Outcome::Unknown, Some(Problem::OrderIdNotValid)));
}
