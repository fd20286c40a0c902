//! One hot function, as often as it is told: what it costs is counted from outside, in instructions.
#![expect(clippy::print_stderr, reason = "a program speaks through its output")]
#![expect(clippy::unwrap_used, reason = "what is measured is written here, and reads well")]

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
    let [function, turns] = arguments.as_slice() else {
        eprintln!("instructions FUNCTION TURNS");
        return ExitCode::from(2);
    };
    let Ok(turns) = turns.parse::<u32>() else {
        eprintln!("instructions: `{turns}` is no number of turns");
        return ExitCode::from(2);
    };

    let (secret, now) = (WebhookSecret::new(SECRET).unwrap(), OffsetDateTime::UNIX_EPOCH);
    let signature = sign(&secret, EVENT, now);
    let endpoint = WebhookVerifier::new(secret).clock(ManualClock::at(now));
    let repeat = |work: &mut dyn FnMut()| (0..turns).for_each(|_| work());
    match function.as_str() {
        // What any receiver pays.
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
            drop(black_box(endpoint.verify_signature(black_box(EVENT), signature.as_bytes()).unwrap()));
        }),
        "decode" => {
            let event = endpoint.verify_signature(EVENT, signature.as_bytes()).unwrap();
            repeat(&mut || drop(black_box(black_box(&event).object().unwrap())));
        }
        other => {
            eprintln!("instructions: `{other}` is none of hmac, verify, decode");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

const SECRET: &str = "whsec_MfKQ9r8GKYq";

/// Of the usual size: an event with its payment.
const EVENT: &[u8] = br#"{"id":"evt_1MqqbKLt4dXK03v5qaIbiNCC","type":"payment.succeeded","created":1704067200,"livemode":true,"data":{"object":{"id":"pay_3MmlLrLkdIwHu7ix0uke3Ezy","amount":2000,"amount_received":2000,"currency":"gbp","status":"succeeded","customer":"cus_9s6XKzkNRiz8i3","description":"Order 12345","payment_method":"pm_1MqLiJLkdIwHu7ixUEgbFdYF","metadata":{"order_id":"12345","cart":"c_881"},"created":1704067200,"livemode":true}}}"#;
