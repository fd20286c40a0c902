//! Errors and successes by envelope and HTTP status.

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Outcome, RetryPolicy};
use turbo_txn::{Envelope, Error};

use crate::support::{block_on, new_transaction, order_id, scripted};

/// Asserts the error of an initiation with this response, and that it is sent once.
#[track_caller]
fn check(http: u16, body: &str, kind: ErrorKind, outcome: Outcome) {
    let err = initiate_error(http, body);
    assert_eq!((err.kind(), err.outcome()), (kind, outcome), "HTTP {http} {body}: {err}");
    assert_eq!(err.may_have_moved_money(), outcome == Outcome::Unknown);
}

/// Returns the error of an initiation with this response.
#[track_caller]
fn initiate_error(http: u16, body: &str) -> Error {
    let (client, script) = scripted([Reply::json(http, body), Reply::lost()]);
    let err = block_on(client.initiate(new_transaction()).send()).unwrap_err();
    assert_eq!(script.requests().len(), 1, "HTTP {http} {body}");
    err
}

/// Asserts that a lookup with this response fails.
#[track_caller]
fn check_lookup(body: &str) {
    let (client, _) = scripted([Reply::json(200, body)]);
    let err = block_on(client.lookup(&order_id("order-7421")).retry(RetryPolicy::none()).send()).unwrap_err();
    assert_eq!(err.kind(), MalformedResponse, "{body}");
}

/// Valid data of both operations.
const DATA: &str = r#""data":{"txnId":"T","orderId":"order-7421","amount":300,"sdkUrl":"https://pay.example/x"}"#;
const DETAILS: &str = r#""data":{"utr":"1","orderId":"order-7421","txnStatus":"Approved","amount":300}"#;

use ErrorKind::{
    Authentication, Conflict, Declined, InvalidRequest, MalformedResponse, NotFound, Permission, ProviderFailure,
    Throttled, Timeout,
};
use Outcome::{Refused, Unknown};

#[test]
fn an_error_follows_the_status_code_under_http_200_and_under_the_same_http_status() {
    for (code, kind, outcome) in [
        (400, InvalidRequest, Refused),
        (401, Authentication, Refused),
        (402, Declined, Refused),
        (403, Permission, Refused),
        (404, NotFound, Refused),
        (405, InvalidRequest, Refused),
        (408, Timeout, Unknown),
        (409, Conflict, Unknown),
        (415, InvalidRequest, Refused),
        (418, InvalidRequest, Unknown),
        (422, InvalidRequest, Refused),
        (429, Throttled, Unknown),
        (500, ProviderFailure, Unknown),
        (503, ProviderFailure, Unknown),
    ] {
        let body = format!(r#"{{"statusCode":{code},"message":"No.","status":"X","success":false,"data":null}}"#);
        check(200, &body, kind, outcome);
        check(code, &body, kind, outcome);
    }
    // A `statusCode` outside 2xx is an error even without `success`.
    check(200, r#"{"statusCode":400}"#, InvalidRequest, Refused);
    check(201, r#"{"statusCode":400,"success":null}"#, InvalidRequest, Refused);
    check(200, r#"{"statusCode":302,"success":false}"#, MalformedResponse, Unknown);
    check(200, r#"{"statusCode":100,"success":false}"#, MalformedResponse, Unknown);
}

#[test]
fn any_json_object_under_an_error_status_is_an_error_response() {
    for body in
        ["{}", r#" {"error":"Bad Request","path":"/x"} "#, r#"{"message":{"text":"No"}}"#, r#"{"success":null}"#]
    {
        check(400, body, InvalidRequest, Refused);
        check(401, body, Authentication, Refused);
        check(500, body, ProviderFailure, Unknown);
    }
}

#[test]
fn an_unrecognised_body_leaves_the_outcome_unknown() {
    for body in ["", "<html>blocked</html>", "[]", "[400,false]", "null", "7", "\"no\"", "{", "{} {}", "\u{feff}[]"] {
        for status in [400, 401, 402, 403, 404, 405, 413, 415, 422] {
            check(status, body, MalformedResponse, Unknown);
        }
        check(200, body, MalformedResponse, Unknown);
        check(502, body, ProviderFailure, Unknown);
    }
}

#[test]
fn a_contradictory_envelope_leaves_the_outcome_unknown() {
    // The envelope states success and failure.
    check(200, r#"{"success":true,"statusCode":500}"#, ProviderFailure, Unknown);
    check(200, r#"{"success":true,"statusCode":400,"data":{}}"#, InvalidRequest, Unknown);
    check(200, r#"{"success":false,"statusCode":200,"message":"Failed"}"#, MalformedResponse, Unknown);
    check(400, r#"{"success":true,"statusCode":400}"#, InvalidRequest, Unknown);
    check(400, r#"{"success":true}"#, InvalidRequest, Unknown);
    // HTTP and the envelope state different statuses: the outcome is refused only if both refuse.
    check(400, r#"{"success":false,"statusCode":200}"#, MalformedResponse, Unknown);
    check(400, r#"{"success":false,"statusCode":500}"#, ProviderFailure, Unknown);
    check(500, r#"{"success":false,"statusCode":400}"#, InvalidRequest, Unknown);
    check(403, r#"{"success":false,"statusCode":404}"#, NotFound, Refused);
}

#[test]
fn an_envelope_with_a_duplicate_member_is_malformed() {
    for members in [
        r#""success":false,"success":true,"statusCode":400"#,
        r#""success":false,"success":true,"statusCode":200"#,
        r#""success":true,"success":true,"statusCode":200"#,
        r#""success":true,"statusCode":400,"statusCode":200"#,
    ] {
        check(200, &format!("{{{members},{DATA}}}"), MalformedResponse, Unknown);
        check(400, &format!("{{{members},{DATA}}}"), MalformedResponse, Unknown);
        check_lookup(&format!("{{{members},{DETAILS}}}"));
    }
}

#[test]
fn a_descriptive_member_that_occurs_twice_is_absent_and_its_words_still_count() {
    let twice = |code: u16, second: &str| {
        format!(r#"{{"success":false,"statusCode":{code},"message":"No.","message":"{second}",{DATA}}}"#)
    };
    for http in [200, 400] {
        check(http, &twice(400, "Rejected by the bank"), InvalidRequest, Refused);
        assert_eq!(initiate_error(http, &twice(400, "Rejected by the bank")).message(), None);
        check(http, &twice(400, "Order already exists"), Conflict, Unknown);
        check(http, &twice(200, "Rejected by the bank"), MalformedResponse, Unknown);
    }
    check(200, &format!(r#"{{"success":false,"statusCode":404,"status":"X","status":"Y",{DATA}}}"#), NotFound, Refused);
}

#[test]
fn an_envelope_with_a_message_that_is_not_utf_8_is_read() {
    let envelope = |data: &str| {
        let mut body = br#"{"success":false,"statusCode":400,"message":"caf"#.to_vec();
        body.push(0xe9); // `é` in Latin-1
        body.extend_from_slice(format!(r#"",{data}}}"#).as_bytes());
        body
    };
    let (client, _) = scripted([Reply::new(200, envelope(DATA)), Reply::new(200, envelope(DETAILS))]);
    let err = block_on(client.initiate(new_transaction()).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.message()), (InvalidRequest, Refused, Some("caf\u{fffd}")));
    let err = block_on(client.lookup(&order_id("order-7421")).retry(RetryPolicy::none()).send()).unwrap_err();
    assert_eq!(err.kind(), InvalidRequest);
}

#[test]
fn a_success_must_be_stated_by_both_members() {
    for (members, path) in [
        (r#""success":true,"statusCode":4001"#, "statusCode"),
        (r#""success":true,"statusCode":1000"#, "statusCode"),
        (r#""success":true,"statusCode":99"#, "statusCode"),
        (r#""success":true,"statusCode":0"#, "statusCode"),
        (r#""success":true,"statusCode":"200""#, "statusCode"),
        (r#""success":false,"statusCode":4001"#, ""),
        (r#""success":"true","statusCode":200"#, "success"),
        (r#""success":true"#, "."),
        (r#""statusCode":200"#, "."),
    ] {
        let err = initiate_error(200, &format!("{{{members},{DATA}}}"));
        assert_eq!((err.kind(), err.outcome()), (MalformedResponse, Unknown), "{members}");
        assert_eq!(err.json_path().unwrap_or_default(), path, "{members}");
        check_lookup(&format!("{{{members},{DETAILS}}}"));
    }
    for status in [200, 201, 299] {
        let body = format!(r#"{{"success":true,"statusCode":{status},{DATA}}}"#);
        let (client, _) = scripted([Reply::json(200, &body)]);
        assert!(block_on(client.initiate(new_transaction()).send()).is_ok(), "{status}");
    }
}

#[test]
fn malformed_members_leave_the_outcome_unknown() {
    for code in ["\"400\"", "400.0", "4e2", "-400", "99", "1000", "true", "[400]", "{}", "99999999999"] {
        let body = format!(r#"{{"success":false,"statusCode":{code},"message":"No.",{DATA}}}"#);
        check(200, &body, MalformedResponse, Unknown);
        // The HTTP status determines the kind. The outcome is refused only if the envelope refuses too.
        check(400, &body, InvalidRequest, Unknown);
        check(200, &body.replace("false", "true"), MalformedResponse, Unknown);
    }
    let data = format!(",{DATA}");
    for success in ["\"false\"", "0", "[]", "{}"] {
        check(200, &format!(r#"{{"success":{success},"statusCode":400{data}}}"#), InvalidRequest, Unknown);
        check(400, &format!(r#"{{"success":{success},"statusCode":400{data}}}"#), InvalidRequest, Unknown);
        check(200, &format!(r#"{{"success":{success},"statusCode":200{data}}}"#), MalformedResponse, Unknown);
    }
    for body in [
        r#"{"success":false}"#,
        r#"{"success":false,"statusCode":null}"#,
        r#"{"success":true}"#,
        r#"{"statusCode":200}"#,
    ] {
        check(200, body, MalformedResponse, Unknown);
        check(200, &body.replace('}', &format!("{data}}}")), MalformedResponse, Unknown);
    }
}

#[test]
fn a_success_without_data_leaves_the_outcome_unknown() {
    for data in ["", r#","data":null"#, r#","data":{}"#, r#","data":[]"#, r#","data":"x""#] {
        check(200, &format!(r#"{{"success":true,"statusCode":200{data}}}"#), MalformedResponse, Unknown);
    }
}

#[test]
fn a_list_in_place_of_an_object_is_malformed() {
    let list = r#"["T","order-7421",300,"https://pay.example/x"]"#;
    let err = initiate_error(200, &format!(r#"{{"success":true,"statusCode":200,"data":{list}}}"#));
    assert_eq!((err.kind(), err.outcome(), err.json_path()), (MalformedResponse, Unknown, Some("data")));
    check_lookup(r#"{"success":true,"statusCode":200,"data":["order-7421","Approved",300,"1"]}"#);
    check(200, &format!(r#"[true,200,null,{{{DATA}}}]"#), MalformedResponse, Unknown);
    check(
        200,
        r#"[true,200,null,{"txnId":"T","orderId":"order-7421","amount":300,"sdkUrl":"https://pay.example/x"}]"#,
        MalformedResponse,
        Unknown,
    );
}

#[test]
fn an_initiation_with_an_amount_of_zero_or_less_is_malformed() {
    for amount in ["0", "0.00", "-300", "-0.01", "\"0\""] {
        let body = |data: &str| format!(r#"{{"success":true,"statusCode":200,{}}}"#, data.replace("300", amount));
        let err = initiate_error(200, &body(DATA));
        assert_eq!((err.outcome(), err.json_path()), (Unknown, Some("data.amount")), "{amount}");
        assert_eq!((err.object_id(), err.reported_amount()), (Some("T"), Some(amount.trim_matches('"'))));
    }
}

#[test]
fn a_refusal_that_mentions_a_duplicate_leaves_the_outcome_unknown() {
    for message in [
        r#""message":"Order already exists""#,
        r#""message":"DUPLICATE ORDER ID""#,
        r#""message":"orderId must be unique""#,
        r#""errors":[{"field":"orderId","defaultMessage":"exists"}]"#,
        r#""message":{"text":"Already initiated"}"#,
    ] {
        for http in [200, 400, 422] {
            let body = format!(r#"{{"statusCode":400,"success":false,{message}}}"#);
            check(http, &body, Conflict, Unknown);
        }
        // The words are searched only under a status that refuses.
        let body = format!(r#"{{"statusCode":500,"success":false,{message}}}"#);
        check(500, &body, ProviderFailure, Unknown);
        check(429, &body.replace("500", "429"), Throttled, Unknown);
        check(408, &body.replace("500", "408"), Timeout, Unknown);
    }
    check(400, r#"{"statusCode":400,"success":false,"message":"amount must be an integer"}"#, InvalidRequest, Refused);
}

#[tokio::test]
async fn a_lookup_reports_no_conflict_and_is_retried_after_a_server_error() {
    let exists = r#"{"statusCode":404,"success":false,"message":"No such order exists"}"#;
    let (client, script) = scripted([Reply::json(500, r#"{"statusCode":500}"#), Reply::json(200, exists)]);
    let err = client.lookup(&order_id("o-1")).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (NotFound, Refused));
    assert!(!err.may_have_moved_money());
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn an_error_keeps_the_members_of_its_envelope() {
    let body = r#"{"statusCode":401,"message":"Invalid client-id","status":"UNAUTHORIZED","success":false,
        "timestamp":"2025-08-26T07:52:23.243989861Z","data":null}"#;
    let err = initiate_error(200, body);

    assert_eq!((err.status().unwrap().as_u16(), err.stated_status().unwrap().as_u16()), (200, 401));
    assert_eq!(err.message(), Some("Invalid client-id"));
    assert_eq!(
        err.to_string(),
        "turbo-txn initiate: authentication failed (HTTP 200, stated status 401): Invalid client-id \
         (find the client id and the secret key in Turbo Transactions' developer portal)"
    );
    let envelope = Envelope::of(err.response().unwrap()).unwrap();
    assert_eq!((envelope.success, envelope.status.as_deref()), (Some(false), Some("UNAUTHORIZED")));
    let moment = envelope.timestamp.as_ref().unwrap().moment().unwrap();
    assert_eq!(moment, time::macros::datetime!(2025-08-26 07:52:23.243_989_861 UTC));
    assert_eq!(
        serde_json::to_string(&envelope).unwrap(),
        r#"{"status_code":401,"success":false,"status":"UNAUTHORIZED","message":"Invalid client-id","timestamp":"2025-08-26T07:52:23.243989861Z"}"#
    );
    // The message is kept even if the envelope contradicts itself.
    let contradictory = r#"{"statusCode":200,"success":false,"message":"Amount too low"}"#;
    assert_eq!(initiate_error(200, contradictory).message(), Some("Amount too low"));
    // Members of another type are `None`.
    let malformed = initiate_error(400, r#"{"statusCode":"400","success":0,"message":["x"],"status":7,"timestamp":1}"#);
    let envelope = Envelope::of(malformed.response().unwrap()).unwrap();
    assert_eq!((envelope.status_code, envelope.success, envelope.message), (None, None, None));
    assert_eq!(envelope.status.as_deref(), Some("7"), "a number in place of a text is kept");
    assert_eq!(Envelope::of(initiate_error(400, "[]").response().unwrap()), None);
}
