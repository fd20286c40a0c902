//! What an error tells the caller, and what it prints.

use std::error::Error as _;
use std::sync::Arc;

use payments_core::json::{DecodeError, Facts, Read};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{Error, ErrorKind, FieldError, Outcome, ProviderError};

use crate::support::{Harness, KEYED, Payment, payment_response};

const CARD: &str = "4242424242424242";

fn refusal() -> Error {
    let error = ProviderError {
        code: Some("invalid".to_owned()),
        message: Some("Look at the fields.".to_owned()),
        fields: vec![FieldError::new("phone", "has at least 8 characters."), FieldError::new("card", CARD)],
        object_id: Some("pay_1".to_owned()),
        advice: Some("correct the fields"),
        ..ProviderError::default()
    };
    Error::from_provider("acme", ErrorKind::InvalidRequest, Outcome::Refused, "", error)
}

#[test]
fn a_refusal_carries_what_the_provider_said() {
    let refusal = refusal();
    assert_eq!(refusal.field_errors()[0], FieldError::new("phone", "has at least 8 characters."));
    assert_eq!(refusal.field_errors().len(), 2);
    assert_eq!(refusal.advice(), Some("correct the fields"));
    assert_eq!(refusal.object_id(), Some("pay_1"));
    assert_eq!((refusal.reported_status(), refusal.reported_amount()), (None, None));
    assert_eq!(
        refusal.to_string(),
        "acme: invalid request: Look at the fields: `phone` has at least 8 characters; `card` 424242******4242 \
         (correct the fields)"
    );
}

#[test]
fn debug_output_shows_the_fields_that_are_set_and_masks_card_numbers() {
    let refused = format!("{:?}", refusal());
    for shown in [
        r#"code: Some("invalid")"#,
        "phone: has at least 8 characters",
        "card: 424242******4242",
        "kind: InvalidRequest",
    ] {
        assert!(refused.contains(shown), "{shown} is missing in {refused}");
    }
    assert!(!refused.contains(CARD) && !refused.contains("attempts"), "{refused}");
    let local = format!("{:?}", Error::configuration("`base_url` is required"));
    assert!(!local.contains("provider_error") && !local.contains("attempts"), "{local}");
}

#[tokio::test]
async fn debug_output_shows_the_number_of_attempts() {
    let harness = Harness::new([Reply::json(400, r#"{"error":{"code":"no"}}"#)]);
    let refused = format!("{:?}", harness.client.pay().send().await.unwrap_err());
    assert!(refused.contains("attempts: 1"), "{refused}");
}

#[tokio::test]
async fn an_error_about_a_contradicting_response_carries_what_could_be_read() {
    let harness = Harness::new([payment_response()]);
    let contradicts = |_: Read<'_, Payment>| -> Result<Payment, DecodeError> {
        let text = |text: &str| Some(text.to_owned());
        let facts = Facts { object_id: text("pay_2"), status: text("paid"), amount: text("40.00") };
        Err(DecodeError::new("id", "differs from what was requested").with_facts(facts))
    };
    let request = Ok(RequestBuilder::post(Path::new("payments")));
    let call = harness.client.connection.call(Operation::move_money("capture"), request, contradicts);
    let err = call.send().await.unwrap_err();
    assert_eq!((err.outcome(), err.kind()), (Outcome::Unknown, ErrorKind::MalformedResponse));
    assert_eq!(err.object_id(), Some("pay_2"));
    assert_eq!((err.reported_status(), err.reported_amount()), (Some("paid"), Some("40.00")));
    assert_eq!(err.json_path(), Some("id"));
}

#[tokio::test]
async fn the_cause_of_a_failed_connection_is_kept() {
    #[derive(Debug)]
    struct Unreachable;

    #[async_trait]
    impl Transport for Unreachable {
        async fn send(&self, _: Request) -> Result<Response, TransportError> {
            Err(TransportError::not_sent("no connection").caused_by("the cable is cut"))
        }
    }

    let harness = Harness::with(&KEYED, None, [], |settings| settings.transport = Some(Arc::new(Unreachable)));
    let err = harness.client.pay().send().await.unwrap_err();
    assert_eq!(err.source().map(ToString::to_string).as_deref(), Some("the cable is cut"));
    assert!(format!("{err:?}").contains("the cable is cut"));
}
