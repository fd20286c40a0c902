//! What the journal stores and prints contains no card number, security code, account number or key. What it seals is read with
//! its key only, and only in its own row.

mod clients;
mod completions;
mod tampering;

use std::collections::BTreeSet;

use payments_core::clock::{Clock as _, SystemClock};
use payments_core::gateway::{
    CancelRequest, CaptureRequest, ConfirmRequest, PaymentRequest, PayoutRequest, RefundRequest,
};
use payments_core::test_util::Reply;
use payments_core::time::Duration;
use payments_core::{Card, Currency, Expiry, Money};
use payments_journal::{Decision, Gateway, Intent, IntentId, Journal, JournalKey, JournalKeys, State};
use payments_journal_sqlx::SqliteStore;
use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings, Settle};
use tempfile::TempDir;

use crate::secrets::{collect_traces, traced};

const PAN: &str = "5421190122090656";
const SECURITY_CODE: &str = "8437";
const BANK_ACCOUNT: &str = "50100987654321";
const JOURNAL_KEY: &str = "canary-journal-key-0123456789abcdef";
const KEYS: [&str; 6] = [
    "sk_test_canary_turratech",
    "canary-turbopay-key",
    "canary-turbo-txn-id",
    "canary-turbo-txn-key",
    "canary-card3ds-key",
    "canary-card3ds-secret",
];

/// A journal in a file, and everything that it returned.
struct World {
    directory: TempDir,
    journal: Journal<SqliteStore>,
    printed: String,
    states: BTreeSet<&'static str>,
}

impl World {
    async fn new(gateways: impl IntoIterator<Item = Gateway>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal = journal(&directory, JOURNAL_KEY, gateways).await;
        Self { directory, journal, printed: String::new(), states: BTreeSet::new() }
    }

    fn print(&mut self, value: &impl std::fmt::Debug) {
        self.printed += &format!("{value:?}\n{value:#?}\n");
    }

    fn print_error(&mut self, error: &(dyn std::error::Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.printed += &format!("{error}\n{error:?}\n{error:#?}\n");
            next = error.source();
        }
    }

    async fn record(&mut self, intent: &Intent) -> payments_journal::Ticket {
        self.print(intent);
        let mut transaction = self.journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        let recorded = self.journal.record(&mut transaction, intent).await.unwrap();
        transaction.commit().await.unwrap();
        self.print(&recorded);
        recorded.ticket()
    }

    /// Records and executes an intent, and prints everything.
    async fn execute(&mut self, intent: &Intent) -> (IntentId, State) {
        let ticket = self.record(intent).await;
        let id = ticket.intent();
        let executed = self.journal.execute(ticket).await;
        match &executed {
            Ok(executed) => {
                self.states.insert(executed.state.as_str());
                if let Some(error) = &executed.error {
                    self.print_error(error);
                }
            }
            Err(error) => self.print_error(error),
        }
        self.print(&executed);
        self.report(id).await;
        (id, executed.unwrap().state)
    }

    async fn report(&mut self, id: IntentId) {
        let report = self.journal.report(id).await.unwrap();
        self.states.insert(report.state.as_str());
        self.print(&report);
    }

    /// Everything in the files of the database: the database, the WAL, and its index.
    fn stored(&self) -> Vec<u8> {
        let mut stored = Vec::new();
        let mut files = 0;
        for file in std::fs::read_dir(self.directory.path()).unwrap() {
            stored.extend(std::fs::read(file.unwrap().path()).unwrap());
            files += 1;
        }
        assert_eq!(files, 3, "the database, the WAL, and its index");
        stored
    }

    /// Checks that no canary is stored, printed or traced.
    #[track_caller]
    fn check(&self, more: &[&str]) {
        self.check_repeated(more);
        for (what, text) in [("printed", &self.printed), ("traced", &traced())] {
            assert_no_code(what, text.as_bytes());
        }
    }

    /// Checks the same after a provider has repeated everything in its message. Errors show the message: long numbers in it are
    /// masked, but four digits are not known to be a security code. What is stored has no message.
    #[track_caller]
    fn check_repeated(&self, more: &[&str]) {
        let stored = self.stored();
        let texts = [("stored", stored.as_slice()), ("printed", self.printed.as_bytes())];
        for (what, bytes) in texts {
            assert_absent(what, bytes, more);
        }
        assert_absent("traced", traced().as_bytes(), more);
        assert_no_code("stored", &stored);
        // The search finds what is there.
        let is_found = |text: &[u8]| find(&stored, text).is_some();
        assert!(!is_found(b"customer-of-the-canary") && (is_found(b"INR") || is_found(b"TRY")));
    }
}

#[track_caller]
fn assert_absent(what: &str, bytes: &[u8], more: &[&str]) {
    let canaries = [PAN, "5421 1901 2209 0656", BANK_ACCOUNT, JOURNAL_KEY];
    for canary in canaries.iter().chain(&KEYS).chain(more) {
        let found = find(bytes, canary.as_bytes());
        let context =
            found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at + canary.len()]).into_owned());
        assert_eq!(context, None, "{canary} is {what}");
    }
}

#[track_caller]
fn assert_no_code(what: &str, bytes: &[u8]) {
    // Four digits may be part of a longer number.
    let is_alone = |at: &usize| {
        let is_part = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        !is_part(at + SECURITY_CODE.len()) && !at.checked_sub(1).is_some_and(is_part)
    };
    let code = bytes.windows(SECURITY_CODE.len()).enumerate().filter(|(_, window)| *window == SECURITY_CODE.as_bytes());
    assert_eq!(code.map(|(at, _)| at).find(is_alone), None, "the security code is {what}");
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

async fn journal(directory: &TempDir, key: &str, gateways: impl IntoIterator<Item = Gateway>) -> Journal<SqliteStore> {
    let store = SqliteStore::open(directory.path().join("journal.db")).await.unwrap();
    store.migrate().await.unwrap();
    let mut journal = Journal::builder(store, JournalKeys::new("2026", JournalKey::new(key).unwrap()).unwrap());
    for gateway in gateways {
        journal = journal.gateway(gateway);
    }
    journal.build().unwrap()
}

#[tokio::test]
async fn nothing_that_is_stored_or_printed_has_a_canary() {
    collect_traces();
    let sandbox = sandbox().await;
    let payment = clients::authorized_payment(&sandbox).await;
    let other = clients::authorized_payment(&sandbox).await;
    let mut world = World::new(clients::at(&sandbox)).await;
    for intent in [
        payout("paid-out"),
        start("turbopay", "deposit", Currency::INR),
        start("turbo-txn", "transaction", Currency::INR).expires_at(soon()),
        by_card("by-card"),
        Intent::new("turratech", start_request("started", Currency::GBP).payment_method("pm_card_visa")),
        Intent::new("turratech", CaptureRequest::new("captured", &payment, amount(Currency::GBP))),
        Intent::new("turratech", RefundRequest::new("refunded", &payment, Money::from_minor(500, Currency::GBP))),
        Intent::new("turratech", CancelRequest::new("cancelled", &other)),
        // The first one is new, so the sandbox refuses a second one.
        payout_as("turbopay", "paid-out-2"),
    ] {
        world.execute(&intent).await;
    }
    let keys = clients::keys_of(&sandbox);
    world.check(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    sandbox.abandon();
    let successes = world.states.clone();
    assert!(successes.contains("pending"), "{successes:?}");

    // Every operation, with every failure whose response repeats everything that it can.
    let mut states = BTreeSet::new();
    for index in 0..echoes("").len() {
        let mut world = World::new([]).await;
        // A key that a provider repeats in its message is not known to be one, so only the merchant's data is repeated.
        let reply = || echoes("").swap_remove(index);
        for (number, intent) in intents().into_iter().enumerate() {
            let gateways = clients::with_replies(&intent, [reply(), reply(), reply()]);
            world.journal = journal(&world.directory, JOURNAL_KEY, gateways).await;
            let (id, state) = world.execute(&intent).await;
            // A lookup of what is unknown, answered in the same way, and a review of what nothing resolves.
            if state == State::Unknown {
                let worked = world.journal.worker().run_due().await;
                world.print(&worked);
                world.report(id).await;
            }
            if world.journal.report(id).await.unwrap().state == State::NeedsReview {
                let decided = world.journal.decide(id, Decision::NotDone, &format!("person-{number}")).await;
                world.print(&decided);
                world.report(id).await;
            }
        }
        world.check_repeated(&[]);
        states.append(&mut world.states);
    }
    for state in ["intended", "refused", "unknown", "needs_review"] {
        assert!(states.contains(state), "{states:?}");
    }
    for event in ["turbopay", "payments_journal: the call ended", "payments_journal: a person must look at an intent"] {
        assert!(traced().contains(event), "{event} was not traced");
    }
}

/// An intent of every operation.
fn intents() -> Vec<Intent> {
    vec![
        payout("payout"),
        start("turbopay", "start", Currency::INR),
        Intent::new("turbopay", ConfirmRequest::new("confirm", "order-1", "110000000000")),
        start("turbo-txn", "transaction", Currency::INR),
        by_card("card"),
        Intent::new("card3ds", CaptureRequest::new("capture", "p-1", amount(Currency::TRY))),
        Intent::new("turratech", CaptureRequest::new("capture", "pay_1", amount(Currency::GBP))),
        Intent::new("turratech", CancelRequest::new("cancel", "pay_1")),
        Intent::new("turratech", RefundRequest::new("refund", "pay_1", amount(Currency::GBP))),
    ]
}

/// Responses that repeat what was sent, in the error format of every provider.
fn echoes(keys: &str) -> Vec<Reply> {
    let all = format!("{keys} {PAN} {BANK_ACCOUNT} {SECURITY_CODE}");
    let bodies = [
        format!("<html>{all}</html>"),
        format!(r#"{{"message":"{all}","error":"{all}","errors":{{"field":["{all}"]}}}}"#),
        format!(r#"{{"error":{{"type":"card_error","code":"{PAN}","message":"{all}","param":"{all}"}}}}"#),
        format!(
            r#"{{"error":{{"type":"card_error","code":"{BANK_ACCOUNT}","decline_code":"{PAN}","message":"{all}"}}}}"#
        ),
        format!(r#"{{"statusCode":400,"success":false,"message":"{all}"}}"#),
        format!(r#"{{"error":true,"msg":"{all}"}}"#),
    ];
    let statuses = [200, 401, 422, 500];
    let replies = statuses.iter().flat_map(|status| bodies.iter().map(|body| Reply::json(*status, body)));
    replies.chain([Reply::lost(), Reply::not_connected()]).collect()
}

async fn sandbox() -> Sandbox {
    let settings = Settings::default().opening_balance(1_000_000).withdrawals(Settle::AtOnce);
    Sandbox::builder().turbopay(settings).start().await
}

pub(crate) fn payout(reference: &str) -> Intent {
    payout_as("turbopay", reference)
}

fn payout_as(account: &str, reference: &str) -> Intent {
    let request =
        PayoutRequest::new(reference, amount(Currency::INR), "customer-of-the-canary", BANK_ACCOUNT, "HDFC0000053");
    Intent::new(account, request)
}

fn start(provider: &str, reference: &str, currency: Currency) -> Intent {
    Intent::new(provider, start_request(reference, currency))
}

fn start_request(reference: &str, currency: Currency) -> PaymentRequest {
    PaymentRequest::new(reference, amount(currency))
        .customer("customer-of-the-canary")
        .return_url("https://shop.example/r")
}

fn by_card(reference: &str) -> Intent {
    let card =
        Card::new("John Doe", PAN.parse().unwrap(), Expiry::new(4, 2028).unwrap(), SECURITY_CODE.parse().unwrap());
    let request = PaymentRequest::new(reference, amount(Currency::TRY)).card(card).return_url("https://shop.example/r");
    let request = request.failure_url("https://shop.example/f").customer_address("198.51.100.7:52144".parse().unwrap());
    Intent::new("card3ds", request).expires_at(soon())
}

fn soon() -> payments_core::time::OffsetDateTime {
    SystemClock::new().now() + Duration::hours(1)
}

fn amount(currency: Currency) -> Money {
    Money::from_minor(200_000, currency)
}
