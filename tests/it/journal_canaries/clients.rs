use payments::journaled;
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::time::OffsetDateTime;
use payments_journal::{Gateway, Intent};
use payments_sandbox::Sandbox;
use payments_tests::{card3ds_at, turbo_txn_at, turbopay_at, turratech_at};

use super::KEYS;

/// The clients of every provider at the sandbox.
pub(super) fn at(sandbox: &Sandbox) -> Vec<Gateway> {
    vec![
        journaled::turratech("turratech", turratech_at(sandbox).unwrap()),
        journaled::turbopay("turbopay", turbopay_at(sandbox).unwrap()),
        journaled::turbo_txn("turbo-txn", turbo_txn_at(sandbox).unwrap()),
        journaled::card3ds("card3ds", card3ds_at(sandbox).unwrap()),
    ]
}

/// The client of the intent's provider, with keys that are canaries and a provider that answers with these replies.
pub(super) fn with_replies(intent: &Intent, replies: impl IntoIterator<Item = Reply>) -> Option<Gateway> {
    let script = Script::new(replies);
    Some(match intent.key().account.provider.as_str() {
        "turratech" => {
            let key = turratech::ApiKey::new(KEYS[0]).unwrap();
            journaled::turratech(
                "turratech",
                turratech::Client::builder(key).transport(script).timer(timer()).build().unwrap(),
            )
        }
        "turbopay" => {
            let builder =
                turbopay::Client::builder(turbopay::ApiKey::new(KEYS[1]).unwrap()).transport(script).timer(timer());
            let builder = builder.status_url("https://shop.example/s").redirect_url("https://shop.example/r");
            journaled::turbopay("turbopay", builder.traffic(turbopay::Traffic::Standard).build().unwrap())
        }
        "turbo-txn" => {
            let (id, key) = (turbo_txn::ClientId::new(KEYS[2]).unwrap(), turbo_txn::SecretKey::new(KEYS[3]).unwrap());
            let builder = turbo_txn::Client::builder(id, key).base_url("https://turbo.example");
            journaled::turbo_txn("turbo-txn", builder.transport(script).timer(timer()).build().unwrap())
        }
        _ => {
            let (key, secret) = (card3ds::ApiKey::new(KEYS[4]).unwrap(), card3ds::ApiSecret::new(KEYS[5]).unwrap());
            let builder = card3ds::Client::builder(key, secret).base_url("https://acquirer.example");
            journaled::card3ds("card3ds", builder.transport(script).timer(timer()).build().unwrap())
        }
    })
}

/// A timer that does not wait between the attempts of a call.
fn timer() -> ManualClock {
    ManualClock::at(OffsetDateTime::UNIX_EPOCH)
}

/// Creates a payment to capture, refund or cancel.
pub(super) async fn authorized_payment(sandbox: &Sandbox) -> String {
    let new = crate::support::payment("authorized").capture_method(turratech::CaptureMethod::Manual);
    let payment = turratech_at(sandbox).unwrap().create_payment(new).send().await.unwrap();
    payment.id.as_str().to_owned()
}

pub(super) fn keys_of(sandbox: &Sandbox) -> Vec<String> {
    let keys = [
        sandbox.turratech().api_key(),
        sandbox.turbopay().api_key(),
        sandbox.turbo_txn().client_id(),
        sandbox.turbo_txn().secret_key(),
        sandbox.card3ds().api_key(),
        sandbox.card3ds().api_secret(),
    ];
    keys.map(str::to_owned).to_vec()
}
