//! Runs one hot function a given number of times, so that callgrind can count its instructions.
#![expect(clippy::print_stderr, reason = "this is a command line tool")]
#![expect(clippy::unwrap_used, reason = "the inputs are constants")]

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use sha2::Sha256;
use turratech::test_util::sign;
use turratech::{ApiKey, Client, Currency, Money, NewPayment, WebhookSecret, WebhookVerifier};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [function, times] = arguments.as_slice() else {
        eprintln!("Usage: instructions FUNCTION TIMES");
        return ExitCode::from(2);
    };
    let Ok(times) = times.parse::<u32>() else {
        eprintln!("instructions: TIMES must be a whole number, not `{times}`");
        return ExitCode::from(2);
    };

    let (secret, now) = (WebhookSecret::new(SECRET).unwrap(), OffsetDateTime::UNIX_EPOCH);
    let signature = sign(&secret, EVENT, now);
    let verifier = WebhookVerifier::new(secret).clock(ManualClock::at(now));
    let repeat = |work: &mut dyn FnMut()| (0..times).for_each(|_| work());
    match function.as_str() {
        // The part of `verify` that every receiver needs.
        "hmac" => {
            let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            repeat(&mut || {
                let mut mac = keyed.clone();
                mac.update(b"0.");
                mac.update(black_box(EVENT));
                black_box(mac.finalize());
            });
        }
        "verify" => repeat(&mut || {
            drop(black_box(verifier.verify_signature(black_box(EVENT), signature.as_bytes()).unwrap()));
        }),
        "decode" => {
            let event = verifier.verify_signature(EVENT, signature.as_bytes()).unwrap();
            repeat(&mut || drop(black_box(black_box(&event).object().unwrap())));
        }
        // The part of `call` that is the transport's: a boxed future that makes a response.
        "response" => repeat(&mut || {
            let sent: Pin<Box<dyn Future<Output = Response>>> = Box::pin(async { response() });
            drop(black_box(at_once(black_box(sent))));
        }),
        // All that the SDK does for a payment, from the parameters to the result.
        "call" => {
            let key = ApiKey::new("sk_test_51ABC123DEF456").unwrap();
            let timer = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
            let client = Client::builder(key).transport(Instant).timer(timer).build().unwrap();
            repeat(&mut || {
                drop(black_box(at_once(client.create_payment(black_box(new_payment())).send()).unwrap()));
            });
        }
        other => {
            eprintln!("instructions: FUNCTION must be hmac, verify, decode, response or call, not `{other}`");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Returns the result of a future that never waits.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

/// A payment with the parameters that most have.
fn new_payment() -> NewPayment {
    NewPayment::new(Money::from_minor(2000, Currency::GBP))
        .payment_method("pm_card_visa")
        .customer("cus_NffrFeUfNV2Hib")
        .description("Order #12345")
        .metadata("order_id", "12345")
        .confirm(true)
}

/// A transport that has the response already, so that only the SDK's own work counts.
#[derive(Debug)]
struct Instant;

#[async_trait]
impl Transport for Instant {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        drop(black_box(request));
        Ok(response())
    }
}

fn response() -> Response {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::new(StatusCode::OK, headers, PAYMENT.to_vec())
}

/// The response to [`new_payment`].
const PAYMENT: &[u8] = br#"{"id":"pay_1NqQXYZ123456789","object":"payment","amount":2000,"amount_capturable":0,"amount_received":2000,"currency":"gbp","customer":"cus_NffrFeUfNV2Hib","description":"Order #12345","metadata":{"order_id":"12345"},"payment_method":"pm_card_visa","status":"succeeded","created":1704067200,"livemode":false}"#;

const SECRET: &str = "whsec_MfKQ9r8GKYq";

/// A `payment.succeeded` event of typical size.
const EVENT: &[u8] = br#"{"id":"evt_1MqqbKLt4dXK03v5qaIbiNCC","type":"payment.succeeded","created":1704067200,"livemode":true,"data":{"object":{"id":"pay_3MmlLrLkdIwHu7ix0uke3Ezy","amount":2000,"amount_received":2000,"currency":"gbp","status":"succeeded","customer":"cus_9s6XKzkNRiz8i3","description":"Order 12345","payment_method":"pm_1MqLiJLkdIwHu7ixUEgbFdYF","metadata":{"order_id":"12345","cart":"c_881"},"created":1704067200,"livemode":true}}}"#;
