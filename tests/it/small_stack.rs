//! Every provider's deliveries are verified and decoded on a stack of 64 KiB, nested 10,000 levels deep.

use std::fmt::Debug;

use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use payments_core::http::{HeaderMap, HeaderValue};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use turbo_txn::{CallbackDecryptor, CallbackKey};
use turratech::{EventObject, VerifyError};

/// Runs the closure on a stack of 64 KiB. Recursion over the input would overflow it and abort the process.
#[track_caller]
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).unwrap().join().unwrap()
}

/// Returns nested arrays, objects and both alternately, and whether they are closed.
fn nested() -> Vec<(String, bool)> {
    let pairs = [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")];
    let closed = pairs.map(|(open, close)| (format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH)), true));
    let open = pairs.map(|(open, _)| (open.repeat(DEPTH), false));
    closed.into_iter().chain(open).collect()
}

fn header(name: &'static str, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_str(value).unwrap())])
}

#[track_caller]
fn check<T: Debug>(result: Result<T, VerifyError>, is_valid: bool) {
    match result {
        Ok(event) => assert!(is_valid, "{event:?}"),
        Err(error) => assert!(!is_valid && matches!(error, VerifyError::Unreadable(_)), "{error:?}"),
    }
}

#[test]
fn turratech() {
    use turratech::test_util::sign;
    use turratech::{WebhookSecret, WebhookVerifier};

    let verify = |body: String| {
        on_a_small_stack(move || {
            let (secret, now) = (WebhookSecret::new("whsec_1").unwrap(), OffsetDateTime::UNIX_EPOCH);
            let headers = header(WebhookVerifier::SIGNATURE_HEADER, &sign(&secret, body.as_bytes(), now));
            let endpoint = WebhookVerifier::new(secret).clock(ManualClock::at(now));
            let event = endpoint.verify(body.as_bytes(), &headers)?;
            assert_eq!(event.id.as_str(), "evt_1");
            Ok(event.object().map_err(|problem| problem.path().to_owned()))
        })
    };
    let event = |event_type: &str, extra: &str, object: &str| {
        format!(
            r#"{{"id":"evt_1",{extra}"type":"{event_type}","created":1,"livemode":true,"data":{{"object":{object}}}}}"#
        )
    };
    let payment = |extra: &str| {
        format!(
            r#"{{"id":"pay_1",{extra}"amount":2000,"currency":"gbp","status":"succeeded","created":1,"livemode":true}}"#
        )
    };
    for (nested_json, closed) in nested() {
        let field = format!("\"x\":{nested_json},");
        check(verify(event("payment.succeeded", &field, &payment(""))), closed);
        check(verify(event("invoice.paid", "", &nested_json)), closed);
        check(verify(event("payment.succeeded", &format!("\"data\":{nested_json},"), &payment(""))), false);
        // Nested JSON inside the object is decoded too.
        let result = verify(event("payment.succeeded", "", &payment(&field)));
        check(result.clone(), closed);
        assert!(result.is_err() || matches!(result, Ok(Ok(EventObject::Payment(_)))));
        let result = verify(event("payment.succeeded", "", &payment(&format!("\"metadata\":{nested_json},"))));
        match result {
            Ok(Ok(EventObject::Payment(payment))) => {
                assert!(closed && payment.unreadable_members().concerns("metadata"));
            }
            result => assert!(!closed && result.is_err()),
        }
    }
}

#[test]
fn turbopay() {
    use turbopay::test_util::sign;
    use turbopay::{WebhookKey, WebhookVerifier};

    let verify = |body: String| {
        on_a_small_stack(move || {
            let key = WebhookKey::new("whk-1").unwrap();
            let headers = header(WebhookVerifier::SIGNATURE_HEADER, &sign(&key, body.as_bytes()));
            WebhookVerifier::new(key).verify(body.as_bytes(), &headers)
        })
    };
    for (nested_json, closed) in nested() {
        let event = |extra: &str| format!(r#"{{{extra}"order_id":"o","merchant_order_id":"O_7","status":"success"}}"#);
        let amount = "\"amount\":\"200.00\",";
        check(verify(event(&format!("{amount}\"x\":{nested_json},"))), closed);
        for descriptive in ["amount", "reason", "utr"] {
            let result = verify(event(&format!("\"{descriptive}\":{nested_json},")));
            assert!(result.as_ref().map_or(true, |event| event.amount().is_err()));
            check(result, closed);
        }
        check(verify(event(&format!("\"status\":{nested_json},"))), false);
        check(verify(nested_json), false);
    }
}

#[test]
fn turbo_txn() {
    use turbo_txn::test_util::callback;

    let key = || CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let decrypt = |body: String| {
        on_a_small_stack(move || {
            let hint = CallbackDecryptor::new(key()).decrypt(body.as_bytes())?;
            Ok::<_, VerifyError>(hint.claimed().as_str().to_owned())
        })
    };
    let check = |body: String, is_valid: bool| {
        assert_eq!(decrypt(body), if is_valid { Ok("o-1".to_owned()) } else { Err(VerifyError::Rejected) });
    };
    let plain = callback(&key(), [7; 16], br#"{"orderId":"o-1"}"#);
    for (nested_json, closed) in nested() {
        check(plain.replacen('{', &format!("{{\"x\":{nested_json},"), 1), closed);
        check(format!("{{\"encryptedData\":{nested_json}}}"), false);
        check(nested_json.clone(), false);
        let inside = |text: String| callback(&key(), [7; 16], text.as_bytes());
        check(inside(format!("{{\"x\":{nested_json},\"orderId\":\"o-1\"}}")), closed);
        check(inside(format!("{{\"orderId\":{nested_json}}}")), false);
        check(inside(nested_json), false);
    }
}

#[test]
fn card3ds() {
    // A form has no nesting, so these bodies have many fields and names that look nested.
    let fields = ["&x[a]".repeat(DEPTH), "&x".repeat(3 * DEPTH), format!("&x{}=1", "[a]".repeat(DEPTH))];
    for extra in fields.into_iter().chain(nested().into_iter().map(|(nested_json, _)| format!("&x={nested_json}"))) {
        // Keeps the body under the size limit.
        let extra = &extra[..extra.len().min(65_000)];
        let payment = format!("paymentId=p-1&securityKey=k{extra}");
        let checkout = format!("checkoutId=c-1{extra}");
        on_a_small_stack(move || {
            let three_ds = ThreeDsCallback::parse(payment.as_bytes());
            assert_eq!(three_ds.unwrap().claimed().payment_id().as_str(), "p-1");
            let failure = ThreeDsFailure::parse(payment.as_bytes());
            assert_eq!(failure.unwrap().claimed().payment_id().as_str(), "p-1");
            let checkout = CheckoutCallback::parse(checkout.as_bytes());
            assert_eq!(checkout.unwrap().claimed().checkout_id().as_str(), "c-1");
        });
    }
}

const DEPTH: usize = 10_000;
