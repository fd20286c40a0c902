//! Runs one hot function a given number of times, so that callgrind can count its instructions.
#![expect(clippy::print_stderr, reason = "this is a command line tool")]
#![expect(clippy::unwrap_used, reason = "the inputs are constants")]

use std::hint::black_box;
use std::process::ExitCode;

use hmac::{Hmac, KeyInit as _, Mac as _};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use sha2::Sha256;
use turratech::test_util::sign;
use turratech::{WebhookSecret, WebhookVerifier};

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
        other => {
            eprintln!("instructions: FUNCTION must be hmac, verify or decode, not `{other}`");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

const SECRET: &str = "whsec_MfKQ9r8GKYq";

/// A `payment.succeeded` event of typical size.
const EVENT: &[u8] = br#"{"id":"evt_1MqqbKLt4dXK03v5qaIbiNCC","type":"payment.succeeded","created":1704067200,"livemode":true,"data":{"object":{"id":"pay_3MmlLrLkdIwHu7ix0uke3Ezy","amount":2000,"amount_received":2000,"currency":"gbp","status":"succeeded","customer":"cus_9s6XKzkNRiz8i3","description":"Order 12345","payment_method":"pm_1MqLiJLkdIwHu7ixUEgbFdYF","metadata":{"order_id":"12345","cart":"c_881"},"created":1704067200,"livemode":true}}}"#;
