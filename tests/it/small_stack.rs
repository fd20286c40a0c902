//! A delivery is proved and read on a thread with a stack of 64 KiB, however deep it is nested, at every provider.

use std::fmt::Debug;

use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use payments_core::http::{HeaderMap, HeaderValue};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use turbo_txn::{CallbackDecryptor, CallbackKey};
use turratech::{EventObject, VerifyError};

/// Runs it where a stack that grows with the input would overflow, which ends the whole process.
#[track_caller]
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).unwrap().join().unwrap()
}

/// Lists, objects, and both by turns; closed, and never closed.
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
fn check<T: Debug>(result: Result<T, VerifyError>, good: bool) {
    match result {
        Ok(event) => assert!(good, "{event:?}"),
        Err(error) => assert!(!good && matches!(error, VerifyError::Unreadable(_)), "{error:?}"),
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
    let event = |event_type: &str, more: &str, object: &str| {
        format!(
            r#"{{"id":"evt_1",{more}"type":"{event_type}","created":1,"livemode":true,"data":{{"object":{object}}}}}"#
        )
    };
    let payment = |more: &str| {
        format!(
            r#"{{"id":"pay_1",{more}"amount":2000,"currency":"gbp","status":"succeeded","created":1,"livemode":true}}"#
        )
    };
    for (deep, closed) in nested() {
        let member = format!("\"x\":{deep},");
        check(verify(event("payment.succeeded", &member, &payment(""))), closed);
        check(verify(event("invoice.paid", "", &deep)), closed);
        check(verify(event("payment.succeeded", &format!("\"data\":{deep},"), &payment(""))), false);
        // Where the object is decoded, too.
        let inside = verify(event("payment.succeeded", "", &payment(&member)));
        check(inside.clone(), closed);
        assert!(inside.is_err() || matches!(inside, Ok(Ok(EventObject::Payment(_)))));
        let inside = verify(event("payment.succeeded", "", &payment(&format!("\"metadata\":{deep},"))));
        assert!(inside.is_err() || matches!(inside, Ok(Err(_))), "a known member of the wrong shape");
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
    for (deep, closed) in nested() {
        let event = |more: &str| format!(r#"{{{more}"order_id":"o","merchant_order_id":"O_7","status":"success"}}"#);
        let amount = "\"amount\":\"200.00\",";
        check(verify(event(&format!("{amount}\"x\":{deep},"))), closed);
        for member in ["amount", "reason", "utr", "status"] {
            check(verify(event(&format!("\"{member}\":{deep},"))), false);
        }
        check(verify(deep), false);
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
    let check = |body: String, good: bool| {
        assert_eq!(decrypt(body), if good { Ok("o-1".to_owned()) } else { Err(VerifyError::Rejected) });
    };
    let plain = callback(&key(), [7; 16], br#"{"orderId":"o-1"}"#);
    for (deep, closed) in nested() {
        check(plain.replacen('{', &format!("{{\"x\":{deep},"), 1), closed);
        check(format!("{{\"encryptedData\":{deep}}}"), false);
        check(deep.clone(), false);
        let inside = |text: String| callback(&key(), [7; 16], text.as_bytes());
        check(inside(format!("{{\"x\":{deep},\"orderId\":\"o-1\"}}")), closed);
        check(inside(format!("{{\"orderId\":{deep}}}")), false);
        check(inside(deep), false);
    }
}

#[test]
fn card3ds() {
    // A form has no depth of its own; what looks like it, and as many fields as there may be.
    let fields = ["&x[a]".repeat(DEPTH), "&x".repeat(3 * DEPTH), format!("&x{}=1", "[a]".repeat(DEPTH))];
    for more in fields.into_iter().chain(nested().into_iter().map(|(deep, _)| format!("&x={deep}"))) {
        // As much of it as is read at all.
        let more = &more[..more.len().min(65_000)];
        let payment = format!("paymentId=p-1&securityKey=k{more}");
        let checkout = format!("checkoutId=c-1{more}");
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
