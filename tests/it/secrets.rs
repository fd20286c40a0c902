//! Canary values in place of every secret of every provider, searched for in everything that is printed.

use std::cell::RefCell;
use std::error::Error as _;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Error, RetryPolicy};
use payments_sandbox::Sandbox;
use payments_tests::{card3ds_at, turbo_link_at, turbo_txn_at, turbopay_at, turratech_at};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{card_payment, lira, pounds, rupees, withdrawal};

const PAN: &str = "5421190122090656";
const CANARIES: &[&str] = &[
    "sk_test_canary1",
    "canary-2-webhook",
    "canary-3-key",
    "canary-4-webhook",
    "canary-5-id",
    "canary-6-key",
    "Y2FuYXJ5LWNhbGxiYWNrLWtleS0wMTIzNDU2Nzg5YWI=",
    "canary-callback-key",
    "canary-8-key",
    "canary-9-key",
    "canary-10-secret",
    "canary-11-security-key",
    PAN,
    "5421 1901 2209 0656",
];

/// Everything that was printed, in one text.
#[derive(Default)]
struct Output {
    text: String,
    errors: usize,
}

impl Output {
    fn value(&mut self, value: &impl std::fmt::Debug) {
        self.text += &format!("{value:?}\n{value:#?}\n");
    }

    fn error(&mut self, error: Error) {
        self.errors += 1;
        self.text += &format!("{error}\n");
        self.value(&error);
        let mut source = error.source();
        while let Some(inner) = source {
            self.text += &format!("{inner}\n{inner:?}\n");
            source = inner.source();
        }
        // The message of a panic from `unwrap`.
        let unhandled = |result: Result<(), Error>| result.unwrap();
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unhandled(Err(error))));
        let message = panic.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("Error"), "{message}");
        self.text += &message;
    }

    #[track_caller]
    fn check(&self) {
        for canary in CANARIES {
            let context = self.text.find(canary).map(|index| {
                let from =
                    (0..=index.saturating_sub(200)).rev().find(|start| self.text.is_char_boundary(*start)).unwrap();
                &self.text[from..index + canary.len()]
            });
            assert_eq!(context, None, "{canary}");
        }
    }
}

/// Returns replies that quote the secrets, in the error format of every provider.
fn echoing_replies(secrets: &[&str]) -> Vec<Reply> {
    let all = format!("{} {PAN} 5421 1901 2209 0656", secrets.join(" "));
    let bodies = [
        format!("<html>{all}</html>"),
        format!(r#"{{"message":"{all}","error":"{all}","errors":{{"field":["{all}"]}}}}"#),
        format!(r#"{{"error":{{"type":"card_error","code":"{PAN}","message":"{all}","param":"{all}"}}}}"#),
        format!(r#"{{"statusCode":400,"success":false,"message":"{all}"}}"#),
        format!(r#"{{"error":true,"msg":"{all}"}}"#),
        format!(r#"{{"id":["{all}"],"paymentId":7,"order_id":{{"{PAN}":1}},"data":"{all}"}}"#),
    ];
    let statuses = [200, 302, 400, 401, 402, 404, 409, 422, 429, 500];
    let replies = statuses.iter().flat_map(|status| bodies.iter().map(|body| Reply::json(*status, body)));
    replies.chain([Reply::lost(), Reply::not_connected(), Reply::cut_off(200)]).collect()
}

#[tokio::test]
async fn no_output_contains_a_secret_of_any_provider() {
    collect_traces();
    // The panic message is read from the payload, so the hook prints nothing.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut output, builders) = (Output::default(), RefCell::new(String::new()));
    macro_rules! send_all {
        ($($call:expr),*) => {{$(
            let call = $call.retry(RetryPolicy::none());
            output.value(&call);
            // Each crate's own tests check the contents of a successful response.
            if let Err(error) = call.send().await {
                output.error(error);
            }
        )*}};
    }
    let clock = ManualClock::at(payments_core::time::OffsetDateTime::UNIX_EPOCH);
    macro_rules! with_reply {
        ($builder:expr, $reply:expr) => {{
            let builder = $builder.transport(Script::new([$reply])).clock(clock.clone()).timer(clock.clone());
            builders.borrow_mut().push_str(&format!("{builder:?} {builder:#?}"));
            builder
        }};
    }
    for index in 0..echoing_replies(&[]).len() {
        let reply_quoting = |secrets: &[&str]| echoing_replies(secrets).swap_remove(index);
        let key = || turratech::ApiKey::new(CANARIES[0]).unwrap();
        let expiry = turratech::Expiry::new(4, 2028).unwrap();
        let card = || turratech::Card::new(PAN.parse().unwrap(), expiry, "8437".parse().unwrap());
        let client = || with_reply!(turratech::Client::builder(key()), reply_quoting(&CANARIES[..1])).build().unwrap();
        send_all!(
            client().create_payment_method(turratech::NewPaymentMethod::card(card())),
            client().create_payment(turratech::NewPayment::new(pounds(2000)).description(PAN))
        );
        let builder = || {
            with_reply!(
                turbopay::Client::builder(turbopay::ApiKey::new(CANARIES[2]).unwrap()),
                reply_quoting(&CANARIES[2..3])
            )
        };
        let client = builder().status_url("https://m.example/s").traffic(turbopay::Traffic::Standard).build().unwrap();
        send_all!(client.create_withdrawal(withdrawal("order-1")));
        let ids = || (turbo_txn::ClientId::new(CANARIES[4]).unwrap(), turbo_txn::SecretKey::new(CANARIES[5]).unwrap());
        let builder = with_reply!(turbo_txn::Client::builder(ids().0, ids().1), reply_quoting(&CANARIES[4..6]));
        let client = builder.base_url("https://turbo.example").build().unwrap();
        let order: turbo_txn::MerchantOrderId = "o-1".parse().unwrap();
        send_all!(client.initiate(turbo_txn::NewTransaction::new(order, rupees(300), "https://m.example/")));
        let builder = with_reply!(
            turbo_link::Client::builder(turbo_link::ApiKey::new(CANARIES[8]).unwrap()),
            reply_quoting(&CANARIES[8..9])
        );
        send_all!(builder.build().unwrap().list_links(turbo_link::ListLinks::new()));
        let keys = || (card3ds::ApiKey::new(CANARIES[9]).unwrap(), card3ds::ApiSecret::new(CANARIES[10]).unwrap());
        let client = || {
            let builder = with_reply!(card3ds::Client::builder(keys().0, keys().1), reply_quoting(&CANARIES[9..11]));
            builder.base_url("https://acquirer.example").build().unwrap()
        };
        let callback = card3ds::ThreeDsCallback::parse(b"paymentId=p-1&securityKey=canary-11-security-key").unwrap();
        send_all!(
            client().create_payment(card_payment("o-1")),
            client().complete_3ds(&"p-1".parse().unwrap(), &callback),
            client().capture_payment(&"p-1".parse().unwrap(), lira("1"))
        );
    }
    output.text += &builders.borrow();
    print_rejected_deliveries(&mut output);
    let _ = std::panic::take_hook();

    assert!(output.errors > 400, "{} errors", output.errors);
    output.check();
    let traced = Output { text: traced(), ..Output::default() };
    for provider in ["turratech", "turbopay", "turbo-txn", "turbo-link", "card3ds"] {
        assert!(traced.text.contains(provider), "{provider} wrote no trace");
    }
    traced.check();
    println!(
        "{} errors, {} bytes printed and {} traced: no canary",
        output.errors,
        output.text.len(),
        traced.text.len()
    );
}

/// Prints verifiers and the errors of deliveries that they reject.
fn print_rejected_deliveries(output: &mut Output) {
    let body = format!(r#"{{"order_id":"{}"}}"#, CANARIES.join(" "));
    let endpoint = turratech::WebhookVerifier::new(turratech::WebhookSecret::new(CANARIES[1]).unwrap());
    output.value(&endpoint);
    output.value(&endpoint.verify_signature(body.as_bytes(), b"t=1,v1=0").unwrap_err());
    let key = || turbopay::WebhookKey::new(CANARIES[3]).unwrap();
    let endpoint = turbopay::WebhookVerifier::new(key());
    output.value(&endpoint);
    output.value(&endpoint.verify_signature(body.as_bytes(), CANARIES[3].as_bytes()).unwrap_err());
    let genuine = turbopay::test_util::sign(&key(), body.as_bytes());
    output.value(&endpoint.verify_signature(body.as_bytes(), genuine.as_bytes()).unwrap_err());
    let callbacks = turbo_txn::CallbackDecryptor::new(turbo_txn::CallbackKey::new(CANARIES[6]).unwrap());
    output.value(&callbacks);
    output.value(&callbacks.decrypt(body.as_bytes()).unwrap_err());
    output.value(&card3ds::ThreeDsCallback::parse(CANARIES[11].as_bytes()).unwrap_err());
}

#[tokio::test]
async fn the_sandbox_logs_no_secret() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let card = || {
        let expiry = turratech::Expiry::new(4, 2030).unwrap();
        turratech::Card::new("4242424242424242".parse().unwrap(), expiry, "8437".parse().unwrap())
    };
    let method = turratech::NewPaymentMethod::card(card());
    turratech_at(&sandbox).unwrap().create_payment_method(method).send().await.unwrap();
    turbopay_at(&sandbox).unwrap().create_withdrawal(withdrawal("order-1")).send().await.unwrap();
    let order = "o-1";
    let transaction = turbo_txn::NewTransaction::new(order, rupees(300), "https://m.example/");
    turbo_txn_at(&sandbox).unwrap().initiate(transaction).send().await.unwrap();
    turbo_link_at(&sandbox).unwrap().list_links(turbo_link::ListLinks::new()).send().await.unwrap();
    let _ = card3ds_at(&sandbox).unwrap().create_payment(card_payment("o-2")).send().await;

    let lines: Vec<String> = sandbox.timeline().iter().map(ToString::to_string).collect();
    let logged = format!("{}\n{sandbox:?}\n{:?}\n{:?}", lines.join("\n"), sandbox.ledger(), sandbox.deliveries());
    let secrets = [
        sandbox.turratech().api_key(),
        sandbox.turratech().webhook_secret(),
        sandbox.turbopay().api_key(),
        sandbox.turbopay().webhook_key(),
        sandbox.turbo_txn().client_id(),
        sandbox.turbo_txn().secret_key(),
        sandbox.turbo_txn().callback_key(),
        sandbox.turbo_link().api_key(),
        sandbox.card3ds().api_key(),
        sandbox.card3ds().api_secret(),
        PAN,
        "4242424242424242",
        "8437",
    ];
    for secret in secrets {
        assert!(!logged.contains(secret), "{secret} in {logged}");
    }
    assert!(lines.iter().filter(|line| line.contains("request")).count() >= 5, "{logged}");
}

static TRACED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Collects all `tracing` output of this process.
///
/// A subscriber per test would miss callsites that another test registered first.
pub(crate) fn collect_traces() {
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    SUBSCRIBER.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| TraceWriter)
            .finish();
        tracing_subscriber::util::SubscriberInitExt::try_init(subscriber).unwrap();
    });
}

pub(crate) fn traced() -> String {
    String::from_utf8(TRACED.lock().unwrap().clone()).unwrap()
}

struct TraceWriter;

impl Write for TraceWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        TRACED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
